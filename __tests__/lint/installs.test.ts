import { describe, expect, test } from '@jest/globals';
import { shellCommands } from '../../src/dockerfile/commands.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { installOf, isSetup, mayPrepare } from '../../src/lint/installs.ts';

const command = (text: string) => {
  const run = parseDockerfile(`FROM a\nRUN ${text}`, 'Dockerfile').dockerfile.instructions[1];
  const last = run && shellCommands(run).at(-1);
  if (!last) throw new Error(`no command in ${text}`);
  return last;
};
const install = (text: string) => installOf(command(text));

describe('installs', () => {
  test.each([
    ['npm ci', 'npm ci', '.', [], []],
    ['npm i', 'npm i', '.', [], []],
    ['npm install --omit dev --loglevel=error', 'npm install', '.', [], []],
    ['npm --prefix web ci', 'npm ci', 'web', [], []],
    ['npm ci -C /srv/web', 'npm ci', '/srv/web', [], []],
    ['cd web && npm ci --prefix=../api', 'npm ci', 'api', [], []],
    ['cd $X && npm ci', 'npm ci', null, [], []],
    ['npm ci --prefix $X', 'npm ci', null, [], []],
    ['npm add express react', 'npm add express …', '.', [], ['express', 'react']],
    [
      'pip install -r a.txt -rb.txt --requirement=c.txt',
      'pip install -r a.txt -r b.txt -r c.txt',
      '.',
      ['a.txt', 'b.txt', 'c.txt'],
      [],
    ],
    ['/venv/bin/pip3.11 install -r a.txt -c b.txt', 'pip install -r a.txt', '.', ['a.txt', 'b.txt'], []],
    ['python3 -m pip install -i https://x/ --target /t flask==1', 'pip install flask==1', '.', [], ['flask==1']],
    ['pip install -r https://x/r.txt', 'pip install -r https://x/r.txt', '.', [], []],
    ['pip install --upgrade pip', 'pip install pip', '.', [], ['pip']],
    ['sudo apt-get -qq -y -o A=b install curl', 'apt-get install', '.', [], ['curl']],
    ['apt install -t stable curl $MORE', 'apt install', '.', [], ['curl', '$MORE']],
  ])('%s', (text, label, directory, files, packages) => {
    expect(install(text)).toMatchObject({ label, directory, files, packages });
  });

  test.each([
    'npm run build',
    'npm install -g serve',
    'npm install --global serve',
    'npm install --location=global serve',
    'npm ci --workspaces',
    'npm install -w web',
    'npm install .',
    'npm install ../lib',
    'npm install file:lib',
    'npm install lib.tgz',
    'npm install $PACKAGE',
    'npm update',
    'npm ci $(cat flags)',
    'pip install .',
    'pip install .[dev]',
    'pip install -e lib',
    'pip install --editable=.',
    'pip install ./lib -r a.txt',
    'pip install dist/a.whl',
    'pip install "a @ file:///b"',
    'pip install --no-index -f wheels a',
    'pip install -r $FILE',
    'pip install $WHEEL',
    'pip install',
    'pip list',
    'python -m build',
    'apt-get update',
    'apt-get install',
    'apt-get install ./a.deb',
    'apt-get install a.deb',
    'apt-get install `cat a`',
    'apt-get -c a.conf install curl',
    'xargs apt-get install',
  ])('none: %s', (text) => {
    expect(install(text)).toBeNull();
  });

  test('scripts of the project run unless npm is told not to', () => {
    expect(install('npm ci')?.runsScripts).toBe(true);
    expect(install('npm ci --ignore-scripts')?.runsScripts).toBe(false);
    expect(install('npm ci --ignore-scripts=false')?.runsScripts).toBe(true);
    expect(install('pip install -r a.txt')?.runsScripts).toBe(false);
  });
});

test.each([
  ['cd /app', true, false, false],
  ['rm -rf /var/lib/apt/lists/*', true, false, false],
  ['npm config set registry x', true, false, false],
  ['npm install -g npm', true, false, false],
  ['npm ci', true, false, false],
  ['python3 -m venv /venv', true, false, false],
  ['command -v npm', true, false, false],
  ['X=1', true, false, false],
  ['npm i -g serve', true, false, false],
  ['npm install -g .', false, true, false],
  ['yarn build', false, true, false],
  ['apt-get update', true, false, false],
  ['apt-get install ./a.deb', false, true, true],
  ['gpg --dearmor -o /k', true, false, false],
  ['gpg --import key', false, true, true],
  ['install -d /x', true, false, false],
  ['install -m 644 a /b', false, true, true],
  ['npm run build', false, true, false],
  ['go build', false, true, false],
  ['pip install .', false, true, false],
  ['./configure', false, true, true],
  ['sh prepare.sh', false, true, true],
  ['make', false, true, true],
  ['cp a b', false, true, true],
  ['node prepare.js', false, true, true],
  ['command x', false, true, true],
])('%s: setup %s, may prepare npm %s, apt %s', (text, setup, npm, apt) => {
  const found = command(text);
  expect([isSetup(found), mayPrepare(found, false), mayPrepare(found, true)]).toEqual([setup, npm, apt]);
});
