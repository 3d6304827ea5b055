// Puts the rail's statement beside our payouts: what agrees, what lacks on either side, what differs.
import { sumFen, type BusinessDate, type Fen } from '@saidao/values';
import type { StatementLine } from './statement.ts';

/** A payout as our books have it. */
export interface OurPayout {
  readonly payoutId: string;
  readonly loanId: string;
  readonly payee: string;
  readonly amountFen: Fen;
  readonly currency: string;
  readonly status: 'instructed' | 'unknown' | 'paid' | 'rejected';
  /** The day on which the rail said that it paid; null unless it is paid. */
  readonly paidOn: BusinessDate | null;
  readonly railReference: string | null;
}

export const differenceKinds = [
  'amount',
  'currency',
  'status',
  'payee',
  'date',
  'reference',
] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

export interface Difference {
  readonly kind: DifferenceKind;
  readonly ours: string;
  readonly theirs: string;
}

export interface Matched {
  readonly payout: OurPayout;
  readonly lines: readonly StatementLine[];
}
export interface Differing extends Matched {
  readonly differences: readonly Difference[];
  /** How much money is at stake: the amount's difference, or all of it where nothing else fits. */
  readonly mismatchFen: Fen;
}

export interface Reconciled {
  readonly matched: readonly Matched[];
  /** Ours are paid, and the statement has no line of them. */
  readonly missing: readonly OurPayout[];
  /** Lines that name no payout of ours. */
  readonly extra: readonly StatementLine[];
  readonly differing: readonly Differing[];
  /** Lines that repeat another word for word: one movement listed twice, counted once. */
  readonly repeated: readonly StatementLine[];
  /** Announced, not booked: they count for nothing yet. */
  readonly pending: readonly StatementLine[];
  /** Sum of all that is missing, extra or different in money, without regard to direction. */
  readonly mismatchFen: Fen;
}

export interface Span {
  readonly since: BusinessDate;
  readonly until: BusinessDate;
}

/**
 * A line is a payout's if one of its references is the payout's key, else if one is the rail's
 * reference that we were told. Several lines of a payout are a split: their sum is compared. Only
 * payouts of the span can be missing.
 */
export function reconcile(
  payouts: readonly OurPayout[],
  lines: readonly StatementLine[],
  { since, until }: Span,
): Reconciled {
  const { once, repeated } = onceEach(lines.filter(({ status }) => status === 'booked'));
  const { byPayout, extra } = assigned(payouts, once);
  const matched: Matched[] = [];
  const differing: Differing[] = [];
  const missing: OurPayout[] = [];
  for (const payout of payouts) {
    const own = byPayout.get(payout);
    if (own === undefined) {
      const { status, paidOn } = payout;
      const isDue = paidOn !== null && paidOn >= since && paidOn <= until;
      if (status === 'paid' && isDue) missing.push(payout);
      continue;
    }
    const differences = differencesOf(payout, own);
    if (differences.length === 0) matched.push({ payout, lines: own });
    else {
      const mismatchFen = atStakeFen(payout, own, differences);
      differing.push({ payout, lines: own, differences, mismatchFen });
    }
  }
  const mismatchFen =
    sumFen(missing.map(({ amountFen }) => amountFen)) +
    sumFen(extra.map(({ amountFen }) => absoluteFen(amountFen))) +
    sumFen(differing.map((one) => one.mismatchFen));
  const pending = lines.filter(({ status }) => status === 'pending');
  return { matched, missing, extra, differing, repeated, pending, mismatchFen };
}

/** The first and the last day of a statement that does not say its days; null: it has no lines. */
export function spanOfLines(lines: readonly StatementLine[]): Span | null {
  const days = lines.map(({ valueDate }) => valueDate).toSorted();
  const [since] = days;
  return since === undefined ? null : { since, until: days.at(-1)! };
}

function onceEach(lines: readonly StatementLine[]) {
  const seen = new Set<string>();
  const once: StatementLine[] = [];
  const repeated: StatementLine[] = [];
  for (const line of lines) {
    // Without the rail's own reference two like lines may well be two payments.
    const { place: _place, amountFen, ...said } = line;
    const key = JSON.stringify([said, String(amountFen)]);
    if (line.railReference !== null && seen.has(key)) repeated.push(line);
    else once.push(line);
    seen.add(key);
  }
  return { once, repeated };
}

function assigned(payouts: readonly OurPayout[], lines: readonly StatementLine[]) {
  const byKey = new Map(payouts.map((payout) => [payout.payoutId, payout]));
  const byReference = new Map(
    payouts.flatMap((payout) =>
      payout.railReference === null ? [] : [[payout.railReference, payout] as const],
    ),
  );
  const byPayout = new Map<OurPayout, StatementLine[]>();
  const extra: StatementLine[] = [];
  for (const line of lines) {
    const payout = first(line.references, byKey) ?? first(line.references, byReference);
    if (payout === undefined) {
      extra.push(line);
      continue;
    }
    const known = byPayout.get(payout);
    if (known === undefined) byPayout.set(payout, [line]);
    else known.push(line);
  }
  return { byPayout, extra };
}

function first<T>(keys: readonly string[], map: ReadonlyMap<string, T>): T | undefined {
  for (const key of keys) {
    const found = map.get(key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function differencesOf(payout: OurPayout, lines: readonly StatementLine[]): Difference[] {
  const { amountFen, currency, status, payee, paidOn, railReference } = payout;
  const differences: Difference[] = [];
  const compare = (kind: DifferenceKind, ours: string, theirs: readonly string[]) => {
    const others = [...new Set(theirs)].filter((one) => one !== ours);
    if (others.length > 0) differences.push({ kind, ours, theirs: others.join(', ') });
  };
  const told = (value: (line: StatementLine) => string | null) =>
    lines.map(value).filter((one) => one !== null);
  const theirsFen = sumFen(lines.map((line) => line.amountFen));
  // Sent and sent back: nobody has the money, and here nobody says otherwise.
  if (movedFen(lines) === 0n && status !== 'paid') return [];
  compare('amount', `${amountFen}`, [`${theirsFen}`]);
  compare(
    'currency',
    currency,
    told((line) => line.currency),
  );
  compare('status', status, ['paid']);
  compare(
    'payee',
    payee,
    told((line) => line.payee),
  );
  if (status !== 'paid') return differences;
  compare(
    'date',
    paidOn ?? 'none',
    told((line) => line.valueDate),
  );
  const references = told((line) => line.railReference);
  // Of a split the rail told us one: it has to be among them.
  if (references.length > 0 && !references.includes(railReference ?? '')) {
    compare('reference', railReference ?? 'none', references);
  }
  return differences;
}

function atStakeFen(
  { amountFen, status }: OurPayout,
  lines: readonly StatementLine[],
  differences: readonly Difference[],
): Fen {
  const theirsFen = sumFen(lines.map((line) => line.amountFen));
  const has = (kind: DifferenceKind) => differences.some((one) => one.kind === kind);
  // In another currency, or to somebody else, ours was not paid and theirs is not ours.
  if (has('currency') || has('payee')) return amountFen + movedFen(lines);
  return absoluteFen(status === 'paid' ? theirsFen - amountFen : theirsFen);
}

/** What the lines come to in each currency, added up without regard to direction. */
function movedFen(lines: readonly StatementLine[]): Fen {
  const byCurrency = Map.groupBy(lines, ({ currency }) => currency);
  return sumFen(
    [...byCurrency.values()].map((own) => absoluteFen(sumFen(own.map((one) => one.amountFen)))),
  );
}

function absoluteFen(fen: Fen): Fen {
  return fen < 0n ? -fen : fen;
}
