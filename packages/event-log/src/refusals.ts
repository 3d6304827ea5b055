// Errors that the adapters answer with, in the same words.
import { EventLogError } from './port.ts';
import type { OutgoingRecord } from './port.ts';

export function partitionsDiffer(topic: string, has: number, wanted: number): EventLogError {
  return new EventLogError(
    'SAIDAO_TOPIC_PARTITIONS',
    `topic ${topic} has ${has} partitions where ${wanted} are needed; partitions are never grown ` +
      'in place, so use a new topic',
  );
}

export function partitionMissing(topic: string, has: number, partition: number): EventLogError {
  return new EventLogError(
    'SAIDAO_TOPIC_PARTITIONS',
    `topic ${topic} has ${has} partitions, so there is no ${partition}`,
  );
}

export function topicUnknown(topic: string): EventLogError {
  return new EventLogError('SAIDAO_TOPIC_UNKNOWN', `there is no topic ${topic}; create it first`);
}

export function recordTooLarge(
  record: OutgoingRecord,
  bytes: number,
  bytesMax: number,
): EventLogError {
  return new EventLogError(
    'SAIDAO_RECORD_TOO_LARGE',
    `a record of about ${bytes} bytes is more than topic ${record.topic} takes (${bytesMax} bytes)`,
  );
}

export function logClosed(): EventLogError {
  return new EventLogError('SAIDAO_LOG_CLOSED', 'this client of the event log has been closed');
}

/** What the broker failed to do, with its own words. */
export function logUnavailable(what: string, error: unknown): EventLogError {
  if (error instanceof EventLogError) return error;
  return new EventLogError(
    'SAIDAO_LOG_UNAVAILABLE',
    `Kafka could not ${what}: ${error instanceof Error ? error.message : String(error)}`,
    { cause: error },
  );
}
