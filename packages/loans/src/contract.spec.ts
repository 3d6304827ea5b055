// A contract that makes no sense is told before money moves by it.
import { describe, expect, it } from 'vitest';
import { faultsOfContract, type LoanContract } from './contract.ts';
import { contractOf } from './loan.fixture.ts';

describe('a contract', () => {
  it('that makes sense has no fault', () => {
    expect(faultsOfContract(contractOf())).toEqual([]);
  });

  const { penalty, allowancePpm } = contractOf();
  it.each<[string, Partial<LoanContract>, string]>([
    ['no limit', { limitFen: 0n }, 'a limit of 0 fen lends nothing'],
    ['no date', { bookedOn: '2026-02-30' }, '2026-02-30 is no date to book on'],
    ['no term', { termMonths: 0 }, '0 months are no term'],
    ['another end', { maturesOn: '2027-01-06' }, '2027-01-06 is not 12 months after 2026-01-05'],
    ['half a rate', { ratePpm: 0.5 }, 'a rate of 0.5 parts per million is none'],
    [
      'a penalty that rewards',
      { penalty: { ...penalty, overdueTimesPpm: 900_000 } },
      'overdue at 900000 parts per million of the rate is less than the rate',
    ],
    ['grace without end', { penalty: { ...penalty, graceDays: -1 } }, '-1 are no days of grace'],
    ['a share of more', { guaranteeSharePpm: 1_000_001 }, 'guaranteed 1000001 is no share'],
    [
      'an allowance of more',
      { allowancePpm: { ...allowancePpm, loss: 2_000_000 } },
      'loss 2000000 is no share',
    ],
  ])('with %s is told', (_, change, told) => {
    const faults = faultsOfContract({ ...contractOf(), ...change });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(told);
  });
});
