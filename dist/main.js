// The action's step: `main` of action.yml.
import { runAction } from './index.js';
await runAction();
