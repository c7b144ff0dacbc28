// The action as a runner starts it: dist/main.js and dist/post.js on Node 24, with the environment that a runner gives.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../src/report/report.ts';
import { directory, node24, type Ran, read, root, run } from './engine.ts';

type Strings = Record<string, string>;

/** A job of a workflow: a workspace with a checkout in it, and the files through which its steps and the runner speak. */
export class Job {
  readonly workspace: string;
  readonly temporary: string;
  readonly #env: Strings;

  /**
   * @param env the environment of the job, with an engine in it
   * @param temp RUNNER_TEMP, if not a directory of its own
   */
  constructor(env: Strings, files: Strings, temp?: string) {
    this.workspace = directory(files);
    this.temporary = join(this.workspace, '.runner');
    mkdirSync(this.temporary);
    const file = (name: string) => {
      writeFileSync(join(this.temporary, name), '');
      return join(this.temporary, name);
    };
    this.#env = {
      ...env,
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: this.workspace,
      GITHUB_OUTPUT: file('output'),
      GITHUB_STATE: file('state'),
      GITHUB_STEP_SUMMARY: file('summary'),
      RUNNER_TEMP: temp ?? this.temporary,
    };
  }

  /** Runs the step; inputs by name. */
  async main(inputs: Strings): Promise<Ran & { outputs: Strings; summary: string; annotations: string[] }> {
    const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
    const ran = await this.#run('main', Object.fromEntries(given));
    return {
      ...ran,
      outputs: pairs(read(this.temporary, 'output')),
      summary: read(this.temporary, 'summary'),
      annotations: ran.stdout.split('\n').filter((line) => /^::(error|warning|notice)/.test(line)),
    };
  }

  /** Runs what comes when all steps are through; returns what it adds to the summary, too. */
  async post(): Promise<Ran & { summary: string }> {
    const state = Object.entries(this.state);
    const before = read(this.temporary, 'summary').length;
    const ran = await this.#run('post', Object.fromEntries(state.map(([name, value]) => [`STATE_${name}`, value])));
    return { ...ran, summary: read(this.temporary, 'summary').slice(before) };
  }

  /** What main left to post. */
  get state(): Strings {
    return pairs(read(this.temporary, 'state'));
  }

  report(file: string): Report {
    return JSON.parse(read(this.workspace, file));
  }

  #run(entry: 'main' | 'post', env: Strings): Promise<Ran> {
    return run(node24, [join(root, `dist/${entry}.js`)], { ...this.#env, ...env }, this.workspace);
  }
}

/** The pairs in one of the runner's files: `NAME<<DELIMITER`, the value, `DELIMITER`. The last one of a name counts. */
function pairs(text: string): Strings {
  return Object.fromEntries(
    [...text.matchAll(/^(.+?)<<(\S+)\n([\s\S]*?)\n?\2$/gm)].map(([, name, , value]) => [name, value]),
  );
}
