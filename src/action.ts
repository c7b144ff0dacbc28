// The job as a step of a workflow: inputs from the runner, annotations, outputs and summary to the runner.

import type { Saved } from './cache/store.ts';
import { addToSummary, annotate, input, saveState, setOutput, state, withoutCommands } from './host/actions.ts';
import { cancelSignal, exitCodeOf } from './host/cancel.ts';
import { writeText } from './host/files.ts';
import { display, exit, printOut } from './host/terminal.ts';
import { type Inputs, type Problem, readInputs } from './inputs.ts';
import type { SaveOrder } from './layers.ts';
import { outputsOf } from './outputs.ts';
import { type Done, runJob } from './pipeline.ts';
import { messageOf } from './reason.ts';
import { type Annotation, annotationsOf } from './report/annotations.ts';
import { printable } from './report/clean.ts';
import { toJson } from './report/report.ts';
import { problemSummary, savedSummary, summary } from './report/summary.ts';
import { terminalReport } from './report/terminal.ts';
import { awaitSaved, saveBehind } from './saving.ts';
import { newContainerName, removeContainer } from './smoke/docker.ts';

/** The names under which `main` leaves things to `post`: the smoke test's container, and who saves the layers. */
const CONTAINER = 'smoke-container';
const SAVING = 'saving';

/** Runs the whole job and ends the process: 0 fine, 1 the job failed. */
export async function runAction(): Promise<void> {
  const cancel = cancelSignal();
  try {
    const { inputs, problems } = readInputs(input);
    const container = newContainerName();
    saveState(CONTAINER, container);
    const save = async (order: SaveOrder) => {
      saveState(SAVING, JSON.stringify(await saveBehind(order)));
      return { bytes: 0, sentence: 'What is new is saved while the job goes on.' };
    };
    const ui = {
      display: display('stdout'),
      print: printOut,
      guarded: withoutCommands,
      container,
      save,
      machine: false,
    };
    const result = await runJob(inputs, problems, ui, cancel);
    saveState(CONTAINER, '');
    if ('problems' in result) exit(await refuse(result.problems, inputs));
    else exit(cancel.aborted ? exitCodeOf(cancel) : await publish(result, inputs));
  } catch (error) {
    annotate(fromMessage(`cached-docker-build stopped: ${messageOf(error)}`));
    exit(1);
  }
}

async function publish({ report, sources }: Done, inputs: Inputs): Promise<number> {
  await withoutCommands(async () => printOut(`\n${terminalReport(report, sources, display('stdout'))}\n`));
  for (const annotation of annotationsOf(report).annotations) annotate(annotation);
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

/** Removes what a killed `main` left behind, waits until the layers are saved, tells how that went, and ends the process. */
export async function cleanUp(): Promise<void> {
  try {
    const container = state(CONTAINER);
    if (container !== '') await removeContainer(container).catch(() => undefined);
    const saving = state(SAVING);
    if (saving !== '') await tellSaved(await awaitSaved(JSON.parse(saving), cancelSignal()));
  } catch (error) {
    // What went wrong behind the job does not make it red.
    printOut(`Layers: nothing is known of them: ${messageOf(error)}`);
  }
  exit(0);
}

async function tellSaved({ sentence }: Saved): Promise<void> {
  const text = printable(sentence);
  await withoutCommands(async () => printOut(`Layers: ${text}`));
  if (input('summary') !== 'false') await addToSummary(savedSummary(text));
}
