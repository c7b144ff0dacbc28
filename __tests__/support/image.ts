// Jobs of a workflow that build one image with its layers in the Actions cache, for which a double of the hosted service
// stands. Whoever imports this has the service.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { Job } from './action.ts';
import { type CacheService, type EnvOptions, startCacheService } from './cache-service.ts';
import { directory, docker, emptyEngine, engine, type Store } from './engine.ts';

/** A builder stage with a layer of 2 MB that the image does not need, and a small last stage. */
export const DOCKERFILE = `FROM busybox AS build
WORKDIR /src
COPY salt .
RUN head -c 2000000 /dev/urandom > big && cp salt installed
COPY app.txt .
RUN cat app.txt salt > out
FROM busybox
COPY --from=build /src/out /out
CMD ["cat", "/out"]
`;
/** Bytes of that layer. */
export const LAYER = 2_000_000;

/** The double, for the tests of one file. */
export let service: CacheService;
beforeAll(async () => {
  service = await startCacheService();
});
beforeEach(() => service.heal());
afterAll(() => service.close());

/** What a job may do, the commit it is for, and its RUNNER_TEMP. */
export type Access = EnvOptions & { commit?: string; temp?: string };

/** One image of one repository: its files stay the same from job to job, but for what a test changes. */
export class Image {
  readonly files: Record<string, string> = { Dockerfile: DOCKERFILE, salt: `${Math.random()}\n`, 'app.txt': 'one\n' };
  readonly #tag: string;
  readonly #env: Record<string, string>;

  /** Of a repository for which nothing is kept yet. */
  static async inEmptyCache(store: Store, tag = `cached-docker-build-test:actions-${store}`): Promise<Image> {
    await service.evict();
    return new Image(store, tag);
  }

  private constructor(store: Store, tag: string) {
    this.#env = engine(store);
    this.#tag = tag;
  }

  /** A job on another machine: main on an engine that has base images only, and post. */
  async job(inputs: Record<string, string> = {}, access: Access = {}) {
    await emptyEngine(this.#tag, this.#env);
    return this.again(inputs, access);
  }

  async again(inputs: Record<string, string> = {}, access: Access = {}) {
    service.resetCounts();
    const job = this.start(access);
    const main = await job.main({
      tags: this.#tag,
      lint: 'off',
      'smoke-test': 'off',
      report: 'report.json',
      ...inputs,
    });
    const post = await job.post();
    const report = job.report('report.json');
    const missed = report.build.steps.filter(({ status }) => status === 'miss').map(({ line }) => line);
    return { ...main, job, post, report, missed, counts: service.counts };
  }

  start({ commit = '', temp, ...access }: Access = {}): Job {
    return new Job({ ...this.#env, ...service.env(access), GITHUB_SHA: commit }, this.files, temp);
  }

  /** Media types of its layers, as `docker save` writes them. */
  async layers(): Promise<string[]> {
    const file = join(directory({}), 'image.tar');
    await docker(['save', '--output', file, this.#tag], this.#env);
    const read = (name: string) => JSON.parse(execFileSync('tar', ['-xOf', file, name], { encoding: 'utf8' }));
    const blob = (digest: string) => read(`blobs/${digest.replace(':', '/')}`);
    const top = blob(read('index.json').manifests[0].digest);
    const { layers } = top.manifests ? blob(top.manifests[0].digest) : top;
    return layers.map(({ mediaType }: { mediaType: string }) => mediaType);
  }

  /** What the image prints. */
  async output(): Promise<string | undefined> {
    return (await docker(['run', '--rm', this.#tag], this.#env)).split('\n')[0];
  }
}

/** The entry of the builder stage's layer. */
export const layerKey = () => {
  const [large] = service
    .entries()
    .filter(({ bytes }) => bytes > LAYER)
    .map(({ key }) => key);
  if (large === undefined) throw new Error('the large layer was not saved');
  return large;
};
/** The entry that came last: a save ends with its index. */
export const indexKey = () => service.entries().at(-1)?.key ?? '';
