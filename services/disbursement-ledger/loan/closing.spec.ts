// Days of a loan: what the end of each posts, what of it is told, and that none counts twice.
import { cny, fenOfYuan } from '@saidao/values';
import { standingOn } from '@saidao/loans';
import { describe, expect, it } from 'vitest';
import { closeLoanDay } from './closing.ts';
import { Books, LOAN, repayment, said, typesOf, world } from './loan.fixture.ts';

/** 100,000.00 of principal and 3,600.00 of interest are due on 5 February. */
const due = () => Books.drawn().closeThrough('2026-02-05');
const guaranteed = {
  guarantor: '浙江示例融资担保有限公司',
  guaranteeSharePpm: 800_000,
  guaranteeClaimAfterDays: 60,
};

describe('a day that is closed', () => {
  it('accrues its night with the VAT in it, on the day itself', () => {
    const books = Books.drawn().closeThrough('2026-01-06');
    const [, first, , second] = books.entries;
    expect([first, second]).toMatchObject([
      { id: `accrual/${LOAN}/2026-01-05`, valueDate: '2026-01-05', bookingDate: '2026-01-05' },
      { id: `accrual/${LOAN}/2026-01-06`, eventId: 'day/2026-01-06' },
    ]);
    // 3,600.00 of a month of 31 days, 6 per cent of VAT in it.
    expect(first?.postings).toMatchObject([
      { account: '1132', side: 'debit', amountFen: 11_613n },
      { account: '2221', side: 'credit', amountFen: 657n },
      { account: '6011', side: 'credit', amountFen: 10_956n },
    ]);
    expect(books.faults()).toEqual([]);
  });

  it('adds up to the interest that is due, rounded once', () => {
    const books = Books.drawn().closeThrough('2026-02-04');
    expect(books.balance('1132')).toBe(360_000n);
    expect(books.balance('2221')).toBe(20_377n);
  });

  it('bears no VAT where the loan is exempt', () => {
    const books = Books.drawn({ vat: { ratePpm: 60_000, exemptThrough: '2027-12-31' } });
    books.closeThrough('2026-02-04');
    expect(books.balance('6011')).toBe(360_000n);
    expect(books.balance('2221')).toBe(0n);
  });

  const exempt = { vat: { ratePpm: 60_000, exemptThrough: '2026-01-20' } };

  it('bears VAT from the day after the exemption has ended', () => {
    const books = Books.drawn(exempt).closeThrough('2026-01-20');
    const freeFen = books.balance('6011');
    expect(freeFen).toBe(books.standing.accruedFen);
    expect(books.balance('2221')).toBe(0n);
    books.closeThrough('2026-02-04');
    // 15 of 31 nights of 3,600.00.
    expect(360_000n - freeFen).toBe(174_194n);
    expect(books.balance('2221')).toBe(9_860n);
    expect(books.balance('6011')).toBe(350_140n);
  });

  it('bears the same VAT where what counts from exempt days is told after them', () => {
    const late = Books.drawn(exempt).closeThrough('2026-04-20');
    const inTime = Books.drawn(exempt).closeThrough('2026-01-09');
    for (const books of [late, inTime]) {
      const on = books === late ? '2026-04-21' : '2026-01-10';
      const data = repayment('R1', '600000.00', '2026-01-10', { effect: 'LOWER' });
      books.when('RepaymentReceived', data, on);
      books.closeThrough('2026-04-21');
    }
    expect(late.balances()).toEqual(inTime.balances());
    expect(late.balance('2221')).toBeGreaterThan(0n);
    expect(late.faults()).toEqual([]);
  });

  it('takes what was earned on exempt days for the first that comes in, on non-accrual', () => {
    const books = Books.drawn({ vat: { ratePpm: 60_000, exemptThrough: '2026-02-04' } });
    books.closeThrough('2026-05-10');
    expect(books.balance('2221')).toBe(0n);
    books.repay('R1', '3600.00', '2026-05-11');
    books.closeDay('2026-05-11');
    expect([books.balance('6011'), books.balance('2221')]).toEqual([360_000n, 0n]);
    books.repay('R2', '106.00', '2026-05-12');
    books.closeDay('2026-05-12');
    expect([books.balance('6011'), books.balance('2221')]).toEqual([370_000n, 600n]);
  });

  it('closed twice changes nothing', () => {
    const books = due();
    const before = books.account;
    const again = books.closeDay('2026-02-05');
    expect(again).toMatchObject({ entries: [], changed: false });
    expect(again.account).toBe(before);
    expect(books.closeDay('2026-01-20').account).toBe(before);
  });

  it('that is closed late leaves a loan open that was drawn after it', () => {
    const books = new Books();
    const { limitFen } = books.account.contract;
    books.draw(limitFen, '2026-01-09');
    const late = books.closeDay('2026-01-05');
    expect(late.entries).toEqual([]);
    expect(late.position).toMatchObject({
      ...{ status: 'open', closedOn: '2026-01-05', drawnFen: limitFen, principalFen: limitFen },
    });
    books.closeThrough('2026-01-09');
    expect(books.balance('1132')).toBeGreaterThan(0n);
    expect(books.faults()).toEqual([]);
  });

  it('that a period has closed already is booked on an open one, with its own value date', () => {
    const { account } = Books.drawn();
    const at = { eventId: 'day', nowMs: 0, date: '2026-01-05', debtorTier: 'normal' } as const;
    const { entries } = closeLoanDay(account, { ...at, bookingDate: '2026-01-09' }, world);
    expect(entries[0]).toMatchObject({ valueDate: '2026-01-05', bookingDate: '2026-01-09' });
  });

  it('takes the standing that the caller has', () => {
    const { account } = Books.drawn();
    const at = {
      eventId: 'day',
      nowMs: 0,
      bookingDate: '2026-01-05',
      debtorTier: 'normal',
    } as const;
    const day = { ...at, date: '2026-01-05' };
    const standing = standingOn(account.contract, account.facts, day.date, world);
    const given = closeLoanDay(account, day, world, standing);
    expect(given).toEqual(closeLoanDay(account, day, world));
  });

  it('leaves what happened after it as it is', () => {
    const books = Books.drawn().closeThrough('2026-02-03');
    books.repay('R1', '103600.00', '2026-02-05');
    const { receivedFen } = books.account.posted;
    const closed = books.closeDay('2026-02-04');
    expect(closed.position).toMatchObject({ principalFen: 110_000_000n, closedOn: '2026-02-04' });
    expect(books.account.posted.receivedFen).toBe(receivedFen);
    books.closeDay('2026-02-05');
    const inTime = Books.drawn().closeThrough('2026-02-04');
    inTime.repay('R1', '103600.00', '2026-02-05');
    inTime.closeDay('2026-02-05');
    expect(books.balances()).toEqual(inTime.balances());
    expect(books.faults()).toEqual([]);
  });
});

describe('a loan past due', () => {
  it('is special mention from the first day, and provided for as such', () => {
    const books = due();
    expect(books.closeDay('2026-02-06')).toMatchObject({
      changed: true,
      position: { tier: 'special-mention', daysPastDue: 1, overdueFen: 10_000_000n },
    });
    expect(typesOf(books.tell('2026-02-06'))).toEqual(['LoanReclassified']);
    expect(books.tell('2026-02-06')).toEqual({ ignored: 'stale-timer' });
    expect(books.closeDay('2026-02-07').changed).toBe(false);
  });

  it('stops accruing beyond 90 days: what is unpaid leaves income, and is kept in view', () => {
    const books = due().closeThrough('2026-05-06');
    expect(books.balance('6011')).toBeGreaterThan(0n);
    expect(books.balance('1303')).toBe(120_000_000n);
    books.tell('2026-05-06');
    const closed = books.closeDay('2026-05-07');
    expect(closed.position).toMatchObject({ tier: 'substandard', nonAccrual: true });
    expect(closed.changed).toBe(true);
    const earnedFen = books.standing.accruedFen + books.standing.penaltyFen;
    const suspendedFen = earnedFen + books.standing.compoundFen;
    expect(books.balances()).toEqual({
      1304: 30_000_000n,
      2011: 120_000_000n,
      6702: 30_000_000n,
      9003: suspendedFen,
      9099: suspendedFen,
      13031: 120_000_000n,
    });
    expect(books.tell('2026-05-07').events).toMatchObject([
      {
        type: 'LoanReclassified',
        data: {
          asOf: '2026-05-07',
          fromTier: 'special-mention',
          tier: 'substandard',
          daysPastDue: 91,
          cause: 'OWN',
          nonAccrual: true,
          allowance: cny(30_000_000n),
          principalBalance: cny(120_000_000n),
        },
      },
    ]);
    const before = books.entries.length;
    books.closeDay('2026-05-08');
    const [night] = books.entries.slice(before);
    expect(night?.movement).toBe('NON_ACCRUAL');
    expect(night?.postings.map(({ account }) => account)).toEqual(['9003', '9099']);
    expect(books.faults()).toEqual([]);
  });

  it('takes money as income only as it comes, and accrues again when nothing is past due', () => {
    const books = due().closeThrough('2026-05-10');
    books.tell('2026-05-10');
    books.repay('R1', '1000.00', '2026-05-11');
    books.closeDay('2026-05-11');
    expect(books.balance('6011') + books.balance('2221')).toBe(100_000n);
    expect(books.balance('1132')).toBe(0n);
    books.repay('R2', '450000.00', '2026-05-12');
    expect(books.closeDay('2026-05-12')).toMatchObject({
      position: { nonAccrual: false, daysPastDue: 0, tier: 'normal' },
      changed: true,
    });
    const { accruedFen, penaltyFen, compoundFen } = books.standing;
    const earnedFen = accruedFen + penaltyFen + compoundFen;
    expect(books.balance('6011') + books.balance('2221')).toBe(earnedFen);
    expect(books.balance('9003')).toBe(0n);
    expect(books.balance('13031')).toBe(0n);
    expect(books.faults()).toEqual([]);
  });

  it('is as bad as the worst of its debtor, which is told apart', () => {
    const books = due();
    const closed = books.closeDay('2026-02-06', 'doubtful');
    expect(closed.position).toMatchObject({ ownTier: 'special-mention', tier: 'doubtful' });
    expect(books.balance('13031')).toBe(120_000_000n);
    expect(books.tell('2026-02-06').events?.[0]?.data).toMatchObject({
      tier: 'doubtful',
      cause: 'DEBTOR',
    });
    books.closeDay('2026-02-07');
    expect(books.balance('13031')).toBe(0n);
  });

  it('is normal once it is repaid, whatever the debtor’s others ask for, and told so', () => {
    const books = Books.drawn().closeThrough('2026-01-20', 'substandard');
    books.tell('2026-01-20');
    expect(books.account.told.tier).toBe('substandard');
    const all = repayment('R1', '1250000.00', '2026-01-21', { effect: 'SHORTEN' });
    const { events, rows } = books.when('RepaymentReceived', all, '2026-01-21');
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'LoanReclassified',
        data: expect.objectContaining({ fromTier: 'substandard', tier: 'normal', cause: 'OWN' }),
      }),
    );
    expect(rows?.findLast(({ kind }) => kind === 'position')).toMatchObject({
      position: { status: 'settled', tier: 'normal', ownTier: 'normal' },
    });
  });
});

describe('a day of before that is told', () => {
  it('is no news of a loan that is repaid by then', () => {
    const books = Books.drawn().closeThrough('2026-02-05');
    expect(books.closeDay('2026-02-06').changed).toBe(true);
    const all = repayment('R1', '1250000.00', '2026-02-07', { effect: 'SHORTEN' });
    expect(typesOf(books.when('RepaymentReceived', all, '2026-02-07'))).toContain('LoanRepaid');
    expect(books.tell('2026-02-07')).toEqual({ ignored: 'stale-timer' });
  });

  it('does not tell again the schedule that a repayment of today has changed', () => {
    const books = Books.drawn().closeThrough('2026-02-05');
    const early = repayment('R1', '300000.00', '2026-02-07', { effect: 'LOWER' });
    const decided = books.when('RepaymentReceived', early, '2026-02-07');
    expect(typesOf(decided)).toEqual(['RepaymentBooked', 'LoanScheduled']);
    expect(books.closeDay('2026-02-06').changed).toBe(true);
    expect(typesOf(books.tell('2026-02-07'))).toEqual(['LoanReclassified']);
  });
});

describe('a rate that is reset', () => {
  const floating = {
    ...world,
    lpr: {
      source: 'spec',
      quotes: [{ date: '2026-03-20', oneYearPpm: 20_000, fiveYearPpm: 30_000 }],
    },
  };

  it('is told with the new schedule, once', () => {
    const lpr = { addOnPpm: 6_000, tenor: '1Y', reset: 'QUARTERLY' } as const;
    const books = Books.drawn({ lpr, bookedOn: '2026-03-05' });
    expect(books.closeDay('2026-03-31', 'normal', floating).changed).toBe(false);
    expect(books.closeDay('2026-04-01', 'normal', floating).changed).toBe(true);
    expect(books.tell('2026-04-01', floating).events).toMatchObject([
      { type: 'LoanScheduled', data: { cause: 'RATE_RESET', asOf: '2026-04-01' } },
    ]);
    expect(books.tell('2026-04-01', floating)).toEqual({ ignored: 'stale-timer' });
    expect(books.closeDay('2026-04-02', 'normal', floating).changed).toBe(false);
  });
});

describe('a guarantee', () => {
  const inDefault = () => {
    const books = Books.drawn(guaranteed);
    return books.closeThrough('2026-04-05');
  };

  it('is claimed on the day that it is due, for its share of what is owed', () => {
    const books = inDefault();
    expect(books.balance('1221')).toBe(0n);
    const closed = books.closeDay('2026-04-06');
    expect(closed).toMatchObject({ changed: true, position: { claimedFen: 96_000_000n } });
    const claim = books.entries.find(({ movement }) => movement === 'GUARANTEE_CLAIM');
    expect(claim).toMatchObject({
      id: `guarantee_claim/${LOAN}/2026-04-06`,
      postings: [
        { account: '1221', side: 'debit', amountFen: 96_000_000n },
        { account: '13031', side: 'credit', amountFen: 96_000_000n },
      ],
    });
    expect(books.balance('1303')).toBe(24_000_000n);
    expect(books.balance('13031')).toBe(0n);
    const told = books.tell('2026-04-06').events;
    expect(told?.map(({ type }) => type)).toEqual(['LoanReclassified', 'GuaranteeClaimed']);
    expect(told?.[1]?.data).toMatchObject({
      institution: guaranteed.guarantor,
      sharePpm: 800_000,
      amount: cny(96_000_000n),
      claimedOn: '2026-04-06',
    });
    books.closeThrough('2026-04-20');
    expect(books.entries.filter(({ movement }) => movement === 'GUARANTEE_CLAIM')).toHaveLength(1);
    expect(books.faults()).toEqual([]);
  });

  it('is claimed no more when a repayment of before is told: as if it had come in time', () => {
    const books = inDefault().closeThrough('2026-04-06');
    books.tell('2026-04-06');
    books.repay('R1', '103600.00', '2026-02-05', '2026-04-07');
    const closed = books.closeDay('2026-04-07');
    expect(closed).toMatchObject({ changed: true, position: { claimedFen: 0n, daysPastDue: 33 } });
    expect(books.tell('2026-04-07').events?.at(-1)).toEqual({
      type: 'GuaranteeClaimWithdrawn',
      data: expect.objectContaining({
        ...{ loanId: LOAN, institution: guaranteed.guarantor, withdrawnOn: '2026-04-07' },
      }) as object,
    });
    expect(books.tell('2026-04-07')).toEqual({ ignored: 'stale-timer' });
    const inTime = Books.drawn(guaranteed).closeThrough('2026-02-04');
    inTime.repay('R1', '103600.00', '2026-02-05');
    inTime.closeThrough('2026-04-07');
    expect(books.balances()).toEqual(inTime.balances());
    // The instalment of March is 60 days past due in May: it is claimed then.
    books.closeThrough('2026-05-04');
    expect(books.balance('1221')).toBe(88_000_000n);
    expect(typesOf(books.tell('2026-05-04'))).toContain('GuaranteeClaimed');
    expect(books.faults()).toEqual([]);
  });

  it('is withdrawn at once where what is told late settles the loan', () => {
    const books = inDefault().closeThrough('2026-04-06');
    books.tell('2026-04-06');
    const all = repayment('R1', '1210000.00', '2026-02-05', { effect: 'SHORTEN' });
    const decided = books.when('RepaymentReceived', all, '2026-04-07');
    expect(typesOf(decided)).toEqual([
      ...['RepaymentBooked', 'LoanReclassified', 'GuaranteeClaimWithdrawn', 'LoanRepaid'],
    ]);
    expect(books.balance('1221')).toBe(0n);
  });

  it('is not claimed before the day is over on which it is due', () => {
    const books = inDefault();
    books.repay('R1', '100.00', '2026-04-06');
    expect(books.balance('1221')).toBe(0n);
    books.repay('R2', '150000.00', '2026-04-06');
    books.closeDay('2026-04-06');
    expect(books.entries.some(({ movement }) => movement === 'GUARANTEE_CLAIM')).toBe(false);
    expect(books.faults()).toEqual([]);
  });

  it('is not claimed of a loan that nobody stands for', () => {
    const books = due().closeThrough('2026-04-20');
    expect(books.balance('1221')).toBe(0n);
  });

  it('is paid against the claim, in parts, and never beyond it', () => {
    const books = inDefault().closeThrough('2026-04-06');
    const pay = (reference: string, yuan: string) => {
      const change = { source: 'guarantor', effect: 'GUARANTEE' };
      const data = repayment(reference, yuan, '2026-04-10', change);
      return books.when('RepaymentReceived', data, '2026-04-10');
    };
    const first = pay('G1', '600000.00');
    expect(typesOf(first)).toEqual(['GuaranteePaid', 'LoanScheduled']);
    expect(first.events?.[0]?.data).toMatchObject({
      institution: guaranteed.guarantor,
      amount: cny(60_000_000n),
      left: cny(36_000_000n),
      source: 'guarantor',
      reference: 'G1',
      bookedOn: '2026-04-10',
    });
    expect(books.balance('1221')).toBe(36_000_000n);
    expect(books.balance('1003')).toBe(60_000_000n);
    expect(books.standing.principalFen).toBe(60_000_000n);
    expect(pay('G2', '400000.00').events).toMatchObject([
      { type: 'GuaranteePaid', data: { left: cny(0n), held: cny(4_000_000n) } },
      { type: 'LoanScheduled' },
    ]);
    expect(books.balance('1221')).toBe(0n);
    expect(books.balance('2241')).toBe(4_000_000n);
    expect(pay('G3', '1.00').events).toMatchObject([
      { type: 'GuaranteePaid', data: { amount: cny(100n), held: cny(4_000_100n) } },
    ]);
    books.closeThrough('2026-04-20');
    expect(books.balance('1303') + books.balance('13031')).toBe(books.standing.principalFen);
    expect(books.faults()).toEqual([]);
  });

  it('paid on the day of the claim, or before it, is taken against it on the next day', () => {
    const change = { source: 'guarantor', effect: 'GUARANTEE' };
    const books = inDefault().closeThrough('2026-04-05');
    for (const [reference, on] of [
      ['G1', '2026-03-01'],
      ['G2', '2026-04-06'],
    ] as const) {
      const data = repayment(reference, '300000.00', on, change);
      const decided = books.when('RepaymentReceived', data, '2026-04-06');
      expect(typesOf(decided)).toEqual(['GuaranteePaid']);
    }
    expect(books.balance('2241')).toBe(60_000_000n);
    books.closeThrough('2026-04-06');
    expect(books.balance('1221')).toBe(96_000_000n);
    expect(books.balance('2241')).toBe(60_000_000n);
    books.tell('2026-04-06');
    const { position, changed } = books.closeDay('2026-04-07');
    expect(changed).toBe(true);
    expect(books.tell('2026-04-07').events).toMatchObject([
      { type: 'LoanScheduled', data: { cause: 'EARLY_REPAYMENT', asOf: '2026-04-07' } },
    ]);
    expect(position).toMatchObject({ guaranteePaidFen: 60_000_000n, suspenseFen: 0n });
    expect(books.balance('1221')).toBe(36_000_000n);
    expect(books.balance('2241')).toBe(0n);
    expect(books.standing).toMatchObject({ paid: { principalFen: 0n }, guaranteeHeldFen: 0n });
    expect(books.faults()).toEqual([]);
  });

  it('told late and the other way round ends the same: none of it is refused, none the borrower’s', () => {
    const told = (order: readonly (readonly [string, string])[]) => {
      const books = inDefault().closeThrough('2026-04-11');
      for (const [reference, on] of order) {
        const change = { source: 'guarantor', effect: 'GUARANTEE' };
        const data = repayment(reference, '600000.00', on, change);
        expect(books.when('RepaymentReceived', data, '2026-04-12').ignored).toBeUndefined();
      }
      return books.closeThrough('2026-04-12');
    };
    const [g1, g2] = [['G1', '2026-04-10'] as const, ['G2', '2026-04-08'] as const];
    const [one, other] = [told([g1, g2]), told([g2, g1])];
    expect(one.balances()).toEqual(other.balances());
    expect(one.account.posted).toEqual(other.account.posted);
    expect(one.standing).toMatchObject({
      ...{ guaranteePaidFen: 96_000_000n, guaranteeHeldFen: 24_000_000n, suspenseFen: 0n },
      paid: { principalFen: 0n, interestFen: 0n, penaltyFen: 0n },
    });
  });

  it('that was paid by mistake is taken back against the claim', () => {
    const books = inDefault().closeThrough('2026-04-06');
    const change = { source: 'guarantor', effect: 'GUARANTEE' };
    const data = repayment('G1', '960000.00', '2026-04-07', change);
    books.when('RepaymentReceived', data, '2026-04-07');
    const content = { source: 'guarantor', reference: 'G1' };
    for (const [officer, role] of [
      ['w.li', 'officer'],
      ['h.chen', 'committee'],
    ] as const) {
      books.when('ReversalRequested', said(officer, role, content), '2026-04-08');
    }
    expect(books.balance('1221')).toBe(96_000_000n);
    books.closeThrough('2026-04-10');
    const never = inDefault().closeThrough('2026-04-10');
    expect(books.balances()).toEqual(never.balances());
  });

  it('is no asset twice: what the borrower pays after the claim makes the claim less', () => {
    const books = inDefault().closeThrough('2026-04-06');
    books.repay('R1', '1250000.00', '2026-04-07');
    const early = repayment('R2', '1250000.00', '2026-04-07', { effect: 'SHORTEN' });
    books.when('RepaymentReceived', early, '2026-04-07');
    expect(books.standing).toMatchObject({ claimedFen: 0n, settled: true });
    expect(books.closeDay('2026-04-07').changed).toBe(false);
    expect(books.balance('1221')).toBe(0n);
    expect(books.balance('1303') + books.balance('13031')).toBe(0n);
    expect(books.faults()).toEqual([]);
  });

  it('stays a claim of its own when the rest is written off', () => {
    const books = inDefault().closeThrough('2027-02-01');
    for (const officer of ['w.li', 'h.chen']) {
      books.when('WriteOffRequested', said(officer, 'committee', {}), '2027-02-02');
    }
    expect(books.standing.writtenOffFen).toBe(fenOfYuan('240000.00'));
    expect(books.balance('1221')).toBe(96_000_000n);
    expect(books.balance('9002')).toBe(24_000_000n);
    const change = { source: 'guarantor', effect: 'GUARANTEE' };
    const data = repayment('G1', '960000.00', '2027-02-10', change);
    books.when('RepaymentReceived', data, '2027-02-10');
    expect(books.balance('1221')).toBe(0n);
    expect(books.standing.principalFen).toBe(0n);
    expect(books.faults()).toEqual([]);
  });

  it('is claimed for less where the borrower pays more than was lost', () => {
    const books = inDefault().closeThrough('2027-02-01');
    for (const officer of ['w.li', 'h.chen']) {
      books.when('WriteOffRequested', said(officer, 'committee', {}), '2027-02-02');
    }
    const { writtenOffFen, writtenOffClaimsFen } = books.standing;
    const lostFen = writtenOffFen + writtenOffClaimsFen;
    const { events } = books.repay('R1', '1000000.00', '2027-02-10');
    const claimFen = 100_000_000n - lostFen;
    expect(claimFen).toBeGreaterThan(0n);
    expect(events).toMatchObject([
      {
        type: 'RecoveryBooked',
        data: {
          amount: cny(100_000_000n),
          recovered: cny(lostFen),
          principal: cny(claimFen),
          suspense: cny(0n),
        },
      },
    ]);
    expect(books.balance('1221')).toBe(96_000_000n - claimFen);
    expect([books.balance('1303'), books.balance('13031')]).toEqual([0n, 0n]);
    expect(books.repay('R2', '960000.00', '2027-02-11').events).toMatchObject([
      {
        type: 'RecoveryBooked',
        data: {
          recovered: cny(0n),
          principal: cny(96_000_000n - claimFen),
          suspense: cny(claimFen),
        },
      },
      ...[{ type: 'LoanReclassified' }, { type: 'LoanRepaid' }],
    ]);
    expect(books.balance('1221')).toBe(0n);
    expect(books.balance('2241')).toBe(claimFen);
    expect(books.faults()).toEqual([]);
  });
});
