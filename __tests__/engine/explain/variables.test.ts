// Why a step was not reused: variables.

import { testExperiments } from '../experiments/run.ts';
import { VARIABLES } from '../experiments/variables.ts';

testExperiments(VARIABLES);
