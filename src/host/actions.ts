// The Actions runtime: inputs, outputs, state, annotations and the summary of the job that runs us.

import { randomUUID } from 'node:crypto';
import { relative, resolve, sep } from 'node:path';
import * as core from '@actions/core';
import type { Annotation } from '../report/annotations.ts';

/** The text of an input as the runner gives it; '' where it is not set. */
export const input = (name: string): string => core.getInput(name);

export function setOutput(name: string, value: string): void {
  core.setOutput(name, value);
}

/** Keeps a value for `post`. */
export const saveState = (name: string, value: string): void => core.saveState(name, value);
export const state = (name: string): string => core.getState(name);

/** Prints an annotation; its file is named from the top of the repository, as GitHub wants it. */
export function annotate(annotation: Annotation): void {
  const { level, message, title, file, line, endLine, column } = annotation;
  const place = file === null ? {} : { file: fromWorkspace(file) };
  const lines = line === null ? {} : { startLine: line, endLine: endLine ?? line };
  // GitHub takes a column only for an annotation of a single line.
  const columns = column !== null && (endLine ?? line) === line ? { startColumn: column } : {};
  const print = { error: core.error, warning: core.warning, notice: core.notice }[level];
  print(message, { title, ...place, ...lines, ...columns });
}

/** Adds markdown to the job's summary. Without a summary file (an old runner, a local run) it does nothing. */
export async function addToSummary(markdown: string): Promise<void> {
  if (process.env.GITHUB_STEP_SUMMARY) await core.summary.addRaw(markdown, true).write();
}

/**
 * Runs `work` with workflow commands switched off, so that a build that prints `::error::` or `::add-mask::` commands
 * nothing.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#stopping-and-starting-workflow-commands
 */
export async function withoutCommands<T>(work: () => Promise<T>): Promise<T> {
  const token = randomUUID();
  process.stdout.write(`::stop-commands::${token}\n`);
  try {
    return await work();
  } finally {
    process.stdout.write(`::${token}::\n`);
  }
}

/** Where a workflow's job works; null outside a workflow. */
export const workspace = (): string | null => process.env.GITHUB_WORKSPACE || null;

/** A file as it is named from the top of the repository. */
export function fromWorkspace(file: string): string {
  return relative(workspace() ?? process.cwd(), resolve(file))
    .split(sep)
    .join('/');
}
