// Where a loan stands: published figures to the fen, draws in parts, due dates and suspense.
import {
  addDays,
  addMonths,
  daysBetween,
  fenOfYuan,
  ppmOf,
  type RepaymentPlan,
} from '@saidao/values';
import { describe, expect, it, test } from 'vitest';
import vectors from '../fixtures/schedules.json' with { type: 'json' };
import type { LoanContract } from './contract.ts';
import { contractOf, drawn, repaid, standing } from './loan.fixture.ts';

const rowFen = (row: { principalFen: bigint; interestFen: bigint } | undefined) =>
  row!.principalFen + row!.interestFen;

function lent(
  method: RepaymentPlan,
  { principal, annualRate }: { principal: string; annualRate: string },
  change: Partial<LoanContract> = {},
) {
  const contract = contractOf({ method, ratePpm: ppmOf(annualRate), ...change });
  return { contract, facts: [drawn(contract.bookedOn, principal)] };
}

describe('published figures, with the rows that fall due', () => {
  test.each(vectors.equalInstalment)('equal instalments of $principal', (vector) => {
    const { contract, facts } = lent('EQUAL_INSTALMENT', vector, { termMonths: vector.months });
    const { instalments } = standing(contract, facts, contract.bookedOn);
    for (const row of instalments.slice(0, -1)) {
      expect(rowFen(row)).toBe(fenOfYuan(vector.instalment));
    }
    expect(rowFen(instalments.at(-1))).toBe(fenOfYuan(vector.last));
    expect(standing(contract, facts, contract.maturesOn).accruedFen).toBe(
      fenOfYuan(vector.interestTotal),
    );
  });

  test.each(vectors.equalPrincipal)('equal principal of $principal', (vector) => {
    const { contract, facts } = lent('EQUAL_PRINCIPAL', vector, { termMonths: vector.months });
    const { instalments } = standing(contract, facts, contract.bookedOn);
    expect([instalments[0], instalments[1], instalments.at(-1)].map(rowFen)).toEqual(
      [vector.first, vector.second, vector.last].map(fenOfYuan),
    );
    expect(standing(contract, facts, contract.maturesOn).accruedFen).toBe(
      fenOfYuan(vector.interestTotal),
    );
  });

  test.each(vectors.interestMonthlyPrincipalAtEnd)('interest monthly on $principal', (vector) => {
    const { contract, facts } = lent('INTEREST_MONTHLY_PRINCIPAL_AT_END', vector, {
      bookedOn: vector.from,
    });
    const { instalments, maturesOn } = standing(contract, facts, contract.bookedOn);
    expect(maturesOn).toBe(vector.to);
    const byDays = new Map([
      [1, vector.stub1Day],
      [28, vector.days28],
      [30, vector.days30],
      [31, vector.days31],
    ]);
    for (const { from, to, interestFen } of instalments) {
      expect(interestFen).toBe(fenOfYuan(byDays.get(daysBetween(from, to))!));
    }
    expect(standing(contract, facts, maturesOn).accruedFen).toBe(fenOfYuan(vector.interestTotal));
  });

  test.each(vectors.bullet)('all at the end on $principal', (vector) => {
    const { contract, facts } = lent('BULLET', vector);
    expect(daysBetween(contract.bookedOn, contract.maturesOn)).toBe(vector.days);
    expect(standing(contract, facts, contract.maturesOn).accruedFen).toBe(
      fenOfYuan(vector.interest),
    );
  });

  test.each(vectors.period)('$days days are rounded once', (vector) => {
    const { contract, facts } = lent('BULLET', vector);
    const lastNight = addDays(contract.bookedOn, vector.days - 1);
    expect(standing(contract, facts, lastNight).accruedFen).toBe(fenOfYuan(vector.once));
  });
});

describe('interest of a day', () => {
  it('is earned at its end: of whole months the part that has passed', () => {
    const contract = contractOf();
    const facts = [drawn('2026-01-05', '1000000.00')];
    expect(standing(contract, facts, '2026-01-04').accruedFen).toBe(0n);
    // 2,875.00 × 1 ÷ 31, and all of it with the last night.
    expect(standing(contract, facts, '2026-01-05').accruedFen).toBe(9_274n);
    expect(standing(contract, facts, '2026-02-04').accruedFen).toBe(287_500n);
  });
});

describe('drawn in parts', () => {
  it('each part bears interest from its own day, a month by its days', () => {
    const contract = contractOf({ method: 'EQUAL_PRINCIPAL' });
    const facts = [drawn('2026-01-05', '600000.00'), drawn('2026-01-20', '400000.00')];
    const [first, second] = standing(contract, facts, '2026-01-20').instalments;
    // (600,000 × 31 + 400,000 × 16) ÷ 31 × 3.45 % ÷ 12
    expect(first).toMatchObject({ openingFen: fenOfYuan('1000000.00'), interestFen: 231_855n });
    expect(first!.principalFen).toBe(fenOfYuan('83333.33'));
    expect(second!.interestFen).toBe(fenOfYuan('2635.42'));
  });

  it('by days too', () => {
    const contract = contractOf({ method: 'BULLET' });
    const facts = [drawn('2026-01-05', '600000.00'), drawn('2026-07-04', '400000.00')];
    // (600,000 × 365 + 400,000 × 185) × 3.45 % ÷ 360
    expect(standing(contract, facts, '2027-01-05').accruedFen).toBe(fenOfYuan('28079.17'));
  });

  it('what is drawn later is spread over the instalments that are left', () => {
    const contract = contractOf();
    const facts = [drawn('2026-01-05', '500000.00'), drawn('2026-07-05', '500000.00')];
    const { instalments, maturesOn } = standing(contract, facts, '2026-07-05');
    const left = instalments.slice(6);
    expect(left[0]!.openingFen).toBe(instalments[5]!.closingFen + fenOfYuan('500000.00'));
    expect(new Set(left.slice(0, -1).map(rowFen)).size).toBe(1);
    expect(maturesOn).toBe('2027-01-05');
  });

  it('what is drawn first after some months has no instalment before', () => {
    const { instalments } = standing(contractOf(), [drawn('2026-03-15', '10000.00')], '2026-03-15');
    expect(instalments).toHaveLength(10);
    expect(instalments[0]).toMatchObject({ number: 1, from: '2026-03-15', dueOn: '2026-04-05' });
  });

  it('what is dated before the booking counts from it', () => {
    const early = [drawn('2025-12-30', '500000.00')];
    expect(standing(contractOf(), early, '2026-01-04').drawnFen).toBe(0n);
    expect(standing(contractOf(), early, '2026-02-05').instalments).toEqual(
      standing(contractOf(), [drawn('2026-01-05', '500000.00')], '2026-02-05').instalments,
    );
  });

  it('what is drawn after the last day is due at once', () => {
    const { instalments } = standing(contractOf(), [drawn('2027-02-01', '10000.00')], '2027-02-01');
    expect(instalments).toMatchObject([{ dueOn: '2027-02-01', interestFen: 0n }]);
    const following = contractOf({ convention: 'FOLLOWING' });
    const late = standing(following, [drawn('2027-01-30', '10000.00')], '2027-02-01');
    expect(late.instalments).toMatchObject([{ to: '2027-01-30', dueOn: '2027-02-01' }]);
  });
});

describe('a due date that is no business day', () => {
  const facts = [drawn('2025-10-01', '360000.00')];
  const byConvention = (convention: LoanContract['convention'], date: string) =>
    standing(
      contractOf({ method: 'BULLET', bookedOn: '2025-10-01', ratePpm: 100_000, convention }),
      facts,
      date,
    );

  it.each([
    ['NONE', '2026-10-01'],
    ['FOLLOWING', '2026-10-05'],
    ['MODIFIED_FOLLOWING', '2026-10-05'],
    ['PRECEDING', '2026-09-30'],
  ] as const)('%s is due on %s, and not past due before', (convention, dueOn) => {
    expect(byConvention(convention, addDays(dueOn, -1))).toMatchObject({
      instalments: [{ to: '2026-10-01', dueOn }],
      oldestDueOn: null,
      overduePrincipalFen: 0n,
    });
    expect(byConvention(convention, dueOn)).toMatchObject({ oldestDueOn: dueOn, daysPastDue: 0 });
    expect(byConvention(convention, addDays(dueOn, 1))).toMatchObject({ daysPastDue: 1 });
  });

  it('that comes early bears no interest and penalty for the same night', () => {
    const due = byConvention('PRECEDING', '2026-09-30');
    expect(due).toMatchObject({ accruedFen: 3_650_000n, penaltyFen: 0n });
    // The first night of penalty is that of 1 October.
    expect(byConvention('PRECEDING', '2026-10-01')).toMatchObject({
      accruedFen: 3_650_000n,
      penaltyFen: 15_000n,
    });
  });
});

describe('a rate that follows the LPR', () => {
  const contract = contractOf({
    method: 'BULLET',
    ratePpm: 36_000,
    lpr: { addOnPpm: 5_000, tenor: '1Y', reset: 'QUARTERLY' },
  });
  const facts = [drawn('2026-01-05', '1000000.00')];

  it('is reset by the quote last published before the day', () => {
    // 86 nights at 3.60 %, 91 at 2.90 + 0.50 %, 92 at 2.85 + 0.50 %, and no later quote is known.
    const yuan = ['8600.00', '17194.44', '25755.56', '34688.89'];
    expect(
      ['2026-03-31', '2026-06-30', '2026-09-30', '2027-01-04'].map(
        (date) => standing(contract, facts, date).accruedFen,
      ),
    ).toEqual(yuan.map(fenOfYuan));
  });

  it('spreads equal instalments anew', () => {
    const level = { ...contract, ...contractOf({ ratePpm: 36_000, lpr: contract.lpr }) };
    const rows = standing(level, facts, '2026-04-01').instalments.map(rowFen);
    expect(new Set(rows.slice(0, 3)).size).toBe(1);
    expect(rows[3]! < rows[2]!).toBe(true);
    expect(new Set(rows.slice(3, -1)).size).toBe(1);
  });
});

describe('money beyond what is due', () => {
  const contract = contractOf();
  const lent = drawn('2026-01-05', '1000000.00');
  const instalment = fenOfYuan('84898.82');

  it('waits in suspense and pays the next instalment on its day', () => {
    const facts = [lent, repaid('2026-01-30', instalment + 5_000n)];
    expect(standing(contract, facts, '2026-02-04')).toMatchObject({
      suspenseFen: instalment + 5_000n,
      principalFen: fenOfYuan('1000000.00'),
    });
    expect(standing(contract, facts, '2026-02-05')).toMatchObject({
      suspenseFen: 5_000n,
      paid: { interestFen: 287_500n, principalFen: fenOfYuan('82023.82') },
      oldestDueOn: null,
      penaltyFen: 0n,
    });
    expect(standing(contract, facts, '2026-03-05')).toMatchObject({
      suspenseFen: 0n,
      dueInterestFen: fenOfYuan('2639.18') - 5_000n,
      oldestDueOn: '2026-03-05',
    });
  });

  it('pays costs as they are charged', () => {
    const costs = { id: 'costs', kind: 'COSTS', on: '2026-01-31', amountFen: 800n } as const;
    const facts = [lent, repaid('2026-01-30', 1_000n), costs];
    expect(standing(contract, facts, '2026-01-31')).toMatchObject({
      suspenseFen: 200n,
      costsFen: 800n,
      paid: { costsFen: 800n },
    });
  });
});

it('is settled once all instalments are paid on their days, and not a day before', () => {
  const contract = contractOf();
  const lent = drawn('2026-01-05', '1000000.00');
  const { instalments } = standing(contract, [lent], '2026-01-05');
  const facts = [lent, ...instalments.map((row) => repaid(row.dueOn, rowFen(row)))];
  expect(standing(contract, facts, '2027-01-04').settled).toBe(false);
  expect(standing(contract, facts, '2027-01-05')).toMatchObject({
    settled: true,
    accruedFen: fenOfYuan('18785.85'),
    penaltyFen: 0n,
    compoundFen: 0n,
    principalFen: 0n,
    suspenseFen: 0n,
    ownTier: 'normal',
  });
});

it('owes nothing before anything is drawn, and is not settled by that', () => {
  const contract = contractOf();
  expect(standing(contract, [], addMonths(contract.bookedOn, 3))).toMatchObject({
    instalments: [],
    principalFen: 0n,
    settled: false,
    maturesOn: contract.maturesOn,
  });
});
