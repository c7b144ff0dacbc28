// The action under a real workflow runner (nektos/act, on the host itself): `uses: ./` with main and post.

import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { directory, docker, engine, node24, root, run } from '../support/engine.ts';

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
          tags: cached-docker-build-test:runner
          smoke-settle: 1
      - run: echo "got \${{ steps.image.outputs.outcome }} smoke \${{ steps.image.outputs.smoke-outcome }} steps \${{ steps.image.outputs.hits }}+\${{ steps.image.outputs.misses }}"
`;

test('a workflow with one step builds the image, sets outputs and cleans up', async () => {
  const store = engine('containerd');
  const repository = directory({
    '.github/workflows/ci.yml': WORKFLOW,
    'app/Dockerfile': `FROM busybox\nRUN echo ${Math.random()}\nCMD ["sleep", "30"]\n`,
  });
  for (const name of ['action.yml', 'dist']) cpSync(join(root, name), join(repository, name), { recursive: true });
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository });
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', 'https://example.com/owner/name.git');
  git('add', '--all');
  git('-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=app');
  const act = execFileSync(join(root, 'script/runner'), { encoding: 'utf8' }).trim();
  // The runner takes the node that is on PATH.
  const env = { ...store, PATH: `${dirname(node24)}:${store.PATH}` };
  const ran = await run(act, ['push', '--platform', 'ubuntu-latest=-self-hosted'], env, repository);
  expect(`${ran.stdout}${ran.stderr}`).toContain('got success smoke passed steps 1+1');
  expect(ran.stdout).toMatch(/Success - Post/);
  expect(ran.code).toBe(0);
  expect(
    await docker(['image', 'inspect', '--format', '{{.Config.Cmd}}', 'cached-docker-build-test:runner'], env),
  ).toBe('[sleep 30]');
});
