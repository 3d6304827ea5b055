// The doors as the bench's own processes use them.
import { openDoors, type Doors } from '@saidao/applicants';
import { connectKafka, type KafkaEventLog } from '@saidao/event-log';
import { SENDER } from './population.ts';
import { TOKENS } from './workers.ts';

/** A form that is behind may send an application away for long: that counts as its latency. */
const PATIENCE_MS = 600_000;

export function openDoorsAt(options: {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Intake's address; null: all is said by Kafka. */
  readonly intake?: string;
}): { readonly doors: Doors; readonly log: KafkaEventLog } {
  const { brokers, clientId, intake = null } = options;
  const log = connectKafka({ brokers, clientId, logger: { debug() {}, warn() {} } });
  const at = { ...SENDER, intake, decisioning: null, tokens: TOKENS, patienceMs: PATIENCE_MS };
  return { doors: openDoors(at, log, new AbortController().signal), log };
}
