// Small images of every kind on a real engine: what the smoke test says of each. The expectations were written first.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type InputName, readInputs } from '../../src/inputs.ts';
import type { SmokeReport } from '../../src/report/report.ts';
import { readWishes } from '../../src/smoke/ask.ts';
import { newContainerName } from '../../src/smoke/docker.ts';
import { smokeTest } from '../../src/smoke/smoke.ts';
import { directory, docker, engine, type Store } from '../support/engine.ts';

interface Case {
  /** Below `FROM busybox`, unless it has a FROM of its own. */
  dockerfile: string;
  files?: Record<string, string>;
  asked?: Partial<Record<InputName, string>>;
  /** Of the build. */
  platform?: string;
  /** Is that the platform that the job was to build? */
  onPurpose?: boolean;
  portsAreOwn?: boolean;
  outcome: SmokeReport['outcome'];
  check: SmokeReport['check'];
  evidence: RegExp;
  reason?: RegExp;
  more?: Partial<Record<keyof SmokeReport, unknown>>;
  /** On the other image store as well. */
  both?: boolean;
}

/** Where a program keeps running, and would be waited for. */
const still = { 'smoke-settle': '1' };
const HTTPD = 'EXPOSE 8080\nCMD ["httpd", "-f", "-p", "8080"]';
/** What ends on SIGTERM. */
const polite = (command: string) => `CMD ["sh", "-c", "trap 'exit 0' TERM; ${command}; while :; do sleep 0.1; done"]`;

/** A program for a machine that none of the engines runs on. */
const FOREIGN = {
  dockerfile: 'FROM scratch\nCOPY --chmod=755 run /run\nCMD ["/run"]',
  files: { run: '\u007fELF, and nothing that any machine runs' },
  platform: 'linux/s390x',
};

const CASES: Record<string, Case> = {
  // One-shots.
  'ends well': {
    dockerfile: 'CMD ["true"]',
    outcome: 'passed',
    check: 'exit',
    evidence: /^true ended with exit code 0 after .* \(check: exit, since the program ended by itself\)$/,
    more: { exitCode: 0, stop: null, reason: null },
    both: true,
  },
  'ends with an error': {
    dockerfile: 'CMD ["sh", "-c", "echo out; echo err >&2; exit 3"]',
    outcome: 'failed',
    check: 'exit',
    evidence: /ended with exit code 3 after .* s; 0 was expected/,
    more: { exitCode: 3, log: expect.arrayContaining(['out', 'err']), reason: null, readySeconds: null },
    both: true,
  },
  'ends with the code that is asked for': {
    dockerfile: 'CMD ["sh", "-c", "exit 3"]',
    asked: { 'smoke-exit-code': '3' },
    outcome: 'passed',
    check: 'exit',
    evidence: /exit code 3 .*asked for by smoke-exit-code/,
  },
  'does not end, though a code is asked for': {
    dockerfile: polite(':'),
    asked: { 'smoke-exit-code': '0' },
    outcome: 'failed',
    check: 'exit',
    evidence: /did not end with exit code 0 within 4 s/,
  },
  'ends by a signal': {
    dockerfile: 'CMD ["sh", "-c", "sh -c \'kill -SEGV $$\'; exit $?"]',
    outcome: 'failed',
    check: 'exit',
    evidence: /exit code 139 \(ended by SIGSEGV\)/,
    more: { signal: 'SIGSEGV' },
  },
  'has arguments of its own instead of CMD': {
    dockerfile: 'ENTRYPOINT ["sh", "-c"]\nCMD ["exit 1"]',
    asked: { 'smoke-command': "'exit 4'", 'smoke-exit-code': '4' },
    outcome: 'passed',
    check: 'exit',
    evidence: /^sh -c exit 4 ended with exit code 4/,
  },
  'has a command that is not there': {
    dockerfile: 'CMD ["redis-server"]',
    outcome: 'failed',
    check: 'exit',
    evidence: /^redis-server did not start: exec: "redis-server": executable file not found/,
    reason: /^redis-server is not in the image/,
    more: { log: [] },
    both: true,
  },
  'has a command that its shell does not find': {
    dockerfile: 'CMD redis-server',
    outcome: 'failed',
    check: 'exit',
    evidence: /exit code 127 \(command not found\)/,
    reason: /^redis-server is not in the image/,
  },
  'has a file that is not executable': {
    dockerfile: 'COPY run /run\nCMD ["/run"]',
    files: { run: '#!/bin/sh\n' },
    outcome: 'failed',
    check: 'exit',
    evidence: /did not start: .*permission denied/,
    reason: /^\/run may not be executed/,
  },
  'has a script without its first line': {
    dockerfile: 'COPY --chmod=755 run /run\nCMD ["/run"]',
    files: { run: 'echo hello\n' },
    outcome: 'failed',
    check: 'exit',
    evidence: /ended with exit code \d+/,
    reason: /^\/run is not made for linux\/.* no #! line/,
  },
  'has a script with the line ends of Windows': {
    dockerfile: 'COPY --chmod=755 run /run\nCMD ["/run"]',
    files: { run: '#!/bin/sh\r\necho hello\r\n' },
    outcome: 'failed',
    check: 'exit',
    evidence: /\/run/,
    reason: /^\/run is there, and what runs it is not/,
  },
  'is for another platform': {
    ...FOREIGN,
    outcome: 'failed',
    check: 'exit',
    evidence: /ended with exit code/,
    reason: /^Wrong platform: the image is for linux\/s390x, and this engine runs linux\//,
    both: true,
  },
  'was built for another platform on purpose': {
    ...FOREIGN,
    onPurpose: true,
    outcome: 'skipped',
    check: null,
    evidence: /^The image is for linux\/s390x, and this engine runs .* only: it was not run\.$/,
  },
  'misses a library': {
    dockerfile:
      'CMD ["sh", "-c", "echo /app: error while loading shared libraries: libpq.so.5: cannot open >&2; exit 127"]',
    outcome: 'failed',
    check: 'exit',
    evidence: /exit code 127/,
    reason: /^The shared library libpq\.so\.5 is not in the image/,
  },
  'misses a variable': {
    dockerfile: 'CMD : ${DATABASE_URL:?}',
    outcome: 'failed',
    check: 'exit',
    evidence: /ended with exit code/,
    reason: /^The environment variable DATABASE_URL is missing/,
  },
  'is given its variable': {
    dockerfile: 'CMD test "$DATABASE_URL" = "a b,c" && test -z "$TOKEN"',
    asked: { 'smoke-env': 'DATABASE_URL=a b,c' },
    outcome: 'passed',
    check: 'exit',
    evidence: /exit code 0/,
    both: true,
  },
  'is given a variable of the job': {
    dockerfile: 'CMD test "$TOKEN" = t0ken-value',
    asked: { 'smoke-env': 'TOKEN' },
    outcome: 'passed',
    check: 'exit',
    evidence: /exit code 0/,
  },
  'may not write': {
    dockerfile: 'USER 1000\nCMD ["touch", "/x"]',
    outcome: 'failed',
    check: 'exit',
    evidence: /exit code 1/,
    reason: /^It was denied permission/,
  },
  'has a read-only file system': {
    dockerfile: 'CMD ["touch", "/x"]',
    asked: { 'smoke-options': '--read-only' },
    outcome: 'failed',
    check: 'exit',
    evidence: /exit code 1/,
    reason: /read-only/,
  },
  'wants a terminal': {
    dockerfile: 'CMD test -t 1 || { echo the input device is not a TTY >&2; exit 1; }',
    outcome: 'failed',
    check: 'exit',
    evidence: /exit code 1/,
    reason: /^It wants a terminal/,
  },
  'gets a terminal': {
    dockerfile: 'CMD test -t 1 && echo hello',
    asked: { 'smoke-options': '--tty', 'smoke-log': '^hello$' },
    outcome: 'passed',
    check: 'log',
    evidence: /hello/,
  },
  'needs more memory than it has': {
    dockerfile: 'CMD head -c 64000000 /dev/zero | tail',
    asked: { 'smoke-options': '--memory 16m --memory-swap 16m' },
    outcome: 'failed',
    check: 'exit',
    evidence: /was killed after .*: out of memory \(/,
    reason: /^It needed more memory/,
    more: { oomKilled: true },
  },
  'needs privileges that the test takes away': {
    // What sudo does: it fails where the kernel says that privileges cannot be raised.
    dockerfile:
      'CMD grep -q "NoNewPrivs.*0" /proc/self/status || { echo "sudo: The \\"no new privileges\\" flag is set" >&2; exit 1; }',
    outcome: 'passed',
    check: 'exit',
    evidence: /exit code 0/,
  },
  'has no command': {
    dockerfile: 'FROM scratch\nCOPY file /',
    files: { file: 'x' },
    outcome: 'skipped',
    check: null,
    evidence: /^The image has no CMD: there is nothing to run\.$/,
    both: true,
  },
  'has no command, and something is asked for': {
    dockerfile: 'FROM scratch\nCOPY file /',
    files: { file: 'x' },
    asked: { 'smoke-port': '80' },
    outcome: 'failed',
    check: 'exit',
    evidence: /no CMD/,
    reason: /^The image has no CMD and no ENTRYPOINT/,
  },
  'is given an option that docker does not know': {
    dockerfile: 'CMD ["true"]',
    asked: { 'smoke-options': '--frobnicate' },
    outcome: 'failed',
    check: 'exit',
    evidence: /docker says unknown flag: --frobnicate/,
  },
  'crashes in a loop': {
    dockerfile: 'CMD ["sh", "-c", "sleep 0.2; exit 5"]',
    asked: { 'smoke-options': '--restart always' },
    outcome: 'failed',
    check: 'exit',
    evidence: /exit code 5 after .* and was started again/,
  },

  // What keeps running.
  'keeps running': {
    dockerfile: 'CMD ["sleep", "60"]',
    asked: still,
    outcome: 'passed',
    check: 'running',
    evidence:
      /^sleep 60 is still running after 1 s \(check: running, since the image has no HEALTHCHECK and EXPOSEs no TCP port\)$/,
    more: {
      exitCode: null,
      stop: {
        signal: 'SIGTERM',
        seconds: null,
        killed: true,
        notice: expect.stringMatching(/process 1 is sleep, which has no handler/),
      },
    },
    both: true,
  },
  'hides behind a shell': {
    dockerfile: 'CMD sleep 60; true',
    asked: still,
    outcome: 'passed',
    check: 'running',
    evidence: /still running/,
    more: {
      stop: {
        signal: 'SIGTERM',
        seconds: null,
        killed: true,
        notice: expect.stringMatching(/process 1 is a shell, .*\(exec form\)/),
      },
    },
  },
  'stops when it is told to': {
    dockerfile: polite(':'),
    asked: still,
    outcome: 'passed',
    check: 'running',
    evidence: /still running/,
    more: { stop: { signal: 'SIGTERM', seconds: expect.any(Number), killed: false, notice: null } },
    both: true,
  },
  'has a signal of its own': {
    dockerfile: 'STOPSIGNAL SIGINT\nCMD ["sh", "-c", "trap \'exit 0\' INT; while :; do sleep 0.1; done"]',
    asked: still,
    outcome: 'passed',
    check: 'running',
    evidence: /still running/,
    more: { stop: { signal: 'SIGINT', seconds: expect.any(Number), killed: false, notice: null } },
  },
  'ignores SIGTERM': {
    dockerfile: 'CMD ["sh", "-c", "trap : TERM; while :; do sleep 0.1; done"]',
    asked: still,
    outcome: 'passed',
    check: 'running',
    evidence: /still running/,
    more: {
      stop: {
        signal: 'SIGTERM',
        seconds: null,
        killed: true,
        notice: expect.stringMatching(/had not ended 3 s after SIGTERM/),
      },
    },
  },

  // Servers.
  'listens at once': {
    dockerfile: HTTPD,
    outcome: 'passed',
    check: 'port',
    evidence:
      /^httpd -f -p 8080 accepts connections on port 8080 after .* \(check: port, since the image EXPOSEs 8080\)$/,
    both: true,
  },
  'listens late': {
    dockerfile: 'EXPOSE 8080\nCMD ["sh", "-c", "sleep 2; exec httpd -f -p 8080"]',
    outcome: 'passed',
    check: 'port',
    evidence: /accepts connections on port 8080 after [2-9]/,
  },
  'listens, with nothing else in the image': {
    dockerfile: `FROM scratch\nCOPY --from=busybox /bin/busybox /busybox\nEXPOSE 8080\nCMD ["/busybox", "httpd", "-f", "-p", "8080"]`,
    outcome: 'passed',
    check: 'port',
    evidence: /accepts connections on port 8080/,
  },
  'listens on one of its ports': {
    dockerfile: `EXPOSE 8443\n${HTTPD}`,
    outcome: 'passed',
    check: 'port',
    evidence: /port 8080 .*EXPOSEs 8080 and 8443, of which one is enough/,
  },
  'listens on the wrong interface': {
    dockerfile: 'EXPOSE 8080\nCMD ["httpd", "-f", "-p", "127.0.0.1:8080"]',
    outcome: 'failed',
    check: 'port',
    evidence: /did not accept connections on port 8080 within 4 s: it listens on 127\.0\.0\.1:8080 only/,
    reason: /^It listens on 127\.0\.0\.1:8080.*Bind it to 0\.0\.0\.0/,
    both: true,
  },
  'listens on the wrong interface of IPv6': {
    dockerfile: 'EXPOSE 8080\nCMD ["httpd", "-f", "-p", "[::1]:8080"]',
    outcome: 'failed',
    check: 'port',
    evidence: /it listens on \[::1\]:8080 only/,
    reason: /^It listens on \[::1\]:8080/,
  },
  'listens on IPv6 only': {
    dockerfile: HTTPD,
    asked: { 'smoke-options': '--sysctl net.ipv6.bindv6only=1' },
    outcome: 'passed',
    check: 'port',
    evidence: /listens on \[::\]:8080, for IPv6 only/,
  },
  'listens on another port': {
    dockerfile: 'EXPOSE 80\nCMD ["httpd", "-f", "-p", "8080"]',
    outcome: 'failed',
    check: 'port',
    evidence: /port 80 within 4 s: it listens on \S+:8080 \(/,
  },
  'listens on UDP': {
    dockerfile:
      'RUN mkdir -p /var/lib/misc && touch /var/lib/misc/udhcpd.leases\nCOPY conf /\nEXPOSE 67/udp\nCMD ["udhcpd", "-f", "/conf"]',
    files: { conf: 'interface eth0\nstart 10.0.0.1\nend 10.0.0.2\n' },
    asked: still,
    outcome: 'passed',
    check: 'running',
    evidence: /EXPOSEs only 67\/udp, which does not tell/,
  },
  'never listens': {
    dockerfile: 'EXPOSE 8080\nCMD ["sleep", "60"]',
    outcome: 'failed',
    check: 'port',
    evidence: /within 4 s: it listens on no TCP port/,
    more: { stop: null },
  },
  'never listens on what its base image EXPOSEs': {
    dockerfile: 'EXPOSE 8080\nCMD ["sleep", "60"]',
    portsAreOwn: false,
    asked: still,
    outcome: 'passed',
    check: 'running',
    evidence: /still running after 1 s; no port that its base image EXPOSEs accepts connections/,
  },
  'ends, though it EXPOSEs a port': {
    dockerfile: 'EXPOSE 8080\nCMD ["echo", "usage: …"]',
    outcome: 'passed',
    check: 'exit',
    evidence: /exit code 0 .*, before it could accept connections on port 8080/,
  },
  'goes to the background': {
    dockerfile: 'EXPOSE 8080\nCMD ["httpd", "-p", "8080"]',
    asked: { 'smoke-port': '8080' },
    outcome: 'failed',
    check: 'port',
    evidence: /ended with exit code 0 .* and did not accept connections on port 8080/,
    reason: /goes to the background/,
  },

  // HEALTHCHECK.
  'is healthy': {
    dockerfile: `HEALTHCHECK CMD wget -q -O - 127.0.0.1:8080/ok\nRUN mkdir /w && echo fine > /w/ok\nCMD ["httpd", "-f", "-p", "8080", "-h", "/w"]`,
    outcome: 'passed',
    check: 'healthy',
    evidence: /is healthy after .* since the image has a HEALTHCHECK/,
    more: { health: expect.arrayContaining(['fine']) },
    both: true,
  },
  'turns healthy late': {
    dockerfile:
      'HEALTHCHECK --interval=5m --start-period=30s CMD test -e /ready\nCMD ["sh", "-c", "sleep 2; touch /ready; sleep 60"]',
    outcome: 'passed',
    check: 'healthy',
    evidence: /is healthy after/,
  },
  'is not healthy': {
    dockerfile: 'HEALTHCHECK CMD echo no database; exit 1\nCMD ["sleep", "60"]',
    outcome: 'failed',
    check: 'healthy',
    evidence: /did not turn healthy within 4 s: its HEALTHCHECK ended with exit code 1 \("no database"\)/,
  },
  'has a HEALTHCHECK that never comes back': {
    dockerfile: 'HEALTHCHECK CMD sleep 60\nCMD ["sleep", "60"]',
    outcome: 'failed',
    check: 'healthy',
    evidence: /its HEALTHCHECK has not run yet/,
  },
  'has a HEALTHCHECK that cannot run': {
    dockerfile: 'HEALTHCHECK CMD curl --fail localhost\nCMD ["sleep", "60"]',
    outcome: 'failed',
    check: 'healthy',
    evidence: /ended with exit code 127/,
    reason: /^The HEALTHCHECK itself cannot run: curl/,
  },

  // What is asked for.
  'answers as asked': {
    dockerfile: `RUN mkdir /w && echo all is up > /w/ok\n${HTTPD.replace('"8080"]', '"8080", "-h", "/w"]')}`,
    asked: { 'smoke-http': '/ok 200 /is (up|fine)/\n8080/none 404' },
    outcome: 'passed',
    check: 'http',
    evidence:
      /answers 8080\/ok with 200 and \/is \(up\|fine\)\/ and answers 8080\/none with 404 after .*asked for by smoke-http/,
    both: true,
  },
  'answers with another status': {
    dockerfile: HTTPD,
    asked: { 'smoke-http': '/none 200' },
    outcome: 'failed',
    check: 'http',
    evidence: /did not answer 8080\/none with 200 within 4 s: it answers 8080\/none with 404/,
  },
  'answers another text': {
    dockerfile: `RUN mkdir /w && echo down > /w/ok\n${HTTPD.replace('"8080"]', '"8080", "-h", "/w"]')}`,
    asked: { 'smoke-http': '/ok 200 up' },
    outcome: 'failed',
    check: 'http',
    evidence: /it answers 8080\/ok with 200 and "down"/,
  },
  'answers nobody': {
    dockerfile: 'CMD ["httpd", "-f", "-p", "127.0.0.1:8080"]',
    asked: { 'smoke-http': '8080/' },
    outcome: 'failed',
    check: 'http',
    evidence: /it listens on 127\.0\.0\.1:8080 only/,
    reason: /^It listens on 127\.0\.0\.1:8080/,
  },
  'prints what it should': {
    dockerfile: polite('echo starting; sleep 0.5; echo Listening on 80'),
    asked: { 'smoke-log': '/^listening on \\d+$/i' },
    outcome: 'passed',
    check: 'log',
    evidence: /printed a line that matches \/\^listening/,
    both: true,
  },
  'prints what it should, and fails': {
    dockerfile: 'CMD ["sh", "-c", "echo ready; exit 3"]',
    asked: { 'smoke-log': 'ready' },
    outcome: 'failed',
    check: 'exit',
    evidence: /exit code 3/,
  },
  'never prints it': {
    dockerfile: polite('echo starting'),
    asked: { 'smoke-log': 'ready', 'smoke-port': '80' },
    outcome: 'failed',
    check: 'port',
    evidence:
      /did not accept connections on port 80 within 4 s: .*; it did not print a line that matches ready within 4 s/,
  },
  'prints what an expression chokes on': {
    dockerfile: `CMD ["sh", "-c", "while :; do echo ${'a'.repeat(60)}b; sleep 0.1; done"]`,
    asked: { 'smoke-log': '^(a+)+$', 'smoke-timeout': '8' },
    outcome: 'failed',
    check: 'log',
    evidence: /the expression takes too long/,
  },
  'floods its log': {
    dockerfile: 'CMD echo the reason >&2; head -c 60000000 /dev/zero; yes | head -c 40000000; exit 1',
    asked: { 'smoke-timeout': '90', 'smoke-settle': '90' },
    outcome: 'failed',
    check: 'exit',
    evidence: /exit code 1/,
    more: { log: expect.arrayContaining(['the reason', 'y']) },
  },
  'prints what is no text': {
    dockerfile: 'CMD head -c 100000 /dev/urandom; echo; echo ::error::forged; exit 1',
    outcome: 'failed',
    check: 'exit',
    evidence: /exit code 1/,
    more: { log: expect.arrayContaining(['::error::forged']) },
  },
};

/** How many run side by side: most of them wait. */
const SIDE_BY_SIDE = 6;

describe.each<Store>(['containerd', 'overlay2'])('%s image store', (store) => {
  const env = engine(store);
  const cases = Object.entries(CASES).filter(([, { both }]) => store === 'containerd' || both);
  const images = new Map(cases.map(([name], at) => [name, `cached-docker-build-test:smoke-${store}-${at}`]));
  const reports = new Map<string, SmokeReport>();
  const before = { ...process.env };

  beforeAll(async () => {
    Object.assign(process.env, env, { TOKEN: 't0ken-value' });
    await buildAll(cases, images, env);
    const waiting = [...cases];
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [name, one] = next;
        reports.set(name, await tryOut(images.get(name) ?? '', one));
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  }, 300_000);
  afterAll(async () => {
    process.env = before;
    await docker(['image', 'rm', '--force', ...images.values()], env);
  });

  test.each(cases)('an image that %s', (name, { outcome, check, evidence, reason, more }) => {
    const report = reports.get(name);
    expect(report).toMatchObject({ outcome, check, evidence: expect.stringMatching(evidence), ...more });
    if (reason) expect(report?.reason).toMatch(reason);
    else if (!more || !('reason' in more)) expect(report?.outcome === 'failed' ? report.reason : null).toBeNull();
    expect(report?.log.length).toBeLessThanOrEqual(20);
  });

  test('nothing is left of them', async () => {
    const left = ['ps', '--all', '--filter', 'name=cached-docker-build-smoke', '--format', '{{.Names}}'];
    expect(await docker(left, env)).toBe('');
  });
});

/** Builds all images with one command: starting docker for each takes longer than building it. */
async function buildAll(cases: [string, Case][], images: Map<string, string>, env: Record<string, string>) {
  const targets = cases.map(([name, { dockerfile, files = {}, platform }], at) => {
    const text = /^FROM/.test(dockerfile) ? dockerfile : `FROM busybox\n${dockerfile}`;
    const target = { context: directory({ Dockerfile: text, ...files }), tags: [images.get(name)] };
    return [`image-${at}`, platform ? { ...target, platforms: [platform] } : target];
  });
  const bake = { group: { default: { targets: targets.map(([name]) => name) } }, target: Object.fromEntries(targets) };
  const file = join(directory({ 'bake.json': JSON.stringify(bake) }), 'bake.json');
  await docker(['buildx', 'bake', '--allow', 'fs.read=*', '--file', file], env);
}

function tryOut(image: string, one: Case): Promise<SmokeReport> {
  const { asked = {}, platform = '', onPurpose, portsAreOwn = true } = one;
  // Patience for a slow machine, but where nothing is to come.
  const timeout = one.outcome === 'failed' ? '4' : '60';
  const given: Partial<Record<InputName, string>> = { 'smoke-timeout': timeout, 'smoke-settle': '15', ...asked };
  const { inputs, problems } = readInputs((name) => given[name] ?? null);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  const { wishes } = readWishes(inputs);
  const test = { image, container: newContainerName(), wishes, platform: onPurpose ? platform : '', portsAreOwn };
  return smokeTest(test, new AbortController().signal).report;
}
