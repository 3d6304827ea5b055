// Closes the days of a lane, in order: chunk after chunk of its loans, then the lane itself.
import {
  addDays,
  businessDateOf,
  daysBetween,
  isBusinessDate,
  type BusinessDate,
} from '@saidao/values';
import type { Decision, DecideInput, Incoming, LineState } from '@saidao/worker';

export interface DaysState extends LineState {
  /** The lender and the lane whose days these are; undefined before the first. */
  readonly of: DaysOf | undefined;
  /** The last day that is asked to be closed. */
  readonly until: BusinessDate | null;
  /** Counts the timers: of two that are on their way only the later one goes on. */
  readonly step: number;
}

export interface DaysOf {
  readonly lenderId: string;
  readonly lane: number;
}

export const initialDaysState: DaysState = { revision: 1, of: undefined, until: null, step: 0 };

/** Of a timer where its lane stands, undefined where it asks nothing; of a day, since when. */
export type DaysGathered = LaneStanding | LenderSince | undefined;

export interface LenderSince {
  /** The first day that the lender closed, or on which a loan of it was booked; null: neither. */
  readonly since: BusinessDate | null;
}

export interface LaneStanding {
  /** The last day that the lane has closed; null: none yet. */
  readonly closedOn: BusinessDate | null;
  /** The first day that any lane of the lender has to close; null: there is nothing to close. */
  readonly beginsOn: BusinessDate | null;
}

/** Work on one day of one lane, in the turn that decides it: its last loans close the lane too. */
export type DaysRow = DaysOf & {
  readonly date: BusinessDate;
  readonly nowMs: number;
};

export const STEP = 'days';

/** The pseudo application under whose row a lane's days are kept and ordered. */
export function daysId({ lenderId, lane }: DaysOf): string {
  return `days/${lenderId}/${lane}`;
}

/** The key of the record that tells a lane of a day; the record is sent to that partition. */
export function daysKey({ lenderId, lane }: DaysOf, date: BusinessDate): string {
  return `${lenderId}/${date}/${lane}`;
}

export function decideDays({
  event,
  state,
  gathered,
  nowMs,
}: DecideInput<'BusinessDayClosed' | 'TimerDue', DaysState, DaysGathered>): Decision<
  never,
  DaysState,
  DaysRow
> {
  if (event.type === 'BusinessDayClosed') return askedFor(event, state, gathered, nowMs);
  const { step } = (JSON.parse(event.data.detail) ?? {}) as { readonly step?: unknown };
  if (event.data.name !== STEP || step !== state.step) return { ignored: 'stale-timer' };
  const { of, until } = state;
  if (of === undefined || until === null) return { ignored: 'idle' };
  if (gathered === undefined || 'since' in gathered) return { ignored: 'idle' };
  const date = nextDay(gathered, until);
  if (date === null) return { ignored: 'repeat' };
  // What of the day is left is seen when it is looked at again.
  return { ...goOn(state, nowMs), rows: [{ ...of, date, nowMs }] };
}

/** A day that is closed already is asked for again without harm: nothing is left to be done. */
function askedFor(
  { data, key }: Incoming<'BusinessDayClosed'>,
  state: DaysState,
  gathered: DaysGathered,
  nowMs: number,
): Decision<never, DaysState, DaysRow> {
  const { businessDate: date } = data;
  const of = { lenderId: data.lenderId, lane: data.partition };
  if (key !== daysKey(of, date)) {
    throw coded('SAIDAO_ENVELOPE', 'The key and the value’s lender, day and partition differ.');
  }
  // What is booked stays booked: a slip in the year would cost interest that nobody owes.
  if (!isBusinessDate(date) || date > businessDateOf(nowMs)) {
    throw coded('SAIDAO_LEDGER_DAY', `${date} is no day, or has not begun: it cannot be closed.`);
  }
  if (gathered !== undefined && 'since' in gathered && isBeforeAll(date, gathered, nowMs)) {
    throw coded(
      'SAIDAO_LEDGER_DAY',
      `${date} is long ago, and no loan is as old: look at its year.`,
    );
  }
  const until = state.until === null || state.until < date ? date : state.until;
  return goOn({ ...state, of, until }, nowMs);
}

/** Our policy: the days of a lender whose first loan is still to come begin no longer ago. */
export const FIRST_DAY_AGO_MAX = 31;

/**
 * Whether a day lies before anything that could be closed on it, and so long ago that its year will
 * be a slip: every day from it on would be closed for nothing.
 */
export function isBeforeAll(date: BusinessDate, { since }: LenderSince, nowMs: number): boolean {
  if (since !== null && date >= since) return false;
  return daysBetween(date, businessDateOf(nowMs)) > FIRST_DAY_AGO_MAX;
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function goOn(
  state: DaysState,
  nowMs: number,
): Pick<Decision<never, DaysState, DaysRow>, 'state' | 'timers'> {
  const step = state.step + 1;
  return {
    state: { ...state, step },
    timers: [{ name: STEP, dueAtMs: nowMs, detail: { step } }],
  };
}

/**
 * The first day that is not closed: days are caught up in order, so that the books of a lane that
 * missed some are those of one that did not. All lanes of a lender begin with the same day, as it
 * is signed when all have closed it. Null: all that was asked for is closed.
 */
function nextDay({ closedOn, beginsOn }: LaneStanding, until: BusinessDate): BusinessDate | null {
  if (closedOn === null) return beginsOn === null || beginsOn > until ? until : beginsOn;
  return closedOn >= until ? null : addDays(closedOn, 1);
}
