// A subscription: a member of a group that hands each event of its topics to `handle` once, in order.
import type { EventLog, IncomingRecord, LaneTurn } from '@saidao/event-log';
import { topicName, type EventName, type Topic } from '@saidao/schemas';
import { isUnreadable, readEnvelope, type Envelope, type Unreadable } from './envelope.ts';
import type { HeadStore, Place } from './heads.ts';
import { lookAfterParked } from './parked-rounds.ts';
import { createTaker, type TakeOptions, type Taker } from './take.ts';

export interface SubscribeOptions<N extends EventName, Tx> extends TakeOptions<N, Tx> {
  /** Of `connectKafka`; whoever opened it closes it, after the subscription has stopped. */
  readonly log: EventLog;
  /**
   * The consumer group. Members of one share the partitions, and the broker keeps how far they are.
   * For a lender's login it begins with `lender-<id>.`.
   */
  readonly group: string;
  /** Of the catalogue, such as `topics.decisions`; all have as many partitions. */
  readonly topics: readonly Topic<N>[];
  /** Whose topics, where a topic exists for each lender. */
  readonly lenders: readonly string[];
  /**
   * Called for each event once, in order for each application, several applications at a time. What
   * it writes with `tx` is kept together with the head, or not at all. A rejection brings the event
   * again, after a pause of 100 ms to 5 s. It has to end within the session.
   */
  readonly handle: TakeOptions<N, Tx>['handle'];
  /** Default 10 000. A member that was killed holds up its partitions for this long. */
  readonly sessionTimeoutMs?: number;
}

export interface Subscription {
  /**
   * Resolves after `stop`. Rejects when the subscription is dead and will not come back: who does
   * not look at it has Node end the process, which is what should happen.
   */
  readonly ended: Promise<void>;
  /** Finishes the events that are being handled, commits, leaves the group. */
  stop(): Promise<void>;
  /**
   * Goes on with an application that waits: passes over the numbers that are missing, or the one
   * that cannot be decoded, for good. For a person to decide, once it is known what they held.
   */
  passOver(place: Place): Promise<void>;
}

/** Resolves once the group is joined and its partitions are known. Begins with the first record. */
export async function subscribe<N extends EventName, Tx>(
  options: SubscribeOptions<N, Tx>,
): Promise<Subscription> {
  const { log, heads, group, lenders, onTrouble, sessionTimeoutMs } = options;
  const names = options.topics.flatMap((topic) => namesOf(topic, lenders));
  const taker = createTaker(options);
  const ended = Promise.withResolvers<void>();
  let isStopping = false;
  const rounds = await lookAfterParked({ heads, taker, onTrouble });
  const joining = log.consumeLanes({
    ...{ group, topics: names, ...(sessionTimeoutMs !== undefined && { sessionTimeoutMs }) },
    onTurn: async (turn) => ({
      taken: await takeTurn(turn, { ...options, taker, isStopping: () => isStopping }),
    }),
    onAlarm: ({ message }) => onTrouble({ kind: 'alarm', message }),
    onCrash(error) {
      void rounds.stop();
      ended.reject(error);
    },
  });
  const consumer = await joining.catch(async (error: unknown) => {
    await rounds.stop();
    throw error;
  });
  return {
    ended: ended.promise,
    async stop() {
      isStopping = true;
      await Promise.all([rounds.stop(), consumer.stop()]);
      ended.resolve();
    },
    passOver: (place) => taker.passOver(place),
  };
}

function namesOf(topic: Topic, lenders: readonly string[]): string[] {
  return topic.perLender ? lenders.map((id) => topicName(topic, id)) : [topicName(topic)];
}

interface TurnOptions<N extends EventName, Tx> extends SubscribeOptions<N, Tx> {
  readonly taker: Taker;
  readonly isStopping: () => boolean;
}

/** How many records, from the first, are done: taken, parked, or known as repeats. */
async function takeTurn<N extends EventName, Tx>(
  turn: LaneTurn,
  { heads, taker, onTrouble, isStopping }: TurnOptions<N, Tx>,
): Promise<number> {
  const reads = turn.records.map(readEnvelope);
  const known = await knownHeads(reads, heads);
  let done = 0;
  for (const read of reads) {
    // The rest is for the next turn, or for whoever owns the lane by then.
    if (isStopping() || (done > 0 && !turn.isOwned())) break;
    if (isUnreadable(read)) onTrouble(unreadable(read));
    else if (!(read.number <= (known.get(nameOf(read)) ?? 0))) {
      const { value } = turn.records[done] as IncomingRecord;
      if (!(await taker.take({ envelope: read, value }))) break;
    }
    done += 1;
  }
  return done;
}

function unreadable({ readAt, reason }: Unreadable) {
  return {
    kind: 'unreadable',
    message: `The record at ${readAt} is no event: ${reason}.`,
  } as const;
}

const nameOf = ({ topic, applicationId }: Place): string => `${topic}/${applicationId}`;

/** Asked for all at once, so that a subscription that reads history again is through it soon. */
async function knownHeads<Tx>(
  reads: readonly (Envelope | Unreadable)[],
  heads: HeadStore<Tx>,
): Promise<ReadonlyMap<string, number>> {
  const known = new Map<string, number>();
  const events = reads.filter((read): read is Envelope => !isUnreadable(read));
  for (const [topic, ofTopic] of Map.groupBy(events, (event) => event.topic)) {
    const applicationIds = [...new Set(ofTopic.map((event) => event.applicationId))];
    for (const [applicationId, head] of await heads.read(topic, applicationIds)) {
      known.set(nameOf({ topic, applicationId }), head);
    }
  }
  return known;
}
