// Names and values of variables that change with every commit or build. Pure judgement of words.

/** What a variable changes with, and whether its value says so or only its name. */
interface Volatility {
  changes: 'commit' | 'build';
  sure: boolean;
}

// What the rest of a name may be about, if it is about this project and not about something that it pins.
const OURS =
  '(?:(?:APP|APPLICATION|BITBUCKET|BUILD|BUILDKITE|CI|CIRCLE|CODE|CURRENT|DRONE|GIT|GITHUB|GITLAB|HEAD|IMAGE|JENKINS|LAST|NEXT_PUBLIC|PROJECT|REACT_APP|RELEASE|REPO|SENTRY|SERVICE|SOURCE|SRC|TRAVIS|VCS|VITE)_?)*';
const COMMIT = new RegExp(
  `^(?:${OURS}(?:COMMIT|REVISION)(?:_?(?:SHA1?|HASH|ID|REF|SHORT|FULL|LONG|TIME|TIMESTAMP|DATE|EPOCH|MESSAGE|TAG))*|${OURS}(?:GIT|VCS|CI|GITHUB|SOURCE|BUILD|SRC|HEAD)_?(?:SHORT_?|FULL_?|LONG_?)?(?:SHA1?|HASH|REV|REF|DESCRIBE|DIRTY)(?:_SHORT)?|SHORT_?SHA|SOURCE_DATE_EPOCH)$`,
);
const BUILD = new RegExp(
  `^(?:${OURS}(?:BUILD|BUILT|RUN|PIPELINE|JOB|WORKFLOW)_?(?:AT|COUNTER|DATE|DATETIME|EPOCH|ID|IID|NO|NUM|NUMBER|ATTEMPT|STAMP|TIME|TIMESTAMP|ON)(?:_UTC|_ISO)?|BUILD_?TIMESTAMP|TIMESTAMP|CREATED(?:_AT)?)$`,
);
// A default that stands for nothing yet.
const PLACEHOLDER =
  /^(|unknown|dev|devel|development|local|none|n\/?a|null|undefined|unset|unspecified|untagged|latest|head|dirty|dummy|snapshot|test|now|today|not[ _-]?(set|available|specified)|x+|0+|0\.0\.0.*|1970.*|<.*>|\$.*)$/i;

/**
 * What the variable changes with; null if with neither, as far as anybody can tell.
 * @param fallback its default as written; null if it has none
 * @param given the value that the build passes; null if that is not known
 */
export function volatility(name: string, fallback: string | null, given: string | null): Volatility | null {
  const plain = (fallback ?? '').replace(/^(["'])(.*)\1$/, '$2');
  if (given !== null && given !== plain) {
    const changes = valueChanges(name, given);
    if (changes !== null) return { changes, sure: true };
  }
  if (!PLACEHOLDER.test(plain)) return null;
  const upper = name.toUpperCase();
  if (COMMIT.test(upper)) return { changes: 'commit', sure: false };
  return BUILD.test(upper) ? { changes: 'build', sure: false } : null;
}

/** A commit's id under a name that is not some other thing's, or a point in time. */
function valueChanges(name: string, value: string): Volatility['changes'] | null {
  if (/^\d{4}-?\d\d-?\d\d[T _-]?\d\d:?\d\d/.test(value) || /^1[6-9]\d{8}(\d{3})?$/.test(value)) return 'build';
  const ours = new RegExp(`^${OURS}(?:VERSION|TAG|REF|REV|SHA|ID|HASH|)$`).test(name.toUpperCase());
  return ours && /^(v?\d+(\.\d+)*-\d+-g)?[0-9a-f]{40}$/.test(value) ? 'commit' : null;
}
