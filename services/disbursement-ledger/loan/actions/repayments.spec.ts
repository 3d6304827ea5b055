// Repayments, rule by rule: given a loan, when money comes in for it, then it is taken so.
import { cny } from '@saidao/values';
import { describe, expect, it, test } from 'vitest';
import { Books, causeOf, LENDER, LOAN, repayment, typesOf } from '../loan.fixture.ts';
import { refusals } from './refusals.ts';

/** 100,000.00 of principal and 3,600.00 of interest are due on 5 February. */
const due = () => Books.drawn().closeThrough('2026-02-04');

describe('a repayment of what is due', () => {
  it('is booked as received and taken, by its source and reference', () => {
    const books = due();
    const before = books.entries.length;
    const decided = books.repay('R1', '103600.00', '2026-02-05');
    expect(typesOf(decided)).toEqual(['RepaymentBooked']);
    expect(decided.events?.[0]?.data).toMatchObject({
      loanId: LOAN,
      lenderId: LENDER,
      source: 'bank-file',
      reference: 'R1',
      valueDate: '2026-02-05',
      bookedOn: '2026-02-05',
      amount: cny(10_360_000n),
      principalBalance: cny(110_000_000n),
      parts: {
        costs: cny(0n),
        penalty: cny(0n),
        compound: cny(0n),
        interest: cny(360_000n),
        principal: cny(10_000_000n),
        suspense: cny(0n),
      },
    });
    const [receipt, taken] = books.entries.slice(before);
    expect(receipt).toMatchObject({ id: `receipt/${LOAN}/bank-file/R1`, lane: 3 });
    expect(receipt?.postings).toMatchObject([
      { account: '1003', side: 'debit', amountFen: 10_360_000n },
      { account: '2011', side: 'credit', amountFen: 10_360_000n },
    ]);
    expect(taken).toMatchObject({
      id: `repayment/${LOAN}/bank-file/R1`,
      valueDate: '2026-02-05',
      bookingDate: '2026-02-05',
      eventId: 'message-1',
    });
    expect(taken?.postings).toMatchObject([
      { account: '2011', side: 'debit', amountFen: 10_360_000n },
      { account: '1132', side: 'credit', amountFen: 360_000n },
      { account: '1303', side: 'credit', amountFen: 10_000_000n },
    ]);
  });

  it('that is too much waits in suspense, and is taken when more is due', () => {
    const books = due();
    const decided = books.repay('R1', '105000.00', '2026-02-05');
    expect(decided.events?.[0]?.data).toMatchObject({ parts: { suspense: cny(140_000n) } });
    expect(books.balance('2241')).toBe(140_000n);
    books.closeThrough('2026-03-05');
    expect(books.balance('2241')).toBe(0n);
    const taken = books.entries.find(({ movement }) => movement === 'SUSPENSE');
    expect(taken).toMatchObject({ id: `suspense/${LOAN}/2026-03-05`, valueDate: '2026-03-05' });
    expect(taken?.postings).toMatchObject([
      { account: '1132', side: 'credit', amountFen: 140_000n },
      { account: '2241', side: 'debit', amountFen: 140_000n },
    ]);
    expect(books.faults()).toEqual([]);
  });

  it('that comes late bears penalty and compound interest, which go first', () => {
    const books = due();
    const decided = books.repay('R1', '103600.00', '2026-03-04');
    // 100,000.00 and 3,600.00 for 27 nights at 5.4 per cent.
    expect(decided.events?.[0]?.data).toMatchObject({
      parts: {
        penalty: cny(40_500n),
        compound: cny(1_458n),
        interest: cny(360_000n),
        principal: cny(9_958_042n),
      },
    });
  });

  it('with a value date in the past corrects what was accrued since', () => {
    const late = due().closeThrough('2026-03-20');
    expect(late.standing.penaltyFen).toBeGreaterThan(0n);
    const decided = late.repay('R1', '103600.00', '2026-02-05', '2026-03-21');
    expect(decided.events?.[0]?.data).toMatchObject({
      valueDate: '2026-02-05',
      bookedOn: '2026-03-21',
    });
    const penalty = late.entries.findLast(({ movement }) => movement === 'PENALTY');
    expect(penalty?.postings[0]).toMatchObject({ account: '1132', side: 'credit' });
    const inTime = due();
    inTime.repay('R1', '103600.00', '2026-02-05');
    inTime.closeThrough('2026-03-21');
    late.closeThrough('2026-03-21');
    expect(late.balances()).toEqual(inTime.balances());
  });
});

describe('a repayment that is told again', () => {
  it('is not booked again', () => {
    const books = due();
    books.repay('R1', '103600.00', '2026-02-05');
    const before = books.account;
    expect(books.repay('R1', '103600.00', '2026-02-05')).toEqual({ ignored: 'repeat' });
    expect(books.account).toBe(before);
  });

  test.each([
    ['another amount', { amount: cny(1n) }],
    ['another value date', { valueDate: '2026-02-04' }],
    ['another payer', { payer: 'somebody else' }],
    ['another effect', { effect: 'SHORTEN' }],
  ])('with %s is refused, and the first stands', (_what, change) => {
    const books = due();
    books.repay('R1', '103600.00', '2026-02-05');
    const again = repayment('R1', '103600.00', '2026-02-05', change);
    const decided = books.when('RepaymentReceived', again, '2026-02-06');
    expect(causeOf(decided)).toBe('REFERENCE_TAKEN');
    expect(decided.rows).toMatchObject([{ kind: 'action', action: { status: 'REFUSED' } }]);
    expect(decided.held).toBeUndefined();
  });
});

describe('a repayment that the loan cannot take', () => {
  test.each([
    ['DATE_IN_FUTURE', { valueDate: '2026-02-06' }],
    ['DATE_BEFORE_BOOKING', { valueDate: '2026-01-04' }],
    ['DATE_INVALID', { valueDate: '2026-02-30' }],
    ['EFFECT_UNKNOWN', { effect: 'OTHERWISE' }],
    ['REFERENCE_INVALID', { reference: ' R1' }],
    ['REFERENCE_INVALID', { reference: '' }],
    ['REFERENCE_INVALID', { source: 'a/b' }],
    ['REFERENCE_INVALID', { source: 'reversal:a' }],
    ['NOT_GUARANTEED', { effect: 'GUARANTEE' }],
  ])('is refused: %s', (cause, change) => {
    const books = due();
    const data = repayment('R1', '100.00', '2026-02-05', change);
    const decided = books.when('RepaymentReceived', data, '2026-02-05');
    expect(causeOf(decided)).toBe(cause);
    expect(Object.keys(refusals)).toContain(cause);
    expect(decided.events?.[0]?.data).toMatchObject({
      action: 'RepaymentReceived',
      actionId: 'message-1',
      status: 'REFUSED',
    });
    expect(decided.rows).toMatchObject([
      { kind: 'action', action: { actionId: 'message-1', status: 'REFUSED', cause } },
    ]);
  });

  test.each([
    ['SAIDAO_LEDGER_CURRENCY_WRONG', { amount: { minor: 1n, currency: 'USD' } }],
    ['SAIDAO_LEDGER_AMOUNT_NOT_POSITIVE', { amount: cny(0n) }],
    ['SAIDAO_LEDGER_AMOUNT_NOT_POSITIVE', { amount: cny(-1n) }],
    ['SAIDAO_LEDGER_AMOUNT_TOO_LARGE', { amount: cny(1_000_000_000_000_001n) }],
    ['SAIDAO_LEDGER_LOAN_UNKNOWN', { lenderId: 'exim-zj' }],
    ['SAIDAO_LEDGER_LOAN_UNKNOWN', { loanId: 'another' }],
  ])('is a dead letter where no loan could: %s', (code, change) => {
    const books = due();
    const data = repayment('R1', '100.00', '2026-02-05', change);
    expect(() => books.when('RepaymentReceived', data, '2026-02-05')).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('a repayment that is told before the payout is confirmed', () => {
  it('waits in suspense, and is taken when something is due', () => {
    const books = new Books();
    const decided = books.repay('R1', '103600.00', '2026-01-06');
    expect(decided.events).toMatchObject([
      {
        type: 'RepaymentBooked',
        data: { principalBalance: cny(0n), parts: { suspense: cny(10_360_000n) } },
      },
    ]);
    expect(books.balance('2241')).toBe(10_360_000n);
    books.draw(120_000_000n, '2026-01-05').closeThrough('2026-02-05');
    expect(books.balance('2241')).toBe(0n);
    expect(books.standing).toMatchObject({ principalFen: 110_000_000n, daysPastDue: 0 });
    expect(books.faults()).toEqual([]);
  });

  it('ends as if the payout had been confirmed in time', () => {
    const early = { effect: 'SHORTEN' };
    const late = new Books();
    late.when('RepaymentReceived', repayment('R1', '50000.00', '2026-01-08', early), '2026-01-08');
    late.draw(120_000_000n, '2026-01-06').closeThrough('2026-03-10');
    const inTime = new Books().draw(120_000_000n, '2026-01-06');
    inTime.when(
      'RepaymentReceived',
      repayment('R1', '50000.00', '2026-01-08', early),
      '2026-01-08',
    );
    inTime.closeThrough('2026-03-10');
    expect(late.balances()).toEqual(inTime.balances());
  });

  it('stays in suspense where nothing is drawn any more', () => {
    const books = new Books();
    books.repay('R1', '1.00', '2026-01-06');
    books.closeThrough('2026-02-10');
    expect(books.balances()).toEqual({ 1003: 100n, 2241: 100n });
  });
});

describe('an early repayment', () => {
  it('shortens or lowers the plan, which is told anew', () => {
    for (const effect of ['SHORTEN', 'LOWER']) {
      const books = due();
      const data = repayment('R1', '403600.00', '2026-02-05', { effect });
      const decided = books.when('RepaymentReceived', data, '2026-02-05');
      expect(typesOf(decided)).toEqual(['RepaymentBooked', 'LoanScheduled']);
      expect(decided.events?.[1]?.data).toMatchObject({ cause: 'EARLY_REPAYMENT' });
      expect(books.standing.principalFen).toBe(80_000_000n);
    }
  });

  it('of all that is owed tells that the loan is repaid, and leaves nothing but suspense', () => {
    const books = due();
    const data = repayment('R1', '1203700.00', '2026-02-05', { effect: 'SHORTEN' });
    const decided = books.when('RepaymentReceived', data, '2026-02-05');
    expect(typesOf(decided)).toEqual(['RepaymentBooked', 'LoanRepaid']);
    expect(decided.rows?.findLast(({ kind }) => kind === 'position')).toMatchObject({
      position: { status: 'settled', principalFen: 0n, suspenseFen: 10_000n },
    });
    expect(books.balances()).toEqual({
      1003: 120_370_000n,
      2011: 120_000_000n,
      2221: 20_377n,
      2241: 10_000n,
      6011: 339_623n,
    });
  });

  it('does not tell that a loan is repaid of which more may be drawn', () => {
    const books = new Books().draw(1_000_000n, '2026-01-05');
    const data = repayment('R1', '20000.00', '2026-01-15', { effect: 'SHORTEN' });
    const decided = books.when('RepaymentReceived', data, '2026-01-15');
    expect(books.standing.settled).toBe(true);
    expect(typesOf(decided)).not.toContain('LoanRepaid');
  });
});
