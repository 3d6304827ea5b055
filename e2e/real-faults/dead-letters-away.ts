// The dead-letter topic is gone: a record for it is not passed over, somebody is told, it clears.
import { topicName, topics, topicSpecs, workerTopics } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import kafkajs from 'kafkajs';
import { openRawProducer } from '../raw-producer.ts';
import type { Case } from '../torture/case.ts';
import { alarmsOf, underFire, type Fire } from './under-fire.ts';

const COUNT = 40;
const RATE = 3;
const BEFORE = 10;
/** More alarms than one failed turn has. */
const ALARMS_MIN = 2;
const DEADLINE_MS = 180_000;
const PARTITION = 0;
const SUBMISSIONS = topicName(topics.submissions);
const GROUP = 'saidao.intake';
const { deadLetter: DEAD_LETTERS } = workerTopics('intake');

export function deadLettersAwayCases(environment: NodeJS.ProcessEnv): Case[] {
  return [
    {
      group: 'real-faults',
      name: 'the dead-letter topic is unavailable',
      run: () => underFire({ environment, count: COUNT, rate: RATE }, refuseDeadLetters),
    },
  ];
}

async function refuseDeadLetters(fire: Fire) {
  const { log, engines } = fire.system;
  const [broker] = engines.brokers as [string];
  const kafka = new kafkajs.Kafka({
    ...{ brokers: [broker], clientId: 'real-faults', logLevel: kafkajs.logLevel.NOTHING },
  });
  await using stack = new AsyncDisposableStack();
  const admin = kafka.admin();
  stack.defer(() => admin.disconnect());
  await admin.connect();
  const producer = await openRawProducer(broker);
  stack.defer(() => producer.close());
  const letters = async () =>
    (await log.ranges(DEAD_LETTERS)).reduce((sum, { next }) => sum + Number(next), 0);
  const committed = async () => {
    const [of] = await admin.fetchOffsets({ groupId: GROUP, topics: [SUBMISSIONS] });
    const found = of?.partitions.find(({ partition }) => partition === PARTITION);
    return BigInt(found?.offset ?? -1);
  };

  await fire.untilSubmitted(BEFORE);
  // More replicas in sync than there are would not do: the broker wants no more than exist.
  await admin.deleteTopics({ topics: [DEAD_LETTERS] });
  await eventually('the topic is gone', async () => {
    return !(await admin.listTopics()).includes(DEAD_LETTERS);
  });
  const intake = await fire.system.addressOf('intake');
  const alarmsBefore = await alarmsOf(intake);
  const endsBefore = fire.ends.length;
  const record = { key: null, value: Buffer.from([0]), headers: [] };
  const offset = await producer.send({ ...record, topic: SUBMISSIONS, partition: PARTITION });
  const findings: string[] = [];
  await eventually(
    'somebody is told',
    async () =>
      // A worker that gave up has said so in its last line, and counts anew.
      fire.ends.length > endsBefore || (await alarmsOf(intake)) >= alarmsBefore + ALARMS_MIN,
    { deadlineMs: DEADLINE_MS, everyMs: 250 },
  );
  if ((await committed()) > offset)
    findings.push('the offset is committed without the dead letter');

  const { lenders, partitions } = fire.system;
  const spec = topicSpecs(lenders, partitions).filter(({ name }) => name === DEAD_LETTERS);
  await log.createTopics(spec);
  await eventually('the dead letter is there', async () => (await letters()) > 0, {
    deadlineMs: DEADLINE_MS,
  });
  await eventually('its record is passed', async () => (await committed()) > offset, {
    deadlineMs: DEADLINE_MS,
  });
  await fire.untilReady();
  const count = await letters();
  // The record's only letter; a second one of the same bytes could come of a crash alone.
  if (count > 1 + fire.ends.length) findings.push(`${count} dead letters of one record`);
  return { runs: 1, findings, expected: [`${SUBMISSIONS}/${PARTITION}/${offset}`] };
}
