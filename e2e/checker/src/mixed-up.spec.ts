// Planted faults in which the money, words or place of one application are another’s.
import { topicName, topics, type EventName } from '@saidao/schemas';
import { expect, it } from 'vitest';
import { check } from './checker.ts';
import {
  authorisationId,
  cny,
  declinedId,
  entry,
  idOf,
  LENDER,
  options,
  paidId,
  PARTITIONS,
  referredId,
  soundReadings,
  standingsOf,
  submissionOf,
  terms,
  type Fault,
  type World,
} from './readings.fixture.ts';
import { textOf } from './report.ts';

const OTHER_LENDER = 'boc-zj';
const lenders = [LENDER, OTHER_LENDER];
const otherId = idOf(7);
const loanId = `${paidId}-L1`;
const decisions = topicName(topics.decisions, LENDER);
const reviews = topicName(topics.reviewActions);

interface Lent {
  readonly authorisationId: string;
  readonly loanId: string;
}

const ownLoan: Lent = { authorisationId: `${otherId}-1`, loanId: `${otherId}-L1` };

/** Another application of the same amount to the same payees, paid on its own authorisation. */
function lendToOther({ log, rail, books }: World, of: Lent = ownLoan): void {
  const own = {
    ...{ applicationId: otherId, revision: 1, channel: 'portal', reference: otherId },
    ...{ approvalId: `${of.authorisationId}-approval`, terms, ...of },
  };
  const say = (type: EventName, cause: string, data: object = {}) =>
    log.say(type, otherId, { ...own, ...data }, { cause });
  const send = (type: EventName, id: string) =>
    log.send(type, { ...submissionOf(otherId), id }, own, { correlationId: `${otherId}-journey` });
  const received = say('ApplicationReceived', send('ApplicationSubmitted', 'other-submission'));
  const scored = say('EnterpriseScored', say('PatentsVerified', received));
  say('LoanApproved', scored);
  const accepted = say('OfferAccepted', send('OfferAcceptanceSubmitted', 'other-acceptance'));
  const authorised = say('DisbursementAuthorised', accepted);
  const latest = topicName(topics.latestDecisions, LENDER);
  const place = { topic: latest, key: otherId, id: `${otherId}/${latest}/2` };
  log.send('LatestDecision', place, { ...own, status: 'AUTHORISED', sequence: 2n });
  say('LoanBooked', authorised, { principal: terms.amount });
  let last = '';
  for (const [at, { name: payee, amount }] of terms.payees.entries()) {
    const payoutId = `${of.authorisationId}/${at + 1}`;
    const isOwn = of === ownLoan;
    const railReference = isOwn ? `O${at + 1}` : `R${at + 1}`;
    const cause = say('PayoutInstructed', authorised, { payoutId, payee, amount });
    last = say('PayoutConfirmed', cause, { payoutId, amount, railReference });
    if (!isOwn) continue;
    const amountFen = amount.minor;
    rail.push({ payoutId, lenderId: LENDER, payee, amountFen, railReference });
    books.payouts.push({ payoutId, status: 'paid', amountFen, railReference });
    for (const name of ['release', 'disbursement', 'payout']) {
      books.entries.push({ ...entry(`${name}/${payoutId}`, amountFen), applicationId: otherId });
    }
  }
  say('LoanDisbursed', last, { amount: terms.amount });
  if (of !== ownLoan) return;
  const reserved = entry(`reservation/${of.authorisationId}`, terms.amount.minor);
  books.entries.push({ ...reserved, applicationId: otherId });
  books.loans.push({ ...of, status: 'disbursed', principalFen: terms.amount.minor });
}

const isEvent = (type: EventName, id: string) => (record: World['records'][number]) =>
  String(record.headers['ce_type']) === type && String(record.key) === id;

/** Takes off what was said last of this type, of this application. */
function unsay(world: World, type: EventName, id: string): void {
  const at = world.records.findLastIndex(isEvent(type, id));
  if (at < 0) throw new Error(`There is no ${type} of ${id}.`);
  world.records.splice(at, 1);
}

const faults: readonly Fault[] = [
  [
    'two applications that were paid by one payout',
    'payouts',
    (w) => lendToOther(w, { authorisationId, loanId }),
    /authorisation .*0001-1 is that of .*0001 and of .*0007/,
  ],
  [
    'entries that two applications of the same amount have swapped',
    'books',
    (w) => {
      lendToOther(w);
      const id = `payout/${authorisationId}/1`;
      const otherEntry = `payout/${ownLoan.authorisationId}/1`;
      w.books.entries = w.books.entries.map((one) => {
        if (one.id === id) return { ...one, applicationId: otherId };
        return one.id === otherEntry ? { ...one, applicationId: paidId } : one;
      });
    },
    /entry payout\/.*0001-1\/1 is of .*0007 of czb-hz, not of .*0001 of czb-hz/,
  ],
  [
    'an entry in the books of another lender',
    'books',
    (w) => {
      const [first, ...rest] = w.books.entries;
      w.books.entries = [{ ...first!, lenderId: OTHER_LENDER }, ...rest];
    },
    /entry reservation\/.* is of .*0001 of boc-zj, not of .*0001 of czb-hz/,
  ],
  [
    'a payout that is paid on another’s loan',
    'payouts',
    (w) => {
      lendToOther(w);
      unsay(w, 'LoanDisbursed', paidId);
      const data = { applicationId: paidId, revision: 1, authorisationId, amount: terms.amount };
      const cause = `${paidId}/saidao.payout-results.v1/2`;
      const of = { cause, number: 4 };
      w.log.say('LoanDisbursed', paidId, { ...data, loanId: ownLoan.loanId }, of);
    },
    /authorisation .*0001-1 has LoanDisbursed of .*0007-L1; its loan is .*0001-L1/,
  ],
  [
    'a payout instructed after its authorisation was cancelled',
    'payouts',
    (w) => {
      const of = { applicationId: paidId, revision: 1, authorisationId };
      const cause = `${paidId}/${decisions}/2`;
      w.log.say('AuthorisationCancelled', paidId, of, { cause });
      const payout = { loanId, payoutId: `${authorisationId}/3`, payee: 'm', amount: cny(1n) };
      w.log.say('PayoutInstructed', paidId, { ...of, ...payout }, { cause });
    },
    /payout .*\/3 was instructed after .*0001-1 was cancelled/,
  ],
  [
    'an officer’s action that was answered at another application',
    'causes',
    (w) => {
      unsay(w, 'ReviewRecorded', referredId);
      const actionId = `note-on-${referredId}`;
      const data = { applicationId: declinedId, revision: 1, officer: 'officer-a' };
      const answer = { ...data, actionId, action: 'NOTED' };
      w.log.say('ReviewRecorded', declinedId, answer, { cause: actionId });
    },
    /was led to by another’s note-on-.*0003 \(ReviewRecorded\)/,
  ],
  [
    'an offer that expired by another’s timer',
    'causes',
    (w) => {
      const timer = { topic: 'decisioning.timers.v1', key: paidId, id: 'timer-1' };
      w.log.send('TimerDue', timer, { applicationId: paidId, name: 'offer-expiry' });
      const data = { applicationId: declinedId, revision: 1 };
      w.log.say('OfferExpired', declinedId, data, { cause: 'timer-1' });
    },
    /was led to by another’s timer-1 \(OfferExpired\)/,
  ],
  [
    'a submission that was taken in as another’s',
    'causes',
    (w) => {
      const data = { applicationId: declinedId, revision: 1 };
      const cause = submissionOf(referredId).id;
      w.log.say('ApplicationWithdrawn', declinedId, data, { cause });
    },
    /was led to by another’s submission-of-.*0003 \(ApplicationWithdrawn\)/,
  ],
  [
    'a decision on what another revision was found to be',
    'transitions',
    (w) => {
      const of = { applicationId: referredId, channel: 'portal', reference: referredId };
      const amendment = { ...submissionOf(referredId), id: 'amendment' };
      const cause = w.log.send('AmendmentSubmitted', amendment, { ...of, channel: 'other' });
      const amended = w.log.say(
        'ApplicationAmended',
        referredId,
        { ...of, revision: 2 },
        { cause },
      );
      w.log.say('PatentsVerified', referredId, { ...of, revision: 2 }, { cause: amended });
      const scored = `${referredId}/saidao.scores.v1/1`;
      w.log.say('LoanApproved', referredId, { ...of, revision: 2 }, { cause: scored });
    },
    /is LoanApproved of revision 2, by EnterpriseScored of revision 1/,
  ],
  [
    'a dead letter that was replayed twice, and had two effects',
    'causes',
    (w) => {
      const id = 'note-2';
      const of = { applicationId: referredId, revision: 1, officer: 'officer-a' };
      w.log.send('ReviewNoted', { topic: reviews, key: referredId, id }, of);
      const { partition, offset } = w.records.at(-1)!;
      for (const request of ['replay-1', 'replay-2']) {
        const place = { topic: 'decisioning.replay.v1', key: referredId, id: request };
        const data = { action: 'REPLAY', topic: reviews, partition, offset, headers: [] };
        w.log.send('ReplayRequested', place, { ...data, actor: 'sre', reason: 'mended' });
        const answer = { ...of, actionId: id, action: 'NOTED' };
        w.log.say('ReviewRecorded', referredId, answer, { cause: id });
      }
    },
    /is one more ReviewRecorded of note-2/,
  ],
  [
    'a latest decision on another lender’s topic',
    'latest-decisions',
    (w) => {
      const topic = topicName(topics.latestDecisions, OTHER_LENDER);
      const data = { applicationId: declinedId, revision: 1, status: 'DECLINED', sequence: 1n };
      w.log.send('LatestDecision', { topic, key: declinedId, id: `${declinedId}/x` }, data);
    },
    /latest-decisions\.boc-zj.* tells what is of czb-hz/,
  ],
  [
    'a latest decision of another amount',
    'latest-decisions',
    (w) => {
      const topic = topicName(topics.latestDecisions, LENDER);
      const data = { applicationId: paidId, revision: 1, status: 'AUTHORISED', sequence: 2n };
      const place = { topic, key: paidId, id: `${paidId}/x` };
      w.log.send('LatestDecision', place, { ...data, amount: cny(9n) });
    },
    /says 9 fen; number 2 says 2000000/,
  ],
  [
    'a latest decision on another partition',
    'latest-decisions',
    (w) => {
      const at = w.records.findLastIndex(isEvent('LatestDecision', declinedId));
      const { partition, ...rest } = w.records[at]!;
      w.records[at] = { ...rest, partition: (partition + 1) % PARTITIONS };
    },
    /is on partition \d, not on \d/,
  ],
  [
    'a latest decision of another application',
    'latest-decisions',
    (w) => {
      const topic = topicName(topics.latestDecisions, LENDER);
      const data = { applicationId: paidId, revision: 1, status: 'DECLINED', sequence: 1n };
      w.log.send('LatestDecision', { topic, key: declinedId, id: `${declinedId}/x` }, data);
    },
    /cannot be read: it is about .*0001/,
  ],
];

it.each(faults)('finds %s', (_, rule, plant, says) => {
  const world = soundReadings();
  plant(world);
  world.standings = standingsOf(world.records);
  const { findings } = check(world, { ...options, lenders });
  const texts = findings.filter((one) => one.rule === rule).map(textOf);
  expect(
    texts.filter((text) => says.test(text)),
    findings.map(textOf).join('\n'),
  ).not.toEqual([]);
});

it('says nothing of another application of the same amount, paid on its own', () => {
  const world = soundReadings();
  lendToOther(world);
  world.standings = standingsOf(world.records);
  expect(check(world, { ...options, lenders }).findings.map(textOf)).toEqual([]);
});

it('finds another reference than the rail’s in the books, where nobody asked the rail', () => {
  const { rail: _, ...world } = soundReadings();
  world.books.payouts = world.books.payouts.map((one) => ({ ...one, railReference: 'another' }));
  const { findings } = check(world, options);
  expect(findings.map(textOf)).toContainEqual(
    expect.stringMatching(/payout .*\/1 is paid as another in book\.payouts, as R1 by its events/),
  );
});
