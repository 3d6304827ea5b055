// The present state of every application, from latest-decisions, with the head that goes with it.
import type { EventLog, IncomingRecord } from '@saidao/event-log';
import { decode, topicName, topics, type LatestDecision } from '@saidao/schemas';
import { isUnreadable, readEnvelope, type Envelope } from './envelope.ts';
import type { HeadStore } from './heads.ts';
import type { Trouble } from './take.ts';

export interface RebuildOptions<Tx> {
  readonly log: EventLog;
  readonly heads: HeadStore<Tx>;
  readonly lenders: readonly string[];
  /** Takes an application's present state in the place of all that was known of it. */
  readonly handle: (state: LatestDecision, tx: Tx) => Promise<void> | void;
  readonly onTrouble: (trouble: Trouble) => void;
}

export interface Rebuilt {
  /** Applications that were behind. */
  readonly rebuilt: number;
  /** Applications whose head is at that decision or past it: their state is newer or the same. */
  readonly upToDate: number;
}

/**
 * Brings every application that is behind up to its present state in one step, and sets its head on
 * decisions to match. A subscription with the same heads goes on from there, without gap or
 * doubling: it passes over what is not above them. One may run at the same time.
 */
export async function rebuild<Tx>(options: RebuildOptions<Tx>): Promise<Rebuilt> {
  let [rebuilt, upToDate] = [0, 0];
  for (const lenderId of options.lenders) {
    const topic = topicName(topics.latestDecisions, lenderId);
    const decisions = topicName(topics.decisions, lenderId);
    // By partition: what is in memory at a time is the newest of each application of one.
    for (const { partition } of await options.log.ranges(topic)) {
      const newest = await newestOf(topic, partition, options);
      const heads = await options.heads.read(decisions, [...newest.keys()]);
      for (const [applicationId, latest] of newest) {
        const isBehind = latest.envelope.number > (heads.get(applicationId) ?? 0);
        if (isBehind && (await restored(decisions, latest, options))) rebuilt += 1;
        else upToDate += 1;
      }
    }
  }
  return { rebuilt, upToDate };
}

interface Latest {
  readonly envelope: Envelope;
  readonly state: LatestDecision;
}

/** Of each application the record with the highest number: a lower one may stand behind it. */
async function newestOf<Tx>(
  topic: string,
  partition: number,
  { log, onTrouble }: RebuildOptions<Tx>,
): Promise<ReadonlyMap<string, Latest>> {
  const newest = new Map<string, Latest>();
  const take = (record: IncomingRecord): void => {
    const envelope = readEnvelope(record);
    if (isUnreadable(envelope)) {
      const message = `The record at ${envelope.readAt} is no state: ${envelope.reason}.`;
      return onTrouble({ kind: 'unreadable', message });
    }
    const before = newest.get(envelope.applicationId);
    if (before !== undefined && before.envelope.number > envelope.number) return;
    try {
      const { data } = decode(record.value, topic);
      newest.set(envelope.applicationId, { envelope, state: data as LatestDecision });
    } catch (error) {
      const message =
        `The state at ${envelope.readAt} cannot be decoded (${(error as Error).message}); its ` +
        'application is left to its decisions.';
      onTrouble({ kind: 'undecodable', message, event: envelope, error });
    }
  };
  await log.scan([topic], take, { partition });
  return newest;
}

async function restored<Tx>(
  topic: string,
  { envelope: { applicationId, number }, state }: Latest,
  { heads, handle }: RebuildOptions<Tx>,
): Promise<boolean> {
  return heads.hold({ topic, applicationId }, async (held) => {
    if (held.head !== undefined && held.head >= number) return false;
    await handle(state, held.tx);
    await held.moveTo(number);
    return true;
  });
}
