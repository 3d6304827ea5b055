// Three brokers, of which two hold what is acknowledged: each in its turn is lost with its disk.
import { rmSync } from 'node:fs';
import { eventually } from '@saidao/testkit';
import kafkajs, { type Admin } from 'kafkajs';
import { openRawProducer } from '../raw-producer.ts';
import { services } from '../system.ts';
import type { Case } from '../torture/case.ts';
import { openIsland, type Island } from './island.ts';
import { alarmsOf, underFire, type Fire, type Struck } from './under-fire.ts';
import { whereRoot } from './where-root.ts';

const BROKERS = 3;
const COUNT = 120;
const RATE = 2;
const PARTITIONS = 3;
/** One is lost each time so many more are submitted; while it is away so many are taken. */
const BETWEEN = 20;
const MEANWHILE = 10;
/** Three brokers and five workers on a machine that is busy with other things. */
const DEADLINE_MS = 240_000;

/** Nobody's topic. */
const PROBE = 'probe';

interface Partition {
  readonly topic: string;
  readonly partition: number;
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
    {
      group: 'real-faults',
      name: 'too few replicas are in sync',
      run: () => underFire(options, loseReplicas),
    },
    {
      group: 'real-faults',
      name: 'a broker is cut off from the others and still reached by clients',
      run: () =>
        whereRoot('a network is made', async () => {
          await using island = await openIsland();
          return await underFire({ ...options, kafkaIsland: island.place }, (fire) =>
            cutOff(fire, island),
          );
        }),
    },
  ];
}

/** It takes itself for a leader still; what it is given then must not be acknowledged. */
async function cutOff(fire: Fire, island: Island): Promise<Struck> {
  const { log, engines } = fire.system;
  const lone = engines.kafkas[BROKERS - 1]!.address;
  const others = engines.kafkas.slice(0, -1).map(({ address }) => address);
  await log.createTopics([{ name: PROBE, partitions: PARTITIONS }]);
  await fire.untilSubmitted(BETWEEN);
  await untilInSync(others, BROKERS);
  const led = (await partitionsOf(others)).filter(({ leader }) => leader === BROKERS);
  const probed = led.find(({ topic }) => topic === PROBE);
  if (probed === undefined) throw new Error('the lone broker leads no partition of the probe');
  await island.cutOff();
  const findings: string[] = [];
  await eventually(
    'the others lead what it led',
    async () => (await partitionsOf(others)).every(({ leader }) => leader !== BROKERS),
    { deadlineMs: DEADLINE_MS, everyMs: 500 },
  );
  const said = await offer(lone, probed);
  if (said === null) findings.push('the lone broker acknowledges what nobody else has');
  await fire.untilSubmitted(Math.min(COUNT, fire.acknowledged.length + MEANWHILE));
  const meanwhile = fire.acknowledged.length;
  await island.join();
  await untilInSync(others, BROKERS);
  await log.scan([PROBE], () => void findings.push('what was never acknowledged is on the topic'));
  return {
    runs: 1,
    findings,
    notes: [
      `it led ${led.length} partitions; offered a record when the others led them: ${said}`,
      `${meanwhile} were taken when it was back`,
    ],
  };
}

/** Null when it is acknowledged; else what is said instead. */
async function offer(broker: string, { topic, partition }: Partition): Promise<string | null> {
  const producer = await openRawProducer(broker);
  try {
    await producer.send({ topic, partition, key: null, value: Buffer.from('x'), headers: [] });
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    producer.close();
  }
}

function untilInSync(brokers: string[], count: number): Promise<boolean> {
  return eventually(
    `${count} brokers hold all there is`,
    async () => (await partitionsOf(brokers)).every((one) => one.inSync.length === count),
    { deadlineMs: DEADLINE_MS, everyMs: 500 },
  );
}

/** With all three wanted in sync, one that is away is one too many: nothing may be taken then. */
async function loseReplicas(fire: Fire): Promise<Struck> {
  const { kafkas } = fire.system.engines;
  const lost = kafkas[BROKERS - 1]!;
  const others = kafkas.slice(0, -1).map(({ address }) => address);
  await fire.untilSubmitted(BETWEEN);
  await untilInSync(others, BROKERS);
  // Taken down now: whoever is not ready later on still has its own.
  const addresses = await Promise.all(services.map((one) => fire.system.addressOf(one)));
  await wantInSync(others, BROKERS);
  await lost.stop('kill');
  await untilInSync(others, BROKERS - 1);
  const taken = fire.acknowledged.length;
  const told = await alarmsOfAll(addresses);
  const ended = fire.ends.length;
  await eventually(
    'somebody is told',
    // A worker that gave up has said so in its last line, and counts anew.
    async () => fire.ends.length > ended || (await alarmsOfAll(addresses)) > told,
    { deadlineMs: DEADLINE_MS, everyMs: 250 },
  );
  const findings =
    fire.acknowledged.length === taken
      ? []
      : [`${fire.acknowledged.length - taken} were taken while too few replicas were in sync`];
  await lost.start();
  await fire.untilSubmitted(taken + MEANWHILE);
  return { runs: 1, findings, notes: [`${taken} were taken before`] };
}

/** No channel can publish either, so that intake itself may have nothing to alarm about. */
async function alarmsOfAll(addresses: readonly string[]): Promise<number> {
  const counts = await Promise.all(addresses.map(alarmsOf));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function wantInSync(brokers: string[], replicas: number): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    await admin.alterConfigs({
      validateOnly: false,
      resources: (await admin.listTopics())
        .filter((name) => name.startsWith('saidao.'))
        .map((name) => ({
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name,
          configEntries: [{ name: 'min.insync.replicas', value: String(replicas) }],
        })),
    });
  });
}

/** Resolves when it is back, with all that it had lost. */
async function loseBroker(fire: Fire, node: number): Promise<string> {
  const { kafkas } = fire.system.engines;
  const lost = kafkas[node - 1]!;
  const others = kafkas.filter((one) => one !== lost).map(({ address }) => address);
  const everyone = kafkas.map((_, at) => at + 1);
  // One that lags behind the others is no third copy: to lose another now would be a second loss.
  await untilInSync(others, BROKERS);
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
  await untilInSync(others, BROKERS);
  return `broker ${node} led ${ledBefore} partitions; ${meanwhile} were taken when it came back`;
}

function partitionsOf(brokers: string[]): Promise<Partition[]> {
  return withAdmin(brokers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata();
    return topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partitionId: partition, leader, isr: inSync }) => ({
        ...{ topic, partition, leader, inSync },
      })),
    );
  });
}

async function withAdmin<T>(brokers: string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new kafkajs.Kafka({
    ...{ brokers, clientId: 'real-faults', logLevel: kafkajs.logLevel.NOTHING },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
