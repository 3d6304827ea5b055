// What became of each application, read from the topics, the books and the payout rail's own book.
import type { KafkaEventLog } from '@saidao/event-log';
import { decode, topicName, topics, type EventMap, type EventName } from '@saidao/schemas';
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

interface Case {
  readonly reference: string;
  readonly events: StoryEvent[];
}

type Decided = EventMap['LoanApproved' | 'LoanDeclined' | 'LoanReferred'];
const DECIDED = new Set<string>(['LoanApproved', 'LoanDeclined', 'LoanReferred']);

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
    const moved = payoutIdsOf(one).flatMap((payoutId) => {
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
    const event = decode(value, topic) as StoryEvent;
    const known = cases.get(applicationId);
    if (known !== undefined) known.events.push(event);
    else {
      const { reference } = event.data as EventMap['ApplicationReceived'];
      cases.set(applicationId, { reference, events: [event] });
    }
  });
  return cases;
}

function outcomeIn(one: Case, end: string, moved: readonly MovedPayout[]): Outcome {
  // Who withdraws may or may not have been decided on before: that is a matter of moments.
  const counts = end !== 'withdrawn';
  const decided = counts ? one.events.findLast(({ type }) => DECIDED.has(type)) : undefined;
  const terms = decided?.type === 'LoanApproved' ? termsOf(decided) : undefined;
  const principals = all(one, 'LoanBooked').map(({ principal }) => fenOfMoney(principal));
  return {
    end,
    amountFen: terms === undefined ? '' : String(fenOfMoney(terms.amount)),
    ratePpm: terms === undefined ? '' : String(terms.ratePpm),
    reasons: (decided === undefined ? [] : (decided.data as Decided).reasons)
      .map(({ code }) => code)
      .sort()
      .join(' '),
    principalsFen: principals.map(String).sort().join(' '),
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

function payoutIdsOf(one: Case): string[] {
  return all(one, 'PayoutInstructed').map(({ payoutId }) => payoutId);
}

function termsOf(event: StoryEvent) {
  return (event.data as EventMap['LoanApproved']).terms;
}

function all<N extends EventName>({ events }: Case, type: N): EventMap[N][] {
  return events.filter((event) => event.type === type).map(({ data }) => data as EventMap[N]);
}

/** Debits equal credits, for each lender and for each entry. */
async function imbalances(databaseUrl: string): Promise<string[]> {
  return withDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ what: string; difference: string }>(
      `with signed as (
         select lender_id, entry_id,
           case side when 'debit' then amount_fen else -amount_fen end as fen
         from book.postings)
       select 'lender ' || lender_id as what, sum(fen) as difference from signed
         group by lender_id having sum(fen) <> 0
       union all
       select 'entry ' || entry_id, sum(fen) from signed
         group by entry_id having sum(fen) <> 0`,
    );
    return rows.map(({ what, difference }) => `the books of ${what} are out by ${difference} fen`);
  });
}
