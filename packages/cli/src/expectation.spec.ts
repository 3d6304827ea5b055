// What a sample expects against what became of it: every kind of difference is found and told.
import { blankPatentFinding } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import type { Answer, Sample } from '@saidao/applicants';
import type { Finding } from '@saidao/schemas';
import { caseEvent, content, historyOf } from './case-events.fixture.ts';
import { decidedMsOf, differencesOf, paidTo } from './expectation.ts';
import type { CaseFacts } from './expectation.ts';

type Expectation = Sample['expect'];

const paid = historyOf(
  'ApplicationSubmitted',
  'ApplicationReceived',
  'PatentsVerified',
  'LoanReferred',
  caseEvent('LoanApproved', { approvers: ['officer-b', 'officer-a'] }),
  'DisbursementAuthorised',
  'PledgeRegistered',
  'LoanBooked',
  'PayoutInstructed',
  'PayoutConfirmed',
  'LoanDisbursed',
);
const referred = historyOf('ApplicationSubmitted', 'ApplicationReceived', 'LoanReferred');
const payee = { name: content.PayoutInstructed.payee, amount: '1000.00' };

function differences(expect_: Expectation, facts: Partial<CaseFacts> = {}): string[] {
  return differencesOf(
    { expect: expect_ },
    {
      history: paid,
      outcome: 'paid',
      answers: [],
      paidByRail: null,
      othersDecidedMs: new Map(),
      ...facts,
    },
  );
}

const evidenceOf = (provider: string) => ({
  provider,
  askedAt: 0n,
  answeredAt: null as bigint | null,
  answerHash: null as string | null,
  keptAt: null,
  fromCache: false,
  attempts: 1,
});

const findingOf = (number: string, code: string, result: Finding, askedAt = 0n, attempts = 3) => ({
  ...blankPatentFinding,
  number,
  grounds: [{ code, result, reason: '', evidence: ['register'], declarations: [] }],
  usable: result === 'CLEAR',
  evidence: [
    { ...evidenceOf('register'), askedAt, attempts },
    // Another provider answered about the same patent at once: that says nothing of the silent one.
    { ...evidenceOf('annuity'), answeredAt: askedAt + 1n, answerHash: 'hash' },
  ],
});
const withFindings = (...findings: ReturnType<typeof findingOf>[]) =>
  historyOf(
    'ApplicationSubmitted',
    caseEvent('PatentsVerified', { bundle: { ...content.PatentsVerified.bundle, findings } }),
  );

describe('a sample that ended as it expects', () => {
  it('has no differences', () => {
    expect(
      differences(
        {
          outcome: 'paid',
          referredFirst: true,
          approvers: ['officer-a', 'officer-b'],
          neverDeclined: true,
          amount: '1000.00',
          payees: [payee],
          entrusted: false,
          usablePatents: ['201610345678.2'],
          appraised: '4000.00',
          internalValue: '3000.00',
          pledgeLimit: '2000.00',
          need: '5000.00',
          proposedLimitAtMost: '1000.00',
          sizeClass: 'medium',
          inclusive: [],
          pledgeRegisteredWithinMs: 100,
          oneApplication: true,
          oneLoan: true,
        },
        { paidByRail: [{ payoutId: 'o1', payee: payee.name, amountFen: '100000' }] },
      ),
    ).toEqual([]);
  });

  it('may say less than what happened', () => {
    expect(differences({ outcome: 'paid' })).toEqual([]);
  });
});

describe('a difference', () => {
  const reasoned = historyOf('ApplicationSubmitted', 'LoanReferred');
  const answer = (became: Answer['became']): Answer => ({
    via: 'http',
    became,
    status: 409,
    applicationId: null,
    message: '',
    faults: [],
  });

  it.each<[string, Expectation, Partial<CaseFacts>, RegExp]>([
    ['another outcome', { outcome: 'referred' }, {}, /outcome: referred expected, paid found/],
    ['no end', { outcome: 'paid' }, { outcome: undefined }, /no end in time/],
    [
      'referred where policy should have approved',
      { outcome: 'paid', referredFirst: false },
      {},
      /referredFirst: false expected, true found/,
    ],
    [
      'one approver too few',
      { outcome: 'paid', approvers: ['officer-a', 'officer-c'] },
      {},
      /approvers: officer-a, officer-c expected/,
    ],
    [
      'a reason that was not given',
      { outcome: 'referred', reasons: ['K01', 'M01'] },
      { history: reasoned, outcome: 'referred' },
      /reasons: K01 not among M01/,
    ],
    [
      'a decline',
      { outcome: 'referred', neverDeclined: true },
      { history: historyOf('LoanDeclined'), outcome: 'referred' },
      /neverDeclined/,
    ],
    ['another amount', { outcome: 'paid', amount: '1000.01' }, {}, /amount: 1000.01 expected/],
    [
      'another payee',
      { outcome: 'paid', payees: [{ ...payee, name: 'somebody' }] },
      {},
      /payees: 1000.00 to somebody expected/,
    ],
    [
      'a rail that paid twice',
      { outcome: 'paid', payees: [payee] },
      {
        paidByRail: [
          { payoutId: 'o1', payee: payee.name, amountFen: '100000' },
          { payoutId: 'o2', payee: payee.name, amountFen: '100000' },
        ],
      },
      /payees: the rail paid otherwise/,
    ],
    ['a booking', { outcome: 'paid', nothingPaid: true }, {}, /nothingPaid: there is a LoanBooked/],
    [
      'money without a booking',
      { outcome: 'referred', nothingPaid: true },
      {
        history: referred,
        outcome: 'referred',
        paidByRail: [{ payoutId: 'o9', payee: 'x', amountFen: '100' }],
      },
      /nothingPaid: the rail paid 1.00 to x/,
    ],
    [
      'another patent usable',
      { outcome: 'paid', usablePatents: [] },
      {},
      /usablePatents: none expected, 201610345678.2 found/,
    ],
    [
      'a patent that is not unknown',
      { outcome: 'paid', unknownPatents: ['1'] },
      { history: withFindings(findingOf('1', 'PL01', 'ADVERSE')) },
      /unknownPatents: 1 expected, none found/,
    ],
    [
      'another adverse ground',
      { outcome: 'paid', adverseGrounds: { '1': ['PL09'] } },
      { history: withFindings(findingOf('1', 'PL01', 'ADVERSE')) },
      /adverseGrounds: 1 PL09 expected, 1 PL01 found/,
    ],
    [
      'a higher limit',
      { outcome: 'paid', proposedLimitAtMost: '999.99' },
      {},
      /proposedLimitAtMost: at most 999.99 expected, 1000.00 proposed/,
    ],
    ['another size', { outcome: 'paid', sizeClass: 'small' }, {}, /sizeClass: small/],
    ['not inclusive', { outcome: 'paid', inclusive: ['pbc_2000w'] }, {}, /inclusive: pbc_2000w/],
    ['a silent guarantor', { outcome: 'paid', guaranteeConfirmed: true }, {}, /guaranteeConfirmed/],
    [
      'a slow pledge office',
      { outcome: 'paid', pledgeRegisteredWithinMs: 99 },
      {},
      /at most 99 ms from the authorisation expected, 100 found/,
    ],
    [
      'a decision too soon',
      { outcome: 'referred', undecidedForMs: 5_000 },
      { history: referred, outcome: 'referred' },
      /undecidedForMs: decided after 200 ms/,
    ],
    [
      'too few tries',
      { outcome: 'referred', triesAtLeast: 3 },
      { history: withFindings(findingOf('1', 'PL01', 'UNKNOWN', 0n, 2)) },
      /triesAtLeast: at least 3 tries expected, 2 found/,
    ],
    [
      'tries in too short a time',
      { outcome: 'referred', triesOverMsAtLeast: 6_000 },
      { history: withFindings(findingOf('1', 'PL01', 'UNKNOWN', 0n)) },
      /triesOverMsAtLeast: at least 6000 ms of asking expected, 100 found/,
    ],
    [
      'another held up',
      { outcome: 'referred', othersNotHeldUp: true },
      {
        history: referred,
        outcome: 'referred',
        othersDecidedMs: new Map([
          ['quick', 100],
          ['slow', 300],
          ['never', undefined],
        ]),
      },
      /othersNotHeldUp: held up: slow, never/,
    ],
    ['two decisions', { outcome: 'paid', oneDecision: true }, {}, /oneDecision: 2 decisions/],
    [
      'a conflict that was taken',
      { outcome: 'paid', conflictRefused: true },
      { answers: [answer('taken')] },
      /conflictRefused/,
    ],
  ])('%s', (_, expected, facts, text) => {
    expect(differences(expected, facts).join('\n')).toMatch(text);
  });

  it('is none where the door refused the conflict', () => {
    const answers = [answer('taken'), answer('conflict')];
    expect(differences({ outcome: 'paid', conflictRefused: true }, { answers })).toEqual([]);
  });
});

describe('what the rail paid', () => {
  const submission = {
    enterprise: { name: payee.name },
    request: { payees: [{ name: 'supplier', amount: '1.00' }] },
  } as unknown as Sample['submission'];
  const own = { payoutId: 'o1', payee: payee.name, amountFen: '1' };
  const strange = { payoutId: 'o2', payee: 'supplier', amountFen: '1' };

  it('is this case’s if it went to its names, unless another application instructed it', () => {
    const book = [own, strange, { payoutId: 'o3', payee: 'nobody', amountFen: '1' }];
    const ownId = content.ApplicationReceived.applicationId;
    const payoutsOf = new Map([['o1', ownId]]);
    expect(paidTo(book, { submission }, paid, payoutsOf)).toEqual([own, strange]);
    payoutsOf.set('o2', 'another');
    expect(paidTo(book, { submission }, paid, payoutsOf)).toEqual([own]);
  });
});

it('a case is decided at its first decision', () => {
  expect(decidedMsOf(paid)).toBe(300);
  expect(decidedMsOf(historyOf('ApplicationSubmitted'))).toBeUndefined();
});
