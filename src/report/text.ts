// Words and figures that every rendering of the report shares. Pure.

import type { Uploaded } from '../cache/store.ts';
import type { Finding } from '../lint/finding.ts';
import { countSteps, type PushReport, type Report, type SmokeReport, type Step } from './report.ts';

/** `4.6 s`, `2 min 05 s`; nothing is rounded to zero: `< 0.1 s`. */
export function duration(seconds: number): string {
  if (seconds === 0) return '0 s';
  if (seconds < 0.05) return '< 0.1 s';
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** `1 warning`, `3 warnings`; `2 entries`. */
export function count(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : nouns}`;
}

/** What is wrong and what to do, where nothing tells the two apart but an empty line. */
export function advice(finding: Finding): string {
  const { remedy } = finding;
  return remedy === '' ? complaint(finding) : `${complaint(finding)}\n\n${remedy}`;
}

/** What is wrong, and what it cost where that was measured. */
export function complaint({ message, seconds }: Finding): string {
  return seconds === null ? message : `${message} In this build that cost ${duration(seconds)}.`;
}

const SEVERITIES = ['error', 'warning', 'notice'] as const;

/** The findings by severity, then by the seconds that they cost; of equals, in the order that they have. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding): number => SEVERITIES.indexOf(severity);
  return [...findings].sort((a, b) => rank(a) - rank(b) || (b.seconds ?? 0) - (a.seconds ?? 0));
}

/** The findings that are not shown, by what leaves them out. */
export function leftOut(suppressed: number, ignored: number): string[] {
  return [
    ...(suppressed > 0 ? [`${suppressed} silenced by a comment`] : []),
    ...(ignored > 0 ? [`${ignored} ignored by lint-ignore`] : []),
  ];
}

/** Cuts a text to a number of characters, with an ellipsis where something is missing. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}

/** Breaks a text at its spaces into lines of up to `width` characters; an empty text has none. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The text as the beginning of a sentence. */
export const firstUpper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/**
 * `2/6`, or `build 2/6` where the builder counts in several stages; the classic one counts through the whole file.
 * @param room characters for the names of platform and stage
 */
export function stepNumber(step: Step, steps: Step[], room = Number.POSITIVE_INFINITY): string {
  const platform = step.id.slice(0, -`${step.stage}/${step.index}`.length).replace(/\/$/, ' ');
  const throughFile = steps.every(({ total }) => total === steps.length);
  const several = steps.some(({ stage }) => stage !== step.stage) && !throughFile;
  const name = `${platform}${several ? step.stage : ''}`.trimEnd();
  return `${name === '' ? '' : `${cut(name, room)} `}${step.index}/${step.total}`;
}

/**
 * A time as a bar of up to `width` characters, in eighths of one; '' for what would not show. The scale goes to the
 * longest time, and to one second at least: a build in which nothing takes long shows no long bars.
 */
export function bar(seconds: number, longest: number, width: number): string {
  const eighths = Math.round((seconds / Math.max(longest, 1)) * width * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
}

/** How the build went, in parts: its time, and how much of it was reused. */
export function builtText({ build }: Report): string[] {
  const { outcome, seconds, steps } = build;
  return [
    outcome === 'built' ? `Built in ${duration(seconds)}` : `Build failed after ${duration(seconds)}`,
    ...(steps.length > 0 ? [`${countSteps(steps).hit} of ${count(steps.length, 'step')} from the cache`] : []),
  ];
}

/** The job in one line: what came out, how much of it was reused, does the image run, what the lint says. */
export function verdict(report: Report): string {
  const { smoke, push, lint } = report;
  const parts = [
    ...builtText(report),
    ...(smoke.outcome === 'skipped' ? [] : [`smoke test ${smoke.outcome}`]),
    ...(push === null ? [] : [push.outcome === 'pushed' ? 'pushed' : 'not pushed']),
    ...(lint.findings.length > 0 ? [count(lint.findings.length, 'lint finding')] : []),
  ];
  return parts.join(' · ');
}

/** The engine in a few words: `Docker 28.5.2, containerd image store`. */
export function engineName({ build }: Report): string {
  const { version, imageStore, builder } = build.engine;
  const store = imageStore === null || imageStore === 'other' ? '' : `, ${imageStore} image store`;
  return `Docker ${version ?? '(version unknown)'}${store}${builder === 'classic' ? ', classic builder' : ''}`;
}

/** The builder's own work that took a tenth of a second or more, longest first. */
export function notablePhases({ build }: Report): string[] {
  return build.phases
    .filter(({ seconds }) => seconds >= 0.1)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 4)
    .map(({ name, seconds }) => `${name} ${duration(seconds)}`);
}

/** The layer cache in one line; null where nobody asked for one. */
export function cacheText({ cache }: Report): string | null {
  const { outcome, reason, bytesFetched, bytesStored, netSeconds } = cache;
  if (outcome === 'off') return null;
  // The engine's own hits are among the reused steps: what of it is the cache's doing is not known.
  const net =
    netSeconds < 0
      ? `: it cost ${duration(-netSeconds)} more than the reused steps saved`
      : `: reused steps saved ${duration(netSeconds)}, the cache’s own time taken off`;
  // What is stored behind the job's back is told by `post`.
  const figures = [
    ...(bytesFetched > 0 ? [`${bytes(bytesFetched)} fetched`] : []),
    ...(bytesStored > 0 ? [`${bytes(bytesStored)} stored`] : []),
  ].join(', ');
  const sentences = [`${outcome}${outcome === 'restored' ? net : ''}.`, figures === '' ? '' : `${figures}.`, reason];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

/** What there is to say of a smoke test besides its evidence, in sentences. */
export function smokeDetails({ evidence, reason, stop, restarts, health, outcome }: SmokeReport): string[] {
  const probes = health.filter((text, at) => text !== health[at - 1] && !evidence.includes(text)).slice(-2);
  return [
    ...(reason === null ? [] : [`Most likely: ${reason}`]),
    ...(outcome === 'failed' && probes.length > 0 ? [`Its HEALTHCHECK printed: ${cut(probes.join(' · '), 300)}`] : []),
    ...(restarts > 0 ? [`It was restarted ${count(restarts, 'time')}.`] : []),
    ...(stop?.notice ? [stop.notice] : []),
    ...(stop?.seconds != null ? [`It stopped ${duration(stop.seconds)} after ${stop.signal}.`] : []),
  ];
}

/** What became of the push; null where nobody asked for one. */
export function pushText(push: PushReport | null): string | null {
  if (push === null) return null;
  const tags = push.pushed.map(({ tag, digest }) => (digest === null ? tag : `${tag} (${digest})`));
  const pushed = tags.length === 0 ? [] : [`Pushed in ${duration(push.seconds)}: ${tags.join(', ')}.`];
  return [...pushed, ...(push.reason === null ? [] : [push.reason])].join(' ');
}

/** What became of an upload of layers, in a sentence. */
export function uploadText({ entries, bytes: number, seconds, problem }: Uploaded): string {
  const made = `${bytes(number)} in ${count(entries, 'new entry', 'new entries')}`;
  if (problem === null) return `${made} uploaded in ${duration(seconds)}.`;
  return entries === 0 ? `Nothing was saved: ${problem}.` : `Only ${made} uploaded: ${problem}.`;
}

/** `30.0 MB`, with decimal units as docker shows them. */
export function bytes(number: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, number)) / 3));
  return `${power === 0 ? number : (number / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** Layers of fewer bytes are not worth a look. */
const SMALL_LAYER = 100_000;

/** What a step added to the image; '' where that is next to nothing, or not known. */
export function layerText({ layerBytes }: Step): string {
  return layerBytes !== null && layerBytes >= SMALL_LAYER ? bytes(layerBytes) : '';
}

/** Why the build failed, in lines; empty where a syntax finding says it already, and better. */
export function failureText({ build, lint }: Report): string | null {
  const { failure, steps } = build;
  if (failure === null) return null;
  if (failure.step === null) {
    return lint.findings.some(({ rule }) => rule === 'syntax') ? null : failure.message;
  }
  const step = steps.find(({ id }) => id === failure.step);
  const where = step ? `Step ${stepNumber(step, steps)}${step.line ? ` (line ${step.line})` : ''}: ` : '';
  return `${where}${failure.message}`;
}
