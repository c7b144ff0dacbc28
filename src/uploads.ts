// An upload of layers that outlives the step that made them: `main` starts a process for it, and `post`, when the job's
// other steps are through, waits for that and tells how it went.

import { join } from 'node:path';
import type { Upload, Uploaded } from './cache/store.ts';
import { carryOut } from './cache/upload.ts';
import { now, sleep } from './host/clock.ts';
import { readText, remove, writeText } from './host/files.ts';
import { argument, isRunning, startBehind } from './host/process.ts';

/** An upload that goes on in another process. */
export interface Behind {
  folder: string;
  process: number;
}

/** Starts to upload, and does not wait. */
export async function uploadBehind(upload: Upload): Promise<Behind> {
  await writeText(join(upload.folder, ORDER), JSON.stringify(upload));
  return { folder: upload.folder, process: startBehind('uploader.js', [upload.folder]) };
}

/** Uploads, and waits for it. */
export async function uploadNow(upload: Upload): Promise<Uploaded> {
  const uploaded = await carryOut(upload);
  await remove(upload.folder);
  return uploaded;
}

/** Waits for an upload and removes what it was made from. */
export async function awaitUpload({ folder, process }: Behind, cancel: AbortSignal): Promise<Uploaded> {
  const result = join(folder, RESULT);
  const start = now();
  let running = true;
  let text: string | null = null;
  while (text === null && running && !cancel.aborted) {
    // In this order: what ends between the two has left its result.
    running = isRunning(process);
    text = (await readText(result)).text;
    if (text === null && running) await sleep(0.1, cancel);
  }
  await remove(folder);
  if (text !== null) return JSON.parse(text);
  return { entries: 0, bytes: 0, seconds: now() - start, problem: 'the upload was stopped' };
}

/** The uploading process: takes its order from the folder that it is given, and leaves the result there. */
export async function runUploader(): Promise<void> {
  const folder = argument(0);
  const { text } = await readText(join(folder, ORDER));
  const uploaded = await carryOut(JSON.parse(text ?? ''));
  await writeText(join(folder, RESULT), JSON.stringify(uploaded));
}

const ORDER = 'order.json';
const RESULT = 'result.json';
