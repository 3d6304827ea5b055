// How each line is at a moment, from two looks at the log and what workers say of themselves.
import type { GroupReading } from '@saidao/event-log';
import { lines, workerTopics, type LineName } from '@saidao/schemas';
import type { LineMetrics, WorkerMetrics } from './worker-metrics.ts';

/** What one look has seen. */
export interface Look {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** A group for each line, named `saidao.<line>`. */
  readonly groups: readonly GroupReading[];
  /** Records on each topic of dead letters. */
  readonly sizes: ReadonlyMap<string, bigint>;
  readonly workers: readonly WorkerMetrics[];
}

export interface LineReading {
  readonly line: LineName;
  /** Records taken a second since the look before; null at the first. */
  readonly ratePerSecond: number | null;
  /** Records that wait; null of a line that never ran. */
  readonly lagRecords: number | null;
  /** Age of the oldest record that waits; null: none does. */
  readonly oldestSeconds: number | null;
  /** Alarms and dead letters that its workers counted since the first look; null: not known. */
  readonly errors: number | null;
  /** Members of its group. */
  readonly workers: number;
  /** Records that wait in the database for a missing one; null: not known. */
  readonly parked: number | null;
  /** Records on its topic of dead letters, those that were dealt with too. */
  readonly deadLetters: number;
  /** What a person should look at; empty: nothing. */
  readonly faults: readonly string[];
}

/** A line that takes nothing for so long, though something waits, stands still. */
const STILL_SECONDS = 10;

/** Keeps what the next look is compared with. */
export class LineWatch {
  #before: Look | undefined;
  /** By worker and line: what was counted at the last answer, and what has been added since. */
  readonly #errors = new Map<string, { last: number; added: number }>();

  take(look: Look): LineReading[] {
    for (const { address, lines: told } of look.workers) {
      for (const [line, { errors }] of told) this.#count(`${address} ${line}`, errors);
    }
    const before = this.#before;
    this.#before = look;
    return lines.map((line) => this.#readingOf(line, look, before));
  }

  /** A worker that was started again counts from nothing. */
  #count(name: string, errors: number): void {
    const { last, added } = this.#errors.get(name) ?? { last: errors, added: 0 };
    const more = errors < last ? errors : errors - last;
    this.#errors.set(name, { last: errors, added: added + more });
  }

  #readingOf(line: LineName, look: Look, before: Look | undefined): LineReading {
    const group = groupOf(line, look);
    const told = look.workers.flatMap(({ lines: each }) => each.get(line) ?? []);
    const counted = [...this.#errors].filter(([name]) => name.endsWith(` ${line}`));
    const neverRan = group === undefined || (!group.known && group.members.length === 0);
    const waiting = group?.partitions.flatMap(({ waitingSinceMs }) => waitingSinceMs ?? []) ?? [];
    const reading = {
      line,
      ratePerSecond: rateOf(line, look, before),
      lagRecords: neverRan ? null : lagOf(group),
      // The broker's clock and ours may differ.
      oldestSeconds:
        neverRan || waiting.length === 0
          ? null
          : Math.max(0, (look.atMs - Math.min(...waiting)) / 1_000),
      errors: counted.length === 0 ? null : counted.reduce((sum, [, one]) => sum + one.added, 0),
      workers: group?.members.length ?? 0,
      // Each worker counts the whole table.
      parked: told.length === 0 ? null : Math.max(...told.map(({ parked }) => parked)),
      deadLetters: Number(look.sizes.get(workerTopics(line).deadLetter) ?? 0n),
    };
    return { ...reading, faults: faultsOf(reading, told) };
  }
}

function groupOf(line: LineName, { groups }: Look): GroupReading | undefined {
  return groups.find(({ group }) => group === `saidao.${line}`);
}

function lagOf({ partitions }: GroupReading): number {
  return Number(partitions.reduce((sum, { position, next }) => sum + next - position, 0n));
}

function rateOf(line: LineName, look: Look, before: Look | undefined): number | null {
  if (before === undefined) return null;
  const positions = new Map(
    groupOf(line, before)?.partitions.map((one) => [`${one.topic} ${one.partition}`, one.position]),
  );
  let taken = 0n;
  for (const { topic, partition, position } of groupOf(line, look)?.partitions ?? []) {
    const last = positions.get(`${topic} ${partition}`);
    // Offsets that somebody has set back are not taken back.
    if (last !== undefined && position > last) taken += position - last;
  }
  return (Number(taken) * 1_000) / Math.max(1, look.atMs - before.atMs);
}

function faultsOf(
  reading: Omit<LineReading, 'faults'>,
  told: readonly LineMetrics[],
): readonly string[] {
  const { workers, lagRecords, oldestSeconds, ratePerSecond } = reading;
  const broken = told.reduce((sum, { brokenLanes }) => sum + brokenLanes, 0);
  const isStill = ratePerSecond === 0 && (oldestSeconds ?? 0) > STILL_SECONDS;
  return [
    ...(lagRecords !== null && workers === 0 ? ['no worker'] : []),
    ...(told.some(({ paused }) => paused) ? ['paused'] : []),
    ...(broken > 0 ? [`lanes broken: ${broken}`] : []),
    ...(workers > 0 && isStill ? ['stands still'] : []),
  ];
}
