// The alarm of a loan that is booked and not paid: when it rings, and how each ringing ends.
import { describe, expect, it } from 'vitest';
import {
  book,
  authorised,
  booked,
  confirmed,
  due,
  LOAN,
  payoutId,
  plain,
  rejected,
  toldBy,
  typesOf,
  unknown,
  yuan,
} from '../book.fixture.ts';

const both = due('unpaid-alarm', { loanId: LOAN, payouts: [payoutId(1), payoutId(2)] });

it('is set with the booking, for as long as the settings say', () => {
  const { timers } = book().when(authorised({ terms: plain() }));
  expect(timers).toEqual([
    {
      name: 'unpaid-alarm',
      dueAtMs: 901_000,
      detail: { loanId: LOAN, payouts: [payoutId(1)] },
    },
  ]);
});

it('rings for what is open, whether instructed or unknown', () => {
  const story = booked().given(unknown(1)).given(confirmed(2, '38000000'));
  const decision = story.when(both);
  expect(decision.events).toMatchObject([
    {
      type: 'LoanUnpaid',
      data: { loanId: LOAN, unpaid: yuan('62000000'), bookedAt: 1_000n, payouts: [payoutId(1)] },
    },
  ]);
  expect(decision.rows).toMatchObject([{ kind: 'loan', loan: { unpaidSinceMs: 1_000 } }]);
});

it('rings once, until it is cleared', () => {
  const story = booked().given(both);
  expect(story.when(both).ignored).toBe('told-already');
});

describe('it is cleared', () => {
  it('when the last payout is paid', () => {
    const story = booked().given(both).given(confirmed(1, '62000000'));
    const decision = story.when(confirmed(2, '38000000'));
    expect(typesOf(decision)).toEqual(['LoanDisbursed', 'LoanUnpaidCleared']);
    expect(toldBy(decision)[1]?.data).toMatchObject({ loanId: LOAN, cause: 'PAID' });
    expect(decision.rows?.[0]).toMatchObject({ loan: { unpaidSinceMs: null } });
  });

  it('when the last payout is rejected', () => {
    const story = booked().given(both).given(rejected(1));
    const decision = story.when(rejected(2));
    expect(typesOf(decision)).toEqual([
      'PayoutFailed',
      'LimitReleased',
      'LoanUnpaidCleared',
      'AuthorisationCancelled',
    ]);
    expect(decision.events?.[2]?.data).toMatchObject({ cause: 'REJECTED' });
    expect(story.when(both).ignored).toBe('stale-timer');
  });
});

it('says nothing of what was settled in time, or was never booked', () => {
  const story = booked().given(confirmed(1, '62000000')).given(confirmed(2, '38000000'));
  expect(story.when(both).ignored).toBe('stale-timer');
  expect(book().when(both).ignored).toBe('stale-timer');
});
