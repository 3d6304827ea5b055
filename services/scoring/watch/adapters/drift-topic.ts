// Says a drift on its topic: under the id it was written down with, so that a repeat is the same.
import { partitionOf, type EventLog } from '@saidao/event-log';
import { encode, topicName, topics, type ModelDrifted } from '@saidao/schemas';

const TOPIC = topicName(topics.modelWatch);

export function driftTopic(log: EventLog, partitions: number) {
  return async (id: string, drift: ModelDrifted): Promise<void> => {
    const key = Buffer.from(`${drift.modelId}@${drift.modelVersion}`);
    await log.send([
      {
        topic: TOPIC,
        partition: partitionOf(key, partitions),
        key,
        value: encode('ModelDrifted', drift, TOPIC),
        headers: {
          'content-type': 'application/avro',
          ce_specversion: '1.0',
          ce_id: id,
          ce_source: 'saidao/scoring',
          ce_type: 'ModelDrifted',
          // Of the last score, not of the sending: the same in a repeat.
          ce_time: new Date(Number(drift.to)).toISOString(),
          ce_correlationid: id,
          ce_lenderid: drift.lenderId,
        },
      },
    ]);
  };
}
