// What officers do with a loan: given a loan, when two of them agree, then it takes effect.
import { cny } from '@saidao/values';
import { describe, expect, it, test } from 'vitest';
import { Books, causeOf, LOAN, repayment, said, typesOf } from '../loan.fixture.ts';
import { PROPOSAL_KEEP_MS } from './four-eyes.ts';

/** 100,000.00 of principal and 3,600.00 of interest are due on 5 February. */
const due = () => Books.drawn().closeThrough('2026-02-05');
const reschedule = { from: '2026-02-06', termMonths: 24, repayment: 'EQUAL_INSTALMENT' };
const statusOf = (decided: ReturnType<Books['when']>) =>
  decided.events?.flatMap(({ type, data }) => (type === 'LoanActionRecorded' ? [data.status] : []));

describe('a change of what is owed', () => {
  const ask = (books: Books, officer: string, role: string, change: object = {}) =>
    books.when(
      'RescheduleRequested',
      said(officer, role, { ...reschedule, ...change }),
      '2026-02-06',
    );

  it('is a proposal first, and takes effect when a second officer asks for the same', () => {
    const books = due();
    const first = ask(books, 'w.li', 'officer');
    expect(first.events).toMatchObject([
      {
        type: 'LoanActionRecorded',
        data: {
          loanId: LOAN,
          action: 'RescheduleRequested',
          actionId: 'message-1',
          officer: 'w.li',
          status: 'PROPOSED',
          cause: null,
        },
      },
    ]);
    expect(first.rows).toMatchObject([
      { kind: 'action', action: { actionId: 'message-1', status: 'PROPOSED' } },
    ]);
    const second = ask(books, 'h.chen', 'senior-officer', { reason: 'as agreed with w.li' });
    expect(typesOf(second)).toEqual(['LoanActionRecorded', 'LoanScheduled']);
    expect(statusOf(second)).toEqual(['TAKEN']);
    expect(second.events?.[1]?.data).toMatchObject({ cause: 'RESCHEDULED' });
    expect(books.standing.maturesOn).toBe('2028-02-06');
    expect(books.account.proposals).toEqual([]);
  });

  it('takes effect whoever of the two came first', () => {
    const books = due();
    expect(statusOf(ask(books, 'h.chen', 'committee'))).toEqual(['PROPOSED']);
    expect(statusOf(ask(books, 'w.li', 'officer'))).toEqual(['TAKEN']);
  });

  it('is refused of the same person, whatever the letters of the name', () => {
    const books = due();
    ask(books, 'w.li', 'senior-officer');
    expect(causeOf(ask(books, 'w.li', 'senior-officer'))).toBe('SAME_OFFICER');
    expect(causeOf(ask(books, 'W.Li', 'committee'))).toBe('SAME_OFFICER');
  });

  it('of other content is another proposal', () => {
    const books = due();
    ask(books, 'w.li', 'senior-officer');
    expect(statusOf(ask(books, 'h.chen', 'senior-officer', { termMonths: 12 }))).toEqual([
      'PROPOSED',
    ]);
    expect(books.account.proposals).toHaveLength(2);
    expect(statusOf(ask(books, 'y.sun', 'officer'))).toEqual(['TAKEN']);
    expect(books.account.proposals).toHaveLength(1);
  });

  it('waits for a role that decides', () => {
    const books = due();
    ask(books, 'w.li', 'officer');
    expect(statusOf(ask(books, 'h.chen', 'officer'))).toEqual(['PROPOSED']);
    expect(statusOf(ask(books, 'y.sun', 'senior-officer'))).toEqual(['TAKEN']);
    expect(books.account.proposals).toEqual([]);
  });

  test.each(['channel', 'operator', 'auditor', 'king'])('is refused of the role %s', (role) => {
    expect(causeOf(ask(due(), 'w.li', role))).toBe('ROLE_NOT_ALLOWED');
  });

  it('lapses where nobody agrees', () => {
    const books = due();
    ask(books, 'w.li', 'senior-officer');
    const days = PROPOSAL_KEEP_MS / 86_400_000;
    expect(days).toBe(30);
    const late = said('h.chen', 'senior-officer', reschedule);
    expect(statusOf(books.when('RescheduleRequested', late, '2026-03-08'))).toEqual(['PROPOSED']);
    expect(books.account.proposals).toHaveLength(1);
  });

  it('is not kept beyond a bound', () => {
    const books = due();
    for (let months = 1; months <= 20; months += 1) {
      ask(books, 'w.li', 'officer', { termMonths: months });
    }
    expect(causeOf(ask(books, 'w.li', 'officer', { termMonths: 21 }))).toBe('TOO_MANY_PROPOSALS');
  });

  test.each([
    ['TERM_OUT_OF_RANGE', { termMonths: 0 }],
    ['TERM_OUT_OF_RANGE', { termMonths: 361 }],
    ['PLAN_UNKNOWN', { repayment: 'NEVER' }],
    ['DATE_INVALID', { from: 'soon' }],
    ['DATE_IN_FUTURE', { from: '2026-02-07' }],
    ['DATE_BEFORE_BOOKING', { from: '2025-12-31' }],
  ])('is refused at once where it could not be: %s', (cause, change) => {
    expect(causeOf(ask(due(), 'w.li', 'officer', change))).toBe(cause);
  });

  it('is refused from a day that is closed: what was borne by then stays', () => {
    const books = Books.drawn().closeThrough('2026-03-20');
    const { penaltyFen } = books.standing;
    expect(penaltyFen).toBeGreaterThan(0n);
    const from = (on: string) => said('w.li', 'officer', { ...reschedule, from: on });
    for (const on of ['2026-01-05', '2026-02-05', '2026-03-20']) {
      const decided = books.when('RescheduleRequested', from(on), '2026-03-21');
      expect(causeOf(decided)).toBe('DATE_CLOSED');
    }
    const decided = books.when('RescheduleRequested', from('2026-03-21'), '2026-03-21');
    expect(statusOf(decided)).toEqual(['PROPOSED']);
  });

  it('takes effect from the day that the first officer named, though it is closed meanwhile', () => {
    const books = Books.drawn().closeThrough('2026-03-20');
    const content = { ...reschedule, from: '2026-03-21' };
    books.when('RescheduleRequested', said('w.li', 'officer', content), '2026-03-21');
    const { penaltyFen } = books.closeThrough('2026-03-23').standing;
    const second = said('h.chen', 'senior-officer', content);
    expect(statusOf(books.when('RescheduleRequested', second, '2026-03-24'))).toEqual(['TAKEN']);
    books.closeThrough('2026-03-24');
    expect(books.standing.penaltyFen).toBeGreaterThan(0n);
    expect(books.standing.penaltyFen).toBeLessThan(penaltyFen);
    expect(books.faults()).toEqual([]);
  });

  it('is refused where nothing was drawn, and where nothing is owed', () => {
    expect(causeOf(ask(new Books(), 'w.li', 'officer'))).toBe('NOTHING_DRAWN');
    const books = due();
    const all = { effect: 'SHORTEN' };
    books.when('RepaymentReceived', { ...payment('R1', 120_500_000n), ...all }, '2026-02-05');
    expect(causeOf(ask(books, 'w.li', 'officer'))).toBe('LOAN_SETTLED');
  });
});

const payment = (reference: string, amountFen: bigint, valueDate = '2026-02-05') => ({
  ...said('bank', 'officer', {}),
  source: 'bank-file',
  reference,
  amount: cny(amountFen),
  valueDate,
  payer: null,
  effect: 'SCHEDULED',
});

describe('costs of collecting', () => {
  const charge = (books: Books, change: object = {}, id?: string) =>
    books.when(
      'CostsCharged',
      said('w.li', 'officer', {
        amount: cny(50_000n),
        valueDate: '2026-02-06',
        ...change,
      }),
      '2026-02-06',
      id,
    );

  it('need one officer, stand off balance, and are income when they are paid', () => {
    const books = due();
    const decided = charge(books);
    expect(typesOf(decided)).toEqual(['LoanActionRecorded']);
    expect(statusOf(decided)).toEqual(['TAKEN']);
    expect(books.balance('9004')).toBe(50_000n);
    expect(books.balance('6051')).toBe(0n);
    const repaid = books.repay('R1', '500.00', '2026-02-07');
    expect(repaid.events?.[0]?.data).toMatchObject({ parts: { costs: cny(50_000n) } });
    expect(books.balance('9004')).toBe(0n);
    expect(books.balance('6051')).toBe(50_000n);
    expect(books.faults()).toEqual([]);
  });

  it('are charged for each message of their own', () => {
    const books = due();
    charge(books);
    charge(books);
    expect(books.standing.costsFen).toBe(100_000n);
  });

  it('are refused of a role that may not, and of a day to come', () => {
    expect(causeOf(charge(due(), { role: 'operator' }))).toBe('ROLE_NOT_ALLOWED');
    expect(causeOf(charge(due(), { valueDate: '2026-02-07' }))).toBe('DATE_IN_FUTURE');
    expect(() => charge(due(), { amount: cny(0n) })).toThrow(
      expect.objectContaining({ code: 'SAIDAO_LEDGER_AMOUNT_NOT_POSITIVE' }),
    );
  });
});

describe('a refund of what is in suspense', () => {
  const refund = (
    books: Books,
    fen: bigint,
    on = '2026-02-06',
    officer = 'w.li',
    toGuarantor = false,
  ) => {
    const role = officer === 'w.li' ? 'officer' : 'senior-officer';
    const content = { amount: cny(fen), toGuarantor };
    return books.when('RefundRequested', said(officer, role, content), on);
  };
  /** 1,400.00 more than is due on 5 February. */
  const over = () => {
    const books = Books.drawn().closeThrough('2026-02-04');
    books.repay('R1', '105000.00', '2026-02-05');
    return books.closeThrough('2026-02-05');
  };

  it('goes to the borrower’s deposit once two officers ask for it', () => {
    const books = over();
    expect(statusOf(refund(books, 100_000n))).toEqual(['PROPOSED']);
    const before = books.entries.length;
    const decided = refund(books, 100_000n, '2026-02-06', 'h.chen');
    expect(decided.events).toMatchObject([
      { type: 'LoanActionRecorded', data: { status: 'TAKEN' } },
      {
        type: 'SuspenseRefunded',
        data: { amount: cny(100_000n), left: cny(40_000n), refundedOn: '2026-02-06' },
      },
    ]);
    expect(books.entries.slice(before)).toMatchObject([
      {
        movement: 'SUSPENSE',
        postings: [
          { account: '2011', side: 'credit', amountFen: 100_000n },
          { account: '2241', side: 'debit', amountFen: 100_000n },
        ],
      },
    ]);
    expect(books.standing).toMatchObject({ suspenseFen: 40_000n, refundedFen: 100_000n });
    expect(books.faults()).toEqual([]);
  });

  it('is of a loan that is repaid too, and of one that nothing was drawn of', () => {
    const repaid = over();
    const all = { ...payment('R2', 120_500_000n, '2026-02-06'), effect: 'SHORTEN' };
    repaid.when('RepaymentReceived', all, '2026-02-06');
    expect(repaid.standing.settled).toBe(true);
    const undrawn = new Books();
    undrawn.repay('R1', '100.00', '2026-01-06');
    for (const books of [repaid, undrawn]) {
      const { suspenseFen } = books.standing;
      expect(suspenseFen).toBeGreaterThan(0n);
      refund(books, suspenseFen, '2026-02-07');
      expect(statusOf(refund(books, suspenseFen, '2026-02-07', 'h.chen'))).toEqual(['TAKEN']);
      expect(books.balance('2241')).toBe(0n);
    }
  });

  it('of the guarantor’s money is apart from what the borrower paid too much', () => {
    const books = Books.drawn({ guarantor: 'somebody', guaranteeSharePpm: 800_000 });
    books.repay('R1', '70.00', '2026-01-06');
    const early = repayment('G1', '500.00', '2026-01-06', { effect: 'GUARANTEE' });
    books.when('RepaymentReceived', early, '2026-01-06');
    const back = (fen: bigint, officer: string, toGuarantor: boolean) =>
      refund(books, fen, '2026-01-07', officer, toGuarantor);
    expect(causeOf(back(7_001n, 'w.li', false))).toBe('BEYOND_SUSPENSE');
    expect(causeOf(back(50_001n, 'w.li', true))).toBe('BEYOND_SUSPENSE');
    back(40_000n, 'w.li', true);
    // Asked for the other’s money it is another thing.
    expect(statusOf(back(7_000n, 'h.chen', false))).toEqual(['PROPOSED']);
    expect(back(40_000n, 'h.chen', true).events?.[1]).toMatchObject({
      type: 'SuspenseRefunded',
      data: { amount: cny(40_000n), left: cny(10_000n), toGuarantor: true },
    });
    expect(books.standing).toMatchObject({ suspenseFen: 7_000n, guaranteeHeldFen: 10_000n });
    expect(books.balance('2241')).toBe(17_000n);
    expect(books.faults()).toEqual([]);
  });

  it('is refused beyond what is there, of the first officer and of the second', () => {
    const books = over();
    expect(causeOf(refund(books, 140_001n))).toBe('BEYOND_SUSPENSE');
    refund(books, 140_000n);
    refund(books, 1n, '2026-02-06', 'w.li');
    refund(books, 1n, '2026-02-06', 'h.chen');
    expect(causeOf(refund(books, 140_000n, '2026-02-06', 'h.chen'))).toBe('BEYOND_SUSPENSE');
    // What came in on the day itself can be given back from the next day on.
    books.repay('R2', '1.00', '2026-02-06');
    expect(causeOf(refund(books, 140_099n))).toBe('BEYOND_SUSPENSE');
    expect(statusOf(refund(books, 140_099n, '2026-02-07'))).toEqual(['PROPOSED']);
    // By the next instalment nothing is left of it.
    expect(causeOf(refund(books, 139_999n, '2026-03-05'))).toBe('BEYOND_SUSPENSE');
    expect(() => refund(books, 0n)).toThrow(
      expect.objectContaining({ code: 'SAIDAO_LEDGER_AMOUNT_NOT_POSITIVE' }),
    );
  });

  it('is less where the repayment that was too much is taken back', () => {
    const books = over();
    refund(books, 140_000n);
    refund(books, 140_000n, '2026-02-06', 'h.chen');
    const content = { source: 'bank-file', reference: 'R1' };
    for (const [officer, role] of [
      ['w.li', 'officer'],
      ['h.chen', 'committee'],
    ] as const) {
      books.when('ReversalRequested', said(officer, role, content), '2026-02-07');
    }
    books.closeThrough('2026-02-10');
    const never = Books.drawn().closeThrough('2026-02-10');
    expect(books.balances()).toEqual(never.balances());
    expect(books.faults()).toEqual([]);
  });
});

describe('misuse', () => {
  const find = (books: Books, until: string | null, on: string) => {
    const content = { from: '2026-01-20', until };
    books.when('MisuseFound', said('w.li', 'officer', content), on);
    return books.when('MisuseFound', said('h.chen', 'senior-officer', content), on);
  };

  it('bears the heavier rate from its first day, back in time too', () => {
    const books = Books.drawn().closeThrough('2026-02-04');
    expect(books.standing.penaltyFen).toBe(0n);
    expect(statusOf(find(books, null, '2026-02-06'))).toEqual(['TAKEN']);
    expect(books.standing.penaltyFen).toBeGreaterThan(0n);
    books.closeThrough('2026-02-06');
    expect(books.standing.ownTier).toBe('special-mention');
  });

  it('said again with its end takes the place of what was said before', () => {
    const books = due();
    find(books, null, '2026-02-06');
    find(books, '2026-01-25', '2026-02-07');
    const other = due();
    find(other, '2026-01-25', '2026-02-06');
    books.closeThrough('2026-02-10');
    other.closeThrough('2026-02-10');
    expect(books.balances()).toEqual(other.balances());
    expect(books.faults()).toEqual([]);
  });

  it('that ends before it began is refused', () => {
    expect(causeOf(find(due(), '2026-01-20', '2026-02-06'))).toBe('DATE_INVALID');
  });
});

describe('a repayment that was booked by mistake', () => {
  const takeBack = (books: Books, reference: string, on: string) => {
    const content = { source: 'bank-file', reference };
    books.when('ReversalRequested', said('w.li', 'officer', content), on);
    return books.when('ReversalRequested', said('h.chen', 'senior-officer', content), on);
  };

  it('is taken back by entries that name its own, and is owed again', () => {
    const books = due();
    books.repay('R1', '103600.00', '2026-02-06');
    const decided = takeBack(books, 'R1', '2026-02-06');
    expect(typesOf(decided)).toEqual(['LoanActionRecorded', 'RepaymentReversed']);
    expect(decided.events?.[1]?.data).toMatchObject({
      source: 'bank-file',
      reference: 'R1',
      amount: cny(10_360_000n),
      principalBalance: cny(120_000_000n),
      reversedOn: '2026-02-06',
    });
    const reversals = books.entries.filter(({ movement }) => movement === 'REVERSAL');
    expect(reversals.map(({ id, reverses }) => [id, reverses])).toEqual([
      [`reversal/receipt/${LOAN}/bank-file/R1`, `receipt/${LOAN}/bank-file/R1`],
      [`reversal/repayment/${LOAN}/bank-file/R1`, `repayment/${LOAN}/bank-file/R1`],
    ]);
    for (const reversal of reversals) {
      const taken = books.entries.find(({ id }) => id === reversal.reverses);
      const mirrored = taken?.postings.map(({ side, ...rest }) => ({
        ...rest,
        side: side === 'debit' ? 'credit' : 'debit',
      }));
      expect(reversal.postings).toEqual(mirrored);
    }
    expect(books.balance('1003')).toBe(0n);
    expect(books.faults()).toEqual([]);
    const never = due().closeThrough('2026-02-06');
    books.closeThrough('2026-02-06');
    expect(books.balances()).toEqual(never.balances());
  });

  it('lets what came after it be taken for what it was taken for', () => {
    const books = due();
    books.repay('R1', '103600.00', '2026-02-05', '2026-02-06');
    books.repay('R2', '500.00', '2026-02-06');
    expect(books.balance('2241')).toBe(50_000n);
    takeBack(books, 'R1', '2026-02-07');
    expect(books.balance('2241')).toBe(0n);
    books.closeThrough('2026-02-08');
    const never = due();
    never.repay('R2', '500.00', '2026-02-06');
    never.closeThrough('2026-02-08');
    expect(books.balances()).toEqual(never.balances());
  });

  it('brings a repaid loan back to life, with its plan told anew', () => {
    const books = due();
    const all = { ...payment('R1', 120_400_000n), effect: 'SHORTEN' };
    expect(typesOf(books.when('RepaymentReceived', all, '2026-02-05'))).toContain('LoanRepaid');
    const decided = takeBack(books, 'R1', '2026-02-06');
    expect(typesOf(decided)).toEqual(['LoanActionRecorded', 'RepaymentReversed', 'LoanScheduled']);
    expect(decided.rows?.findLast(({ kind }) => kind === 'position')).toMatchObject({
      position: { status: 'open' },
    });
  });

  it('is refused where there is none, and of one that was taken back', () => {
    const books = due();
    expect(causeOf(takeBack(books, 'R1', '2026-02-06'))).toBe('NOT_BOOKED');
    books.repay('R1', '103600.00', '2026-02-06');
    takeBack(books, 'R1', '2026-02-06');
    expect(causeOf(takeBack(books, 'R1', '2026-02-07'))).toBe('REVERSED_ALREADY');
    expect(books.repay('R1', '103600.00', '2026-02-06')).toEqual({ ignored: 'repeat' });
  });
});

describe('a write-off', () => {
  const writeOff = (books: Books, on: string) => {
    books.when('WriteOffRequested', said('w.li', 'officer', {}), on);
    return books.when('WriteOffRequested', said('h.chen', 'committee', {}), on);
  };
  /** The first instalment is 361 days past due. */
  const lost = () => due().closeThrough('2027-02-01');

  it('takes a lost loan off the balance sheet, and keeps it in view', () => {
    const books = lost();
    expect(books.standing.ownTier).toBe('loss');
    expect(books.balance('1304')).toBe(120_000_000n);
    const decided = writeOff(books, '2027-02-02');
    expect(typesOf(decided)).toEqual(['LoanActionRecorded', 'LoanWrittenOff']);
    expect(decided.events?.[1]?.data).toMatchObject({
      amount: cny(120_000_000n),
      writtenOffOn: '2027-02-02',
    });
    expect(decided.rows?.findLast(({ kind }) => kind === 'position')).toMatchObject({
      position: { status: 'written-off', principalFen: 0n, writtenOffFen: 120_000_000n },
    });
    const { 9003: suspended, 9099: contra, ...others } = books.balances();
    expect(others).toEqual({
      2011: 120_000_000n,
      6702: 120_000_000n,
      9002: 120_000_000n,
    });
    expect(contra).toBe(120_000_000n + (suspended ?? 0n));
    expect(books.faults()).toEqual([]);
  });

  it('of a loan that is not lost is refused, and a second one', () => {
    expect(causeOf(writeOff(due(), '2026-02-06'))).toBe('NOT_LOST');
    const books = lost();
    writeOff(books, '2027-02-02');
    expect(causeOf(writeOff(books, '2027-02-03'))).toBe('WRITTEN_OFF');
  });

  it('needs one of the committee', () => {
    const books = lost();
    books.when('WriteOffRequested', said('w.li', 'officer', {}), '2027-02-02');
    const second = said('y.sun', 'senior-officer', {});
    expect(statusOf(books.when('WriteOffRequested', second, '2027-02-02'))).toEqual(['PROPOSED']);
  });

  it('leaves the claim: what is recovered reinstates the loan for as much', () => {
    const books = lost();
    writeOff(books, '2027-02-02');
    const decided = books.repay('R1', '400000.00', '2027-03-01');
    expect(typesOf(decided)).toEqual(['RecoveryBooked']);
    expect(decided.events?.[0]?.data).toMatchObject({
      amount: cny(40_000_000n),
      source: 'bank-file',
      reference: 'R1',
      bookedOn: '2027-03-01',
    });
    expect(books.balance('9002')).toBe(80_000_000n);
    expect(books.balance('13031')).toBe(0n);
    expect(books.balance('1304')).toBe(0n);
    expect(books.balance('6702')).toBe(80_000_000n);
    const recovery = books.entries.find(({ movement }) => movement === 'RECOVERY');
    expect(recovery?.id).toBe(`recovery/${LOAN}/bank-file/R1`);
    expect(books.faults()).toEqual([]);
  });

  it('that was recovered on by mistake is lost again when that is taken back', () => {
    const books = lost();
    writeOff(books, '2027-02-02');
    const before = books.balances();
    books.repay('R1', '400000.00', '2027-03-01');
    const content = { source: 'bank-file', reference: 'R1' };
    books.when('ReversalRequested', said('w.li', 'officer', content), '2027-03-02');
    books.when('ReversalRequested', said('h.chen', 'committee', content), '2027-03-02');
    expect(books.balances()).toEqual(before);
    expect(books.account.posted.allowanceFen).toBe(0n);
    const taken = books.entries.filter(({ movement }) => movement === 'REVERSAL');
    expect(taken.map(({ reverses }) => reverses)).toEqual([
      `receipt/${LOAN}/bank-file/R1`,
      `recovery/${LOAN}/bank-file/R1`,
    ]);
    expect(books.faults()).toEqual([]);
  });

  it('recovered to the last fen is income for what was never accrued, then repaid', () => {
    const books = lost();
    writeOff(books, '2027-02-02');
    const { writtenOffFen, writtenOffClaimsFen } = books.standing;
    const suspendedFen = books.balance('9003');
    expect(writtenOffClaimsFen).toBe(suspendedFen);
    const all = payment('R1', writtenOffFen + writtenOffClaimsFen, '2027-03-01');
    const decided = books.when('RepaymentReceived', all, '2027-03-01');
    expect(typesOf(decided)).toContain('LoanRepaid');
    const receivedFen = writtenOffFen + writtenOffClaimsFen;
    const { 6011: incomeFen, 2221: vatFen, ...others } = books.balances();
    expect(others).toEqual({ 1003: receivedFen, 2011: 120_000_000n });
    expect((incomeFen ?? 0n) + (vatFen ?? 0n)).toBe(writtenOffClaimsFen);
  });

  it('gives way to a repayment that had come before it', () => {
    const books = lost();
    writeOff(books, '2027-02-02');
    books.repay('R1', '103600.00', '2026-02-05', '2027-02-10');
    expect(books.standing.writtenOffFen).toBe(110_000_000n);
    expect(books.balance('9002')).toBe(110_000_000n);
    expect(books.balance('6702')).toBe(110_000_000n);
    expect(books.faults()).toEqual([]);
  });
});
