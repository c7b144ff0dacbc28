// Why a step was not reused: files that a step reads.

import { FILES } from '../experiments/files.ts';
import { testExperiments } from '../experiments/run.ts';

testExperiments(FILES);
