// Why a step was not reused: instructions and what they run under.

import { INSTRUCTIONS } from '../experiments/instructions.ts';
import { testExperiments } from '../experiments/run.ts';

testExperiments(INSTRUCTIONS);
