// What became of each application, read from the topics, the books and the payout rail's own book.
import type { KafkaEventLog } from '@saidao/event-log';
import { decode, topicName, topics, type EventOf } from '@saidao/schemas';
import { fenOfMoney } from '@saidao/values';
import { outcomeOf, type Applicants, type StoryEvent } from '@saidao/applicants';
import { withDatabase } from './arena.ts';
import { LENDERS } from './place.ts';
import { railBook, type MovedPayout } from './rail-book.ts';

/** All as text, so that two forms can be laid side by side. */
export interface Outcome {
  readonly end: string;
  /** Of the decision that stood at the end; empty where there was none or where none can count. */
  readonly amountFen: string;
  readonly ratePpm: string;
  readonly reasons: string;
  /** What the ledger booked, one for each booking. */
  readonly principalsFen: string;
  /** What the rail really moved: `<fen> to <payee>`. */
  readonly payouts: string;
}

/** By the reference of the application. */
export type Outcomes = ReadonlyMap<string, Outcome>;

export interface Ended {
  readonly outcomes: Outcomes;
  /** What can be said of no single application: strangers' payouts, books out of balance. */
  readonly faults: readonly string[];
}

/** No more of each event than is compared: there may be a million of them. */
interface Case {
  readonly reference: string;
  readonly events: StoryEvent[];
  /** Of the last decision. */
  decided: Pick<Outcome, 'amountFen' | 'ratePpm' | 'reasons'>;
  readonly principalsFen: string[];
  readonly payoutIds: string[];
}

const UNDECIDED = { amountFen: '', ratePpm: '', reasons: '' };

export async function collectOutcomes(from: {
  readonly log: KafkaEventLog;
  readonly applicants: Applicants;
  readonly outsideWorld: string;
  readonly databaseUrl: string;
}): Promise<Ended> {
  const cases = await readCases(from.log);
  const payouts = await railBook(from.outsideWorld);
  const payoutsOf = Map.groupBy(payouts, ({ payoutId }) => payoutId);
  const outcomes = new Map<string, Outcome>();
  const faults: string[] = [];
  const claimed = new Set<string>();
  for (const [applicationId, one] of cases) {
    if (outcomes.has(one.reference)) faults.push(`${one.reference} became two applications`);
    const moved = one.payoutIds.flatMap((payoutId) => {
      claimed.add(payoutId);
      return payoutsOf.get(payoutId) ?? [];
    });
    const script = from.applicants.byId(one.reference)?.script;
    if (script === undefined) faults.push(`${applicationId} belongs to no applicant`);
    outcomes.set(one.reference, outcomeIn(one, outcomeOf(script ?? [], one) ?? 'no end', moved));
  }
  for (const { payoutId } of payouts) {
    if (!claimed.has(payoutId)) faults.push(`the rail moved ${payoutId}, which nobody instructed`);
  }
  faults.push(...(await imbalances(from.databaseUrl)));
  return { outcomes, faults };
}

/** All events by application, each once: what was delivered again is known by its number. */
async function readCases(log: KafkaEventLog): Promise<Map<string, Case>> {
  const cases = new Map<string, Case>();
  const heads = new Map<string, number>();
  const names = [
    topicName(topics.applications),
    ...LENDERS.map((lender) => topicName(topics.decisions, lender)),
    topicName(topics.disbursements),
  ];
  await log.scan(names, ({ key, value, topic, headers }) => {
    const applicationId = String(key);
    const place = `${applicationId}/${topic}`;
    const number = Number(String(headers['ce_sequence']));
    if (number <= (heads.get(place) ?? 0)) return;
    heads.set(place, number);
    const event = decode(value, topic) as EventOf;
    let one = cases.get(applicationId);
    if (one === undefined) {
      one = openedBy(event);
      cases.set(applicationId, one);
    }
    note(one, event);
  });
  return cases;
}

function openedBy({ data }: EventOf): Case {
  const reference = 'reference' in data ? (data.reference ?? '') : '';
  return { reference, events: [], decided: UNDECIDED, principalsFen: [], payoutIds: [] };
}

function note(one: Case, event: EventOf): void {
  const { type, data } = event;
  const { revision, cause } = data as { readonly revision?: number; readonly cause?: string };
  one.events.push({ type, data: { revision, cause } });
  switch (event.type) {
    case 'LoanApproved':
    case 'LoanDeclined':
    case 'LoanReferred':
      one.decided = decisionIn(event);
      return;
    case 'LoanBooked':
      one.principalsFen.push(String(fenOfMoney(event.data.principal)));
      return;
    case 'PayoutInstructed':
      one.payoutIds.push(event.data.payoutId);
      return;
    default:
  }
}

function decisionIn(event: EventOf<'LoanApproved' | 'LoanDeclined' | 'LoanReferred'>) {
  const codes = event.data.reasons.map(({ code }) => code);
  const reasons = codes.sort().join(' ');
  if (event.type !== 'LoanApproved') return { ...UNDECIDED, reasons };
  const { amount, ratePpm } = event.data.terms;
  return { amountFen: String(fenOfMoney(amount)), ratePpm: String(ratePpm), reasons };
}

function outcomeIn(one: Case, end: string, moved: readonly MovedPayout[]): Outcome {
  return {
    end,
    // Who withdraws may or may not have been decided on before: that is a matter of moments.
    ...(end === 'withdrawn' ? UNDECIDED : one.decided),
    principalsFen: one.principalsFen.sort().join(' '),
    payouts: payoutsText(moved),
  };
}

export function payoutsText(
  moved: readonly { readonly payee: string; readonly amountFen: string }[],
): string {
  return moved
    .map(({ payee, amountFen }) => `${amountFen} to ${payee}`)
    .sort()
    .join(', ');
}

/** Debits equal credits, for each lender and for each entry. */
async function imbalances(databaseUrl: string): Promise<string[]> {
  return withDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ what: string; difference: string }>(
      `with signed as (
         select lender_id, id,
           case side when 'debit' then amount_fen else -amount_fen end as fen
         from book.postings join book.entries using (lender_id, lane, seq))
       select 'lender ' || lender_id as what, sum(fen) as difference from signed
         group by lender_id having sum(fen) <> 0
       union all
       select 'entry ' || id, sum(fen) from signed
         group by id having sum(fen) <> 0`,
    );
    return rows.map(({ what, difference }) => `the books of ${what} are out by ${difference} fen`);
  });
}
