// The table that torture ends with: a row for each case, and below it what was found.
import type { Case, Outcome } from './case.ts';

export interface Ran {
  readonly of: Case;
  readonly outcome: Outcome;
  readonly seconds: number;
}

const HEADINGS = ['case', 'runs', 'seconds', 'checked', 'result'] as const;

export function tableOf(all: readonly Ran[]): string {
  const rows = all.map(({ of, outcome, seconds }) => [
    `${of.group}: ${of.name}`,
    String(outcome.runs),
    seconds.toFixed(0),
    outcome.checked,
    resultOf(outcome),
  ]);
  const lines = [[...HEADINGS], ...rows];
  const widths = HEADINGS.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  const written = lines.map((line) =>
    line
      .map((cell, at) =>
        at === 1 || at === 2 ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!),
      )
      .join('  ')
      .trimEnd(),
  );
  const rule = '-'.repeat(Math.max(...written.map(({ length }) => length)));
  const [head = '', ...body] = written;
  const more = all.flatMap(({ of, outcome: { findings, notes = [] } }) => [
    ...findings.map((text) => `FOUND ${of.group}: ${of.name}: ${text}`),
    ...notes.map((text) => `note ${of.group}: ${of.name}: ${text}`),
  ]);
  return [...more, '', head, rule, ...body, ''].join('\n');
}

/** Where nothing went wrong nothing is shown: that is not well. */
function resultOf({ runs, findings }: Outcome): string {
  if (findings.length > 0) return `${findings.length} found`;
  return runs === 0 ? 'NOT RUN' : 'ok';
}
