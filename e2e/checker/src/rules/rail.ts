// The rail’s own book against what was instructed and booked: everything once, and nothing beside.
import { topicName, topics } from '@saidao/schemas';
import type { LogSeen } from '../log-seen.ts';
import type { BookPayout, RailPayout } from '../readings.ts';
import { hasLostEvents, isCut } from '../retention.ts';
import type { Found } from '../story.ts';
import { authorisationsOf, HOLD, isPaid, type Authorisation, type Payout } from './money.ts';

type MayCome = Found['mayCome'];

interface Known {
  readonly authorisation: Authorisation;
  /** Retention has taken some of what came of it. */
  readonly isCut: boolean;
}

export function* railFaults(book: Iterable<RailPayout>, seen: LogSeen): Iterable<Found> {
  const moved = new Map<string, RailPayout>();
  for (const payout of book) {
    if (moved.has(payout.payoutId)) {
      yield found(payout.payoutId, null, 'was paid twice by the rail', 'never');
    }
    moved.set(payout.payoutId, payout);
  }
  const known = new Map<string, Known>();
  const instructed = new Set<string>();
  for (const story of seen.stories.values()) {
    for (const authorisation of authorisationsOf(story)) {
      known.set(authorisation.id, { authorisation, isCut: hasLostEvents(story, seen) });
      for (const payout of authorisation.payouts) {
        instructed.add(payout.id);
        yield* payoutFaults(payout, moved.get(payout.id), story.applicationId);
      }
    }
  }
  const beside = [...moved.values()].filter(({ payoutId }) => !instructed.has(payoutId));
  for (const paid of beside) yield* besideFaults(paid, known, seen);
  yield* sumFaults(moved.values(), known);
}

function* payoutFaults(
  payout: Payout,
  paid: RailPayout | undefined,
  applicationId: string,
): Iterable<Found> {
  const of = (says: string, mayCome: MayCome) => found(payout.id, applicationId, says, mayCome);
  if (paid === undefined) {
    if (isPaid(payout)) yield of('was confirmed, and the rail has moved nothing', 'soon');
    return;
  }
  const wanted = textOf(payout);
  const did = textOf(paid);
  if (did !== wanted) yield of(`was instructed as ${wanted}; the rail paid ${did}`, 'never');
  if (payout.rejected.length > 0) yield of('was rejected, and the rail has paid', 'never');
  else if (!isPaid(payout)) yield of('was paid, and nobody has told the ledger', 'later');
  const { railReference } = payout.confirmed[0]?.says ?? {};
  if (railReference !== undefined && railReference !== paid.railReference) {
    yield of(`was confirmed as ${railReference}, the rail has ${paid.railReference}`, 'never');
  }
}

/** Decisions are kept for good: of the rest retention may have taken what led to a payout. */
function* besideFaults(
  { payoutId, lenderId }: RailPayout,
  known: ReadonlyMap<string, Known>,
  seen: LogSeen,
): Iterable<Found> {
  const own = known.get(authorisationOf(payoutId));
  if (own === undefined) {
    if (isCut(seen, topicName(topics.decisions, lenderId))) return;
    yield found(payoutId, null, 'was paid by the rail, and nobody authorised it', 'never');
    return;
  }
  const { applicationId } = own.authorisation.story;
  const says = 'was paid by the rail, and nobody instructed it';
  if (!own.isCut) yield found(payoutId, applicationId, says, 'never');
}

/** However little is left of its events: no more than was authorised. */
function* sumFaults(
  book: Iterable<RailPayout>,
  known: ReadonlyMap<string, Known>,
): Iterable<Found> {
  const paidFen = new Map<string, bigint>();
  for (const { payoutId, amountFen } of book) {
    const id = authorisationOf(payoutId);
    paidFen.set(id, (paidFen.get(id) ?? 0n) + amountFen);
  }
  for (const [id, { authorisation }] of known) {
    const { amountFen, story } = authorisation;
    const fen = paidFen.get(id) ?? 0n;
    if (fen <= amountFen) continue;
    const says = `was authorised for ${amountFen} fen, and the rail has paid ${fen}`;
    yield { ...found('', story.applicationId, says, 'never'), place: `authorisation ${id}` };
  }
}

const authorisationOf = (payoutId: string): string => payoutId.slice(0, payoutId.lastIndexOf('/'));

const textOf = ({ amountFen, lenderId, payee }: Pick<Payout, 'amountFen' | 'lenderId' | 'payee'>) =>
  `${amountFen} fen of ${lenderId} to ${payee}`;

function found(id: string, applicationId: string | null, says: string, mayCome: MayCome): Found {
  return {
    ...{ rule: 'payouts', place: `payout ${id}`, says, advice: HOLD, applicationId, mayCome },
  };
}

/** What the books have paid under which reference, against the rail’s own book. */
export function* bookedPayouts(
  payouts: readonly BookPayout[],
  book: Iterable<RailPayout>,
): Iterable<Found> {
  const references = new Map(Array.from(book, (one) => [one.payoutId, one.railReference]));
  for (const { payoutId, status, railReference } of payouts) {
    const rail = references.get(payoutId);
    const isSame = (status === 'paid') === (rail !== undefined) && (railReference ?? rail) === rail;
    if (isSame || (status !== 'paid' && status !== 'rejected')) continue;
    const says = `is ${status} as ${railReference} in the books; the rail has ${rail ?? 'nothing'}`;
    yield found(payoutId, authorisationOf(payoutId).slice(0, 36), says, 'never');
  }
}
