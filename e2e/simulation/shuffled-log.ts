// A log that gives each record one to five times, and those of a window in another order.
import type { EventLog, IncomingRecord, LaneTurn } from '@saidao/event-log';
import type { Chance } from './chance.ts';
import type { Machine, Network } from './machine.ts';

const TIMES_MAX = 5;
/** Of what has not come before: so often at once, besides. */
const MORE_MAX = 2;
/** What was taken comes again as long as it is among the last of its lane. */
const WINDOW = 12;
const AGAIN = 0.3;
/** So long a turn is held back, for others to come into it. */
const HELD = { fromMs: 0, toMs: 1_500 };

/**
 * An application's numbered events may come in any order, since numbers put them right. What doors
 * and timers say has no number and keeps its order, as the log of each channel has it.
 */
export function shuffledLog(
  network: Network,
  machine: Machine,
  log: EventLog,
  onGivenAgain: (times: number) => void,
): EventLog {
  const { chance } = network.time;
  return {
    ...log,
    consumeLanes(options) {
      const times = new Map<string, number>();
      const recent = new Map<number, IncomingRecord[]>();
      return log.consumeLanes({ ...options, onTurn });

      async function onTurn(turn: LaneTurn): Promise<{ readonly taken: number }> {
        await network.call(machine, HELD, () => {});
        const given = turn.lanes.flatMap((lane) => shuffled(windowOf(turn, lane), chance));
        onGivenAgain(given.length - new Set(given).size);
        const cut = chance.int(0, given.length);
        for (const records of [given.slice(0, cut), given.slice(cut)]) {
          const { taken } = await options.onTurn({ ...turn, records });
          // All of it comes anew, in yet another order.
          if (taken < records.length) return { taken: 0 };
        }
        for (const record of given) times.set(nameOf(record), timesOf(record) + 1);
        for (const lane of turn.lanes) {
          const last = turn.records.filter(({ partition }) => partition === lane).slice(-WINDOW);
          recent.set(lane, [...(recent.get(lane) ?? []), ...last].slice(-WINDOW));
        }
        return { taken: turn.records.length };
      }

      /** What a line publishes again because it is given something again is cut off at five too. */
      function windowOf({ records }: LaneTurn, lane: number): IncomingRecord[] {
        const fresh = records.filter(({ partition }) => partition === lane);
        const again = (recent.get(lane) ?? []).filter(() => chance.happens(AGAIN));
        const first = fresh.filter((record) => timesOf(record) === 0);
        const more = first.flatMap((one) => Array(chance.int(0, MORE_MAX)).fill(one));
        const left = new Map<string, number>();
        return [...fresh, ...more, ...again].filter((record) => {
          const name = nameOf(record);
          const so = left.get(name) ?? timesOf(record);
          left.set(name, so + 1);
          return so < TIMES_MAX;
        });
      }

      function timesOf(record: IncomingRecord): number {
        return times.get(nameOf(record)) ?? 0;
      }
    },
  };
}

/** Those without a number take places of their like, each first before its repeats. */
function shuffled(records: readonly IncomingRecord[], chance: Chance): IncomingRecord[] {
  const given = [...records];
  for (let last = given.length - 1; last > 0; last -= 1) {
    const at = chance.int(0, last);
    [given[last], given[at]] = [given[at]!, given[last]!];
  }
  const ordered = records.filter((record) => !isNumbered(record));
  return given.map((record) => (isNumbered(record) ? record : ordered.shift()!));
}

function nameOf({ topic, headers }: IncomingRecord): string {
  return `${topic} ${String(headers['ce_id'])}`;
}

function isNumbered({ headers }: IncomingRecord): boolean {
  return headers['ce_sequence'] !== undefined;
}
