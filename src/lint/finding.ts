// What a rule reports: plain data, as it stands in the JSON report. Rendering is the business of report/.

export type Severity = 'error' | 'warning' | 'notice';
export type Confidence = 'high' | 'medium' | 'low';

/** A second place that a finding talks about (its cause), with its own note. Columns are UTF-16 code units, from 1. */
export interface RelatedLocation {
  file: string;
  line: number;
  endLine: number;
  column: number;
  /** Behind the last character, on the last line. */
  endColumn: number;
  message: string;
}

export interface Finding {
  /** The id of the rule: the name of its file and of its page. */
  rule: string;
  severity: Severity;
  confidence: Confidence;
  /** The place to fix. The path is the one the user gave. */
  file: string;
  line: number;
  endLine: number;
  column: number;
  /** Behind the last character, on the last line. */
  endColumn: number;
  /** What is wrong and why, in one or two sentences of plain text. */
  message: string;
  /** What to do, in plain text; lines to paste stand on lines of their own. */
  remedy: string;
  related: RelatedLocation[];
  /** Seconds that the order costs, where they were measured. */
  seconds: number | null;
  /** Text edits that mend it, where they are proved. */
  fix: null;
}
