// Tells latest decisions again: of applications whose compacted topic says something older.
import type { KafkaLogin } from '@saidao/config';
import { connectKafka, partitionOf } from '@saidao/event-log';
import { encode, topicName, topicOf, type LatestDecision } from '@saidao/schemas';
import { openDatabase, writeRecord, type Presented } from '@saidao/worker';
import { decisionStore } from '../adapters/decisions-postgres.ts';

export interface PresentQuestion {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly login: KafkaLogin;
  readonly partitions: number;
  readonly applicationIds: readonly string[];
}

/** So many rows are locked at once; the line waits for them. */
const AT_ONCE = 100;

/**
 * As the line tells them: while the rows are locked, so that no later state is overtaken. Answers
 * how many there were to tell; an application that was never decided has none.
 */
export async function presented(question: PresentQuestion): Promise<{ readonly told: number }> {
  const { databaseUrl, brokers, login, partitions } = question;
  const logger = { debug: () => undefined, warn: () => undefined };
  const database = openDatabase({ url: databaseUrl, poolMax: 1 });
  const log = connectKafka({ brokers, clientId: 'saidao-desk', logger, ...login });
  const ids = question.applicationIds.toSorted();
  let told = 0;
  try {
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      await database.transaction(async (transaction) => {
        const all = await decisionStore.presents(transaction, ids.slice(at, at + AT_ONCE));
        if (all.length > 0) await log.send(all.map((one) => recordOf(one, partitions)));
        told += all.length;
      });
    }
    return { told };
  } finally {
    await log.close();
    await database.close();
  }
}

function recordOf(one: Presented, partitions: number) {
  const { applicationId, event, sequence, correlationId, causationId } = one;
  const { lenderId } = event.data as LatestDecision;
  const topic = topicName(topicOf(event.type), lenderId);
  return writeRecord(
    {
      ...{ line: 'decisioning', topic, applicationId, number: undefined, sequence },
      partition: partitionOf(Buffer.from(applicationId), partitions),
      id: `${applicationId}/${topic}/${sequence}`,
      type: event.type,
      lenderId,
      time: new Date().toISOString(),
      ...{ correlationId, causationId, traceparent: undefined },
    },
    encode(event.type, event.data as never, topic),
  );
}
