// What `actions/cache` does around a build, with the real @actions/cache:
//   restore PATH KEY PREFIX    prints the key that was found
//   save PATH KEY

import { restoreCache, saveCache } from '@actions/cache';

const [what, path = '', key = '', prefix = ''] = process.argv.slice(2);
if (what === 'save') {
  const id = await saveCache([path], key);
  if (id < 0) throw new Error('not saved');
} else {
  const found = await restoreCache([path], key, [prefix]);
  console.log(`found:${found ?? ''}`);
}
// Its sockets would keep the process for seconds.
process.exit();
