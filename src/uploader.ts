// The process that uploads layers behind the job's back: uploads.ts starts it.

import { runUploader } from './index.ts';

await runUploader();
