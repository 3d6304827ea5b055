// The event log as a process reaches it: over a network, appended late, in part, twice or unheard.
import { EventLogError, type EventLog, type MemoryBroker } from '@saidao/event-log';
import type { Machine, Network, Span } from './machine.ts';

const TRAVEL: Span = { fromMs: 0.1, toMs: 1.5 };
const SEND_TIMEOUT_MS = 10_000;

/** `log` is the client of the broker that is this process's: the broker kills and evicts it. */
export function logOver(
  network: Network,
  machine: Machine,
  broker: MemoryBroker,
  log: EventLog,
  waitsForAcknowledgement: boolean,
): EventLog {
  // Its own, which dies with nobody: what is on its way when a process dies still arrives.
  const wire = broker.connect();
  return {
    async send(records, { timeoutMs = SEND_TIMEOUT_MS } = {}) {
      const half = network.meets('appendHalf') ? network.time.chance.int(0, records.length) : null;
      const isHeard = half === null && !network.meets('appendUnanswered');
      const isTwice = network.meets('appendTwice');
      const late = Promise.withResolvers<never>();
      const timeout = setTimeout(() => {
        const message = `the log has not acknowledged within ${timeoutMs} ms`;
        late.reject(new EventLogError('SAIDAO_LOG_UNAVAILABLE', message));
      }, timeoutMs);
      const append = async (): Promise<void> => {
        await wire.send(half === null ? records : records.slice(0, half), { timeoutMs });
        if (isTwice) await wire.send(records, { timeoutMs });
      };
      try {
        await Promise.race([network.call(machine, TRAVEL, append, isHeard), late.promise]);
      } catch (error) {
        if (waitsForAcknowledgement) throw error;
      } finally {
        clearTimeout(timeout);
      }
    },
    consumeLanes: (options) =>
      log.consumeLanes({
        ...options,
        async onTurn(turn) {
          const taken = await options.onTurn(turn);
          // The offsets travel too: between what was published and them a process may die.
          await network.call(machine, TRAVEL, () => {});
          return taken;
        },
      }),
    ranges: (topic) => network.call(machine, TRAVEL, () => wire.ranges(topic)),
    lag: (group, topics) => network.call(machine, TRAVEL, () => wire.lag(group, topics)),
    createTopics: (topics) => wire.createTopics(topics),
    scan: (...asked) => wire.scan(...asked),
    follow: (options) => wire.follow(options),
    close: () => log.close(),
  };
}
