// Sums over entries as they are walked: for each account and each closed period.
import { formatYuan, type BusinessDate, type Fen } from '@saidao/values';
import type { StoredEntry } from '../read-entries.ts';

export interface Sum {
  debitFen: Fen;
  creditFen: Fen;
}

export class Sums {
  /** By `account currency`. */
  readonly accounts = new Map<string, Sum>();
  /** By the last day of the period, and then by `account currency`; not cumulative. */
  readonly periods = new Map<BusinessDate, Map<string, Sum>>();
  readonly #ends: readonly BusinessDate[];
  entries = 0;
  postings = 0;

  /** `periodEnds` in order. */
  constructor(periodEnds: readonly BusinessDate[]) {
    this.#ends = periodEnds;
    for (const end of periodEnds) this.periods.set(end, new Map());
  }

  take({ bookingDate, postings }: StoredEntry): void {
    this.entries += 1;
    this.postings += postings.length;
    const end = this.#ends.find((one) => bookingDate <= one);
    const period = end === undefined ? undefined : this.periods.get(end);
    for (const { account, side, amountFen, currency } of postings) {
      const name = `${account} ${currency}`;
      add(this.accounts, name, side, amountFen);
      if (period !== undefined) add(period, name, side, amountFen);
    }
  }
}

function add(sums: Map<string, Sum>, name: string, side: string, amountFen: Fen): void {
  const sum = sums.get(name) ?? { debitFen: 0n, creditFen: 0n };
  if (side === 'debit') sum.debitFen += amountFen;
  else sum.creditFen += amountFen;
  sums.set(name, sum);
}

/** A sentence for each account of which the two are not the same. */
export function differencesOf(
  told: ReadonlyMap<string, Sum>,
  summed: ReadonlyMap<string, Sum>,
): readonly string[] {
  const zero = { debitFen: 0n, creditFen: 0n };
  return [...new Set([...told.keys(), ...summed.keys()])].sort().flatMap((name) => {
    const kept = told.get(name) ?? zero;
    const sum = summed.get(name) ?? zero;
    if (kept.debitFen === sum.debitFen && kept.creditFen === sum.creditFen) return [];
    return [`account ${name} is kept with ${describe(kept)}, its postings are ${describe(sum)}.`];
  });
}

function describe({ debitFen, creditFen }: Sum): string {
  return `debits ${formatYuan(debitFen)} and credits ${formatYuan(creditFen)}`;
}
