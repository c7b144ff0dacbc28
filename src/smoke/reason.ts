// Why a smoke test most likely failed: what is recognised in what was seen, and what to do about it. A table; pure.

export interface Clues {
  /** The command: ENTRYPOINT and arguments. */
  argv: string[];
  /** Why the engine could not start it, or ''. */
  error: string;
  /** null where it still ran. */
  exitCode: number | null;
  oomKilled: boolean;
  /** The last lines of both streams. */
  log: string[];
  /** What the HEALTHCHECK printed. */
  health: string[];
  /** Listeners that only the container itself can reach (`127.0.0.1:8080`), on ports that were expected. */
  loopbackOnly: string[];
  /** `linux/arm64`: of the image, and of the engine. */
  imagePlatform: string;
  enginePlatform: string;
  /** Was it to do more than end well? */
  expectedMore: boolean;
}

/** Gives the reason, in sentences, or null. */
type Recognise = (clues: Clues) => string | null;

/** The first reason that is recognised; null when none is. */
export function likelyReason(clues: Clues): string | null {
  // A hostile line cannot hold the expressions up: all of them are linear, and lines are short.
  const short = { ...clues, log: clues.log.map((line) => line.slice(0, LONGEST)) };
  for (const recognise of REASONS) {
    const reason = recognise(short);
    if (reason !== null) return reason;
  }
  return null;
}

const LONGEST = 500;

/** What an image that calls sudo is told. */
export const NEEDS_PRIVILEGES =
  'It needs sudo or another program that raises privileges, which the smoke test forbids. smoke-options: --security-opt no-new-privileges=false allows it.';

/** What an image without a command is told. */
export const NO_COMMAND =
  'The image has no CMD and no ENTRYPOINT. Name the program in the Dockerfile, or in smoke-command.';

/** The newest line that matches comes first. */
function inLog(expression: RegExp, say: (match: RegExpExecArray) => string): Recognise {
  return ({ log, health, error }) => {
    for (const line of [error, ...log.toReversed(), ...health]) {
      const match = expression.exec(line);
      if (match) return say(match);
    }
    return null;
  };
}

const program = ({ argv }: Clues): string => argv[0] ?? 'the program';

/** Special cases stand before general ones: a missing library also ends with exit code 127. */
const REASONS: Recognise[] = [
  (clues) => {
    if (![clues.error, ...clues.log].some((line) => /exec format error/i.test(line))) return null;
    const { imagePlatform, enginePlatform } = clues;
    if (imagePlatform !== enginePlatform) {
      return `Wrong platform: the image is for ${imagePlatform}, and this engine runs ${enginePlatform}. Build it for that, or install emulation (docker/setup-qemu-action).`;
    }
    return `${program(clues)} is not made for ${enginePlatform}: it was built for another platform, or it is a script whose first line is no #! line.`;
  },
  ({ oomKilled }) =>
    oomKilled ? 'It needed more memory than it was given. smoke-options: --memory 8g gives it more.' : null,
  inLog(/no new privileges|effective uid is not 0/i, () => NEEDS_PRIVILEGES),
  inLog(
    /error while loading shared libraries: ([^\s:]+)|Error loading shared library ([^\s:]+)|([^\s:/]+\.so[.\d]*): cannot open shared object file|(?:library|libdl) not found: ([^\s:]+\.so[.\d]*)/,
    ([, a, b, c, d]) =>
      `The shared library ${a ?? b ?? c ?? d} is not in the image. Install its package in the final stage: a library of a builder stage does not come along.`,
  ),
  inLog(
    /version `((?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found/,
    ([, version]) =>
      `The program was built with a newer C library (${version}) than the image has. Build it on the base image that it runs on.`,
  ),
  // The kernel found the file, and not what it names as its interpreter.
  inLog(/^exec (\S+): no such file or directory/, ([, file]) => interpreterMissing(file ?? '')),
  (clues) => {
    const { error, exitCode, argv } = clues;
    const found =
      /exec: "([^"]+)": executable file not found|exec:? "?([^"\s]+?)"?: no such file or directory|stat ([^:\s]+): no such file/i.exec(
        error,
      );
    const missing = found?.[1] ?? found?.[2] ?? found?.[3] ?? null;
    if (missing !== null) return notFound(missing);
    if (exitCode !== 127) return null;
    // `sh: nonesuch: not found`, `bash: line 1: nonesuch: command not found`, `exec /x: no such file or directory`
    const said = /(?:^|[\s:])([^\s:]+): (?:command )?not found|exec ([^\s:]+): no such file/;
    const [, name, path] = clues.log.map((line) => said.exec(line)).findLast((match) => match !== null) ?? [];
    return notFound(name ?? path ?? argv[0] ?? 'the command');
  },
  (clues) => {
    const notExecutable = /exec:? "?([^"\s]+?)"?: permission denied/i.exec(clues.error)?.[1];
    if (notExecutable === undefined && clues.exitCode !== 126) return null;
    const file = notExecutable ?? program(clues);
    return `${file} may not be executed. COPY --chmod=755, or chmod +x before it is committed, makes it executable.`;
  },
  inLog(
    /read-only file ?system|\bEROFS\b/i,
    () =>
      'It writes into a file system that is read-only. Give it a place to write, such as --tmpfs /tmp in smoke-options, or leave --read-only out.',
  ),
  missingVariable,
  inLog(
    /(?:input device is|stdin is|is) not a (?:tty|terminal)|not a tty\b|cannot open \/dev\/tty|Inappropriate ioctl for device|TERM environment variable not set|Error opening terminal|no (?:controlling )?terminal\b/i,
    () =>
      'It wants a terminal, and there is none in a job. smoke-options: --tty gives it one; smoke-command can run something else.',
  ),
  ({ loopbackOnly }) =>
    loopbackOnly.length > 0
      ? `It listens on ${loopbackOnly.join(' and ')}, which only programs in the same container reach. Bind it to 0.0.0.0.`
      : null,
  ({ health, exitCode }) => {
    const missing = health.map(
      (text) => /(?:^|[\s:"])([\w./-]+)"?: (?:command |executable file )?not found/.exec(text)?.[1],
    );
    const tool = missing.findLast((name) => name !== undefined);
    return exitCode === null && tool !== undefined
      ? `The HEALTHCHECK itself cannot run: ${tool} is not in the image.`
      : null;
  },
  inLog(
    /permission denied|\bEACCES\b|operation not permitted|\bEPERM\b/i,
    () =>
      'It was denied permission, as the line in its log says. Look at the owner of that file (COPY --chown), the USER of the image, and ports below 1024.',
  ),
  inLog(/no space left on device|\bENOSPC\b/i, () => 'There is no room left on the disk.'),
  ({ exitCode, expectedMore, argv }) => {
    if (exitCode !== 0 || !expectedMore) return null;
    if (INTERACTIVE.test(argv.join(' '))) {
      return 'An interactive shell ends at once where there is no terminal. Name the program in CMD, or in smoke-command.';
    }
    return 'It ended well, but too soon: a server that goes to the background takes its container with it. Keep it in the foreground.';
  },
];

const INTERACTIVE = /^(?:\S*\/)?(?:sh|bash|ash|dash|zsh|python3?|node|irb|psql)$/;

const notFound = (name: string): string =>
  `${name} is not in the image, or not on its PATH. Install or COPY it in the final stage; a script may also name an interpreter (#!) that is not there.`;

const interpreterMissing = (file: string): string =>
  `${file} is there, and what runs it is not: the interpreter behind its #! (a line that ends in CR LF names none), or the loader of the C library it was built with.`;

/** What a log calls levels, and no variable. */
const WORDS = '(?!(?:ERROR|ERR|WARN|WARNING|FATAL|INFO|DEBUG|NOTICE|CRITICAL|FAILED|EXCEPTION)\\b)';
const NAME = `["'\`$\\{]*\\b${WORDS}([A-Z][A-Z0-9_]{2,})["'\`\\}]*`;
const LACKING =
  '(?:not set|unset|not defined|undefined|required|missing|not specified|not provided|empty|set|specified|provided|defined)';

/** The usual ways in which shells, Python, Node, Go and the entrypoints of well-known images complain. */
const MISSING_VARIABLE = [
  new RegExp(`${NAME}: (?:unbound variable|parameter (?:null or )?not set)`),
  new RegExp(
    `${NAME} (?:environment variable |env var |variable )?(?:is|are|was|must be|has to be|needs to be|cannot be) ${LACKING}`,
  ),
  new RegExp(`[Ee]nv(?:ironment)? var(?:iable)?s?(?: named| called)?:?[\\s-]+${NAME}`),
  new RegExp(`(?:[Mm]issing|[Rr]equire[ds]?|[Ss]et|[Pp]rovide|[Ss]pecify) (?:the )?${NAME}`),
  /KeyError: '([A-Z][A-Z0-9_]{2,})'/,
];

function missingVariable({ log }: Clues): string | null {
  const text = log.join('\n');
  for (const expression of MISSING_VARIABLE) {
    const name = expression.exec(text)?.[1];
    if (name) {
      return `The environment variable ${name} is missing. smoke-env: ${name}=VALUE sets it for the smoke test.`;
    }
  }
  return null;
}
