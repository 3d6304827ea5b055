// Checks the closed periods of a lender: their sums against the entries, and the chain of digests.
import type { BusinessDate } from '@saidao/values';
import type { Transaction } from '@saidao/worker';
import { GENESIS } from '../chain.ts';
import { periodDigestOf, type PeriodSum } from '../period-digest.ts';
import type { Fault, FaultKind } from './fault.ts';
import { differencesOf, type Sum, type Sums } from './sums.ts';

interface KeptPeriod {
  readonly through: BusinessDate;
  readonly last_value_date: BusinessDate | null;
  readonly last_booked_at: Date | null;
  readonly closed_at: Date;
  readonly previous: Buffer | null;
  readonly digest: Buffer | null;
}

/** The digest of each that has one, by its last day. */
export async function verifyPeriods(
  books: Transaction,
  lenderId: string,
  sums: Sums,
  find: (fault: Fault) => void,
): Promise<ReadonlyMap<BusinessDate, Buffer>> {
  const balances = await balancesOf(books, lenderId);
  const { rows: periods } = await books.query<KeptPeriod & Record<string, unknown>>(
    `select closed_through::text as through, last_value_date::text as last_value_date,
       last_booked_at, closed_at, previous, digest
     from book.periods where lender_id = $1 order by closed_through`,
    [lenderId],
  );
  const digests = new Map<BusinessDate, Buffer>();
  const fault = (kind: FaultKind, through: BusinessDate, says: string): void => {
    find({
      ...{ kind, lenderId, lane: null, seq: null, entryId: null },
      says: `Through ${through}: ${says}`,
    });
  };
  const cumulative = new Map<string, Sum>();
  let previous: Buffer = GENESIS;
  for (const period of periods) {
    const { through, digest } = period;
    const kept = balances.get(through) ?? [];
    balances.delete(through);
    addTo(cumulative, sums.periods.get(through));
    for (const says of differencesOf(byName(kept), cumulative)) {
      fault('balance-changed', through, says);
    }
    if (digest === null || period.previous === null) {
      // Of a release that did not chain them, and so before every one that is chained.
      if (digests.size > 0) fault('period-changed', through, 'the period has no digest.');
      continue;
    }
    if (!period.previous.equals(previous)) {
      const says = 'the period does not name the one that was closed before it.';
      fault('period-changed', through, says);
    }
    if (!digestOf(lenderId, period, period.previous, kept).equals(digest)) {
      fault('period-changed', through, 'its digest is not that of the period and its sums.');
    }
    digests.set(through, digest);
    previous = digest;
  }
  for (const through of balances.keys()) {
    fault('period-missing', through, 'sums of a closed period are kept, but not the period.');
  }
  return digests;
}

function digestOf(
  lenderId: string,
  { through, last_value_date: lastValueDate, last_booked_at, closed_at }: KeptPeriod,
  previous: Buffer,
  sums: readonly PeriodSum[],
): Buffer {
  const lastBookedAtMs = last_booked_at === null ? null : last_booked_at.getTime();
  const closedAtMs = closed_at.getTime();
  return periodDigestOf({
    ...{ lenderId, through, previous, lastValueDate, lastBookedAtMs, closedAtMs, sums },
  });
}

async function balancesOf(
  books: Transaction,
  lenderId: string,
): Promise<Map<BusinessDate, PeriodSum[]>> {
  const { rows } = await books.query<{
    through: BusinessDate;
    account: string;
    currency: string;
    debit_fen: string;
    credit_fen: string;
  }>(
    `select closed_through::text as through, account, currency, debit_fen::text, credit_fen::text
     from book.period_balances where lender_id = $1 order by closed_through`,
    [lenderId],
  );
  const balances = new Map<BusinessDate, PeriodSum[]>();
  for (const { through, account, currency, debit_fen, credit_fen } of rows) {
    const sums = balances.get(through) ?? [];
    sums.push({ account, currency, debitFen: BigInt(debit_fen), creditFen: BigInt(credit_fen) });
    balances.set(through, sums);
  }
  return balances;
}

function byName(sums: readonly PeriodSum[]): ReadonlyMap<string, Sum> {
  return new Map(sums.map((sum) => [`${sum.account} ${sum.currency}`, sum]));
}

function addTo(cumulative: Map<string, Sum>, period: ReadonlyMap<string, Sum> = new Map()): void {
  for (const [name, sum] of period) {
    const before = cumulative.get(name) ?? { debitFen: 0n, creditFen: 0n };
    cumulative.set(name, {
      debitFen: before.debitFen + sum.debitFen,
      creditFen: before.creditFen + sum.creditFen,
    });
  }
}
