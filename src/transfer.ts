// The process that speaks with the Actions cache: host/actions-cache.ts starts it.

import { serveTransfers } from './index.ts';

await serveTransfers();
