// What can be wrong with the Actions cache, on a real engine and through the real @actions/cache. In a file of its own: it
// is mostly waiting, and other files run meanwhile.

import { beforeAll, describe, expect, test } from '@jest/globals';
import { type CacheMode, grants } from '../support/cache-service.ts';
import { fileSystem } from '../support/engine.ts';
import { type Access, Image, indexKey, service } from '../support/image.ts';

describe('what is wrong with the service ends in a right image, a green job and a sentence', () => {
  let image: Image;
  /** What a first job saved, for all these tests. */
  let saved: string[] = [];
  let number = 0;
  const save = async () => {
    image = await Image.inEmptyCache('containerd');
    await image.job();
    saved = service.entries().map(({ key }) => key);
  };
  beforeAll(save);

  /** After a job that saved: lets the service fail, changes a file, and builds on an emptied engine. */
  const broken = async (breakIt: () => unknown, access: Access = {}) => {
    for (const { key } of service.entries()) if (!saved.includes(key)) await service.evict(key);
    await breakIt();
    const text = `changed ${number++}`;
    image.files['app.txt'] = `${text}\n`;
    const ran = await image.job({}, access);
    await service.heal();
    expect(ran.code).toBe(0);
    // That steps ran again, and why, is told in any case.
    expect(ran.annotations.filter((line) => !line.startsWith('::notice title=cache miss'))).toEqual([]);
    expect(await image.output()).toBe(text);
    return { ...ran, said: ran.report.cache.reason, later: ran.post.stdout };
  };

  test.each<[string, () => unknown, string]>([
    ['nothing listens', () => service.fault({ what: 'refuse' }), 'cannot be reached (ECONNREFUSED)'],
    ['it never answers', () => service.fault({ what: 'hang' }), 'was silent for 5 s'],
    [
      'every call ends in 500',
      () => service.fault({ what: 'status', status: 500, on: 'lookup' }),
      'was silent for 5 s',
    ],
    [
      'too many calls',
      () => service.fault({ what: 'status', status: 429, on: 'lookup' }),
      'takes no more calls for now',
    ],
  ])('down: %s', async (_, fault, why) => {
    const ran = await broken(fault);
    expect(ran.said).toBe(
      `What was saved cannot be used: the cache service ${why}. Nothing was saved either; the next run tries again.`,
    );
    expect(ran.report.cache.restoreSeconds).toBeLessThan(10);
    expect(ran.later).toBe('');
  });

  test('slow: it is waited for', async () => {
    const ran = await broken(() => service.fault({ what: 'slow', delayMs: 500 }));
    expect(ran.missed).toEqual([5, 6, 8]);
  });

  test('a connection that is cut: the call is made again', async () => {
    const ran = await broken(() => service.fault({ what: 'reset', on: 'lookup', times: 1 }));
    expect(ran.missed).toEqual([5, 6, 8]);
  });

  test('the index cannot be downloaded', async () => {
    const ran = await broken(() => service.fault({ what: 'status', status: 403, on: 'download' }));
    expect(ran.said).toMatch(/^What was saved cannot be used: .* What is new is saved/);
  });

  test('a layer never arrives', async () => {
    // The index takes two requests.
    const ran = await broken(() => service.fault({ what: 'stall', on: 'download', after: 2 }));
    expect(ran.said).toMatch(
      /^The cache failed, so the image was built without it: the cache service was silent for 1\d s\./,
    );
  });

  test('too many new entries (429)', async () => {
    const ran = await broken(() => service.fault({ what: 'status', status: 429, on: 'create', retryAfter: 60 }));
    expect(ran.missed).toEqual([5, 6, 8]);
    expect(ran.later).toContain('Nothing was saved: the cache service takes no more calls for now');
  });

  test('uploads fail (500)', async () => {
    const ran = await broken(() => service.fault({ what: 'status', status: 500, on: 'upload' }));
    expect(ran.missed).toEqual([5, 6, 8]);
    expect(ran.later).toContain('Nothing was saved: the cache service was silent for 10 s.');
  });

  test('uploads never end', async () => {
    const ran = await broken(() => service.fault({ what: 'hang', on: 'upload' }));
    expect(ran.later).toMatch(/Nothing was saved: the cache service was silent for 10 s/);
  });

  test('a write that is denied though the token allows it', async () => {
    const ran = await broken(() => service.fault({ what: 'deny', on: 'create' }));
    expect(ran.later).toContain('Nothing was saved: this job may read the cache, but not write it');
  });

  test('a token that may only read: nothing is even exported', async () => {
    const ran = await broken(() => undefined, { scopes: grants.untrusted() });
    expect(ran.missed).toEqual([5, 6, 8]);
    expect(ran.said).toContain('Nothing was saved: this job may read the cache, but not write it');
    expect(ran.report.cache.saveSeconds).toBe(0);
    expect(ran.later).toBe('');
  });

  test.each<[CacheMode, number[], RegExp]>([
    ['read', [5, 6, 8], /Nothing was saved: this job may read the cache, but not write it/],
    ['write-only', [2, 3, 4, 5, 6, 8], /this job may not read the cache.* What is new is saved/],
    ['none', [2, 3, 4, 5, 6, 8], /this job may not read the cache/],
  ])('ACTIONS_CACHE_MODE: %s', async (mode, missed, said) => {
    const ran = await broken(() => undefined, { mode });
    expect(ran.missed).toEqual(missed);
    expect(ran.said).toMatch(said);
  });

  test('the index is damaged: the next save replaces it', async () => {
    const ran = await broken(() => service.corrupt(indexKey()));
    expect(ran.said).toMatch(
      /^What was saved cannot be used: what came from the cache service is damaged\. What is new/,
    );
    expect((await image.job()).missed).toEqual([]);
    await save();
  });

  test('the disk is full', async () => {
    const ran = await broken(() => undefined, { temp: fileSystem('1m') });
    expect(ran.said).toMatch(
      /^The cache failed, so the image was built without it: there is no room left on the disk\./,
    );
    expect(ran.later).toContain('Nothing was saved: there is no room left on the disk.');
  });

  test('the saving process is killed', async () => {
    await service.fault({ what: 'hang', on: 'upload' });
    image.files['app.txt'] = 'killed\n';
    const job = image.start();
    await job.main({ tags: 'cached-docker-build-test:killed', 'smoke-test': 'off' });
    process.kill(JSON.parse(job.state.saving ?? '').process, 'SIGKILL');
    const post = await job.post();
    expect(post).toMatchObject({ code: 0, summary: expect.stringContaining('Nothing was saved&#58; it was stopped.') });
  });
});
