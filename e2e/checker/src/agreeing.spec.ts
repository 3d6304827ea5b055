// Planted faults on which topics, tables and the rail agree: only what may be says that they are.
import { topicName, topics, type EventName } from '@saidao/schemas';
import { expect, it } from 'vitest';
import { check } from './checker.ts';
import {
  authorisationId,
  declinedId,
  entry,
  idOf,
  LENDER,
  paidId,
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
import { textOf, type Rule } from './report.ts';

const loanActions = topicName(topics.loanActions);
const decisions = topicName(topics.decisions, LENDER);
const approvalId = `${authorisationId}-approval`;
const loanId = `${paidId}-L1`;
const own = { applicationId: paidId, revision: 1, authorisationId, loanId };
const declined = { applicationId: declinedId, revision: 1 };

interface Paid {
  readonly payoutId: string;
  readonly payee: string;
  readonly fen: bigint;
  readonly cause: string;
  readonly of?: object;
}

/** Instructed, paid and booked, and everybody says so; returns what was said last. */
function pay({ log, rail, books }: World, { payoutId, payee, fen, cause, of = own }: Paid): string {
  const amount = cny(fen);
  const railReference = `R-${payoutId}`;
  const instructed = log.say(
    'PayoutInstructed',
    paidId,
    { ...of, payoutId, payee, amount },
    { cause },
  );
  const confirmed = log.say(
    'PayoutConfirmed',
    paidId,
    { ...of, payoutId, amount, railReference },
    { cause: instructed },
  );
  rail.push({ payoutId, lenderId: LENDER, payee, amountFen: fen, railReference });
  books.payouts.push({ payoutId, status: 'paid', amountFen: fen, railReference });
  for (const name of ['release', 'disbursement', 'payout']) {
    books.entries.push(entry(`${name}/${payoutId}`, fen));
  }
  return confirmed;
}

function tellLatest({ log }: World, number: number, status: string, id = paidId, revision = 1) {
  const topic = topicName(topics.latestDecisions, LENDER);
  const of = { topic, key: id, id: `${id}/${topic}/${number}` };
  const data = { applicationId: id, revision, status, sequence: BigInt(number) };
  return log.send('LatestDecision', of, data);
}

/** The message and what it is about, of this application. */
const said = (type: EventName, id: string, name: string, world: World) =>
  world.log.send(
    type,
    { ...submissionOf(id), id: name },
    { channel: 'portal', reference: id, lenderId: LENDER },
  );

/** Puts what another log says of the same place where this one has said it. */
function instead(world: World, type: EventName, say: (log: World['log']) => void): void {
  const other = soundReadings();
  say(other.log);
  const at = world.records.findIndex(({ headers }) => String(headers['ce_type']) === type);
  const [is, record] = [world.records[at], other.records.at(-1)];
  if (is === undefined || record === undefined) throw new Error(`There is no ${type}.`);
  const { offset, timestampMs } = is;
  world.records[at] = { ...record, offset, timestampMs };
}

/** Half of it is not drawn yet, as its payees are owed half of it. */
function lendTwice(world: World): void {
  const limit = { ...terms, amount: cny(4_000_000n) };
  const cause = `${paidId}/${topicName(topics.applications)}/2`;
  const about = { ...own, approvalId, terms: limit };
  instead(world, 'DisbursementAuthorised', (log) =>
    log.say('DisbursementAuthorised', paidId, about, { cause, number: 2 }),
  );
  const booking = { ...own, principal: cny(4_000_000n) };
  instead(world, 'LoanBooked', (log) =>
    log.say('LoanBooked', paidId, booking, { cause: `${paidId}/${decisions}/2`, number: 1 }),
  );
  world.books.entries[0] = entry(`reservation/${authorisationId}`, 4_000_000n);
  world.books.loans = world.books.loans.map((one) => ({ ...one, principalFen: 4_000_000n }));
}

/** The application that was declined has an offer instead. */
function offerInstead(world: World, expiresAtMs = 0): void {
  const data = { ...declined, offerExpiresAt: BigInt(expiresAtMs) };
  const of = { cause: `${declinedId}/saidao.scores.v1/1`, number: 1 };
  instead(world, 'LoanDeclined', (log) => log.say('LoanApproved', declinedId, data, of));
}

function answerOffer(world: World, type: 'OfferAccepted' | 'OfferDeclined'): string {
  const submission =
    type === 'OfferAccepted' ? 'OfferAcceptanceSubmitted' : 'OfferDeclineSubmitted';
  return world.log.say(type, declinedId, declined, {
    cause: said(submission, declinedId, 'the-answer', world),
  });
}

/** By its timer, where nothing else is named. */
function expireOffer(world: World, by?: string): void {
  const timer = { topic: 'decisioning.timers.v1', key: declinedId, id: 'the-timer' };
  const cause = by ?? world.log.send('TimerDue', timer, { name: 'offer-expiry' });
  world.log.say('OfferExpired', declinedId, declined, { cause });
  tellLatest(world, 2, 'EXPIRED', declinedId);
}

function keepPatent({ log }: World): void {
  const cause = `${declinedId}/saidao.patent-findings.v1/2`;
  log.say('PledgeLocked', declinedId, { ...declined, patents: ['p2'] }, { cause });
}

function draw(world: World, fen: bigint, times: number): void {
  const of = { topic: loanActions, key: paidId, id: 'draw-1' };
  const cause = world.log.send('DrawdownRequested', of, { ...own, amount: cny(fen) });
  const action = { ...own, actionId: cause, action: 'DrawdownRequested', status: 'TAKEN' };
  world.log.say('LoanActionRecorded', paidId, action, { cause });
  let last = '';
  for (let at = 0; at < times; at += 1) {
    last = pay(world, { payoutId: `${authorisationId}/${3 + at}`, payee: 'motors', fen, cause });
  }
  const amount = cny(2_000_000n + fen * BigInt(times));
  world.log.say('LoanDisbursed', paidId, { ...own, amount }, { cause: last });
}

function undo(world: World): void {
  const cause = `${paidId}/${topicName(topics.applications)}/2`;
  world.log.say('ApprovalUndone', paidId, { ...own, approvalId }, { cause });
}

/** Amended, approved, accepted and paid out once more. */
function lendAgain(world: World): void {
  const { log, books } = world;
  const newer = {
    ...{ applicationId: paidId, revision: 2, channel: 'portal', reference: paidId },
    ...{ authorisationId: `${paidId}-2`, approvalId: `${paidId}-2-approval` },
    ...{ loanId: `${paidId}-L2`, terms, amount: cny(2_000_000n), principal: cny(2_000_000n) },
  };
  const say = (type: EventName, cause: string) => log.say(type, paidId, newer, { cause });
  const amending = said('AmendmentSubmitted', paidId, 'amendment', world);
  const verified = say('PatentsVerified', say('ApplicationAmended', amending));
  say('LoanApproved', say('EnterpriseScored', verified));
  const accepting = said('OfferAcceptanceSubmitted', paidId, 'acceptance', world);
  const authorised = say('DisbursementAuthorised', say('OfferAccepted', accepting));
  tellLatest(world, 5, 'AUTHORISED', paidId, 2);
  say('LoanBooked', authorised);
  books.entries.push(entry(`reservation/${newer.authorisationId}`, 2_000_000n));
  const of = { cause: authorised, of: newer };
  pay(world, { payoutId: `${newer.authorisationId}/1`, payee: 'motors', fen: 1_200_000n, ...of });
  const second = { payoutId: `${newer.authorisationId}/2`, payee: 'chips', fen: 800_000n, ...of };
  say('LoanDisbursed', pay(world, second));
  const { loanId: newerLoan, authorisationId: id } = newer;
  const loan = { loanId: newerLoan, authorisationId: id, status: 'disbursed' };
  books.loans.push({ ...loan, principalFen: 2_000_000n });
}

function receive({ log }: World, id: string, reference = 'file-7'): string {
  const of = { topic: topicName(topics.repayments), key: paidId, id };
  return log.send('RepaymentReceived', of, { ...own, source: 'bank', reference, amount: cny(5n) });
}

const bookRepayment = ({ log }: World, cause: string, fen = 5n) =>
  log.say(
    'RepaymentBooked',
    paidId,
    { ...own, source: 'bank', reference: 'file-7', amount: cny(fen) },
    { cause },
  );

const faults: readonly Fault[] = [
  [
    'a payee who was paid twice',
    'payouts',
    (w) => {
      const payoutId = `${authorisationId}/3`;
      const cause = `${paidId}/${decisions}/2`;
      const last = pay(w, { payoutId, payee: 'motors', fen: 1_200_000n, cause });
      w.log.say('LoanDisbursed', paidId, { ...own, amount: cny(3_200_000n) }, { cause: last });
    },
    /payout .*\/3 were instructed by .*decisions.*, which asks for no drawdown/,
  ],
  [
    'a drawdown that was paid twice within the limit',
    'sums',
    (w) => {
      lendTwice(w);
      draw(w, 500_000n, 2);
    },
    /draw-1 asked for 500000 fen, instructed 1000000/,
  ],
  [
    'an approval that was undone though its money has moved',
    'payouts',
    (w) => {
      undo(w);
      tellLatest(w, 3, 'UNDONE');
    },
    /was undone, and the ledger has not cancelled it/,
  ],
  [
    'a loan that was undone without the ledger, amended, and paid once more',
    'payouts',
    (w) => {
      undo(w);
      lendAgain(w);
    },
    /authorisation .*-1 was undone, and the ledger has not cancelled it/,
  ],
  [
    'an authorisation though the offer was declined',
    'transitions',
    (w) => {
      const declining = { ...submissionOf(paidId), id: `acceptance-of-${paidId}` };
      instead(w, 'OfferAccepted', (log) =>
        log.say('OfferDeclined', paidId, own, { cause: declining.id, number: 2 }),
      );
      instead(w, 'OfferAcceptanceSubmitted', (log) =>
        log.send('OfferDeclineSubmitted', declining, { channel: 'portal', reference: paidId }),
      );
    },
    /is DisbursementAuthorised of revision 1, by no acceptance of it/,
  ],
  [
    'an acceptance of what was withdrawn',
    'transitions',
    (w) => {
      const data = { applicationId: withdrawnId, revision: 1 };
      const cause = said('OfferAcceptanceSubmitted', withdrawnId, 'acceptance', w);
      w.log.say('OfferAccepted', withdrawnId, data, { cause });
    },
    /is OfferAccepted and follows the withdrawal/,
  ],
  [
    'an acceptance that was lost before its offer expired',
    'outcomes',
    (w) => {
      offerInstead(w);
      answerOffer(w, 'OfferAccepted');
      expireOffer(w);
    },
    /0002 revision 1 has OfferAccepted, of which nothing came/,
  ],
  [
    'a decline that was lost after its offer had expired',
    'outcomes',
    (w) => {
      offerInstead(w);
      expireOffer(w);
      answerOffer(w, 'OfferDeclined');
    },
    /0002 revision 1 has OfferDeclined, of which nothing came/,
  ],
  [
    'patents kept for an offer that has expired',
    'outcomes',
    (w) => {
      offerInstead(w);
      keepPatent(w);
      expireOffer(w);
    },
    /is expired and still keeps p2/,
  ],
  [
    'patents kept for an approval that was undone',
    'outcomes',
    (w) => {
      offerInstead(w);
      keepPatent(w);
      const cause = `${declinedId}/saidao.scores.v1/1`;
      w.log.say('ApprovalUndone', declinedId, declined, { cause });
      tellLatest(w, 2, 'UNDONE', declinedId);
    },
    /is undone and still keeps p2/,
  ],
  [
    'one amendment that makes two revisions',
    'causes',
    (w) => {
      const message = { ...submissionOf(referredId), id: 'amendment' };
      const cause = w.log.send('AmendmentSubmitted', message, { channel: 'other' });
      for (const revision of [2, 3]) {
        const data = { applicationId: referredId, revision };
        const of = { ...data, channel: 'portal', reference: referredId };
        const amended = w.log.say('ApplicationAmended', referredId, of, { cause });
        const verified = w.log.say('PatentsVerified', referredId, data, { cause: amended });
        const scored = w.log.say('EnterpriseScored', referredId, data, { cause: verified });
        w.log.say('LoanReferred', referredId, data, { cause: scored });
        tellLatest(w, revision + 1, 'REFERRED', referredId, revision);
      }
    },
    /1 different AmendmentSubmitted have come to 2 ApplicationAmended/,
  ],
  [
    'one acceptance that was taken twice',
    'causes',
    (w) => void w.log.say('OfferAccepted', paidId, own, { cause: `acceptance-of-${paidId}` }),
    /is one more OfferAccepted of acceptance-of-/,
  ],
  [
    'a second acceptance that was lost after the first was rejected',
    'lost-writes',
    (w) => {
      const of = { applicationId: declinedId, channel: 'portal', reference: declinedId };
      const submission = 'OfferAcceptanceSubmitted';
      const cause = said(submission, declinedId, 'first', w);
      w.log.say('SubmissionRejected', declinedId, { ...of, submission }, { cause });
      said(submission, declinedId, 'second', w);
    },
    /is OfferAcceptanceSubmitted and has come to no OfferAccepted and no SubmissionRejected/,
  ],
  [
    'a withdrawal that was lost after one was rejected',
    'lost-writes',
    (w) => {
      const of = { applicationId: paidId, channel: 'portal', reference: paidId };
      const submission = 'WithdrawalSubmitted';
      const cause = said(submission, paidId, 'first', w);
      w.log.say('SubmissionRejected', paidId, { ...of, submission }, { cause });
      said(submission, paidId, 'second', w);
    },
    /is WithdrawalSubmitted and has come to no ApplicationWithdrawn/,
  ],
  [
    'a repayment that was never taken',
    'lost-writes',
    (w) => void receive(w, 'repayment-1'),
    /repayment-1 is RepaymentReceived and was answered 0 times/,
  ],
  [
    'a repayment that was booked twice by one message',
    'causes',
    (w) => {
      const cause = receive(w, 'repayment-1');
      bookRepayment(w, cause);
      bookRepayment(w, cause);
    },
    /is one more RepaymentBooked of repayment-1/,
  ],
  [
    'a repayment that was booked twice by two messages',
    'sums',
    (w) => {
      bookRepayment(w, receive(w, 'repayment-1'));
      bookRepayment(w, receive(w, 'repayment-2'));
    },
    /repayment czb-hz\/bank\/file-7 was booked twice/,
  ],
  [
    'a repayment that was booked with another amount',
    'sums',
    (w) => void bookRepayment(w, receive(w, 'repayment-1'), 4n),
    /repayment-1 brought 5 fen, RepaymentBooked says 4/,
  ],
  [
    'an action on a loan without an answer',
    'lost-writes',
    (w) => {
      w.log.send('CostsCharged', { topic: loanActions, key: paidId, id: 'costs-1' }, own);
    },
    /costs-1 is CostsCharged and was answered 0 times/,
  ],
  [
    'a payout of another amount in the books',
    'books',
    (w) => {
      w.books.payouts = w.books.payouts.map((one) => ({ ...one, amountFen: 9n }));
    },
    /payout .*\/1 is of 9 fen in book\.payouts, of 1200000 by its events/,
  ],
  [
    'a payout that the books have not',
    'books',
    (w) => void w.books.payouts.pop(),
    /payout .*\/2 is missing in book\.payouts/,
  ],
  [
    'a payout that only the books have',
    'books',
    (w) => {
      const payoutId = `${authorisationId}/7`;
      w.books.payouts.push({ payoutId, status: 'instructed', amountFen: 1n, railReference: null });
    },
    /payout .*\/7 is in book\.payouts, and no event says so/,
  ],
  [
    'a loan of another principal in the books',
    'books',
    (w) => {
      w.books.loans = w.books.loans.map((one) => ({ ...one, principalFen: 9n }));
    },
    /loan .*-L1 is of 9 fen in book\.loans, of 2000000 by its events/,
  ],
  [
    'two loans of one authorisation',
    'books',
    (w) => void w.books.loans.push(...w.books.loans.map((one) => ({ ...one, loanId: 'other' }))),
    /loan other of authorisation .*-1 is in book\.loans, and no event says so/,
  ],
  [
    'a loan that the books have not',
    'books',
    (w) => void (w.books.loans.length = 0),
    /loan .*-L1 is missing in book\.loans/,
  ],
  [
    'a loan of nobody',
    'books',
    (w) => {
      const loan = { loanId: 'x', authorisationId: 'nobodys-1', status: 'booked' };
      w.books.loans.push({ ...loan, principalFen: 7n });
    },
    /loan x of authorisation nobodys-1 is in book\.loans, and no event says so/,
  ],
  [
    'an entry for an application that nobody has heard of',
    'books',
    (w) => void w.books.entries.push({ ...entry('payout/x', 7n), applicationId: idOf(99) }),
    /entry payout\/x was booked, and no event says so/,
  ],
  [
    'a line that has taken nothing of one of its topics',
    'heads',
    (w) => {
      w.standings = w.standings.map((one) => {
        if (one.line !== 'pledge' || one.applicationId !== paidId) return one;
        const { 'saidao.disbursements.v1': _, ...heads } = one.heads;
        return { ...one, heads };
      });
    },
    /pledge .*disbursements.* has taken number 0 of 4/,
  ],
  [
    'a line whose table was emptied',
    'heads',
    (w) => void (w.standings = w.standings.filter(({ line }) => line !== 'book')),
    /book .*0001\/saidao\.\w+.* has (taken none of it|no row, and gave it)/,
  ],
  [
    'a latest decision of what nobody has decided',
    'latest-decisions',
    (w) => void tellLatest(w, 1, 'APPROVED', idOf(99)),
    /tells of what nobody has decided; find who wrote it/,
  ],
  [
    'a latest decision of another revision',
    'latest-decisions',
    (w) => void tellLatest(w, 2, 'AUTHORISED', paidId, 7),
    /says AUTHORISED of revision 7 by number 2; number 2 says AUTHORISED of revision 1/,
  ],
  [
    'a latest decision that cannot be read',
    'latest-decisions',
    (w) => {
      const topic = topicName(topics.latestDecisions, LENDER);
      w.log.raw({ topic, key: paidId, value: Buffer.from('junk'), headers: {} });
    },
    /cannot be read: The value starts with 106.*; saidao verify --repair tells it again/,
  ],
];

/** But where the fault is in the tables, they say what topics say. */
const inTables: readonly Rule[] = ['heads'];

it.each(faults)('finds %s', (_, rule, plant, says) => {
  const world = soundReadings();
  plant(world);
  if (!inTables.includes(rule)) world.standings = standingsOf(world.records);
  const { findings } = check(world, options);
  const texts = findings.filter((one) => one.rule === rule).map(textOf);
  expect(
    texts.filter((text) => says.test(text)),
    findings.map(textOf).join('\n'),
  ).not.toEqual([]);
});

it.each<[what: string, plant: (world: World) => void]>([
  [
    'a drawdown that was paid once',
    (w) => {
      lendTwice(w);
      draw(w, 500_000n, 1);
    },
  ],
  [
    'an acceptance that came too late, by which its offer expired',
    (w) => {
      offerInstead(w);
      keepPatent(w);
      const by = answerOffer(w, 'OfferAccepted');
      expireOffer(w, by);
      const cause = `${declinedId}/${decisions}/2`;
      w.log.say('PledgeReleased', declinedId, { ...declined, patents: ['p2'] }, { cause });
    },
  ],
  [
    'a withdrawal that came after the money',
    (w) => {
      const cause = said('WithdrawalSubmitted', paidId, 'withdrawal', w);
      w.log.say('ApplicationWithdrawn', paidId, own, { cause });
    },
  ],
  ['a repayment that was booked', (w) => void bookRepayment(w, receive(w, 'repayment-1'))],
  [
    'the same money told again under another id',
    (w) => {
      bookRepayment(w, receive(w, 'repayment-1'));
      receive(w, 'repayment-2');
    },
  ],
  [
    'an acceptance that was sent again',
    (w) => void said('OfferAcceptanceSubmitted', paidId, 'again', w),
  ],
  [
    'a withdrawal that was sent again',
    (w) => void said('WithdrawalSubmitted', withdrawnId, 'again', w),
  ],
  [
    'an acceptance that waited for its offer, and came twice meanwhile',
    (w) => {
      const of = { applicationId: referredId, channel: 'portal', reference: referredId };
      const submission = 'OfferAcceptanceSubmitted';
      said(submission, referredId, 'first', w);
      said(submission, referredId, 'second', w);
      const timer = { topic: 'intake.timers.v1', key: referredId, id: 'early' };
      const cause = w.log.send('TimerDue', timer, { name: 'early-answer' });
      w.log.say('SubmissionRejected', referredId, { ...of, submission }, { cause });
    },
  ],
  [
    'a latest decision that was taken off, of what nobody has decided',
    (w) => {
      tellLatest(w, 1, 'APPROVED', idOf(99));
      const topic = topicName(topics.latestDecisions, LENDER);
      w.log.raw({ topic, key: idOf(99), value: null, headers: {} });
    },
  ],
])('says nothing of %s', (_, plant) => {
  const world = soundReadings();
  plant(world);
  world.standings = standingsOf(world.records);
  expect(check(world, options).findings.map(textOf)).toEqual([]);
});

it('knows an offer that has run out and still stands, by the time of looking', () => {
  const world = soundReadings();
  const ranOutMs = world.log.nowMs + 86_400_000;
  offerInstead(world, ranOutMs);
  tellLatest(world, 1, 'APPROVED', declinedId);
  world.standings = standingsOf(world.records);
  const at = (nowMs: number) => check(world, { ...options, nowMs }).findings.map(textOf);
  expect(check(world, options).findings.map(textOf)).toEqual([]);
  expect(at(ranOutMs + 60_000)).toEqual([]);
  const says = [expect.stringContaining('has an offer that ran out at 2026-11-21')];
  expect(at(ranOutMs + 7_200_000)).toEqual(says);
  const live = { nowMs: ranOutMs + 7_200_000, graceMs: 60_000 };
  expect(check(world, { ...options, live }).findings.map(textOf)).toEqual(says);
  const timer = { line: 'decisioning', kind: 'timer', what: 'offer-expiry' } as const;
  const own = { applicationId: declinedId, correlationId: null };
  world.putOff.push({ ...timer, ...own, dueAtMs: ranOutMs });
  expect(check(world, { ...options, live })).toMatchObject({ findings: [], underWay: [{}] });
});
