// Topics as the broker is to have them.
import { expect, test } from 'vitest';
import { topicSpecs } from './topic-specs.ts';

test('every topic has the same partitions and the time at which the broker took a record', () => {
  const specs = topicSpecs(['exim-zj', 'boc-zj'], 6);
  expect(new Set(specs.map(({ partitions }) => partitions))).toEqual(new Set([6]));
  for (const { config } of specs) {
    expect(config).toMatchObject({ 'message.timestamp.type': 'LogAppendTime' });
  }
});

test('decisions are kept for good, the rest for as long as the catalogue says', () => {
  const specs = topicSpecs(['exim-zj'], 6);
  const named = (name: string) => specs.find((spec) => spec.name === name)?.config;
  expect(named('saidao.latest-decisions.exim-zj.v1')).toMatchObject({
    'cleanup.policy': 'compact',
    'retention.ms': '-1',
  });
  // All history: whoever comes to it on some day begins with the first.
  expect(named('saidao.decisions.exim-zj.v1')).toMatchObject({
    'cleanup.policy': 'delete',
    'retention.ms': '-1',
  });
  expect(named('saidao.applications.v1')).toMatchObject({
    'cleanup.policy': 'delete',
    'retention.ms': String(14 * 86_400_000),
  });
});
