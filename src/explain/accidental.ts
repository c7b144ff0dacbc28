// Which files of a context look as if nobody meant to copy them: an image seldom needs them, and they change often. Pure.

/** Folders by what they are for; what lies in them counts as one. */
const FOLDERS =
  /^(?:.*\/)?(\.git|\.github|\.gitlab|\.circleci|\.vscode|\.idea|\.svn|\.hg|__pycache__|\.pytest_cache|\.mypy_cache|\.cache|coverage|docs?)\//;

const FILES = [
  /(^|\/)[^/]*\.(md|rst|adoc|swp|swo|orig|rej|log)$/i,
  /(^|\/)(LICEN[CS]E|CHANGELOG|AUTHORS|CONTRIBUTORS|NEWS|CODEOWNERS)[^/]*$/i,
  /(^|\/)(\.DS_Store|Thumbs\.db|\.editorconfig|\.gitignore|\.gitattributes|\.dockerignore|#[^/]*#|[^/]*~)$/,
  /(^|\/)([^/]*\.)?(Dockerfile|Containerfile)(\.[^/]*)?$/,
  /(^|\/)(docker-)?compose[^/]*\.ya?ml$/,
];

/**
 * What to name in an ignore file so that this one stays out; null for a file that an image may well need.
 * @param text the instruction that reads it: a file that it names is meant
 */
export function accidental(path: string, text: string): string | null {
  const named = text.split(/[\s"',[\]=]+/).map((word) => word.replace(/^(\.?\/)+/, '').replace(/\/$/, ''));
  const folder = FOLDERS.exec(path)?.[0].slice(0, -1) ?? null;
  const found = folder ?? (FILES.some((pattern) => pattern.test(path)) ? path : null);
  const meant =
    found !== null &&
    named.some(
      (word) =>
        word !== '' &&
        word !== '.' &&
        (word === path || word === found || found.startsWith(`${word}/`) || path.startsWith(`${word}/`)),
    );
  return meant ? null : found;
}
