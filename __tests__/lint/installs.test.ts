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
    ['yarn', 'yarn', 'yarn install', '.', ''],
    ['yarn --cwd web install --immutable', 'yarn', 'yarn install', 'web', ''],
    ['yarn add react vue', 'yarn', 'yarn add react …', '.', ''],
    ['pnpm -C web i --frozen-lockfile', 'pnpm', 'pnpm i', 'web', ''],
    ['pnpm fetch', 'pnpm', 'pnpm fetch', '.', ''],
    ['bun install --cwd=web', 'bun', 'bun install', 'web', ''],
    ['poetry install --only main', 'poetry', 'poetry install', '.', '--no-root'],
    ['poetry -C api install --no-root', 'poetry', 'poetry install', 'api', ''],
    ['uv sync --frozen --extra a', 'uv', 'uv sync', '.', '--no-install-project'],
    ['uv sync --no-install-project', 'uv', 'uv sync', '.', ''],
    ['uv pip install -r a.txt', 'uv', 'uv pip install -r a.txt', '.', ''],
    ['uv pip sync a.txt', 'uv', 'uv pip install -r a.txt', '.', ''],
    ['pipenv install --system --deploy', 'pipenv', 'pipenv install', '.', ''],
    ['bundle', 'bundler', 'bundle install', '.', ''],
    ['bundle install --jobs 4 --without test', 'bundler', 'bundle install', '.', ''],
    ['gem install bundler -v 2.5', 'bundler', 'gem install bundler', '.', ''],
    ['composer install -d api --no-scripts', 'composer', 'composer install', 'api', '--no-autoloader'],
    ['go mod download', 'go', 'go mod download', '.', ''],
    ['go install example.com/tool@latest', 'go', 'go install example.com/tool@latest', '.', ''],
    ['cargo chef cook --release --recipe-path r.json', 'cargo', 'cargo chef cook', '.', ''],
    ['cargo install --locked just@1', 'cargo', 'cargo install just@1', '.', ''],
    ['./mvnw -B dependency:go-offline', 'maven', 'mvn dependency:go-offline', '.', ''],
    ['./gradlew -p app --no-daemon dependencies', 'gradle', 'gradle dependencies', 'app', ''],
    ['dotnet restore src/a.csproj -r linux-x64', 'dotnet', 'dotnet restore src/a.csproj', '.', ''],
    ['mix deps.get --only prod', 'mix', 'mix deps.get', '.', ''],
    ['dnf install -y curl', 'dnf', 'dnf install', '.', ''],
    ['apk add --no-cache curl', 'apk', 'apk add', '.', ''],
  ])('%s is of %s', (text, manager, label, directory, apart) => {
    expect(install(text)).toMatchObject({ manager, label, directory, apart });
  });

  test.each([
    'yarn build',
    'yarn global add serve',
    'yarn workspaces focus',
    'yarn --version',
    'pnpm --filter web install',
    'pnpm add -g serve',
    'bun run build',
    'poetry add a',
    'uv sync --package a',
    'uv pip install .',
    'uv run a',
    'pipenv install a',
    'bundle exec rake',
    'gem install ./a.gem',
    'composer update',
    'go mod vendor',
    'go install ./cmd/a',
    'go build',
    'cargo install --path .',
    'cargo build',
    'cargo fetch',
    'mvn package',
    'mvn -pl a dependency:go-offline',
    'gradle build',
    'dotnet restore $PROJECT',
    'dotnet publish',
    'mix compile',
    'apk add ./a.apk',
    'apt-get upgrade -y',
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
  ['yarn global add serve', true, false, false],
  ['pnpm add -g serve', true, false, false],
  ['bundle config set without test', true, false, false],
  ['apt-get upgrade -y', true, false, false],
  ['apt-get install', false, true, true],
  ['zypper ref', true, false, false],
  ['constructor', false, true, true],
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
