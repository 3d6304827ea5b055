// Days of a lane as a story: asked for, closed in order chunk by chunk, never twice, never ahead.
import { event, scenario } from '@saidao/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { daysId, daysKey, initialDaysState, STEP, type LaneStanding } from './days.decide.ts';
import { daysLine } from './days.worker.ts';

const of = { lenderId: 'exim-zj', lane: 2 };
const NOW_MS = Date.parse('2026-11-26T02:00:00.000Z');

const closed = (businessDate: string, key = daysKey(of, businessDate)) =>
  event(
    'BusinessDayClosed',
    { lenderId: of.lenderId, partition: of.lane, businessDate, closedBy: 'operator' },
    { key },
  );

const timer = (step: number, name = STEP) =>
  event('TimerDue', {
    applicationId: daysId(of),
    revision: 1,
    lenderId: of.lenderId,
    timerId: `timer-${step}`,
    name,
    dueAt: BigInt(NOW_MS),
    detail: JSON.stringify({ step }),
  });

const standing = (change: Partial<LaneStanding> = {}): LaneStanding => ({
  closedOn: '2026-11-24',
  beginsOn: null,
  ...change,
});

let days: ReturnType<typeof story>;
/** Nothing of the world is asked here: what was gathered is said. */
const line = daysLine({
  lanes: {
    standingOf: () => Promise.reject(new Error('Not asked.')),
    since: () => Promise.reject(new Error('Not asked.')),
  },
  close: () => Promise.reject(new Error('Not written.')),
  observes: () => undefined,
});
const story = () => scenario(line, { applicationId: daysId(of), nowMs: NOW_MS });

beforeEach(() => {
  days = story();
});

const rowOf = (date: string) => ({ ...of, date, nowMs: NOW_MS });
const goesOn = (step: number) => [{ name: STEP, dueAtMs: NOW_MS, detail: { step } }];

describe('a day that is over', () => {
  it('is begun by a timer, so that a turn does one piece of it', () => {
    expect(days.when(closed('2026-11-25'))).toMatchObject({ timers: goesOn(1) });
    expect(days.state()).toEqual({ revision: 1, of, until: '2026-11-25', step: 1 });
  });

  it('is worked on chunk by chunk, until its lane has closed it', () => {
    days.given(closed('2026-11-25'));
    for (const step of [1, 2]) {
      expect(days.when(timer(step), standing())).toMatchObject({
        rows: [rowOf('2026-11-25')],
        timers: goesOn(step + 1),
      });
    }
    expect(days.when(timer(3), standing({ closedOn: '2026-11-25' }))).toEqual({
      ignored: 'repeat',
    });
  });

  it('is asked for again without harm', () => {
    days.given(closed('2026-11-25')).given(closed('2026-11-25'));
    const after = standing({ closedOn: '2026-11-25' });
    expect(days.when(timer(1), after)).toEqual({ ignored: 'stale-timer' });
    expect(days.when(timer(2), after)).toEqual({ ignored: 'repeat' });
  });
});

describe('days that were missed', () => {
  it('are closed in order, each before the next is begun', () => {
    days.given(closed('2026-11-25'));
    const rows = ['2026-11-22', '2026-11-23', '2026-11-24'].map(
      (closedOn, index) => days.when(timer(index + 1), standing({ closedOn })).rows,
    );
    expect(rows).toEqual([[rowOf('2026-11-23')], [rowOf('2026-11-24')], [rowOf('2026-11-25')]]);
  });

  it('are not forgotten for an earlier one that is told later', () => {
    days.given(closed('2026-11-25')).given(closed('2026-11-23'));
    expect(days.state().until).toBe('2026-11-25');
  });

  it('begin, in a lane that has closed none, with the first of its lender', () => {
    const first = { closedOn: null, beginsOn: '2026-11-20' };
    days.given(closed('2026-11-25'));
    expect(days.when(timer(1), standing(first)).rows).toEqual([rowOf('2026-11-20')]);
  });

  it.each([null, '2026-11-27'])(
    'are none where nothing is there before the day: %s',
    (beginsOn) => {
      days.given(closed('2026-11-25'));
      const nothing = standing({ closedOn: null, beginsOn });
      expect(days.when(timer(1), nothing).rows).toEqual([rowOf('2026-11-25')]);
    },
  );

  it('of a loan that was booked late are not waited for by a day that is closed', () => {
    days.given(closed('2026-11-25'));
    const late = { closedOn: '2026-11-25', beginsOn: '2026-11-01' };
    expect(days.when(timer(1), standing(late))).toEqual({ ignored: 'repeat' });
  });
});

describe('what asks for nothing that can be done', () => {
  it.each(['2026-11-27', '2027-11-25', '2026-02-30'])('the day %s is refused', (date) => {
    expect(() => days.when(closed(date))).toThrow(`${date} is no day, or has not begun`);
  });

  it('the day that has begun can be closed: what comes after it is posted as a difference', () => {
    expect(days.when(closed('2026-11-26'))).toMatchObject({ timers: goesOn(1) });
  });

  it.each([null, '2026-01-05'])(
    'a slip in the year of the first day is refused, where all began on %s',
    (since) => {
      expect(() => days.when(closed('2025-11-25'), { since })).toThrow('2025-11-25 is long ago');
      expect(days.when(closed('2026-10-26'), { since })).toMatchObject({ timers: goesOn(1) });
    },
  );

  it('but not where a loan is as old, settled or not', () => {
    const since = { since: '2025-11-25' };
    expect(days.when(closed('2025-11-25'), since)).toMatchObject({ timers: goesOn(1) });
  });

  it.each(['boc-zj/2026-11-25/2', 'exim-zj/2026-11-24/2', 'exim-zj/2026-11-25/3'])(
    'a key that says otherwise than the value: %s',
    (key) => {
      expect(() => days.when(closed('2026-11-25', key))).toThrow('differ');
    },
  );

  it.each([
    ['of another name', timer(1, 'offer')],
    ['of an earlier step', timer(0)],
    ['of a later step', timer(2)],
    ['that says nothing', { ...timer(1), data: { ...timer(1).data, detail: 'null' } }],
  ])('a timer %s', (_, due) => {
    days.given(closed('2026-11-25'));
    expect(days.when(due, standing())).toEqual({ ignored: 'stale-timer' });
  });

  it('a timer of a lane that was never told of a day', () => {
    expect(initialDaysState.step).toBe(0);
    expect(days.when(timer(0), standing())).toEqual({ ignored: 'idle' });
  });
});
