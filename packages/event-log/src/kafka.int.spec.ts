// The Kafka adapter on a real broker: the conformance suite.
import { describe } from 'vitest';
import { conformEventLog } from './conformance.ts';
import { openKafkaHarness } from './kafka-harness.ts';

describe('the Kafka adapter', () => {
  conformEventLog(openKafkaHarness);
});
