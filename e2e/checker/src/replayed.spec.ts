// Dead letters that were replayed: what no line has taken then is found like anything else.
import { topicName, topics, workerTopics, type LineName } from '@saidao/schemas';
import { describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import {
  cny,
  declinedId,
  LENDER,
  options,
  paidId,
  referredId,
  soundReadings,
  standingsOf,
  submissionOf,
  type World,
} from './readings.fixture.ts';
import type { LogRecord, Surroundings } from './readings.ts';
import { textOf } from './report.ts';

const LATER_MS = 60_000;

/** The line could not take this one. */
function bury({ log }: World, line: LineName, { topic, partition, offset, key }: LogRecord): void {
  const place = { 'x-dlq-topic': topic, 'x-dlq-partition': `${partition}` };
  const headers = { ...place, 'x-dlq-offset': `${offset}`, 'x-dlq-code': 'SAIDAO_TEST' };
  log.nowMs += LATER_MS;
  log.raw({ topic: workerTopics(line).deadLetter, key: String(key), value: null, headers });
}

type Action = 'REPLAY' | 'DISCARD';

function ask({ log }: World, line: LineName, action: Action, original: LogRecord): void {
  const { topic, partition, offset } = original;
  log.nowMs += LATER_MS;
  const request = { topic: workerTopics(line).replay, key: String(original.key) };
  const data = { action, topic, partition, offset, actor: 'sre', reason: 'mended' };
  log.send('ReplayRequested', { ...request, id: `request-${log.nowMs}` }, data);
}

/** What a door took last. */
const sent = ({ records }: World): LogRecord => records.at(-1)!;

const of = (id: string) => ({ channel: 'portal', reference: id, applicationId: id, revision: 1 });

function note({ log }: World, id: string): string {
  const review = { topic: topicName(topics.reviewActions), key: referredId, id };
  return log.send('ReviewNoted', review, { ...of(referredId), officer: 'officer-a' });
}

function answerNote({ log }: World, actionId: string): void {
  const answer = { ...of(referredId), officer: 'officer-a', actionId, action: 'NOTED' };
  log.say('ReviewRecorded', referredId, answer, { cause: actionId });
  const latest = topicName(topics.latestDecisions, LENDER);
  const data = { ...of(referredId), status: 'REFERRED', sequence: 3n };
  log.send('LatestDecision', { topic: latest, key: referredId, id: 'latest' }, data);
}

function amend({ log }: World, id: string, product: string): string {
  const message = { ...submissionOf(referredId), id };
  const data = { ...of(referredId), productId: product };
  return log.send('AmendmentSubmitted', message, data);
}

/** Taken in, and referred as before. */
function takeAmendment({ log }: World, cause: string, revision: number): void {
  const own = { ...of(referredId), revision };
  const amended = log.say('ApplicationAmended', referredId, own, { cause });
  const verified = log.say('PatentsVerified', referredId, own, { cause: amended });
  const scored = log.say('EnterpriseScored', referredId, own, { cause: verified });
  log.say('LoanReferred', referredId, own, { cause: scored });
  const latest = topicName(topics.latestDecisions, LENDER);
  const data = { ...own, status: 'REFERRED', sequence: BigInt(revision + 1) };
  log.send('LatestDecision', { topic: latest, key: referredId, id: `latest-${revision}` }, data);
}

type Door = readonly [what: string, line: LineName, send: (world: World) => unknown, says: RegExp];

const doors: readonly Door[] = [
  [
    'a submission',
    'intake',
    ({ log }) => log.send('ApplicationSubmitted', submissionOf('new'), of('new')),
    /is ApplicationSubmitted and has come to nothing/,
  ],
  [
    'an amendment',
    'intake',
    (w) => amend(w, 'amendment', 'other'),
    /is AmendmentSubmitted and is one of 1 that have come to 0 ApplicationAmended/,
  ],
  [
    'a withdrawal',
    'intake',
    ({ log }) =>
      log.send('WithdrawalSubmitted', { ...submissionOf(paidId), id: 'leave' }, of(paidId)),
    /is WithdrawalSubmitted and has come to no ApplicationWithdrawn/,
  ],
  [
    'an officer’s action',
    'decisioning',
    (w) => note(w, 'note-2'),
    /note-2 is ReviewNoted and was answered 0 times/,
  ],
  [
    'a repayment',
    'book',
    ({ log }) => {
      const repayment = { topic: topicName(topics.repayments), key: paidId, id: 'repayment-1' };
      log.send('RepaymentReceived', repayment, { ...of(paidId), amount: cny(5n) });
    },
    /repayment-1 is RepaymentReceived and was answered 0 times/,
  ],
];

const textsOf = (world: World): string[] => {
  world.standings = standingsOf(world.records);
  return check(world, options).findings.map(textOf);
};

describe.each(doors)('%s that was a dead letter', (_, line, send, says) => {
  function buried(): { readonly world: World; readonly original: LogRecord } {
    const world = soundReadings();
    send(world);
    const original = sent(world);
    bury(world, line, original);
    return { world, original };
  }

  it('is found where it was replayed and nothing came of it', () => {
    const { world, original } = buried();
    ask(world, line, 'REPLAY', original);
    expect(textsOf(world)).toEqual([expect.stringMatching(says)]);
    ask(world, line, 'REPLAY', original);
    expect(textsOf(world)).toEqual([expect.stringMatching(says)]);
  });

  it('is nothing else while it waits for a person, also once more', () => {
    const { world, original } = buried();
    const isOpen = [expect.stringMatching(/^dead-letters: /)];
    expect(textsOf(world)).toEqual(isOpen);
    ask(world, line, 'REPLAY', original);
    bury(world, line, original);
    expect(textsOf(world)).toEqual(isOpen);
  });

  it('is given up for good, whatever is asked after that', () => {
    const { world, original } = buried();
    ask(world, line, 'DISCARD', original);
    expect(textsOf(world)).toEqual([]);
    ask(world, line, 'REPLAY', original);
    expect(textsOf(world)).toEqual([]);
  });

  it('is under way while its line has not read the request', () => {
    const { world, original } = buried();
    ask(world, line, 'REPLAY', original);
    const { topic, partition, offset } = sent(world);
    world.standings = standingsOf(world.records);
    const at = (more: Surroundings, afterMs: number) => {
      const live = { nowMs: world.log.nowMs + afterMs, graceMs: LATER_MS };
      return check({ ...world, ...more }, { ...options, live });
    };
    const isUnread = { positions: [{ line, topic, partition, next: offset }] };
    expect(at({}, 0)).toMatchObject({ findings: [], underWay: [{}] });
    expect(at(isUnread, 2 * LATER_MS)).toMatchObject({ findings: [], underWay: [{}] });
    expect(at({}, 2 * LATER_MS).findings.map(textOf)).toEqual([expect.stringMatching(says)]);
  });
});

describe('says nothing of', () => {
  it('what was taken when it was replayed', () => {
    const world = soundReadings();
    note(world, 'note-2');
    const original = sent(world);
    bury(world, 'decisioning', original);
    ask(world, 'decisioning', 'REPLAY', original);
    answerNote(world, 'note-2');
    expect(textsOf(world)).toEqual([]);
  });

  it('a replayed amendment, in whatever order it was taken among others', () => {
    const world = soundReadings();
    amend(world, 'first', 'a');
    const original = sent(world);
    bury(world, 'intake', original);
    takeAmendment(world, amend(world, 'second', 'b'), 2);
    ask(world, 'intake', 'REPLAY', original);
    takeAmendment(world, 'first', 3);
    expect(textsOf(world)).toEqual([]);
  });

  it('a replayed amendment that says what was taken by then', () => {
    const world = soundReadings();
    amend(world, 'first', 'a');
    const original = sent(world);
    bury(world, 'intake', original);
    takeAmendment(world, amend(world, 'second', 'a'), 2);
    ask(world, 'intake', 'REPLAY', original);
    expect(textsOf(world)).toEqual([]);
  });

  it('a replayed acceptance that was rejected', () => {
    const world = soundReadings();
    const submission = 'OfferAcceptanceSubmitted';
    const message = { ...submissionOf(declinedId), id: 'acceptance' };
    const cause = world.log.send(submission, message, of(declinedId));
    const original = sent(world);
    bury(world, 'intake', original);
    ask(world, 'intake', 'REPLAY', original);
    const data = { ...of(declinedId), submission };
    world.log.say('SubmissionRejected', declinedId, data, { cause });
    expect(textsOf(world)).toEqual([]);
  });
});
