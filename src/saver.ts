// The process that saves layers behind the job's back: saving.ts starts it.

import { runSaver } from './index.ts';

await runSaver();
