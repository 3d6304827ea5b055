// Planted faults: sound readings have no finding, and each fault has its own, with place and advice.
import { topicName, topics } from '@saidao/schemas';
import { describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import {
  authorisationId,
  declinedId,
  entry,
  idOf,
  LENDER,
  paidId,
  PARTITIONS,
  referredId,
  soundReadings,
  standingsOf,
  submissionOf,
  terms,
  withdrawnId,
  cny,
  options,
  type World,
  type Fault,
} from './readings.fixture.ts';
import type { LogRecord, Surroundings } from './readings.ts';
import { rules, textOf } from './report.ts';

const decisions = topicName(topics.decisions, LENDER);
const payoutId = `${authorisationId}/1`;
const loanId = `${paidId}-L1`;

const own = (id: string) => ({ applicationId: id, revision: 1, authorisationId });
const isEvent = (type: string, id: string) => (record: LogRecord) =>
  String(record.headers['ce_type']) === type && String(record.key).endsWith(id);

/** As if it had never been appended: the log has no gap in its offsets, and lines took it. */
function lose(world: World, type: string, id: string): void {
  const at = world.records.findLastIndex(isEvent(type, id));
  const [lost] = world.records.splice(at, 1);
  expect(lost, `${type} of ${id}`).toBeDefined();
  for (const [place, record] of world.records.entries()) {
    const isSame = record.topic === lost?.topic && record.partition === lost.partition;
    if (!isSame || record.offset < lost.offset) continue;
    world.records[place] = { ...record, offset: record.offset - 1n };
  }
}

/** Lost by everybody: nobody has taken or given it either. */
function neverSaid(world: World, type: string, id: string): void {
  lose(world, type, id);
  world.standings = standingsOf(world.records);
}

function again(world: World, type: string, id: string, change: Partial<LogRecord>): void {
  const record = world.records.findLast(isEvent(type, id));
  if (record === undefined) throw new Error(`There is no ${type} of ${id}.`);
  world.records.push({ ...record, offset: record.offset + 1_000n, ...change });
}

const withHeader = (world: World, type: string, id: string, name: string, text: string) => {
  const record = world.records.findLast(isEvent(type, id));
  return { headers: { ...record?.headers, [name]: Buffer.from(text) } };
};

function change(
  world: World,
  type: string,
  id: string,
  to: (record: LogRecord) => Partial<LogRecord>,
): void {
  const at = world.records.findLastIndex(isEvent(type, id));
  const record = world.records[at];
  if (record === undefined) throw new Error(`There is no ${type} of ${id}.`);
  world.records[at] = { ...record, ...to(record) };
}

const later = (world: World) => void (world.standings = standingsOf(world.records));

const faults: readonly Fault[] = [
  [
    'an event whose identity is not its key’s',
    'envelope',
    (w) =>
      change(w, 'LoanDeclined', declinedId, () =>
        withHeader(w, 'LoanDeclined', declinedId, 'ce_id', 'x'),
      ),
    /has the identity «x», which is not that of its key and topic/,
  ],
  [
    'an event of another line',
    'envelope',
    (w) =>
      change(w, 'LoanDeclined', declinedId, () =>
        withHeader(w, 'LoanDeclined', declinedId, 'ce_source', 'saidao/book'),
      ),
    /was written by saidao\/book; find who wrote it: decisioning alone writes here/,
  ],
  [
    'an event on another partition than its key’s',
    'envelope',
    (w) =>
      change(w, 'LoanDeclined', declinedId, ({ partition }) => ({
        partition: (partition + 1) % PARTITIONS,
      })),
    /is on partition \d of 3, not on \d/,
  ],
  [
    'an event of another journey',
    'envelope',
    (w) =>
      change(w, 'LoanDeclined', declinedId, () =>
        withHeader(w, 'LoanDeclined', declinedId, 'ce_correlationid', 'other'),
      ),
    /has the correlation other; the application’s is/,
  ],
  [
    'an event that speaks for two lenders',
    'envelope',
    (w) =>
      change(w, 'LoanDeclined', declinedId, () =>
        withHeader(w, 'LoanDeclined', declinedId, 'ce_lenderid', 'boc-zj'),
      ),
    /speaks for several lenders/,
  ],
  [
    'bytes that cannot be read',
    'envelope',
    (w) => change(w, 'LoanDeclined', declinedId, () => ({ value: Buffer.from('junk') })),
    /cannot be read: The value starts with 106/,
  ],
  [
    'a repeat with another time',
    'bytes',
    (w) =>
      again(w, 'LoanDisbursed', paidId, withHeader(w, 'LoanDisbursed', paidId, 'ce_time', 'x')),
    /disbursements\.v1\/4 came again at .* with other bytes/,
  ],
  [
    'a door’s message with another body',
    'bytes',
    (w) => again(w, 'ApplicationSubmitted', declinedId, { value: Buffer.from('x') }),
    /submissions\.v1 submission-of-.* came again at .* with other bytes/,
  ],
  [
    'a number that is missing',
    'numbers',
    (w) => lose(w, 'PayoutInstructed', paidId),
    /disbursements\.v1\/4 came after number 2/,
  ],
  [
    'numbers out of order',
    'numbers',
    (w) => {
      const [one, other] = ['LoanBooked', 'LoanDisbursed'].map((type) =>
        w.records.findIndex(isEvent(type, paidId)),
      );
      const [first, last] = [w.records[one ?? 0], w.records[other ?? 0]];
      if (first !== undefined && last !== undefined) {
        w.records[one ?? 0] = last;
        w.records[other ?? 0] = first;
      }
    },
    /disbursements\.v1\/2 came after number 4/,
  ],
  [
    'effects out of the order of their causes',
    'order',
    (w) => {
      w.log.say('PledgeReleased', paidId, own(paidId), { cause: `${paidId}/${decisions}/2` });
      w.log.say('PledgeReleased', paidId, own(paidId), { cause: `${paidId}/${decisions}/1` });
    },
    /pledges\.v1\/3 follows from number 1 after one from 2/,
  ],
  [
    'an effect before its cause',
    'causes',
    (w) =>
      change(w, 'LoanDeclined', declinedId, ({ timestampMs }) => ({
        timestampMs: timestampMs - 60_000,
      })),
    /was appended before .*scores\.v1\/1, which led to it \(LoanDeclined\)/,
  ],
  [
    'a cause that is not on the log',
    'causes',
    (w) => {
      w.log.say('PledgeReleased', paidId, own(paidId), { cause: 'a-timer' });
    },
    /pledges\.v1\/2 was led to by «a-timer», which is not on the log \(PledgeReleased\)/,
  ],
  [
    'a cause on a topic that its line does not read',
    'causes',
    (w) => {
      w.log.say('PledgeReleased', paidId, own(paidId), { cause: submissionOf(paidId).id });
    },
    /was led to by submission-of-.*, which pledge does not read/,
  ],
  [
    'a cause of another application',
    'causes',
    (w) => {
      w.log.say('PledgeReleased', paidId, own(paidId), { cause: `${declinedId}/${decisions}/1` });
    },
    /was led to by another’s/,
  ],
  [
    'an application that nobody submitted',
    'causes',
    (w) => lose(w, 'ApplicationSubmitted', declinedId),
    /was taken in as .*, which nobody submitted/,
  ],
  [
    'two applications of one reference',
    'causes',
    (w) => {
      const data = { ...own(idOf(9)), channel: 'portal', reference: declinedId };
      w.log.say('ApplicationReceived', idOf(9), data, { cause: submissionOf(declinedId).id });
    },
    /is one more application of czb-hz\/portal\/.*, which is/,
  ],
  [
    'a submission that was acknowledged and is gone',
    'lost-writes',
    (w) => {
      const messageId = 'gone';
      w.acknowledged.push({ lenderId: LENDER, channel: 'portal', reference: 'r', messageId });
    },
    /czb-hz\/portal\/r gone was acknowledged and is not on the log/,
  ],
  [
    'a submission that became another application than was told',
    'lost-writes',
    (w) => {
      const of = { lenderId: LENDER, channel: 'portal', reference: declinedId };
      w.acknowledged.push({ ...of, applicationId: referredId });
    },
    /was told .*0003, and became .*0002/,
  ],
  [
    'a submission that came to nothing',
    'lost-writes',
    (w) => {
      w.log.send('ApplicationSubmitted', submissionOf('lost'), {
        channel: 'portal',
        reference: 'lost',
      });
    },
    /czb-hz\/portal\/lost .* is ApplicationSubmitted and has come to nothing/,
  ],
  [
    'an amendment that came to nothing',
    'lost-writes',
    (w) => {
      const message = { ...submissionOf(declinedId), id: 'amendment' };
      w.log.send('AmendmentSubmitted', message, { channel: 'other', reference: declinedId });
    },
    /is AmendmentSubmitted and is one of 1 that have come to 0 ApplicationAmended/,
  ],
  [
    'an officer’s action without an answer',
    'lost-writes',
    (w) => {
      const review = { topic: 'saidao.review-actions.v1', key: referredId, id: 'note-2' };
      w.log.send('ReviewNoted', review, { ...own(referredId), officer: 'officer-a' });
    },
    /note-2 is ReviewNoted and was answered 0 times/,
  ],
  [
    'an application that nobody decided',
    'outcomes',
    (w) => neverSaid(w, 'LoanDeclined', declinedId),
    /0002 revision 1 was never decided; see how far it came: saidao trace/,
  ],
  [
    'a second final decision',
    'outcomes',
    (w) => {
      w.log.say('LoanApproved', declinedId, own(declinedId), {
        cause: `${declinedId}/saidao.scores.v1/1`,
      });
    },
    /0002 revision 1 was finally decided 2 times/,
  ],
  [
    'one decision twice',
    'causes',
    (w) => {
      w.log.say('LoanReferred', referredId, own(referredId), {
        cause: `${referredId}/saidao.scores.v1/1`,
      });
    },
    /is one more LoanReferred of/,
  ],
  [
    'a withdrawal that never closed anything',
    'outcomes',
    (w) => neverSaid(w, 'ApplicationClosed', withdrawnId),
    /was withdrawn, never closed/,
  ],
  [
    'a withdrawal that was lost after the authorisation',
    'outcomes',
    (w) => {
      const message = { ...submissionOf(paidId), id: 'withdrawal' };
      const data = { channel: 'portal', reference: paidId };
      const cause = w.log.send('WithdrawalSubmitted', message, data);
      w.log.say('ApplicationWithdrawn', paidId, own(paidId), { cause });
      neverSaid(w, 'LoanDisbursed', paidId);
    },
    /0001 revision 1 was withdrawn, and nobody asked the ledger to cancel it/,
  ],
  [
    'an acceptance that never led to anything',
    'outcomes',
    (w) => neverSaid(w, 'DisbursementAuthorised', paidId),
    /has OfferAccepted, and its offer still stands/,
  ],
  [
    'patents kept for what was declined',
    'outcomes',
    (w) => {
      const cause = `${declinedId}/saidao.patent-findings.v1/2`;
      w.log.say('PledgeLocked', declinedId, { ...own(declinedId), patents: ['p2'] }, { cause });
    },
    /is declined and still keeps p2/,
  ],
  [
    'a patent kept for two',
    'outcomes',
    (w) => {
      const cause = `${referredId}/saidao.patent-findings.v1/2`;
      w.log.say('PledgeLocked', referredId, { ...own(referredId), patents: ['p1'] }, { cause });
    },
    /patent p1 is kept for .*0001 and for .*0003/,
  ],
  [
    'a decline after the decline',
    'transitions',
    (w) => {
      w.log.say('OfferExpired', declinedId, own(declinedId), {
        cause: `${declinedId}/saidao.scores.v1/1`,
      });
    },
    /is OfferExpired and follows what is declined/,
  ],
  [
    'a revision that nobody submitted',
    'transitions',
    (w) => {
      const data = { ...own(declinedId), revision: 2 };
      w.log.say('LoanDeclined', declinedId, data, { cause: `${declinedId}/saidao.scores.v1/1` });
    },
    /is LoanDeclined of revision 2; 1 are taken in/,
  ],
  [
    'an amendment over two revisions',
    'transitions',
    (w) => {
      const data = { ...own(declinedId), revision: 3, channel: 'portal', reference: declinedId };
      w.log.say('ApplicationAmended', declinedId, data, { cause: submissionOf(declinedId).id });
    },
    /is ApplicationAmended of revision 3, after revision 1/,
  ],
  [
    'a second authorisation',
    'outcomes',
    (w) => {
      const data = { ...own(paidId), approvalId: `${authorisationId}-approval`, terms };
      w.log.say('DisbursementAuthorised', paidId, data, {
        cause: `${paidId}/saidao.applications.v1/2`,
      });
    },
    /authorisation .* was authorised 2 times; hold its payouts/,
  ],
  [
    'a payout that nobody authorised',
    'payouts',
    (w) =>
      w.rail.push({
        payoutId: 'x',
        lenderId: LENDER,
        payee: 'p',
        amountFen: 1n,
        railReference: 'R',
      }),
    /payout x was paid by the rail, and nobody authorised it/,
  ],
  [
    'a payout twice in the rail’s book',
    'payouts',
    (w) => w.rail.push(...w.rail.slice(0, 1)),
    /was paid twice by the rail/,
  ],
  [
    'a payout that the rail never made',
    'payouts',
    (w) => void w.rail.splice(0, 1),
    /\/1 was confirmed, and the rail has moved nothing/,
  ],
  [
    'a payout to another payee',
    'payouts',
    (w) => w.rail.splice(0, 1, ...w.rail.slice(0, 1).map((one) => ({ ...one, payee: 'thief' }))),
    /was instructed as 1200000 fen of czb-hz to motors; the rail paid .* to thief/,
  ],
  [
    'a payout that was never settled',
    'payouts',
    (w) => neverSaid(w, 'PayoutConfirmed', paidId),
    /\/2 was instructed, and nobody knows what became of it/,
  ],
  [
    'a payout instructed twice',
    'payouts',
    (w) => {
      const data = { ...own(paidId), loanId, payoutId, payee: 'motors', amount: cny(1_200_000n) };
      w.log.say('PayoutInstructed', paidId, data, { cause: `${paidId}/${decisions}/2` });
    },
    /\/1 was instructed 2 times/,
  ],
  [
    'a payout instructed to nobody of the terms',
    'payouts',
    (w) => {
      neverSaid(w, 'LoanDisbursed', paidId);
      neverSaid(w, 'PayoutInstructed', paidId);
    },
    /promises 800000 fen to chips; as .*\/2 was instructed nothing/,
  ],
  [
    'a loan on nobody’s authorisation',
    'payouts',
    (w) => {
      const data = { ...own(paidId), loanId, authorisationId: 'nobodys' };
      w.log.say('LoanBooked', paidId, data, { cause: `${paidId}/${decisions}/2` });
    },
    /authorisation nobodys has LoanBooked, and nobody gave it/,
  ],
  [
    'an authorisation that led to nothing',
    'payouts',
    (w) => {
      for (const type of [
        'LoanDisbursed',
        'PayoutConfirmed',
        'PayoutConfirmed',
        'PayoutInstructed',
        'PayoutInstructed',
        'LoanBooked',
      ]) {
        neverSaid(w, type, paidId);
      }
    },
    /was neither booked nor cancelled/,
  ],
  [
    'a cancellation of what was paid',
    'payouts',
    (w) => {
      w.log.say('AuthorisationCancelled', paidId, own(paidId), {
        cause: `${paidId}/${decisions}/2`,
      });
    },
    /was cancelled, and money has moved on it/,
  ],
  [
    'less disbursed than paid',
    'sums',
    (w) => {
      const data = { ...own(paidId), loanId, amount: cny(1n) };
      const cause = `${paidId}/saidao.payout-results.v1/2`;
      w.log.say('LoanDisbursed', paidId, data, { cause });
    },
    /paid 2000000 fen, told 1 as disbursed/,
  ],
  [
    'more given back than was reserved',
    'sums',
    (w) => {
      const data = { ...own(paidId), loanId, amount: cny(5n), cause: 'AVAILABILITY_ENDED' };
      w.log.say('LimitReleased', paidId, data, { cause: `${paidId}/${decisions}/2` });
    },
    /reserved 2000000 fen, paid, open or given back 2000005/,
  ],
  [
    'another amount confirmed than instructed',
    'sums',
    (w) => {
      neverSaid(w, 'LoanDisbursed', paidId);
      neverSaid(w, 'PayoutConfirmed', paidId);
      const data = { ...own(paidId), loanId, payoutId: `${authorisationId}/2`, amount: cny(7n) };
      const cause = `${paidId}/saidao.disbursements.v1/3`;
      w.log.say('PayoutConfirmed', paidId, data, { cause, number: 2 });
    },
    /\/2 instructed 800000 fen, confirmed 7/,
  ],
  [
    'an entry that is not balanced',
    'books',
    (w) => w.books.entries.push({ ...entry('accrual/x', 4n), creditFen: 5n }),
    /entry accrual\/x of czb-hz debits 4 fen and credits 5/,
  ],
  [
    'an entry that is missing',
    'books',
    (w) => void w.books.entries.pop(),
    /entry payout\/.*\/2 of 800000 fen is missing/,
  ],
  [
    'an entry of what never happened',
    'books',
    (w) => w.books.entries.push(entry('payout/never', 4n)),
    /entry payout\/never was booked, and no event says so/,
  ],
  [
    'an entry of another amount',
    'books',
    (w) => w.books.entries.splice(0, 1, entry(`reservation/${authorisationId}`, 4n)),
    /debits 4 fen, not 2000000/,
  ],
  [
    'a loan that was never paid',
    'books',
    (w) =>
      w.books.loans.splice(0, 1, ...w.books.loans.map((one) => ({ ...one, status: 'booked' }))),
    /is booked in book\.loans, disbursed by its events/,
  ],
  [
    'a payout that stands otherwise',
    'books',
    (w) =>
      w.books.payouts.splice(0, 1, {
        payoutId,
        status: 'rejected',
        amountFen: 1n,
        railReference: null,
      }),
    /is rejected in book\.payouts, paid by its events/,
  ],
  [
    'a payout under another reference',
    'payouts',
    (w) =>
      w.books.payouts.splice(0, 1, {
        payoutId,
        status: 'paid',
        amountFen: 1n,
        railReference: 'another',
      }),
    /is paid as another in the books; the rail has R1/,
  ],
  [
    'an event that a line gave and the topic has lost',
    'heads',
    (w) => lose(w, 'LoanDeclined', declinedId),
    /decisioning .* gave number 1; the topic ends with 0/,
  ],
  [
    'an event that no line gave',
    'heads',
    (w) => {
      w.log.say('LoanDeclined', declinedId, own(declinedId), {
        cause: `${declinedId}/saidao.scores.v1/1`,
      });
    },
    /decisioning .* gave number 1; the topic has 2/,
  ],
  [
    'an event that was never taken',
    'heads',
    (w) => {
      w.standings = w.standings.map((one) =>
        one.line === 'book' && one.applicationId === paidId
          ? { ...one, heads: { ...one.heads, [decisions]: 1 } }
          : one,
      );
    },
    /book .*decisions.* has taken number 1 of 2/,
  ],
  [
    'an application that a line has never met',
    'heads',
    (w) => {
      w.standings = w.standings.filter(
        ({ line, applicationId }) => line !== 'verify' || applicationId !== declinedId,
      );
    },
    /verify .*0002\/saidao\.applications\.v1 has taken none of it/,
  ],
  [
    'a record that waits for one that never came',
    'heads',
    (w) =>
      w.putOff.push({
        line: 'book',
        applicationId: paidId,
        correlationId: null,
        kind: 'parked',
        what: decisions,
        dueAtMs: null,
      }),
    /book .* keeps a record of .* that waits for another/,
  ],
  [
    'a dead letter',
    'dead-letters',
    (w) => bury(w),
    /book.*of some-identity could not be taken: SAIDAO_TEST because; saidao dead-letters show/,
  ],
  [
    'an application that is blocked',
    'dead-letters',
    (w) => {
      w.standings = w.standings.map((one) =>
        one.line === 'book' && one.applicationId === paidId ? { ...one, blockedTopic: 't' } : one,
      );
    },
    /book .* is blocked by a dead letter of t/,
  ],
  [
    'a latest decision that is not the newest',
    'latest-decisions',
    (w) => neverSaid(w, 'LatestDecision', paidId),
    /says APPROVED of revision 1 by number 1; number 2 says AUTHORISED .*; saidao verify --repair/,
  ],
  [
    'a latest decision that was never told',
    'latest-decisions',
    (w) => neverSaid(w, 'LatestDecision', declinedId),
    /is missing; number 1 says DECLINED/,
  ],
];

function bury(world: World): void {
  const headers = {
    ...{ 'x-dlq-topic': decisions, 'x-dlq-partition': '0', 'x-dlq-offset': '7' },
    ...{ 'x-dlq-identity': 'some-identity', 'x-dlq-application': paidId },
    ...{ 'x-dlq-code': 'SAIDAO_TEST', 'x-dlq-reason': 'because' },
  };
  world.log.raw({ topic: 'book.dead-letter.v1', key: paidId, value: null, headers });
}

describe('the check', () => {
  it('finds nothing where nothing is wrong, and counts what there is', () => {
    const { findings, underWay, waiting, counts } = check(soundReadings(), options);
    expect(findings).toEqual([]);
    expect(underWay).toEqual([]);
    expect(waiting).toEqual([referredId]);
    expect(counts).toMatchObject({ applications: 4, decided: 2, withdrawn: 1, authorisations: 1 });
    expect(counts).toMatchObject({ events: 31, repeats: 0, payouts: 2, entries: 7 });
  });

  it.each(faults)('finds %s', (_, rule, plant, says) => {
    const world = soundReadings();
    plant(world);
    const { findings } = check(world, options);
    const texts = findings.filter((one) => one.rule === rule).map(textOf);
    expect(
      texts.filter((text) => says.test(text)),
      findings.map(textOf).join('\n'),
    ).not.toEqual([]);
    for (const { place, advice } of findings) {
      expect(place).not.toBe('');
      expect(advice).not.toBe('');
    }
  });

  it('has a planted fault for each of its rules', () => {
    expect([...new Set(faults.map(([, rule]) => rule))].sort()).toEqual(Object.keys(rules).sort());
  });

  it('takes the records of several partitions in any order', () => {
    const world = soundReadings();
    const shuffled = world.records.toSorted((one, other) =>
      `${other.topic}${other.partition}`.localeCompare(`${one.topic}${one.partition}`),
    );
    expect(check({ ...world, records: shuffled }, options)).toEqual(check(world, options));
  });

  it('takes the same bytes again for a repeat, and nothing else', () => {
    const world = soundReadings();
    const twice = world.records.flatMap((record) => [record, record]);
    const { findings, counts } = check({ ...world, records: twice }, options);
    expect(findings).toEqual([]);
    expect(counts.repeats).toBe(counts.events);
    expect(counts.doorRepeats).toBeGreaterThan(0);
  });

  it('says nothing of a dead letter once a replay or discard was asked for', () => {
    const world = soundReadings();
    bury(world);
    const key = { topic: 'book.replay.v1', key: paidId, id: 'replay-1' };
    const data = { action: 'DISCARD', topic: decisions, partition: 0, offset: 7n };
    world.log.send('ReplayRequested', key, data);
    expect(check(world, options).findings).toEqual([]);
  });

  it('says nothing of what retention has taken, and all of what it has not', () => {
    const world = soundReadings();
    const isForEver = ({ topic }: LogRecord) => topic === decisions || topic.includes('latest');
    // All but the last application is gone, whole partitions of it.
    const cutMs = world.records.find(({ key }) => String(key) === withdrawnId)?.timestampMs ?? 0;
    const isKept = (record: LogRecord) => isForEver(record) || record.timestampMs >= cutMs - 10;
    const kept = world.records.filter(isKept);
    const gone = world.records.filter((record) => !isKept(record));
    const beginnings = gone.map(({ topic, partition, offset }) => ({
      ...{ topic, partition, offset: offset + 1n },
    }));
    expect(
      check({ ...world, acknowledged: [], records: kept, beginnings }, options).findings,
    ).toEqual([]);
    world.log.say('ApplicationClosed', withdrawnId, own(withdrawnId), {
      cause: `${withdrawnId}/saidao.applications.v1/2`,
    });
    const records = [...kept, ...world.records.slice(-1)];
    const { findings } = check({ records, beginnings }, options);
    expect(findings.map(({ rule }) => rule)).toContain('causes');
  });
});

describe('of a system that goes on', () => {
  const live = (world: World & Surroundings, graceMs: number, afterMs = 0) =>
    check(world, { ...options, live: { nowMs: world.log.nowMs + afterMs, graceMs } });

  it('what is missing is under way while it is young, and lost when it is not', () => {
    const world = soundReadings();
    neverSaid(world, 'LoanDeclined', declinedId);
    lose(world, 'LatestDecision', declinedId);
    later(world);
    const young = live(world, 60_000);
    expect(young.findings).toEqual([]);
    expect(young.underWay).toContainEqual({
      applicationId: declinedId,
      says: 'was never decided',
      because: expect.stringContaining('just now') as string,
    });
    const texts = live(world, 60_000, 3_600_000).findings.map(textOf);
    expect(texts).toEqual([expect.stringContaining('was never decided')]);
  });

  it('a payout that was booked is under way while it is young: both are said one after the other', () => {
    const world = soundReadings();
    neverSaid(world, 'LoanDisbursed', paidId);
    neverSaid(world, 'PayoutInstructed', paidId);
    later(world);
    const notInstructed = (of: readonly { readonly says: string }[]) =>
      of.filter(({ says }) => says.endsWith('was instructed nothing'));
    const young = live(world, 60_000);
    expect(notInstructed(young.findings)).toEqual([]);
    expect(notInstructed(young.underWay)).not.toEqual([]);
    expect(notInstructed(live(world, 60_000, 3_600_000).findings)).not.toEqual([]);
  });

  it('what waits for a timer or an unread record is under way however old it is', () => {
    const dayMs = 86_400_000;
    const world = soundReadings();
    neverSaid(world, 'LoanDeclined', declinedId);
    lose(world, 'LatestDecision', declinedId);
    later(world);
    const dueAtMs = world.log.nowMs + dayMs + 1_000;
    const timer = {
      line: 'verify',
      applicationId: declinedId,
      correlationId: null,
      kind: 'timer',
      what: 'wake',
    } as const;
    expect(live(world, 60_000, dayMs).findings).toHaveLength(1);
    world.putOff.push({ ...timer, dueAtMs });
    expect(live(world, 60_000, dayMs)).toMatchObject({
      findings: [],
      underWay: [{ because: 'verify: timer wake' }],
    });
    world.putOff.splice(0, 1, { ...timer, dueAtMs: dueAtMs + dayMs });
    expect(live(world, 60_000, dayMs).findings).toHaveLength(1);
  });

  it('a topic of which a line has taken nothing yet is unread', () => {
    const world = soundReadings();
    world.standings = world.standings.map((one) =>
      one.line === 'pledge' ? { ...one, heads: {} } : one,
    );
    world.records = world.records.filter(({ topic }) => topic !== 'saidao.pledges.v1');
    const { underWay } = live(world, 60_000, 3_600_000);
    expect(underWay).toContainEqual({
      applicationId: paidId,
      says: 'has taken number 0 of 4',
      because: expect.stringMatching(/^pledge: saidao\..* unread$/) as string,
    });
  });

  it('what can never come right is found at once', () => {
    const world = soundReadings();
    world.rail.push(...world.rail.slice(0, 1));
    expect(live(world, Infinity).findings.map(textOf)).toEqual([
      expect.stringContaining('was paid twice by the rail'),
    ]);
  });

  it('a submission that has just come is under way', () => {
    const world = soundReadings();
    const data = { channel: 'portal', reference: 'new' };
    world.log.send('ApplicationSubmitted', submissionOf('new'), data);
    expect(live(world, 60_000)).toMatchObject({ findings: [], underWay: [{}] });
    expect(live(world, 60_000, 3_600_000).findings).toMatchObject([{ rule: 'lost-writes' }]);
  });

  it('a submission is under way while intake asks about its persons, however slow they are', () => {
    const world = soundReadings();
    const data = { channel: 'portal', reference: 'new' };
    world.log.send('ApplicationSubmitted', submissionOf('new'), data);
    const { headers } = world.records.at(-1)!;
    const dueAtMs = world.log.nowMs + 3_600_000;
    const asks = { line: 'intake', kind: 'timer', what: 'check', dueAtMs } as const;
    world.putOff.push({ ...asks, applicationId: 'new', correlationId: 'of another' });
    expect(live(world, 60_000, 3_600_000).findings).toMatchObject([{ rule: 'lost-writes' }]);
    const correlationId = String(headers['ce_correlationid'] || headers['ce_id']);
    world.putOff.push({ ...asks, applicationId: 'new', correlationId });
    expect(live(world, 60_000, 3_600_000)).toMatchObject({
      findings: [],
      underWay: [{ because: 'intake: timer check' }],
    });
  });

  it.each<[line: string, topic: string, send: (world: World) => void]>([
    [
      'intake',
      topicName(topics.submissions),
      ({ log }) => {
        const data = { channel: 'portal', reference: 'new' };
        log.send('ApplicationSubmitted', submissionOf('new'), data);
      },
    ],
    [
      'decisioning',
      topicName(topics.reviewActions),
      ({ log }) => {
        const review = { topic: topicName(topics.reviewActions), key: referredId, id: 'note-2' };
        log.send('ReviewNoted', review, { ...own(referredId), officer: 'officer-a' });
      },
    ],
    [
      'book',
      topicName(topics.repayments),
      ({ log }) => {
        const repayment = { topic: topicName(topics.repayments), key: paidId, id: 'repayment' };
        log.send('RepaymentReceived', repayment, { ...own(paidId), amount: cny(5n) });
      },
    ],
  ])('what %s has not read of a door is under way however old it is', (line, topic, send) => {
    const world = soundReadings();
    send(world);
    const { partition, offset } = world.records.at(-1)!;
    const at = (next: bigint) =>
      live({ ...world, positions: [{ line, topic, partition, next }] }, 60_000, 3_600_000);
    expect(at(offset)).toMatchObject({
      findings: [],
      underWay: [{ because: `${line}: ${topic} unread` }],
    });
    // What a group has never committed it has yet to read.
    expect(at(-1n).findings).toEqual([]);
    expect(at(offset + 1n).findings).toMatchObject([{ rule: 'lost-writes' }]);
  });
});
