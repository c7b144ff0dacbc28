// What is left to do when the job's other steps are over: `post` of action.yml.
import { cleanUp } from './index.js';
await cleanUp();
