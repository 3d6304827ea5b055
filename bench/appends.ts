// Waits from outside until so many applications have an event, and says when the last had its first.
import type { KafkaEventLog } from '@saidao/event-log';
import type { EventName } from '@saidao/schemas';
import type { RunningProcess } from './workers.ts';

export interface AwaitedAppends {
  readonly log: KafkaEventLog;
  readonly topics: readonly string[];
  readonly types: readonly EventName[];
  /** Of applications: one may be told of again, or the very same once more. */
  readonly count: number;
  /** Those who have to write them. */
  readonly workers: readonly RunningProcess[];
  readonly signal: AbortSignal;
  /** Told of how many there are, each time that there are more. */
  readonly onSeen?: (seen: number) => void;
}

const QUIET_MS_MAX = 60_000;
const LOOK_MS = 20;

/** In milliseconds since 1970; rejects when a worker has ended, or once nothing moves. */
export async function lastAppendMs(awaited: AwaitedAppends): Promise<number> {
  const { log, topics, count, workers, signal, onSeen } = awaited;
  const types = new Set<string>(awaited.types);
  const seen = new Set<string>();
  let lastMs = 0;
  let movedMs = performance.now();
  const follower = await log.follow({
    topics,
    from: 'earliest',
    onRecords(records) {
      movedMs = performance.now();
      for (const { key, headers, timestampMs } of records) {
        const id = String(key);
        if (!types.has(String(headers['ce_type'])) || seen.has(id)) continue;
        seen.add(id);
        lastMs = Math.max(lastMs, timestampMs);
      }
      onSeen?.(seen.size);
    },
    onCrash: (error) => {
      throw error;
    },
  });
  try {
    while (seen.size < count) {
      signal.throwIfAborted();
      const dead = workers.find((worker) => !worker.isRunning());
      if (dead !== undefined) throw new Error(`${dead.name} has ended, see ${dead.log}.`);
      if (performance.now() - movedMs > QUIET_MS_MAX) {
        const what = [...types].join(' and ');
        throw new Error(
          `${topics.join(', ')}: ${seen.size} of ${count} ${what}, and nothing moves.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return lastMs;
  } finally {
    await follower.stop();
  }
}
