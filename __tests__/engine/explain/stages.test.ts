// Why a step was not reused: stages, and images that they begin with.

import { testExperiments } from '../experiments/run.ts';
import { STAGES } from '../experiments/stages.ts';

testExperiments(STAGES);
