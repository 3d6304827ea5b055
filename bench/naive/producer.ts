// The naive form's producer: one awaited send, acknowledged by all in-sync replicas, for each message.
import { EventLogError, type EventLog, type OutgoingRecord } from '@saidao/event-log';
import type { Kafka } from 'kafkajs';

const ALL_IN_SYNC = -1;

export interface NaiveProducer {
  send(record: OutgoingRecord): Promise<void>;
  /** As the doors of the services want it; they only append. */
  readonly log: EventLog;
  close(): Promise<void>;
}

export async function openProducer(kafka: Kafka): Promise<NaiveProducer> {
  const producer = kafka.producer();
  await producer.connect();

  async function send({ topic, key, value, headers }: OutgoingRecord): Promise<void> {
    // The partition follows from the key: kafkajs hashes it as every client does.
    const messages = [{ key, value, headers: { ...headers } }];
    await producer.send({ topic, acks: ALL_IN_SYNC, messages });
  }

  const refuse = async (): Promise<never> => {
    throw new EventLogError('SAIDAO_LOG_CLOSED', 'A door of the naive form only appends.');
  };
  return {
    send,
    log: {
      async send(records) {
        for (const record of records) await send(record);
      },
      consumeLanes: refuse,
      scan: refuse,
      follow: refuse,
      createTopics: refuse,
      ranges: refuse,
      lag: refuse,
      close: refuse,
    },
    close: () => producer.disconnect(),
  };
}
