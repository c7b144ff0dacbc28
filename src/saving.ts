// Layers that are saved behind the job's back: `main` starts a process for it, and `post`, when the job's other steps are
// through, waits for that and tells how it went.

import { join } from 'node:path';
import type { Saved } from './cache/store.ts';
import { cancelSignal } from './host/cancel.ts';
import { sleep } from './host/clock.ts';
import { readText, remove, temporaryDirectory, writeText } from './host/files.ts';
import { isRunning, receiveOrder, startBehind } from './host/process.ts';
import { exit } from './host/terminal.ts';
import { type SaveOrder, saveLayers } from './layers.ts';

/** Where another process saves layers. */
export interface Behind {
  process: number;
  /** Folder where it leaves its result. */
  folder: string;
}

/** Starts to save layers, and waits only until that needs nothing of the job any more. */
export async function saveBehind(order: SaveOrder): Promise<Behind> {
  const folder = await temporaryDirectory();
  return { folder, process: await startBehind('saver.js', { ...order, folder }) };
}

/** Saves layers, and waits for it. */
export function saveNow(order: SaveOrder, cancel: AbortSignal): Promise<Saved> {
  return saveLayers(order, () => {}, cancel);
}

/** Waits until layers are saved. */
export async function awaitSaved({ folder, process }: Behind, cancel: AbortSignal): Promise<Saved> {
  let running = true;
  let text: string | null = null;
  while (text === null && running && !cancel.aborted) {
    // In this order: what ends between the two has left its result.
    running = isRunning(process);
    text = (await readText(join(folder, RESULT))).text;
    if (text === null && running) await sleep(0.1, cancel);
  }
  await remove(folder);
  return text === null ? { bytes: 0, sentence: 'Nothing was saved: it was stopped.' } : JSON.parse(text);
}

/** The saving process. */
export async function runSaver(): Promise<void> {
  const { order, free } = await receiveOrder();
  const { folder, ...rest } = order as SaveOrder & { folder: string };
  await writeText(join(folder, RESULT), JSON.stringify(await saveLayers(rest, free, cancelSignal())));
  exit(0);
}

const RESULT = 'result.json';
