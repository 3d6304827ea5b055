// Schedules, reconciliations and halts as lines for a person's eyes, and rows for CSV.
import type {
  Halts,
  ReconciledLine,
  ReconciledPayout,
  Reconciliation,
  Schedule,
} from './desk-of-ledger.ts';
import { rightAligned, table } from './table.ts';

const NOTHING = '–';
const SHOWN_MAX = 20;

export const scheduleColumns = [
  ...(['number', 'from', 'to', 'dueOn', 'opening'] as const),
  ...(['principal', 'interest', 'payment', 'closing'] as const),
];

export function scheduleRows({ instalments }: Schedule): (string | number)[][] {
  return [
    [...scheduleColumns],
    ...instalments.map((one) => scheduleColumns.map((name) => one[name])),
  ];
}

export function scheduleLines(schedule: Schedule): string[] {
  const { principal, method, months, dayCount, interestDay, convention } = schedule;
  const rates = schedule.rates.map(({ from, rate }) => `${rate} from ${from}`).join(', ');
  const day = interestDay === null ? '' : `, interest day ${interestDay}`;
  return [
    `${principal} CNY, ${method}, ${months} months, rate ${rates}`,
    `day count ${dayCount}${day}; due dates: ${convention}`,
    '',
    ...table(rightAligned(scheduleRows(schedule), 4), ''),
    '',
    `interest ${schedule.interestTotal}, to pay in all ${schedule.paymentTotal}`,
  ];
}

export function reconciliationLines(found: Reconciliation): string[] {
  const { lender, file, since, until, counts, mismatch, bound, halted } = found;
  const { lines, matched, missing, extra, differing, repeated, pending } = counts;
  return [
    `${file} (${found.format}) beside the books of ${lender}, ${since} to ${until}:`,
    `${lines} lines; ${matched} payouts matched, ${missing} missing, ${extra} extra, ` +
      `${differing} differing; ${repeated} lines repeated, ${pending} pending.`,
    ...some(found.missing, missing, (one) => `missing: ${payoutText(one)}`),
    ...some(found.extra, extra, (one) => `extra: ${lineText(one)}`),
    ...some(found.differing, differing, ({ payout, lines: theirs, differences }) => {
      const what = differences.map(({ kind, ours, theirs: told }) => `${kind} ${ours} → ${told}`);
      const where = theirs.map(({ place }) => place).join(', ');
      return `differing: ${payoutText(payout)}: ${what.join('; ')} (${where})`;
    }),
    ...some(found.repeated, repeated, (one) => `repeated: ${lineText(one)}`),
    missing + extra + differing === 0
      ? 'All agrees.'
      : `They differ by ${mismatch} CNY; the bound is ${bound}.`,
    ...halted.map(({ kind, reason }) => `Payouts of ${lender} are halted (${kind}): ${reason}.`),
    ...(halted.length === 0 ? [] : [LIFT]),
  ];
}

const LIFT = '`npx saidao ledger halts lift LENDER --by … --reason …` lets them go.';

function some<T>(shown: readonly T[], all: number, text: (one: T) => string): string[] {
  const lines = shown.slice(0, SHOWN_MAX).map(text);
  return all > lines.length ? [...lines, `… and ${all - lines.length} more`] : lines;
}

function payoutText({ payoutId, amount, payee, status, paidOn }: ReconciledPayout): string {
  return `${payoutId}, ${amount} to ${payee}, ${status}${paidOn === null ? '' : ` on ${paidOn}`}`;
}

function lineText({ place, amount, currency, valueDate, payee, references }: ReconciledLine) {
  const to = payee === null ? '' : ` to ${payee}`;
  return `${place}, ${amount} ${currency}${to} on ${valueDate} (${references.join(', ') || NOTHING})`;
}

export const reconciliationColumns = [
  ...['result', 'payoutId', 'place', 'date', 'payee', 'amount', 'currency', 'differences'],
] as const;

/** One row for each payout or line that does not agree. */
export function reconciliationRows(found: Reconciliation): (string | null)[][] {
  return [
    [...reconciliationColumns],
    ...found.missing.map(({ payoutId, paidOn, payee, amount }) => [
      ...['missing', payoutId, null, paidOn, payee, amount, 'CNY', null],
    ]),
    ...found.extra.map((one) => lineRow('extra', one)),
    ...found.differing.map(({ payout, lines, differences }) => [
      ...['differing', payout.payoutId, lines.map(({ place }) => place).join('; ')],
      ...[payout.paidOn, payout.payee, payout.amount, 'CNY'],
      differences.map(({ kind, ours, theirs }) => `${kind}: ${ours} → ${theirs}`).join('; '),
    ]),
    ...found.repeated.map((one) => lineRow('repeated', one)),
  ];
}

function lineRow(result: string, line: ReconciledLine): (string | null)[] {
  const { place, valueDate, payee, amount, currency, references } = line;
  return [result, references[0] ?? null, place, valueDate, payee, amount, currency, null];
}

export function haltsLines({ halts, log }: Halts): string[] {
  return [
    ...(halts.length === 0
      ? ['No lender’s payouts are halted.']
      : halts.map(({ lender, kind, reason, haltedAt }) => {
          return `${lender}: halted since ${haltedAt} (${kind}): ${reason}`;
        })),
    ...(log.length === 0 ? [] : ['', 'Set and lifted, the latest first:']),
    ...table(
      log.map(({ at, lender, what, kind, by, reason }) => [
        ...[at, lender, what.toLowerCase(), kind, `by ${by}`, reason],
      ]),
    ),
  ];
}
