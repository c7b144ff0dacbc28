// What in a build reads the git repository that it lies in: commands, scripts that call git, and plugins that make a
// version of a tag. Patterns only; who looks for them in the files of a context is LintInput.filesWith.
import type { Dockerfile } from '../dockerfile/dockerfile.ts';
import type { LintInput } from './lint.ts';

// Patterns for git's extended regular expressions and for JavaScript's, which agree on what is used here: a backslash in
// brackets stands in front of what both take for itself.
const BEFORE = `(^|[^a-zA-Z0-9_./-])`;
const READERS = [
  // Words that no prose has beside git, and those that it may have.
  `${BEFORE}git[^a-zA-Z0-9_.-].{0,24}(describe|rev-parse|rev-list|name-rev|symbolic-ref|shortlog|ls-files|ls-tree|hooksPath)`,
  `${BEFORE}git (-C [^ ]+ |--git-dir[= ][^ ]+ |--no-pager )?(archive|blame|branch|cat-file|checkout|clean|diff|for-each-ref|lfs|log|remote|reset|show|status|submodule|tag)([^a-z]|$)`,
  // A program that starts git: spawn('git', …), Command::new("git").
  `\\( *['"]git['"]`,
  `${BEFORE}\\.git/(HEAD|ORIG_HEAD|index|logs|packed-refs|refs)`,
  `\\.git['"], *['"]HEAD`,
  'buildvcs=true',
  // What the commit stamps that compilers leave in a program are read with: of Go, and of .NET.
  'ReadBuildInfo|prometheus/common/version|InformationalVersion',
  // Versions from tags: of C, Python, Java, Scala, .NET, Rust, Go.
  'find_package\\(Git|GIT_EXECUTABLE|GetGitRevision|vcs_tag|git-version-gen|workspace_status',
  'setuptools.scm|setuptools.git|hatch.vcs|versioneer|versioningit|dunamai|dynamic.versioning|pbr *=|[\'"]pbr|vcs.versioning|source *= *"scm"',
  `git.commit.id|git.properties|git-version['" ]|git_version!|gitVersion\\(|jgitver|jgit|buildnumber-maven|axion.release|reckon|ratchetFrom|sbt-git|dynver`,
  `"(GitVersion|MinVer|GitInfo|Nerdbank|Microsoft\\.SourceLink)|GitVersionTask`,
  'vergen|shadow-rs|write_built_file|git2 *=|gix *=|goreleaser|promu',
  // Libraries and plugins for JavaScript, Python, Ruby and Go.
  'simple-git|isomorphic-git|nodegit|git-rev|git-describe|git-last-commit|GitRevision|plugin-git|git-raw-commits|lefthook|nx affected',
  '@sentry/(bundler|vite|webpack|rollup|esbuild|nextjs|sveltekit|nuxt|astro|remix)|sentry-cli|withSentryConfig',
  'import git$|from git import|GitPython|pygit2|dulwich|rugged|go-git/|pre-commit install',
  // Pages that say when they were changed.
  'enableGitInfo|git-revision-date|showLastUpdate|lastUpdated: *true|antora|jekyll-last-modified',
];
const PATTERN = READERS.map((pattern) => `(${pattern})`).join('|');

/** Files that no build runs: of other programs, tests, texts, lock files, and scripts that release. */
const NOT_RUN = new RegExp(
  [
    // Those that begin with a dot are CI's and editors', but for a few.
    /(^|\/)\.(?!cargo|eleventy|mvn|vitepress|vuepress)/,
    /(^|\/)(__tests__|tests?|specs?|testdata|fixtures)\//,
    /(^|[-./])lock(\.json|\.yaml|b)?$|go\.sum$/,
    /\.(md|mdx|rst|adoc|po|svg|html|css|ipynb)$|(^|\/)(COPYING|LICENSE|NOTICE)[^/]*$/,
    /(release|publish|changelog)[^/]*\.(sh|bash|py|rb|[cm]?[jt]s)$/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

/**
 * Whether something that the Dockerfile runs, or a file that it may have copied, reads the git repository. True as well
 * where that cannot be known.
 */
export function mayReadGit({ dockerfile, filesWith, contextHas }: LintInput): boolean {
  if (readsGit(dockerfile)) return true;
  const files = filesWith?.(PATTERN) ?? null;
  return files === null || files.some((file) => !NOT_RUN.test(file) && contextHas(file) !== false);
}

function readsGit({ instructions }: Dockerfile): boolean {
  const pattern = new RegExp(PATTERN, 'm');
  return instructions.some(({ text, heredocs }) =>
    [text, ...heredocs.map(({ content }) => content)].some((part) => pattern.test(part)),
  );
}
