// Why a step was not reused: what the job asks for.

import { JOBS } from '../experiments/jobs.ts';
import { testExperiments } from '../experiments/run.ts';

testExperiments(JOBS);
