// What a rule reports: plain data, as it stands in the JSON report. Rendering is the business of report/.

export type Severity = 'error' | 'warning' | 'notice';
export type Confidence = 'high' | 'medium' | 'low';

/**
 * Text that takes the place of what stands from (line, column) up to, not including, (endLine, endColumn); both are the
 * same place where text is only put in. Counted as those of findings are: from 1, in UTF-16 code units, in the file as it
 * is, a byte order mark left out. The place behind the last line end is column 1 of one line more.
 */
export interface Edit {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  /** Its lines end in `\n`; who applies it to a file that ends them with CRLF writes those. */
  text: string;
}

/**
 * A safe change: the image has the same files afterwards, apart from what the rule is about, and the build cannot begin
 * to fail of it.
 */
export interface Fix {
  /** What it does, in one sentence of plain text. */
  description: string;
  /** In the order of the file the finding is about; none overlaps another. All of them or none. */
  edits: Edit[];
}

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
  /** Text edits that mend it; null where nobody can tell that they are safe. */
  fix: Fix | null;
}
