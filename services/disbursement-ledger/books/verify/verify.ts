// Verifies the books: walks every chain, names its first broken link, reckons everything anew.
import type { BusinessDate } from '@saidao/values';
import type { Database, Transaction } from '@saidao/worker';
import { chart } from '../../postings.ts';
import { lendersIn, trialBalance, type AccountBalance } from '../balances.ts';
import { entriesIn, readBooks } from '../read-entries.ts';
import type { Fault } from './fault.ts';
import { differencesOf, Sums } from './sums.ts';
import { verifyDays } from './verify-days.ts';
import { verifyLoans } from './verify-loans.ts';
import { verifyPeriods } from './verify-periods.ts';
import { walkChain, type KeptHead } from './walk-chain.ts';

export interface VerifyAsked {
  /** Left out: every lender that has books. */
  readonly lenders?: readonly string[];
  /** The raw Ed25519 keys that days may be signed by. */
  readonly trustedKeys: readonly Buffer[];
}

export interface VerifiedLender {
  readonly lenderId: string;
  readonly chains: number;
  readonly entries: number;
  readonly postings: number;
  /** Days that are signed. */
  readonly days: number;
  /** Loans that were reckoned anew by their facts, and compared with all that is kept of them. */
  readonly loans: number;
  readonly balances: readonly AccountBalance[];
}

export interface Verified {
  readonly lenders: readonly VerifiedLender[];
  /** In the order of the walk: the first of a chain is its first broken link. Empty: all sound. */
  readonly faults: readonly Fault[];
  /** True where there were more faults than are given. */
  readonly areMore: boolean;
}

/** Of more nobody reads each: once a chain is wrong, the first is what matters. */
const FAULTS_MAX = 1_000;

/** Reads all books of the lenders at one instant; whoever books meanwhile is not held up. */
export async function verifyBooks(database: Database, asked: VerifyAsked): Promise<Verified> {
  const faults: Fault[] = [];
  let areMore = false;
  const find = (fault: Fault): boolean => {
    if (faults.length < FAULTS_MAX) faults.push(fault);
    else areMore = true;
    return faults.length < FAULTS_MAX;
  };
  const lenders = await readBooks(database, async (books) => {
    const verified: VerifiedLender[] = [];
    for (const lenderId of asked.lenders ?? (await lendersWithRows(books))) {
      verified.push(await verifyLender(books, lenderId, asked.trustedKeys, find));
    }
    return verified;
  });
  return { lenders, faults, areMore };
}

/** Also of those whose accounts were taken away. */
async function lendersWithRows(books: Transaction): Promise<readonly string[]> {
  const { rows } = await books.query<{ lender_id: string }>(
    `select lender_id from book.chain_heads union select lender_id from book.entries
     union select lender_id from book.postings union select lender_id from book.day_digests`,
  );
  const lenders = [...(await lendersIn(books)), ...rows.map(({ lender_id }) => lender_id)];
  return [...new Set(lenders)].sort();
}

async function verifyLender(
  books: Transaction,
  lenderId: string,
  trustedKeys: readonly Buffer[],
  find: (fault: Fault) => boolean,
): Promise<VerifiedLender> {
  const chains = await chainsOf(books, lenderId);
  const ends = await periodEndsOf(books, lenderId);
  const sums = new Sums(ends);
  for (const [lane, head] of chains) {
    const walk = walkChain({ lenderId, lane }, find);
    for await (const page of entriesIn(books, { lenderId, lane })) {
      for (const entry of page) {
        walk.take(entry);
        sums.take(entry);
      }
    }
    walk.end(head);
    await findStrays(books, lenderId, lane, find);
  }
  const periods = await verifyPeriods(books, lenderId, sums, find);
  const days = await verifyDays(books, lenderId, trustedKeys, periods, find);
  await compareAccounts(books, lenderId, find);
  const loans = await verifyLoans(books, lenderId, find);
  const balances = await compareBalances(books, lenderId, sums, find);
  const { entries, postings } = sums;
  return { lenderId, chains: chains.size, entries, postings, days, loans, balances };
}

/** Every lane that has a head, an entry or a posting, with its head. */
async function chainsOf(
  books: Transaction,
  lenderId: string,
): Promise<ReadonlyMap<number, KeptHead>> {
  const { rows } = await books.query<{
    lane: number;
    seq: bigint | null;
    complete_seq: bigint;
    hash: Buffer;
  }>(
    `select l.lane, h.seq, h.complete_seq, h.hash from (
       select lane from book.chain_heads where lender_id = $1
       union select lane from book.entries where lender_id = $1
       union select lane from book.postings where lender_id = $1) as l
     left join book.chain_heads as h on h.lender_id = $1 and h.lane = l.lane order by l.lane`,
    [lenderId],
  );
  return new Map(
    rows.map(({ lane, seq, complete_seq: completeSeq, hash }) => [
      lane,
      seq === null ? undefined : { seq, completeSeq, hash },
    ]),
  );
}

/** Postings that no entry has, and entries on a loan that their lender does not have. */
async function findStrays(
  books: Transaction,
  lenderId: string,
  lane: number,
  find: (fault: Fault) => void,
): Promise<void> {
  const { rows: postings } = await books.query<{ seq: bigint; n: bigint }>(
    // Offset: each is looked up by its key, whatever the planner thinks of so many.
    `select p.seq, p.n from (
       select seq, count(*) as n from book.postings where lender_id = $1 and lane = $2
       group by seq) as p
     left join lateral (
       select true as is_there from book.entries
       where lender_id = $1 and lane = $2 and seq = p.seq offset 0) as e on true
     where e.is_there is null order by p.seq`,
    [lenderId, lane],
  );
  for (const { seq, n } of postings) {
    const says = `There are ${n} postings at ${seq}, but no entry.`;
    find({ kind: 'posting-stray', lenderId, lane, seq, entryId: null, says });
  }
  const { rows: entries } = await books.query<{ seq: bigint; id: string; loan_id: string }>(
    `select seq, id, loan_id from book.entries as e
     where lender_id = $1 and lane = $2 and not exists (
       select from book.loans as l
       where l.loan_id = e.loan_id and l.lender_id = e.lender_id
         and l.application_id = e.application_id)
     order by seq`,
    [lenderId, lane],
  );
  for (const { seq, id: entryId, loan_id } of entries) {
    const says = `${lenderId} has no loan ${loan_id} of its application.`;
    find({ kind: 'loan-differs', lenderId, lane, seq, entryId, says });
  }
}

async function compareAccounts(
  books: Transaction,
  lenderId: string,
  find: (fault: Fault) => void,
): Promise<void> {
  const { rows } = await books.query<{
    code: string;
    name: string;
    nature: string;
    grows: string;
    currency: string;
  }>(
    `select code, name, nature, grows, currency from book.accounts where lender_id = $1
     order by code collate "C"`,
    [lenderId],
  );
  const known = new Map(chart.map((one) => [one.code as string, one]));
  // One that is not kept is no fault: what a later release brings is opened with the next entry.
  for (const row of rows) {
    const says = accountFault(row, known.get(row.code));
    if (says === null) continue;
    find({ kind: 'account-changed', lenderId, lane: null, seq: null, entryId: null, says });
  }
}

function accountFault(
  row: { code: string; name: string; nature: string; grows: string; currency: string },
  wanted: (typeof chart)[number] | undefined,
): string | null {
  if (wanted === undefined) return `Account ${row.code} is not in the chart.`;
  const { code, name, nature, grows } = wanted;
  const isSame = row.nature === nature && row.grows === grows && row.currency === 'CNY';
  if (isSame && row.name === name) return null;
  const is = `is ${nature} of CNY, grows by ${grows}s and is called “${name}”`;
  return `Account ${code} ${is}, not as it is kept.`;
}

async function periodEndsOf(
  books: Transaction,
  lenderId: string,
): Promise<readonly BusinessDate[]> {
  const { rows } = await books.query<{ through: BusinessDate }>(
    `select closed_through::text as through from book.periods where lender_id = $1 order by 1`,
    [lenderId],
  );
  return rows.map(({ through }) => through);
}

/** What readers are told of the accounts has to be what the walk has added up. */
async function compareBalances(
  books: Transaction,
  lenderId: string,
  { accounts }: Sums,
  find: (fault: Fault) => void,
): Promise<readonly AccountBalance[]> {
  const balances = await trialBalance(books, lenderId);
  const told = new Map(
    balances
      .filter(({ debitFen, creditFen }) => debitFen !== 0n || creditFen !== 0n)
      .map(({ account, currency, debitFen, creditFen }) => [
        `${account} ${currency}`,
        { debitFen, creditFen },
      ]),
  );
  for (const says of differencesOf(told, accounts)) {
    find({ kind: 'balance-changed', lenderId, lane: null, seq: null, entryId: null, says });
  }
  return balances;
}
