// What was measured of the ledger as lines for a person, beside what was wanted.
import { table } from '@saidao/cli';
import type { LedgerRun, LineRun } from './ledger.ts';

/** Of the issue that asked for it: shares of bare inserts, and times of one transaction each. */
const BARE_SHARE_WANTED = 0.25;
const NAIVE_TIMES_WANTED = 5;
const COST_TIMES_WANTED = 1.25;

export function ledgerLines(run: LedgerRun): string[] {
  const { line, bare, naive, costs, four, deadlocks, checked } = run;
  const [few, many] = costs;
  const ratio = (one: number, other: number) => (one / other).toFixed(2);
  return [
    '',
    `Ledger: ${line.loans} loans authorised and paid, the book line alone with the engines`,
    '',
    ...table([
      ['', 'disbursements/s', 'booked/s', 'settled/s', 'µs a posting', 'CPU ms', 'peak memory'],
      ...[
        lineRow('the line, one worker', line),
        lineRow(`the line at ${many?.entries} entries`, many?.line ?? line),
        lineRow(`the line, ${four.workers} workers`, four),
        lineRow('one transaction for each row', naive),
      ],
      ...bare.map(({ what, perSecond, rows }) => [
        `bare unnest of ${what === 'books' ? 'the books alone' : 'all its rows'}`,
        perSecond.toFixed(1),
        ...['', '', ''],
        `${rows} rows`,
        '',
      ]),
    ]),
    ...bare.map(
      ({ what, perSecond }) =>
        `  of bare inserts of ${what === 'books' ? 'the books alone' : 'all its rows'}: ` +
        `${((100 * line.perSecond) / perSecond).toFixed(1)} % ` +
        `(wanted: ${100 * BARE_SHARE_WANTED} %)`,
    ),
    `  of one transaction for each row: ${ratio(line.perSecond, naive.perSecond)} times ` +
      `(wanted: ${NAIVE_TIMES_WANTED})`,
    ...(few === undefined || many === undefined
      ? []
      : [
          `  a posting at ${many.entries} entries over one at ${few.entries}: ` +
            `${ratio(many.line.microsPerPosting, few.line.microsPerPosting)} in the line` +
            // Nothing had to be filled up where the runs themselves had written as much.
            (many.writeMicrosPerPosting === 0
              ? ''
              : `, ${ratio(many.writeMicrosPerPosting, few.writeMicrosPerPosting)} of writing ` +
                `alone (${few.writeMicrosPerPosting.toFixed(1)} µs, then ` +
                `${many.writeMicrosPerPosting.toFixed(1)} µs)`) +
            `; wanted: ${COST_TIMES_WANTED}`,
        ]),
    `  ${deadlocks} deadlocks; ${checked.entries} entries with ${checked.postings} postings are ` +
      'balanced, chained without a gap, and pay each loan once',
  ];
}

function lineRow(name: string, run: LineRun): string[] {
  return [
    name,
    run.perSecond.toFixed(1),
    run.bookedPerSecond.toFixed(1),
    run.settledPerSecond.toFixed(1),
    run.microsPerPosting.toFixed(1),
    run.cpuMs.toFixed(2),
    `${Math.round(run.peakBytes / 1_000_000)} MB`,
  ];
}
