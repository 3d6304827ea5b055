// How far intake has read the decisions, from the log: offsets that its group has committed.
import { partitionOf, type EventLog } from '@saidao/event-log';
import { topicName, topics } from '@saidao/schemas';
import type { Reading } from '../ports.ts';

export interface ReadingLogOptions {
  readonly log: EventLog;
  /** The line's consumer group. */
  readonly group: string;
  readonly partitions: number;
}

const ASKED_MS_MAX = 1_000;

export function readingIn({ log, group, partitions }: ReadingLogOptions): Reading {
  return {
    async ofDecisions(lenderId, applicationId) {
      const topic = topicName(topics.decisions, lenderId);
      const partition = partitionOf(Buffer.from(applicationId), partitions);
      const isOurs = (one: { readonly partition: number }) => one.partition === partition;
      const ask = async () => {
        // The end first: what comes meanwhile can only make the committed offset look older.
        const end = (await log.ranges(topic)).find(isOurs)?.next;
        const lag = (await log.lag(group, [topic])).find(isOurs)?.lag;
        return end === undefined || lag === undefined ? null : { end, committed: end - lag };
      };
      return inTime(ask());
    },
  };
}

/** Null where the log does not say, or not in time: then nothing is known, and the turn goes on. */
async function inTime<T>(asked: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ASKED_MS_MAX, null);
  });
  try {
    return await Promise.race([asked, late]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    asked.catch(() => {});
  }
}
