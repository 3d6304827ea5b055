// Retention: what it has taken is not missed, and nothing else is passed over for its sake.
import { topicName, topics, workerTopics } from '@saidao/schemas';
import { describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import {
  authorisationId,
  LENDER,
  PARTITIONS,
  paidId,
  soundReadings,
  standingsOf,
  submissionOf,
  options,
  type World,
} from './readings.fixture.ts';
import type { CheckOptions, LogRecord } from './readings.ts';
import { textOf } from './report.ts';

const decisions = topicName(topics.decisions, LENDER);
const emptied = (topic: string) =>
  Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 1n }));

const said = (
  world: World,
  beginnings: ReturnType<typeof emptied>,
  more: Partial<CheckOptions> = {},
) => check({ ...world, beginnings }, { ...options, ...more });

function without(topic: string): World {
  const world = soundReadings();
  world.records = world.records.filter((record) => record.topic !== topic);
  return world;
}

/** A second authorisation, of which the rail has paid one more payout. */
function doubled(): World {
  const world = soundReadings();
  const own = { applicationId: paidId, revision: 1, authorisationId };
  const cause = `${paidId}/${topicName(topics.applications)}/2`;
  world.log.say('DisbursementAuthorised', paidId, own, { cause });
  const payout = { payoutId: `${authorisationId}/3`, lenderId: LENDER, payee: 'motors' };
  world.rail.push({ ...payout, amountFen: 5n, railReference: 'R9' });
  world.standings = standingsOf(world.records);
  return world;
}

describe('a topic that was emptied', () => {
  it.each([
    ['dead letters', workerTopics('scoring').deadLetter],
    ['business days', topicName(topics.businessDays)],
    ['actions on loans', topicName(topics.loanActions)],
    ['timers', workerTopics('book').timers],
    ['shadow scores', topicName(topics.shadowScores)],
  ])('of %s hides nothing', (_, topic) => {
    const world = doubled();
    const { findings, counts } = said(world, emptied(topic));
    expect(counts.unjudged).toBe(0);
    const texts = findings.map(textOf);
    expect(texts).toEqual(check(world, options).findings.map(textOf));
    expect(texts).toContainEqual(expect.stringContaining('was authorised 2 times'));
    expect(texts).toContainEqual(expect.stringContaining('nobody instructed it'));
  });

  it('that some applications have nothing on hides those alone that had', () => {
    const topic = topicName(topics.pledges);
    const world = without(topic);
    expect(said(world, emptied(topic)).counts).toMatchObject({ applications: 4, unjudged: 1 });
    // Without the lines' word all are in doubt that began before.
    const { standings: _, ...unsaid } = world;
    expect(check({ ...unsaid, beginnings: emptied(topic) }, options).counts.unjudged).toBe(4);
  });

  it('hides nothing of what began after it was looked at', () => {
    const topic = topicName(topics.pledges);
    const { standings: _, ...unsaid } = without(topic);
    const beginnings = emptied(topic);
    const live = { nowMs: 0, graceMs: 0 };
    expect(check({ ...unsaid, beginnings }, { ...options, live }).counts.unjudged).toBe(0);
  });
});

/** Only what is kept for good is left. */
function onlyDecisions(world: World) {
  const isKept = ({ topic }: LogRecord) => topic === decisions || topic.includes('latest');
  const gone = world.records.filter((record) => !isKept(record));
  world.records = world.records.filter(isKept);
  return gone.map(({ topic, partition, offset }) => ({ topic, partition, offset: offset + 1n }));
}

describe('of money whose events are gone', () => {
  it('nothing is missed, and it is told that little was judged', () => {
    const world = soundReadings();
    const beginnings = onlyDecisions(world);
    const { findings, counts } = said({ ...world, acknowledged: [] }, beginnings);
    expect(findings).toEqual([]);
    expect(counts.unjudged).toBe(4);
  });

  it('the rail’s book is held against decisions, which are kept', () => {
    const world = soundReadings();
    const beginnings = onlyDecisions(world);
    const payout = { lenderId: LENDER, payee: 'x', railReference: 'R9' };
    world.rail.push({ ...payout, payoutId: 'nobodys/1', amountFen: 5n });
    world.rail.push({ ...payout, payoutId: `${authorisationId}/3`, amountFen: 1n });
    world.books.loans.push({
      ...{ loanId: 'x', authorisationId: 'nobodys-1', status: 'booked', principalFen: 7n },
    });
    const { findings } = said({ ...world, acknowledged: [] }, beginnings);
    expect(findings.map(textOf)).toEqual([
      expect.stringContaining('nobodys/1 was paid by the rail, and nobody authorised it'),
      expect.stringContaining('was authorised for 2000000 fen, and the rail has paid 2000001'),
      expect.stringContaining('loan x of authorisation nobodys-1 is in book.loans'),
    ]);
  });

  it('what is kept for good and has lost its beginning is found', () => {
    const { findings } = said(soundReadings(), emptied(decisions));
    expect(findings.map(textOf)).toContainEqual(
      expect.stringMatching(/^lost-writes: .*decisions.* has lost its beginning, and is kept/),
    );
  });
});

it('of a system that is new nothing is taken: what has lost its beginning is found', () => {
  const beginnings = emptied(workerTopics('scoring').deadLetter).slice(0, 1);
  expect(said(soundReadings(), beginnings, { isNew: true }).findings.map(textOf)).toEqual([
    expect.stringContaining('scoring.dead-letter.v1/0 has lost its beginning; see who deleted'),
  ]);
});

it('a first record further on is no loss where the partition is known to begin before it', () => {
  const world = soundReadings();
  world.records = world.records.map((record) => ({ ...record, offset: record.offset + 1n }));
  const beginnings = world.records.map(({ topic, partition }) => ({
    topic,
    partition,
    offset: 0n,
  }));
  const isNew = { ...options, isNew: true };
  expect(check({ ...world, beginnings }, isNew).findings).toEqual([]);
  expect(check(world, isNew).findings).not.toEqual([]);
});

it('a submission that is left alone may have come to what is gone', () => {
  const world = soundReadings();
  const channel = { channel: 'portal', reference: 'old' };
  world.log.send('ApplicationSubmitted', submissionOf('old'), channel);
  const isOf = (text: string) => text.includes('portal/old');
  expect(check(world, options).findings.map(textOf).filter(isOf)).toHaveLength(1);
  const applications = topicName(topics.applications);
  world.records = world.records.filter(({ topic }) => topic !== applications);
  const { findings } = said(world, emptied(applications));
  expect(findings.map(textOf).filter(isOf)).toEqual([]);
});
