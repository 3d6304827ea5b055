// Doors of the ledger: each repayment and each action on a loan has exactly one answer.
import { topicName, topics, type EventName } from '@saidao/schemas';
import { judgedBy, type Judged } from '../buried.ts';
import type { LogSeen } from '../log-seen.ts';
import { mayBeTaken } from '../retention.ts';
import { factsOfType, type Fact, type Found } from '../story.ts';

const REPAYMENTS = topicName(topics.repayments);
const ACTIONS = topicName(topics.loanActions);
const DISBURSEMENTS = topicName(topics.disbursements);

/** What a repayment is booked as; what a loan cannot take is refused, like any action. */
const booked: readonly EventName[] = ['RepaymentBooked', 'RecoveryBooked', 'GuaranteePaid'];

/** Answers by what led to them; a rail’s call (payout-callbacks) is a hint, and has none. */
export function* unansweredLoans(seen: LogSeen): Iterable<Found> {
  const answers = new Map<string, Fact[]>();
  for (const story of seen.stories.values()) {
    for (const fact of factsOfType(story, ...booked, 'LoanActionRecorded')) {
      const name = `${story.applicationId} ${fact.cause}`;
      const same = answers.get(name);
      if (same === undefined) answers.set(name, [fact]);
      else same.push(fact);
    }
  }
  const answersTo = ({ key, id }: Judged) => answers.get(`${key} ${id}`) ?? [];
  const judged = judgedBy('book', seen);
  const own = [...seen.messages.values()]
    .filter(({ topic }) => topic === REPAYMENTS || topic === ACTIONS)
    .flatMap((message) => judged(message) ?? []);
  const taken = new Set(
    own
      .filter((one) => answersTo(one).some(({ type }) => booked.includes(type)))
      .map(({ key, body }) => `${key} ${body}`),
  );
  for (const message of own) {
    const { topic, key, body, atMs } = message;
    const said = answersTo(message);
    if (said.length === 0) {
      // The same money told again, under another id, is booked once.
      const isRepeat = topic === REPAYMENTS && taken.has(`${key} ${body}`);
      if (!isRepeat && !mayBeTaken(seen, DISBURSEMENTS, key, atMs)) yield found(message, 0);
    } else if (said.length > 1) {
      yield found(message, said.length);
    }
    yield* otherAmounts(message, said);
  }
  yield* bookedTwice(seen);
}

function found({ place, id, key, type, awaited }: Judged, times: number): Found {
  return {
    rule: 'lost-writes',
    place: `${place} ${id}`,
    says: `is ${type} and was answered ${times} times`,
    advice: `see book.repayments, book.loan_actions and book’s journal under ${key}`,
    applicationId: key,
    mayCome: times === 0 ? 'later' : 'never',
    awaited,
  };
}

function* otherAmounts(message: Judged, said: readonly Fact[]): Iterable<Found> {
  const { place, id, key, amountFen } = message;
  for (const { type, says } of said) {
    if (!booked.includes(type) || says.amountFen === amountFen) continue;
    yield sum(`${place} ${id}`, `brought ${amountFen} fen, ${type} says ${says.amountFen}`, key);
  }
}

/** A lender’s reference stands for one repayment, whoever told of it and how often. */
function* bookedTwice(seen: LogSeen): Iterable<Found> {
  const known = new Set<string>();
  for (const story of seen.stories.values()) {
    for (const { says } of factsOfType(story, ...booked)) {
      const name = `${says.lenderId}/${says.source}/${says.reference}`;
      if (known.has(name)) yield sum(`repayment ${name}`, 'was booked twice', story.applicationId);
      known.add(name);
    }
  }
}

function sum(place: string, says: string, applicationId: string): Found {
  const advice = 'see saidao ledger loan for its entries; take the wrong one back';
  return { rule: 'sums', place, says, advice, applicationId, mayCome: 'never' };
}
