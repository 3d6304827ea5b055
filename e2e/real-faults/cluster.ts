// Three brokers, of which two hold what is acknowledged: each in its turn is lost with its disk.
import { rmSync } from 'node:fs';
import { eventually } from '@saidao/testkit';
import kafkajs from 'kafkajs';
import type { Case } from '../torture/case.ts';
import { underFire, type Fire } from './under-fire.ts';

const BROKERS = 3;
const COUNT = 120;
const RATE = 2;
const PARTITIONS = 3;
/** One is lost each time so many more are submitted; while it is away so many are taken. */
const BETWEEN = 20;
const MEANWHILE = 10;
/** Three brokers and five workers on a machine that is busy with other things. */
const DEADLINE_MS = 240_000;

interface Partition {
  readonly topic: string;
  readonly leader: number;
  readonly inSync: readonly number[];
}

export function clusterCases(environment: NodeJS.ProcessEnv): Case[] {
  const options = {
    ...{ environment, count: COUNT, rate: RATE },
    ...{ kafkaNodes: BROKERS, partitions: PARTITIONS },
  };
  return [
    {
      group: 'real-faults',
      name: 'each of three brokers is lost with its disk',
      run: () =>
        underFire(options, async (fire) => {
          const led: string[] = [];
          for (let node = 1; node <= BROKERS; node += 1) {
            await fire.untilSubmitted(node * BETWEEN);
            led.push(await loseBroker(fire, node));
          }
          return { runs: BROKERS, notes: led };
        }),
    },
  ];
}

/** Resolves when it is back, with all that it had lost. */
async function loseBroker(fire: Fire, node: number): Promise<string> {
  const { kafkas } = fire.system.engines;
  const lost = kafkas[node - 1]!;
  const others = kafkas.filter((one) => one !== lost).map(({ address }) => address);
  const everyone = kafkas.map((_, at) => at + 1);
  // One that lags behind the others is no third copy: to lose another now would be a second loss.
  await eventually(
    'all brokers hold all there is',
    async () => (await partitionsOf(others)).every((one) => one.inSync.length === BROKERS),
    { deadlineMs: DEADLINE_MS, everyMs: 500 },
  );
  const ledBefore = (await partitionsOf(others)).filter(({ leader }) => leader === node).length;
  await lost.stop('kill');
  if (lost.data === null) throw new Error(`Broker ${node} is not a local one.`);
  rmSync(lost.data, { recursive: true });
  await eventually(
    `the others lead what broker ${node} led`,
    async () => {
      const partitions = await partitionsOf(others);
      return partitions.every(({ leader }) => leader !== node && everyone.includes(leader));
    },
    { deadlineMs: DEADLINE_MS, everyMs: 500 },
  );
  // None of them may need the one that is lost.
  await fire.untilSubmitted(Math.min(COUNT, fire.acknowledged.length + MEANWHILE));
  const meanwhile = fire.acknowledged.length;
  await lost.start();
  await eventually(
    `broker ${node} has back all that it lost`,
    async () => (await partitionsOf(others)).every((one) => one.inSync.length === BROKERS),
    { deadlineMs: DEADLINE_MS, everyMs: 500 },
  );
  return `broker ${node} led ${ledBefore} partitions; ${meanwhile} were taken when it came back`;
}

async function partitionsOf(brokers: string[]): Promise<Partition[]> {
  const kafka = new kafkajs.Kafka({
    ...{ brokers, clientId: 'real-faults', logLevel: kafkajs.logLevel.NOTHING },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata();
    return topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ leader, isr: inSync }) => ({ topic, leader, inSync })),
    );
  } finally {
    await admin.disconnect();
  }
}
