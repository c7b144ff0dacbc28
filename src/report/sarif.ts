// Findings → SARIF 2.1.0, the format that code scanning and many editors read. Pure.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
// Limits and what GitHub makes of it: https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support

import type { Edit, Finding, RelatedLocation, Severity } from '../lint/finding.ts';
import { BESIDE_RULES } from '../lint/lint.ts';
import { RULES } from '../lint/rules/index.ts';
import { homepage, version } from '../version.ts';
import { fingerprints } from './fingerprint.ts';
import type { LintReport, Sources } from './report.ts';
import { advice, cut, worstFirst } from './text.ts';

/** GitHub keeps 5,000 results of a run, and refuses a file with more than 25,000. */
const MOST_RESULTS = 5000;
/** GitHub keeps 100 locations of a result, and refuses more than 1,000. */
const MOST_LOCATIONS = 100;
/** A file may have 10 MB when it is compressed: a message that quotes a line of a megabyte must not fill it. */
const LONGEST_MESSAGE = 4000;

const LEVELS: Record<Severity, string> = { error: 'error', warning: 'warning', notice: 'note' };

/** The name under which the top of the repository goes; where that is on this machine, nobody needs to know. */
const ROOT = '%SRCROOT%';

const PAGES = `${homepage}/blob/v${version.split('.')[0]}`;

const DESCRIPTIONS = [
  ...RULES.map((rule) => ({ ...rule, page: `src/lint/rules/${rule.id}.md` })),
  ...BESIDE_RULES.map((rule) => ({ ...rule, page: 'docs/rules.md' })),
];

/**
 * The findings as a SARIF file, worst first.
 * @param uris where each file is: relative to the top of the repository, or absolute where it lies outside
 */
export function toSarif(lint: LintReport, sources: Sources, uris: ReadonlyMap<string, string>): string {
  const lines = new Map<string, string[]>();
  const fingerprint = ({ file, line }: Finding): string | undefined => {
    const known = lines.get(file) ?? fingerprints(sources.get(file) ?? '');
    lines.set(file, known);
    return known[line - 1];
  };
  const shown = worstFirst(lint.findings).slice(0, MOST_RESULTS);
  const place = (location: Omit<RelatedLocation, 'message'>) => placeOf(location, uris);
  const run = {
    tool: {
      driver: {
        name: 'cached-docker-build',
        semanticVersion: version,
        informationUri: homepage,
        rules: DESCRIPTIONS.map(describe),
      },
    },
    originalUriBaseIds: { [ROOT]: { description: { text: 'The top of the repository.' } } },
    // Columns count as JavaScript and the language server protocol count them.
    columnKind: 'utf16CodeUnits',
    results: shown.map((finding) => ({
      ruleId: finding.rule,
      ruleIndex: DESCRIPTIONS.findIndex(({ id }) => id === finding.rule),
      level: LEVELS[finding.severity],
      message: { text: messageOf(finding) },
      locations: [place(finding)],
      relatedLocations: relatedOf(finding).map((related, at) => ({
        id: at + 1,
        ...place(related),
        message: { text: cut(related.message, LONGEST_MESSAGE) },
      })),
      partialFingerprints: { primaryLocationLineHash: fingerprint(finding) },
      ...fixesOf(finding, uris),
      properties: { confidence: finding.confidence, seconds: finding.seconds },
    })),
    properties: {
      suppressed: lint.suppressed,
      ignored: lint.ignored,
      leftOut: lint.findings.length - shown.length,
    },
  };
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
  return JSON.stringify(log, null, 2);
}

function describe({ id, severity, summary, page }: (typeof DESCRIPTIONS)[number]) {
  const helpUri = `${PAGES}/${page}`;
  return {
    id,
    shortDescription: { text: summary },
    fullDescription: { text: summary },
    helpUri,
    help: {
      text: `${summary} Why, what to do and when not to: ${helpUri}`,
      markdown: `${summary}\n\n[Why, what to do, and when not to](${helpUri})`,
    },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: {
      tags: ['docker', 'build-cache'],
      'problem.severity': severity === 'notice' ? 'recommendation' : severity,
    },
  };
}

function relatedOf({ related }: Finding): RelatedLocation[] {
  return related.slice(0, MOST_LOCATIONS);
}

/** The advice, and a link to each related place: GitHub shows those only that the message links to. */
function messageOf(finding: Finding): string {
  const links = relatedOf(finding).map(
    ({ line, message }, at) => `[line ${line}](${at + 1}): ${unlinked(cut(message, LONGEST_MESSAGE))}`,
  );
  const text = unlinked(cut(advice(finding), LONGEST_MESSAGE));
  return [text, ...(links.length > 0 ? [links.join('\n')] : [])].join('\n\n');
}

/** What looks like a link in a plain text message would be one: a Dockerfile must not make any. */
function unlinked(text: string): string {
  return text.replaceAll('](', ']\\(');
}

/** The change that mends it, for editors: as many replacements as it has edits. */
function fixesOf({ file, fix }: Finding, uris: ReadonlyMap<string, string>) {
  if (fix === null) return {};
  const replacements = fix.edits.map((edit) => ({
    deletedRegion: regionOf(edit),
    insertedContent: { text: edit.text },
  }));
  const artifactChanges = [{ artifactLocation: artifactOf(file, uris), replacements }];
  return { fixes: [{ description: { text: fix.description }, artifactChanges }] };
}

function placeOf(place: Omit<RelatedLocation, 'message'>, uris: ReadonlyMap<string, string>) {
  return { physicalLocation: { artifactLocation: artifactOf(place.file, uris), region: regionOf(place) } };
}

function artifactOf(file: string, uris: ReadonlyMap<string, string>) {
  const uri = uris.get(file) ?? encodeURI(file);
  return /^[a-z]+:/.test(uri) ? { uri } : { uri, uriBaseId: ROOT };
}

function regionOf({ line, endLine, column, endColumn }: Omit<Edit, 'text'>) {
  return { startLine: line, startColumn: column, endLine, endColumn };
}
