// A loan in default: the guarantor's share, the write-off and what comes in afterwards.
import { fenOfYuan } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import type { LoanFact } from './facts.ts';
import { contractOf, drawn, repaid, standing, world } from './loan.fixture.ts';
import { payoffOn } from './payoff.ts';

const contract = contractOf({ method: 'BULLET' });
const lent = drawn('2026-01-05', '1000000.00');
const asked: LoanFact = { id: 'asked', kind: 'GUARANTEE_CLAIMED', on: '2027-04-06' };
const lost: LoanFact = { id: 'lost', kind: 'WRITTEN_OFF', on: '2028-02-01' };
const yuan = fenOfYuan;

describe('the guarantor', () => {
  it('is asked for its share of the principal', () => {
    expect(standing(contract, [lent, asked], '2027-04-06')).toMatchObject({
      claimedFen: yuan('800000.00'),
      principalFen: yuan('1000000.00'),
      guaranteePaidFen: 0n,
    });
  });

  it('pays, and the borrower owes the lender so much less', () => {
    const facts = [lent, asked, repaid('2027-05-06', '500000.00', 'GUARANTEE')];
    expect(standing(contract, facts, '2027-05-06')).toMatchObject({
      claimedFen: yuan('800000.00'),
      guaranteePaidFen: yuan('500000.00'),
      principalFen: yuan('500000.00'),
      overduePrincipalFen: yuan('500000.00'),
      paid: { principalFen: 0n },
    });
  });

  it('is asked for less where the borrower pays after all', () => {
    const facts = [lent, asked, repaid('2027-04-26', '550000.00')];
    const { claimedFen, principalFen } = standing(contract, facts, '2027-04-26');
    expect(principalFen < yuan('510000.00')).toBe(true);
    expect(claimedFen).toBe((principalFen * 8n + 5n) / 10n);
  });

  it('owes nothing it was not asked for: that is taken as the borrower’s', () => {
    const facts = [lent, repaid('2026-05-06', '700.00', 'GUARANTEE')];
    expect(standing(contract, facts, '2026-05-06')).toMatchObject({
      guaranteePaidFen: 0n,
      suspenseFen: yuan('700.00'),
    });
    const over = [lent, asked, repaid('2027-04-06', '800001.00', 'GUARANTEE')];
    // It came on the day on which it was asked: payments are taken first.
    expect(standing(contract, over, '2027-04-06').guaranteePaidFen).toBe(0n);
    const later = [lent, asked, repaid('2027-04-07', '800001.00', 'GUARANTEE')];
    expect(standing(contract, later, '2027-04-07')).toMatchObject({
      guaranteePaidFen: yuan('800000.00'),
      paid: { penaltyFen: yuan('1.00') },
    });
  });

  it('pays principal that is not due, too, and its interest stays to be paid', () => {
    const early: LoanFact = { ...asked, on: '2026-03-01' } as LoanFact;
    const facts = [lent, early, repaid('2026-04-15', '800000.00', 'GUARANTEE')];
    // 100 nights on all of it, 265 on what is left.
    expect(standing(contract, facts, '2027-01-05')).toMatchObject({
      accruedFen: yuan('9583.33') + yuan('5079.17'),
      overduePrincipalFen: yuan('200000.00'),
    });
  });

  it('lowers the instalments by what it pays of them', () => {
    const level = contractOf();
    const early: LoanFact = { ...asked, on: '2026-01-10' } as LoanFact;
    const facts = [lent, early, repaid('2026-02-05', '400000.00', 'GUARANTEE')];
    const rows = standing(level, facts, '2026-02-05').instalments;
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
    const whole = contractOf({ method: 'BULLET', guaranteeSharePpm: 1_000_000 });
    const early: LoanFact = { ...asked, on: '2026-03-01' } as LoanFact;
    const facts = [lent, early, repaid('2026-04-15', '1000000.00', 'GUARANTEE')];
    expect(standing(whole, facts, '2026-12-31')).toMatchObject({
      principalFen: 0n,
      dueInterestFen: 0n,
      settled: false,
    });
    expect(standing(whole, facts, '2027-01-05').dueInterestFen).toBe(yuan('9583.33'));
  });

  it('is asked once: neither a second asking nor a later draw adds to it', () => {
    const again: LoanFact = { ...asked, id: 'again', on: '2027-04-20' } as LoanFact;
    const facts = [drawn('2026-01-05', '500000.00'), asked, drawn('2027-04-10', '100000.00')];
    expect(standing(contract, [...facts, again], '2027-05-01').claimedFen).toBe(yuan('400000.00'));
  });

  it('stops the penalty on what it pays, from that day', () => {
    const facts = [lent, asked, repaid('2027-04-15', '800000.00', 'GUARANTEE')];
    // 100 nights on all of it, 10 on what is left.
    expect(standing(contract, facts, '2027-04-24').penaltyFen).toBe(yuan('14662.50'));
  });

  it('stands for nothing where no share was agreed', () => {
    const alone = contractOf({ method: 'BULLET', guaranteeSharePpm: 0, guarantor: null });
    expect(standing(alone, [lent, asked], '2027-04-06').claimedFen).toBe(0n);
  });
});

describe('written off', () => {
  it('leaves with all that it owes, and bears nothing any more', () => {
    const before = standing(contract, [lent], '2028-01-31');
    const after = standing(contract, [lent, lost], '2028-02-01');
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
    const year = standing(contract, [lent, lost], '2029-02-01');
    expect(year.penaltyFen).toBe(before.penaltyFen);
    expect(year.daysPastDue).toBe(758);
  });

  it('before its end takes the principal that was not due and the interest so far', () => {
    const early: LoanFact = { ...lost, on: '2026-04-15' } as LoanFact;
    expect(standing(contract, [lent, early], '2026-06-01')).toMatchObject({
      writtenOffFen: yuan('1000000.00'),
      writtenOffClaimsFen: yuan('9583.33'),
      accruedFen: yuan('9583.33'),
      maturesOn: '2026-04-15',
    });
  });

  it('takes what is in suspense first', () => {
    const early: LoanFact = { ...lost, on: '2026-04-15' } as LoanFact;
    const facts = [lent, repaid('2026-03-01', '10000.00'), early];
    expect(standing(contract, facts, '2026-04-15')).toMatchObject({
      suspenseFen: 0n,
      writtenOffFen: yuan('999583.33'),
      writtenOffClaimsFen: 0n,
    });
  });

  it('lends no more by its plan: what is paid out all the same is due at once', () => {
    const early: LoanFact = { ...lost, on: '2026-04-15' } as LoanFact;
    const facts = [lent, early, drawn('2026-05-01', '10.00')];
    const { instalments, principalFen } = standing(contract, facts, '2026-05-01');
    expect(instalments.at(-1)).toMatchObject({ dueOn: '2026-05-01', principalFen: 1_000n });
    expect(principalFen).toBe(1_000n);
  });

  it('keeps what the guarantor was asked for', () => {
    const facts = [lent, asked, lost, repaid('2028-03-01', '800000.00', 'GUARANTEE')];
    expect(standing(contract, facts, '2028-02-01')).toMatchObject({
      writtenOffFen: yuan('200000.00'),
      principalFen: yuan('800000.00'),
    });
    expect(standing(contract, facts, '2028-03-01')).toMatchObject({
      guaranteePaidFen: yuan('800000.00'),
      principalFen: 0n,
      recoveredFen: 0n,
    });
  });

  it('takes what comes in as recovered, as far as the claim goes', () => {
    const { writtenOffFen, writtenOffClaimsFen } = standing(contract, [lent, lost], '2028-02-01');
    const claimFen = writtenOffFen + writtenOffClaimsFen;
    const some = [lent, lost, repaid('2028-03-01', '300000.00')];
    expect(standing(contract, some, '2028-03-01')).toMatchObject({
      recoveredFen: yuan('300000.00'),
      principalFen: 0n,
      paid: { principalFen: 0n },
      settled: false,
    });
    const all = [...some, repaid('2028-04-01', claimFen)];
    expect(standing(contract, all, '2028-04-01')).toMatchObject({
      recoveredFen: claimFen,
      suspenseFen: yuan('300000.00'),
      settled: true,
      daysPastDue: 0,
      ownTier: 'normal',
    });
    expect(payoffOn(contract, some, '2029-01-01', world).missingFen).toBe(
      claimFen - yuan('300000.00'),
    );
    expect(payoffOn(contract, all, '2029-01-01', world).missingFen).toBe(0n);
  });

  it('happens once, and after the payments of its day', () => {
    const facts = [lent, lost, { ...lost, id: 'again', on: '2028-05-01' } as LoanFact];
    const paid = repaid('2028-02-01', '10.00');
    expect(standing(contract, [...facts, paid], '2028-06-01')).toMatchObject({
      writtenOffOn: '2028-02-01',
      recoveredFen: 0n,
      paid: { penaltyFen: 1_000n },
    });
  });
});
