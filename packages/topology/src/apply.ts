// Carries out what is different on a broker, as far as it can be.
import type { BrokerAdmin } from '@saidao/event-log';
import type { Difference } from './differences.ts';

/**
 * Does nothing, and answers false, where a topic has other partitions than are asked for: the
 * asking is wrong, and a topic that it makes would be wrong for good. What is refused otherwise, or
 * a stranger, is left alone. Rights are granted before others are taken away.
 */
export async function applyDifferences(
  broker: BrokerAdmin,
  differences: readonly Difference[],
): Promise<boolean> {
  if (differences.some((one) => one.kind === 'refused' && one.what === 'partitions')) return false;
  const missing = differences.flatMap((one) => (one.kind === 'topic-missing' ? [one.topic] : []));
  const altered = differences.flatMap((one) => (one.kind === 'setting-differs' ? [one.topic] : []));
  const granted = differences.flatMap((one) => (one.kind === 'right-missing' ? [one.acl] : []));
  const withdrawn = differences.flatMap((one) => (one.kind === 'right-too-many' ? [one.acl] : []));
  if (missing.length > 0) await broker.createTopics(missing);
  if (altered.length > 0) await broker.alterSettings([...new Set(altered)]);
  if (granted.length > 0) await broker.grant(granted);
  if (withdrawn.length > 0) await broker.withdraw(withdrawn);
  return true;
}
