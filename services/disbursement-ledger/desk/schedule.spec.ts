// A schedule as the desk answers it: published figures, every option, and what is refused.
import { describe, expect, it, test } from 'vitest';
import { DeskFault } from './fault.ts';
import { scheduleAnswer, type ScheduleQuestion } from './schedule.ts';

const question: ScheduleQuestion = {
  principal: '1000000.00',
  rate: '0.0345',
  resets: [],
  months: '12',
  method: 'equal-instalment',
  from: '2026-01-05',
  dayCount: null,
  interestDay: null,
  convention: 'none',
};
const asked = (change: Partial<ScheduleQuestion>) => scheduleAnswer({ ...question, ...change });

describe('a schedule', () => {
  it('of equal instalments is as published', () => {
    const answer = asked({});
    expect(answer).toMatchObject({
      ...{ principal: '1000000.00', months: 12, method: 'equal-instalment' },
      ...{ dayCount: 'MONTHS_12', interestDay: null, convention: 'none' },
      ...{ interestTotal: '18785.85', paymentTotal: '1018785.85' },
      rates: [{ from: '2026-01-05', rate: '0.0345' }],
    });
    expect(answer.instalments).toHaveLength(12);
    expect(answer.instalments[0]).toEqual({
      ...{ number: 1, from: '2026-01-05', to: '2026-02-05', dueOn: '2026-02-05' },
      ...{ opening: '1000000.00', principal: '82023.82', interest: '2875.00' },
      ...{ payment: '84898.82', closing: '917976.18' },
    });
    expect(answer.instalments.at(-1)).toMatchObject({ payment: '84898.83', closing: '0.00' });
  });

  it('moves what is due on a day off, by the calendar that loans go by', () => {
    const october = { method: 'bullet', from: '2025-10-01', months: '12' };
    expect(asked(october).instalments[0]?.dueOn).toBe('2026-10-01');
    const following = asked({ ...october, convention: 'FOLLOWING' });
    expect(following).toMatchObject({ convention: 'following', dayCount: 'ACT_360' });
    expect(following.instalments[0]?.dueOn).toBe('2026-10-08');
    const modified = asked({ ...october, convention: 'modified-following' });
    expect(modified.instalments[0]?.dueOn).toBe('2026-10-08');
  });

  it('takes resets, another day count and another interest day', () => {
    const monthly = { method: 'interest-monthly-principal-at-end', resets: ['2026-01-15=0.03'] };
    const answer = asked(monthly);
    expect(answer).toMatchObject({ interestDay: 21, rates: [{}, { rate: '0.03' }] });
    expect(answer.instalments[0]).toMatchObject({ to: '2026-01-21', interest: '1458.33' });
    expect(asked({ ...monthly, interestDay: 'none' }).instalments[0]?.to).toBe('2026-02-05');
    expect(asked({ ...monthly, interestDay: '10' }).instalments[0]?.to).toBe('2026-01-10');
    expect(asked({ ...monthly, dayCount: 'months-12' })).toMatchObject({ interestDay: null });
  });
});

test.each<[Partial<ScheduleQuestion>, string]>([
  [{ principal: '1,000' }, 'amount "1,000" is not yuan'],
  [{ principal: '0' }, 'has to be positive.'],
  [{ rate: '3.45%' }, 'is not a fraction'],
  [{ months: '-1' }, '-1 is no number of months'],
  [{ months: '1201' }, 'write 1 to 1200'],
  [{ method: 'annuity' }, 'There is no method annuity: write equal-instalment, equal-principal'],
  [{ from: '2026-02-30' }, '2026-02-30 is no date'],
  [{ convention: 'next' }, 'There is no convention next: write none, following'],
  [{ dayCount: '30e/360' }, 'There is no day count 30e/360: write months-12, act-360'],
  [{ method: 'bullet', interestDay: '31' }, 'no day that each month has'],
  [{ resets: ['0.03'] }, 'The reset 0.03 is none'],
  [{ resets: ['2026-01-05=0.03'] }, 'out of order'],
])('%o is refused in a sentence', (change, says) => {
  expect(() => asked(change)).toThrow(DeskFault);
  expect(() => asked(change)).toThrow(says);
});
