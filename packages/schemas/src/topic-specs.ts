// The catalogue's topics as the broker is to have them.
import { allTopics, lineTopics } from './topics.ts';

export interface CatalogueTopic {
  readonly name: string;
  readonly partitions: number;
  /** Settings of the broker's own names. */
  readonly config: Readonly<Record<string, string>>;
}

/** A dead letter is the message as it was met, and more headers. */
const DEAD_LETTER_BYTES_MAX = 2 * 1024 * 1024;

export function topicSpecs(lenders: readonly string[], partitions: number): CatalogueTopic[] {
  return allTopics(lenders).map(({ name, topic }) => ({
    name,
    partitions,
    config: {
      'cleanup.policy': topic.cleanup,
      'retention.ms': String(topic.retentionMs ?? -1),
      // Acceptances are judged by the time at which the broker took them.
      'message.timestamp.type': 'LogAppendTime',
      // Strangers may send what kafkajs cannot read (lz4, snappy, zstd): the broker unpacks it.
      'compression.type': 'uncompressed',
      ...(topic === lineTopics.deadLetter && {
        'max.message.bytes': String(DEAD_LETTER_BYTES_MAX),
      }),
    },
  }));
}
