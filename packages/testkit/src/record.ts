// Records as the writers of the catalogue append them, for tests that stand in for one.
import { partitionOf, type OutgoingRecord } from '@saidao/event-log';
import { encode, topicName, topicOf, type EventMap, type EventName } from '@saidao/schemas';
import { writeRecord } from '@saidao/worker';

export interface RecordPlace {
  /** Of its topic. */
  readonly partitions: number;
  /** Among the events of its application and topic; 1 where neither it nor an id is given. */
  readonly number?: number;
  /** What names it on a topic without numbers. */
  readonly id?: string;
  /** Milliseconds since 1970; now where it is left out. */
  readonly timeMs?: number;
}

/** Whose event it is, its data says. */
export function recordOf<N extends EventName>(
  type: N,
  data: EventMap[N],
  { partitions, id, number = 1, timeMs = Date.now() }: RecordPlace,
): OutgoingRecord {
  const { applicationId, lenderId } = data as unknown as OfApplication;
  const topic = topicName(topicOf(type), lenderId);
  return writeRecord(
    {
      line: 'test',
      topic,
      partition: partitionOf(Buffer.from(applicationId), partitions),
      applicationId,
      ...(id === undefined ? { number } : { number: undefined, id }),
      type,
      lenderId,
      time: new Date(timeMs).toISOString(),
      correlationId: applicationId,
      causationId: 'test',
      traceparent: undefined,
    },
    encode(type, data, topic),
  );
}

interface OfApplication {
  readonly applicationId: string;
  readonly lenderId: string;
}

/** Gives each event the next number of its application and topic, from 1. */
export function numbering() {
  const numbers = new Map<string, number>();
  return <N extends EventName>(
    type: N,
    data: EventMap[N],
    place: Omit<RecordPlace, 'number' | 'id'>,
  ): OutgoingRecord => {
    const { applicationId, lenderId } = data as unknown as OfApplication;
    const stream = `${applicationId}/${topicName(topicOf(type), lenderId)}`;
    const number = (numbers.get(stream) ?? 0) + 1;
    numbers.set(stream, number);
    return recordOf(type, data, { ...place, number });
  };
}
