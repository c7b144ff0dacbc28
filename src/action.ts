// The job as a step of a workflow: inputs from the runner, annotations, outputs and summary to the runner.

import { randomUUID } from 'node:crypto';
import type { Upload, Uploaded } from './cache/store.ts';
import { addToSummary, annotate, input, saveState, setOutput, state, withoutCommands } from './host/actions.ts';
import { cancelSignal, exitCodeOf } from './host/cancel.ts';
import { writeText } from './host/files.ts';
import { display, exit, printOut } from './host/terminal.ts';
import { type Inputs, type Problem, readInputs } from './inputs.ts';
import { outputsOf } from './outputs.ts';
import { runJob } from './pipeline.ts';
import { messageOf } from './reason.ts';
import { type Annotation, annotationsOf } from './report/annotations.ts';
import { printable } from './report/clean.ts';
import { type Report, toJson } from './report/report.ts';
import { problemSummary, summary, uploadSummary } from './report/summary.ts';
import { terminalReport } from './report/terminal.ts';
import { uploadText } from './report/text.ts';
import { removeContainer } from './smoke/smoke.ts';
import { awaitUpload, uploadBehind } from './uploads.ts';

/** The names under which `main` leaves things to `post`: the smoke test's container, and an upload that goes on. */
const CONTAINER = 'smoke-container';
const UPLOAD = 'upload';

/** Runs the whole job and ends the process: 0 fine, 1 the job failed. */
export async function runAction(): Promise<void> {
  const cancel = cancelSignal();
  try {
    const { inputs, problems } = readInputs(input);
    const container = `cached-docker-build-smoke-${randomUUID()}`;
    saveState(CONTAINER, container);
    const upload = async (upload: Upload) => {
      saveState(UPLOAD, JSON.stringify(await uploadBehind(upload)));
      return null;
    };
    const ui = { display: display('stdout'), print: printOut, guarded: withoutCommands, container, upload };
    const result = await runJob(inputs, problems, ui, cancel);
    saveState(CONTAINER, '');
    if ('problems' in result) exit(await refuse(result.problems, inputs));
    else exit(cancel.aborted ? exitCodeOf(cancel) : await publish(result.report, inputs));
  } catch (error) {
    annotate(fromMessage(`cached-docker-build stopped: ${messageOf(error)}`));
    exit(1);
  }
}

async function publish(report: Report, inputs: Inputs): Promise<number> {
  await withoutCommands(async () => printOut(`\n${terminalReport(report, display('stdout'))}\n`));
  for (const annotation of annotationsOf(report)) annotate(annotation);
  for (const [name, value] of Object.entries(outputsOf(report))) setOutput(name, value);
  if (inputs.report !== '') await writeText(inputs.report, toJson(report));
  if (inputs.summary) await addToSummary(summary(report));
  return report.outcome === 'success' ? 0 : 1;
}

async function refuse(problems: Problem[], inputs: Inputs): Promise<number> {
  for (const { message, file } of problems) annotate({ ...fromMessage(message), file });
  setOutput('outcome', 'failure');
  if (inputs.summary) await addToSummary(problemSummary(problems));
  return 1;
}

function fromMessage(message: string): Annotation {
  return { level: 'error', title: 'cached-docker-build', message, file: null, line: null, endLine: null, column: null };
}

/** Removes what a killed `main` left behind, waits for the upload that goes on, tells how it went, and ends the process. */
export async function cleanUp(): Promise<void> {
  const container = state(CONTAINER);
  if (container !== '') await removeContainer(container).catch(() => undefined);
  const upload = state(UPLOAD);
  if (upload !== '') await tellUpload(await awaitUpload(JSON.parse(upload), cancelSignal()));
  exit(0);
}

async function tellUpload(uploaded: Uploaded): Promise<void> {
  const text = printable(uploadText(uploaded));
  await withoutCommands(async () => printOut(`Layers: ${text}`));
  if (input('summary') !== 'false') await addToSummary(uploadSummary(text));
}
