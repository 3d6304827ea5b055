// After a fault: what the rail really moved, what was told, and what the books say, against each other.
import { formatYuan } from '@saidao/values';
import { verifyBooks } from '../books/verify/verify.ts';
import type { Application, Ground } from './ground.ts';

/** How it has to have ended: every payee paid, or some rejected for good. */
export interface Expected {
  readonly one: Application;
  readonly rejected?: readonly string[];
}

/** Every finding as a sentence; none is as it must be. */
export async function findingsOf(ground: Ground, expected: readonly Expected[]): Promise<string[]> {
  const findings: string[] = [];
  const { payouts } = await ground.world.book();
  for (const { one, rejected = [] } of expected) {
    const say = (text: string) => void findings.push(`${one.applicationId}: ${text}`);
    const wanted = one.authorised.terms.payees.filter(({ name }) => !rejected.includes(name));
    const moved = payouts.filter(({ payoutId }) => payoutId.startsWith(one.authorisationId));
    const texts = (all: readonly string[]) => all.toSorted().join('; ');
    const isMoved = texts(moved.map(({ payee, amountFen }) => `${payee} ${amountFen}`));
    const isWanted = texts(wanted.map(({ name, amount }) => `${name} ${amount.minor}`));
    if (isMoved !== isWanted) say(`the rail has moved «${isMoved}», not «${isWanted}»`);
    (await strayEvents(ground, one, rejected)).forEach(say);
    (await strayBalances(ground, one, rejected)).forEach(say);
  }
  return [...findings, ...(await unsoundBooks(ground))];
}

/** Each event once, by its number; what was published again is the same bytes. */
async function strayEvents(
  ground: Ground,
  { applicationId, authorised }: Application,
  rejected: readonly string[],
): Promise<string[]> {
  const strays: string[] = [];
  const told = await ground.toldOf(applicationId);
  const first = new Map<string, string>();
  for (const { topic, number, bytes } of told) {
    const place = `${topic}/${number}`;
    if ((first.get(place) ?? bytes) !== bytes) strays.push(`${place} was told with other bytes`);
    first.set(place, bytes);
  }
  for (const topic of new Set(told.map((one) => one.topic))) {
    const numbers = new Set(told.filter((one) => one.topic === topic).map(({ number }) => number));
    if (Math.max(...numbers) !== numbers.size) strays.push(`${topic} has a gap in its numbers`);
  }
  const types = await ground.typesOf(applicationId);
  const { length } = authorised.terms.payees;
  const wanted = {
    LoanBooked: 1,
    PayoutInstructed: length,
    PayoutConfirmed: length - rejected.length,
    PayoutRejected: rejected.length,
    PayoutFailed: rejected.length,
    LimitReleased: rejected.length,
    LoanDisbursed: rejected.length < length ? 1 : 0,
  };
  for (const [type, count] of Object.entries(wanted)) {
    const found = types.filter((one) => one === type).length;
    if (found !== count) strays.push(`${type} was told ${found} times, not ${count}`);
  }
  return strays;
}

/** What is owed is what was paid; nothing is reserved, and nothing lies in the deposit. */
async function strayBalances(
  { db }: Ground,
  { applicationId, authorised }: Application,
  rejected: readonly string[],
): Promise<string[]> {
  const { payees } = authorised.terms;
  const paidFen = payees.reduce(
    (sum, { name, amount }) => (rejected.includes(name) ? sum : sum + amount.minor),
    0n,
  );
  const wanted = { 1303: paidFen, 1003: -paidFen, 2011: 0n, 9001: 0n, 9099: 0n };
  const { rows } = await db.database.query<{ account: string; fen: bigint }>(
    `select p.account, sum(case p.side when 'debit' then p.amount_fen else -p.amount_fen end)::bigint
       as fen
     from book.entries e join book.postings p using (lender_id, lane, seq)
     where e.application_id = $1 group by p.account`,
    [applicationId],
  );
  const found = new Map(rows.map(({ account, fen }) => [account, fen]));
  const strays = Object.entries(wanted).flatMap(([account, fen]) => {
    const is = found.get(account) ?? 0n;
    if (is === fen) return [];
    return [`account ${account} holds ${formatYuan(is)}, not ${formatYuan(fen)}`];
  });
  const blocked = await db.database.query<{ line: string }>(
    `select 'book' as line from book.applications
       where application_id = $1 and blocked_topic is not null
     union all select 'payout' from payout.applications
       where application_id = $1 and blocked_topic is not null`,
    [applicationId],
  );
  return [...strays, ...blocked.rows.map(({ line }) => `a dead letter blocks it in ${line}`)];
}

/** Every chain walked, every entry hashed and added up again. */
async function unsoundBooks({ db }: Ground): Promise<string[]> {
  const { faults } = await verifyBooks(db.database, { trustedKeys: [] });
  return faults.map(({ lenderId, entryId, says }) => `${lenderId} ${entryId}: ${says}`);
}
