// The action under a real workflow runner (nektos/act, on the host itself), with its own cache service, which speaks the
// older of the two protocols: the same workflow with `uses: ./` three times, each on an engine with base images only.

import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { directory, docker, emptyEngine, engine, node24, root, run } from '../support/engine.ts';

const TAG = 'cached-docker-build-test:runner';
const WORKFLOW = `on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: ./
        id: image
        with:
          context: app
          tags: ${TAG}
          smoke-settle: 1
      - run: echo "got \${{ steps.image.outputs.outcome }} smoke \${{ steps.image.outputs.smoke-outcome }} steps \${{ steps.image.outputs.hits }}+\${{ steps.image.outputs.misses }} cache \${{ steps.image.outputs.cache-outcome }}"
`;
const DOCKERFILE = `FROM busybox
COPY salt .
RUN head -c 1000000 /dev/urandom > big
COPY app.txt .
CMD ["sleep", "30"]
`;

/** The program. Building it may go on beside the other tests (script/test). */
let act: string;
beforeAll(() => {
  act = execFileSync(join(root, 'script/runner'), { encoding: 'utf8' }).trim();
}, 600_000);

test('a workflow with one step builds the image, keeps its layers, sets outputs and cleans up', async () => {
  const store = engine('containerd');
  const repository = directory({
    '.github/workflows/ci.yml': WORKFLOW,
    'app/Dockerfile': DOCKERFILE,
    'app/salt': `${Math.random()}\n`,
    'app/app.txt': 'one\n',
  });
  for (const name of ['action.yml', 'dist']) cpSync(join(root, name), join(repository, name), { recursive: true });
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository });
  const commit = () => {
    git('add', '--all');
    git('-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=app');
  };
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', 'https://example.com/owner/name.git');
  commit();
  // The runner takes the node that is on PATH.
  const env = { ...store, PATH: `${dirname(node24)}:${store.PATH}` };
  const service = ['--cache-server-path', directory({}), '--cache-server-addr', '127.0.0.1'];
  const workflow = async () => {
    await emptyEngine(TAG, env);
    const ran = await run(act, ['push', '--platform', 'ubuntu-latest=-self-hosted', ...service], env, repository);
    expect(ran.stdout).toMatch(/Success - Post/);
    expect(ran.code).toBe(0);
    return `${ran.stdout}${ran.stderr}`;
  };

  const first = await workflow();
  expect(first).toContain('got success smoke passed steps 1+3 cache empty');
  expect(first).toMatch(/Layers: 2\.\d MB in 3 new entries uploaded in/);
  expect(await docker(['image', 'inspect', '--format', '{{.Config.Cmd}}', TAG], env)).toBe('[sleep 30]');

  const second = await workflow();
  expect(second).toContain('got success smoke passed steps 4+0 cache restored');
  expect(second).not.toContain('Layers:');

  writeFileSync(join(repository, 'app/app.txt'), 'two\n');
  commit();
  const third = await workflow();
  expect(third).toContain('got success smoke passed steps 3+1 cache restored');
  expect(third).toMatch(/Layers: \d\.\d kB in 1 new entry uploaded in/);
});
