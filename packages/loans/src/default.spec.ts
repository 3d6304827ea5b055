// A loan in default: the guarantor's share, the write-off and what comes in afterwards.
import { fenOfYuan } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import type { LoanFact } from './facts.ts';
import { contractOf, drawn, repaid, standing, world } from './loan.fixture.ts';
import { payoffOn } from './payoff.ts';

/** All of it is due on 5 January 2027, and the guarantor is asked on 6 April. */
const contract = contractOf({ method: 'BULLET', guaranteeClaimAfterDays: 91 });
const alone = contractOf({ method: 'BULLET', guaranteeSharePpm: 0, guarantor: null });
const lent = drawn('2026-01-05', '1000000.00');
const lost: LoanFact = { id: 'lost', kind: 'WRITTEN_OFF', on: '2028-02-01' };
const yuan = fenOfYuan;

describe('the guarantor', () => {
  it('is asked for its share of the principal, at the end of the day on which it is due', () => {
    expect(standing(contract, [lent], '2027-04-05')).toMatchObject({
      guaranteeClaimedOn: null,
      claimedFen: 0n,
    });
    expect(standing(contract, [lent], '2027-04-06')).toMatchObject({
      guaranteeClaimedOn: '2027-04-06',
      claimedFen: yuan('800000.00'),
      principalFen: yuan('1000000.00'),
      guaranteePaidFen: 0n,
    });
  });

  it('pays, and the borrower owes the lender so much less', () => {
    const facts = [lent, repaid('2027-05-06', '500000.00', 'GUARANTEE')];
    expect(standing(contract, facts, '2027-05-06')).toMatchObject({
      claimedFen: yuan('800000.00'),
      guaranteePaidFen: yuan('500000.00'),
      principalFen: yuan('500000.00'),
      overduePrincipalFen: yuan('500000.00'),
      paid: { principalFen: 0n },
    });
  });

  it('is asked for less where the borrower pays after all', () => {
    const facts = [lent, repaid('2027-04-26', '550000.00')];
    const { claimedFen, principalFen } = standing(contract, facts, '2027-04-26');
    expect(principalFen < yuan('510000.00')).toBe(true);
    expect(claimedFen).toBe((principalFen * 8n + 5n) / 10n);
  });

  it('owes nothing it was not asked for: that is kept as its own, until it is asked', () => {
    const early = [lent, repaid('2026-05-06', '700.00', 'GUARANTEE')];
    const kept = { guaranteePaidFen: 0n, suspenseFen: 0n, guaranteeHeldFen: yuan('700.00') };
    expect(standing(contract, early, '2026-05-06')).toMatchObject(kept);
    // It is asked at the end of the day: what was there by then is taken on the next.
    expect(standing(contract, early, '2027-04-06')).toMatchObject(kept);
    for (const date of ['2027-04-07', '2027-09-01']) {
      expect(standing(contract, early, date)).toMatchObject({
        guaranteeClaimedOn: '2027-04-06',
        claimedFen: yuan('800000.00'),
        guaranteePaidFen: yuan('700.00'),
        guaranteeHeldFen: 0n,
      });
    }
  });

  it('pays the same on the day on which it is asked and on the next, and never beyond it', () => {
    const paidOn = (date: string) =>
      standing(contract, [lent, repaid(date, '800001.00', 'GUARANTEE')], '2027-05-01');
    expect(paidOn('2027-04-06')).toEqual(paidOn('2027-04-07'));
    expect(paidOn('2027-04-07')).toMatchObject({
      guaranteePaidFen: yuan('800000.00'),
      guaranteeHeldFen: yuan('1.00'),
      paid: { penaltyFen: 0n },
    });
    const lowered = [repaid('2027-04-26', '550000.00'), repaid('2027-05-01', '1.00', 'GUARANTEE')];
    expect(standing(contract, [lent, ...lowered], '2027-05-01').guaranteeHeldFen).toBe(0n);
  });

  it('keeps what it is not asked for apart from the borrower’s, and each is given back its own', () => {
    const back = (toGuarantor: boolean): LoanFact => ({
      ...{ id: `back-${toGuarantor}`, kind: 'REFUNDED', on: '2026-01-08', toGuarantor },
      amountFen: yuan('1000.00'),
    });
    const theirs = repaid('2026-01-06', '700.00', 'GUARANTEE');
    const facts = [lent, theirs, repaid('2026-01-07', '30.00')];
    const both = { suspenseFen: yuan('30.00'), guaranteeHeldFen: yuan('700.00') };
    expect(standing(contract, facts, '2026-01-08')).toMatchObject(both);
    expect(standing(contract, [...facts, back(true)], '2026-01-08')).toMatchObject({
      ...both,
      ...{ guaranteeHeldFen: 0n, refundedFen: yuan('700.00') },
    });
    expect(standing(contract, [...facts, back(false)], '2026-01-08')).toMatchObject({
      ...both,
      ...{ suspenseFen: 0n, refundedFen: yuan('30.00') },
    });
  });

  it('is asked for nothing where the borrower paid before, however late that is told', () => {
    const facts = [lent, repaid('2027-01-05', '1040000.00')];
    expect(standing(contract, facts, '2027-06-01')).toMatchObject({
      guaranteeClaimedOn: null,
      claimedFen: 0n,
    });
  });

  it('is asked on the day on which a repayment that was none leaves the loan so long past due', () => {
    const paid = repaid('2027-01-05', '1040000.00');
    const facts: LoanFact[] = [
      ...[lent, paid],
      { id: 'back', kind: 'REVERSED', on: '2027-03-01', reverses: paid.id },
    ];
    expect(standing(contract, facts, '2027-04-05').claimedFen).toBe(0n);
    expect(standing(contract, facts, '2027-04-06').guaranteeClaimedOn).toBe('2027-04-06');
  });

  it('is not asked for a loan that was written off before', () => {
    const early: LoanFact = { ...lost, on: '2027-04-06' } as LoanFact;
    expect(standing(contract, [lent, early], '2027-06-01').guaranteeClaimedOn).toBeNull();
  });

  it('pays principal that is not due, too, and its interest stays to be paid', () => {
    const monthly = contractOf({
      ...{ method: 'INTEREST_MONTHLY_PRINCIPAL_AT_END', guaranteeClaimAfterDays: 0 },
      counting: { dayCount: 'ACT_360', interestDay: null },
    });
    const facts = [lent, repaid('2026-02-06', '800000.00', 'GUARANTEE')];
    // 31 nights on all of it were due; of the next 28 one on all, 27 on what is left.
    expect(standing(monthly, facts, '2026-03-04')).toMatchObject({
      accruedFen: yuan('2970.83') + yuan('95.83') + yuan('517.50'),
      principalFen: yuan('200000.00'),
      overduePrincipalFen: 0n,
      dueInterestFen: yuan('2970.83'),
    });
  });

  it('lowers the instalments by what it pays of them', () => {
    const level = contractOf({ guaranteeClaimAfterDays: 0 });
    const facts = [lent, repaid('2026-02-06', '400000.00', 'GUARANTEE')];
    const rows = standing(level, facts, '2026-02-06').instalments;
    // 82,023.82 were due; 317,976.18 were not, and are a row of their own.
    expect(rows.slice(0, 2)).toMatchObject([
      { paidPrincipalFen: yuan('82023.82'), paidInterestFen: 0n },
      { principalFen: yuan('317976.18'), paidPrincipalFen: yuan('317976.18'), interestFen: 0n },
    ]);
    const levels = rows.slice(2, -1).map((row) => row.principalFen + row.interestFen);
    expect(new Set(levels).size).toBe(1);
    expect(rows.at(-1)!.to).toBe('2027-01-05');
  });

  it('that pays all leaves the interest of the time until then, on its day', () => {
    const whole = contractOf({
      ...{ guaranteeSharePpm: 1_000_000, guaranteeClaimAfterDays: 0 },
      ...{ method: 'INTEREST_MONTHLY_PRINCIPAL_AT_END' },
      counting: { dayCount: 'ACT_360', interestDay: null },
    });
    const facts = [lent, repaid('2026-02-06', '1000000.00', 'GUARANTEE')];
    expect(standing(whole, facts, '2026-03-04')).toMatchObject({
      principalFen: 0n,
      dueInterestFen: yuan('2970.83'),
      settled: false,
    });
    expect(standing(whole, facts, '2026-03-05').dueInterestFen).toBe(yuan('3066.66'));
  });

  it('is asked once: neither later days nor a later draw add to it', () => {
    const facts = [drawn('2026-01-05', '500000.00'), drawn('2027-04-10', '100000.00')];
    expect(standing(contract, facts, '2027-05-01').claimedFen).toBe(yuan('400000.00'));
  });

  it('stops the penalty on what it pays, from that day', () => {
    const facts = [lent, repaid('2027-04-15', '800000.00', 'GUARANTEE')];
    // 100 nights on all of it, 10 on what is left.
    expect(standing(contract, facts, '2027-04-24').penaltyFen).toBe(yuan('14662.50'));
  });

  it('stands for nothing where no share was agreed', () => {
    expect(standing(alone, [lent], '2027-04-06').claimedFen).toBe(0n);
  });
});

describe('written off', () => {
  it('leaves with all that it owes, and bears nothing any more', () => {
    const before = standing(alone, [lent], '2028-01-31');
    const after = standing(alone, [lent, lost], '2028-02-01');
    expect(after).toMatchObject({
      writtenOffOn: '2028-02-01',
      writtenOffFen: yuan('1000000.00'),
      writtenOffClaimsFen: before.accruedFen + before.penaltyFen + before.compoundFen,
      principalFen: 0n,
      overduePrincipalFen: 0n,
      dueInterestFen: 0n,
      ownTier: 'loss',
      settled: false,
    });
    const year = standing(alone, [lent, lost], '2029-02-01');
    expect(year.penaltyFen).toBe(before.penaltyFen);
    expect(year.daysPastDue).toBe(758);
  });

  it('before its end takes the principal that was not due and the interest so far', () => {
    const early: LoanFact = { ...lost, on: '2026-04-15' } as LoanFact;
    expect(standing(alone, [lent, early], '2026-06-01')).toMatchObject({
      writtenOffFen: yuan('1000000.00'),
      writtenOffClaimsFen: yuan('9583.33'),
      accruedFen: yuan('9583.33'),
      maturesOn: '2026-04-15',
    });
  });

  it('takes what is in suspense first', () => {
    const early: LoanFact = { ...lost, on: '2026-04-15' } as LoanFact;
    const facts = [lent, repaid('2026-03-01', '10000.00'), early];
    expect(standing(alone, facts, '2026-04-15')).toMatchObject({
      suspenseFen: 0n,
      writtenOffFen: yuan('999583.33'),
      writtenOffClaimsFen: 0n,
    });
  });

  it('lends no more by its plan: what is paid out all the same is due at once', () => {
    const early: LoanFact = { ...lost, on: '2026-04-15' } as LoanFact;
    const facts = [lent, early, drawn('2026-05-01', '10.00')];
    const { instalments, principalFen } = standing(alone, facts, '2026-05-01');
    expect(instalments.at(-1)).toMatchObject({ dueOn: '2026-05-01', principalFen: 1_000n });
    expect(principalFen).toBe(1_000n);
  });

  it('keeps what the guarantor was asked for', () => {
    const facts = [lent, lost, repaid('2028-03-01', '800000.00', 'GUARANTEE')];
    expect(standing(contract, facts, '2028-02-01')).toMatchObject({
      writtenOffFen: yuan('200000.00'),
      principalFen: yuan('800000.00'),
    });
    expect(standing(contract, facts, '2028-03-01')).toMatchObject({
      guaranteePaidFen: yuan('800000.00'),
      principalFen: 0n,
      recoveredFen: 0n,
      penaltyFen: standing(contract, facts, '2028-02-01').penaltyFen,
    });
  });

  it('takes of the borrower what was lost, then what the guarantor is asked for', () => {
    const facts = [lent, lost];
    const before = standing(contract, facts, '2028-02-01');
    const { writtenOffFen, writtenOffClaimsFen, penaltyFen } = before;
    const lostFen = writtenOffFen + writtenOffClaimsFen;
    const some = [...facts, repaid('2028-03-01', lostFen + yuan('300000.00'))];
    expect(standing(contract, some, '2028-03-01')).toMatchObject({
      recoveredFen: lostFen,
      claimedFen: yuan('500000.00'),
      principalFen: yuan('500000.00'),
      paid: { principalFen: yuan('300000.00') },
      suspenseFen: 0n,
      // Nothing is borne any more.
      penaltyFen,
      settled: false,
    });
    expect(payoffOn(contract, some, '2028-04-01', world).missingFen).toBe(yuan('500000.00'));
    const asked = [...some, repaid('2028-04-01', '600000.00', 'GUARANTEE')];
    expect(standing(contract, asked, '2028-04-01')).toMatchObject({
      guaranteePaidFen: yuan('500000.00'),
      guaranteeHeldFen: yuan('100000.00'),
      settled: true,
    });
    const over = [...some, repaid('2028-04-01', '600000.00')];
    expect(standing(contract, over, '2028-04-01')).toMatchObject({
      claimedFen: 0n,
      suspenseFen: yuan('100000.00'),
      settled: true,
    });
  });

  it('takes what comes in as recovered, as far as the claim goes', () => {
    const { writtenOffFen, writtenOffClaimsFen } = standing(alone, [lent, lost], '2028-02-01');
    const claimFen = writtenOffFen + writtenOffClaimsFen;
    const some = [lent, lost, repaid('2028-03-01', '300000.00')];
    expect(standing(alone, some, '2028-03-01')).toMatchObject({
      recoveredFen: yuan('300000.00'),
      principalFen: 0n,
      paid: { principalFen: 0n },
      settled: false,
    });
    const all = [...some, repaid('2028-04-01', claimFen)];
    expect(standing(alone, all, '2028-04-01')).toMatchObject({
      recoveredFen: claimFen,
      suspenseFen: yuan('300000.00'),
      settled: true,
      daysPastDue: 0,
      ownTier: 'normal',
    });
    expect(payoffOn(alone, some, '2029-01-01', world).missingFen).toBe(
      claimFen - yuan('300000.00'),
    );
    expect(payoffOn(alone, all, '2029-01-01', world).missingFen).toBe(0n);
  });

  it('happens once, and after the payments of its day', () => {
    const facts = [lent, lost, { ...lost, id: 'again', on: '2028-05-01' } as LoanFact];
    const paid = repaid('2028-02-01', '10.00');
    expect(standing(alone, [...facts, paid], '2028-06-01')).toMatchObject({
      writtenOffOn: '2028-02-01',
      recoveredFen: 0n,
      paid: { penaltyFen: 1_000n },
    });
  });
});
