// The broker forgets how far every line had read, and registers say otherwise than they did.
import { applicantsOf, seedOutsideWorld } from '@saidao/applicants';
import { topicsReadBy } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import kafkajs from 'kafkajs';
import { untilSettled } from '../settled.ts';
import { linesOf, services, type Service } from '../system.ts';
import type { Case } from '../torture/case.ts';
import { underFire, type Fire, type Struck } from './under-fire.ts';

const COUNT = 60;
const RATE = 4;
const DEADLINE_MS = 240_000;

export function offsetsDeletedCases(environment: NodeJS.ProcessEnv): Case[] {
  return [
    {
      group: 'real-faults',
      name: 'offsets of every line are deleted, and patents are invalidated meanwhile',
      run: () => underFire({ environment, count: COUNT, rate: RATE }, deleteOffsets),
    },
  ];
}

/** Each line takes all that there is once more; what was found the first time stands. */
async function deleteOffsets(fire: Fire): Promise<Struck> {
  const { system } = fire;
  await fire.untilAllSubmitted();
  await untilSettled(system, DEADLINE_MS);
  const invalidated = [...applicantsOf({ count: COUNT, seed: 1 })].map(({ world }) => ({
    world: { ...world, register: world.register.map((one) => ({ ...one, status: 'invalidated' })) },
  }));
  await seedOutsideWorld(system.worldUrl, invalidated, AbortSignal.timeout(DEADLINE_MS));
  const findings: string[] = [];
  let given = 0n;
  for (const service of services) {
    const before = await leftOf(fire, service);
    await fire.workerOf(service).stop();
    await deleteGroups(fire, service);
    const left = await leftOf(fire, service);
    given += left;
    if (left <= before) findings.push(`${service} has nothing to read once more`);
    await fire.untilReady();
  }
  await untilSettled(system, DEADLINE_MS);
  return { runs: services.length, findings, notes: [`${given} records were given once more`] };
}

async function leftOf({ system }: Fire, service: Service): Promise<bigint> {
  const lags = await Promise.all(
    linesOf[service].map((line) =>
      system.log.lag(`saidao.${line}`, topicsReadBy(line, system.lenders)),
    ),
  );
  return lags.flat().reduce((sum, { lag }) => sum + lag, 0n);
}

/** As long as nobody is in them, which is until whatever runs the worker has begun it anew. */
async function deleteGroups({ system }: Fire, service: Service): Promise<void> {
  const groups = linesOf[service].map((line) => `saidao.${line}`);
  const kafka = new kafkajs.Kafka({
    ...{ brokers: system.engines.brokers, clientId: 'real-faults' },
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    await eventually(
      `the offsets of ${service} are gone`,
      async () => (await admin.deleteGroups(groups)).every(({ errorCode }) => !errorCode),
      { deadlineMs: DEADLINE_MS, everyMs: 20 },
    );
  } finally {
    await admin.disconnect();
  }
}
