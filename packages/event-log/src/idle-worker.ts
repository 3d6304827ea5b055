// A process that reads lanes and does nothing else: tests and people measure what that costs.
// Usage: node idle-worker.ts <brokers> <group> <measureMs> <topic>...
import { connectKafka } from './kafka.ts';

const [brokers, group, measureMs, ...topics] = process.argv.slice(2) as [
  string,
  string,
  string,
  ...string[],
];

let timers = 0;
const { setTimeout: realSetTimeout } = globalThis;
globalThis.setTimeout = Object.assign((...args: Parameters<typeof setTimeout>) => {
  timers += 1;
  return realSetTimeout(...args);
}, realSetTimeout) as typeof setTimeout;

const log = connectKafka({
  brokers: brokers.split(','),
  clientId: 'idle',
  // So that only Node's own warnings reach stderr.
  logger: { debug() {}, warn() {} },
});
await log.connect();
const consumer = await log.consumeLanes({
  group,
  topics,
  onTurn: async (turn) => ({ taken: turn.records.length }),
  onCrash: (error) => {
    throw error;
  },
});

timers = 0;
const startMs = performance.now();
const start = process.cpuUsage();
await new Promise((resolve) => realSetTimeout(resolve, Number(measureMs)));
const { user, system } = process.cpuUsage(start);
const elapsedMs = performance.now() - startMs;
process.stdout.write(
  JSON.stringify({
    lanes: consumer.lanes().length,
    timersPerSecond: timers / (elapsedMs / 1000),
    coreShare: (user + system) / 1000 / elapsedMs,
    rssMiB: process.memoryUsage.rss() / 1024 / 1024,
  }),
);
await log.close();
