// Any order of events of several applications: no patent has two holders, nobody waits for nothing.
import type { Outgoing } from '@saidao/worker';
import { blankExpired, blankUndone, event, blankBooked } from '@saidao/testkit';
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import {
  answered,
  authorised,
  businessDate,
  lenderId,
  patentA,
  patentB,
  patentC,
  says,
  silent,
  timerDue,
  verified,
  yuan,
} from './applications.fixture.ts';
import type { Reply } from '@saidao/worker/asking';
import type { AnnuitySays, RegisterSays } from './facts.ts';
import { feesSay } from './pledge/answers.fixture.ts';
import {
  initialPledgeState,
  pledgeStateAt,
  type OfficeGathered,
  type OfficeSays,
  type PatentHolder,
  type PledgeGathered,
  type PledgeOut,
  type PledgeState,
} from './pledge/state.ts';
import { watchedBy } from './pledge/watch.ts';
import { decidePledge, patentsAskedBy, pledgeLocks, toBeAsked } from './pledge.decide.ts';

type Event = Parameters<typeof pledgeLocks>[0];
const decide = decidePledge({
  registrationMsMax: 60_000,
  officeHolidays: new Set(),
  pledgeConfirmedMs: 15_000,
  collateralWatchMs: 30_000,
});
const applications = ['application-1', 'application-2', 'application-3'];

interface Timer {
  readonly wake: number;
  readonly revision: number;
}

interface Held {
  state: PledgeState;
  timer: Timer | undefined;
  look: Timer | undefined;
  /** The revision that has ended, unless it was authorised all the same. */
  ended: number | null;
}

/** Three applications on one set of shared rows, and the table that `record` would write. */
class World {
  nowMs = 0;
  readonly shared = new Map<string, PatentHolder | null>();
  readonly live = new Map<string, string>();
  readonly held = new Map<string, Held>(
    applications.map((id) => [
      id,
      { state: initialPledgeState, timer: undefined, look: undefined, ended: null },
    ]),
  );

  take(applicationId: string, given: Event, gathered: PledgeGathered): void {
    const held = this.held.get(applicationId)!;
    const revision = (given.data as { revision: number }).revision;
    const isOfMoney = given.type === 'LoanBooked' || given.type === 'LoanRepaid';
    if (revision < held.state.revision && !isOfMoney) return;
    const isNewer = revision > held.state.revision && !isOfMoney;
    const state = isNewer ? pledgeStateAt(held.state, revision) : held.state;
    const rows = pledgeLocks(given, state);
    const decision = decide({
      event: given,
      state,
      gathered,
      held: Object.fromEntries(rows.map((row) => [row, this.shared.get(row)])),
      applicationId,
      lane: 0,
      nowMs: this.nowMs,
    });
    for (const [row, holder] of Object.entries(decision.held ?? {})) {
      expect(rows).toContain(row);
      this.shared.set(row, holder as PatentHolder | null);
    }
    for (const row of decision.rows ?? []) {
      if (row.kind === 'freed') {
        expect(this.live.get(row.number)).toBe(applicationId);
        this.live.delete(row.number);
      } else {
        expect(this.live.get(row.number) ?? applicationId).toBe(applicationId);
        this.live.set(row.number, applicationId);
      }
    }
    held.state = decision.state ?? state;
    if (isEnding(given)) held.ended = held.state.revision;
    if (given.type === 'DisbursementAuthorised' || isNewer) held.ended = null;
    if (isLook(given) && decision.ignored === undefined && allAnswered(gathered)) {
      // Whoever waits for a confirmation gets it, or is told that there will be none.
      const untilMs = held.state.registration?.confirmedUntilMs ?? null;
      if (untilMs !== null) expect(untilMs).toBeGreaterThanOrEqual(this.nowMs);
    }
    for (const { detail, dueAtMs } of decision.timers ?? []) {
      expect(dueAtMs).toBeGreaterThanOrEqual(this.nowMs);
      const { wake, watch } = detail as { wake?: number; watch?: number };
      const { revision } = held.state;
      if (wake !== undefined) held.timer = { wake, revision };
      if (watch !== undefined) held.look = { wake: watch, revision };
    }
    this.judge(applicationId, decision.events ?? []);
  }

  judge(applicationId: string, events: readonly Outgoing<PledgeOut>[]): void {
    const { state, ended } = this.held.get(applicationId)!;
    for (const { type, data } of events) {
      switch (type) {
        case 'PledgeConfirmed':
          expect(data.validUntil).toBeGreaterThan(BigInt(this.nowMs));
          expect(state.registration?.registrationNumber).toBe(data.registrationNumber);
          for (const number of data.patents) expect(this.live.get(number)).toBe(applicationId);
          break;
        case 'PledgeRegistered':
        case 'PledgeLocked':
          expect(ended).not.toBe(state.revision);
          expect(data.evidence.length).toBeGreaterThan(0);
          for (const number of data.patents) expect(this.live.get(number)).toBe(applicationId);
          break;
        case 'PledgeReleased':
          expect(data.patents.length).toBeGreaterThan(0);
          break;
        case 'CollateralChanged':
          expect(data.changes.length).toBeGreaterThan(0);
          for (const { number, evidence } of data.changes) {
            expect(state.kept).toContain(number);
            expect(evidence.length).toBeGreaterThan(0);
          }
          break;
        case 'PledgeRefused':
          break;
      }
    }
    for (const [id, { state, timer, look }] of this.held) {
      const rows = [...this.shared].filter(([, holder]) => holder?.applicationId === id);
      expect(rows.map(([row]) => row).sort()).toEqual(
        state.kept.map((number) => `patent/${number}`).sort(),
      );
      const live = [...this.live].filter(([, holder]) => holder === id);
      expect(live.map(([number]) => number).sort()).toEqual([...state.kept].sort());
      // Whoever has something to do has a timer that is not stale and not of an older revision.
      if (state.task !== null || state.withdrawal !== null) {
        expect(timer).toEqual({ wake: state.wake, revision: state.revision });
      }
      // Whatever is kept is watched, by one timer, and only of that something is told.
      if (state.kept.length > 0) {
        expect(look).toEqual({ wake: state.watch.wake, revision: state.revision });
      }
      for (const { number } of state.watch.adverse) expect(state.kept).toContain(number);
      // What may stand at the office is of patents that are still kept.
      for (const standing of [state.registration, state.withdrawal?.registration]) {
        for (const number of standing?.filing.patents ?? []) expect(state.kept).toContain(number);
      }
    }
  }
}

/** What `gather` would bring: `mood` is how the world behaves at this moment. */
function gather(world: World, given: Event, state: PledgeState, mood: Mood): PledgeGathered {
  const replyOf = (number: string): Reply<RegisterSays> =>
    mood.register === 'silent'
      ? silent(world.nowMs)
      : says(number, world.nowMs, {
          pledged: mood.register === 'pledged',
          bars: mood.register === 'unsaid' ? null : [],
        });
  const feesOf = (number: string): Reply<AnnuitySays> => {
    if (mood.fees === 'silent') return silent(world.nowMs, 'annuity');
    if (mood.fees === 'unsaid') return answered({ known: false }, world.nowMs, 'annuity');
    return feesSay(world.nowMs, mood.fees === 'unpaid' && number === patentA ? 5 : 20);
  };
  const looks = isLook(given);
  const wakes = given.type === 'TimerDue' && !looks;
  const standing = state.registration?.filing.patents ?? [];
  const task =
    state.task?.kind === 'lock' || state.task?.kind === 'secure' ? state.task.patents : [];
  const wanted = toBeAsked(task, world.nowMs);
  const numbersOf = (asked: readonly { readonly number: string }[]) =>
    looks
      ? watchedBy(state)
      : [...(wakes ? asked.map(({ number }) => number) : patentsAskedBy(given)), ...standing];
  const answeredAtMs = world.nowMs - 1;
  return {
    register: {
      replies: new Map(numbersOf(wanted.register).map((number) => [number, replyOf(number)])),
      answeredAtMs,
    },
    annuity: {
      replies: new Map(numbersOf(wanted.annuity).map((number) => [number, feesOf(number)])),
      answeredAtMs,
    },
    office: wakes ? officeAnswer(state, mood.office) : null,
  };
}

const allAnswered = ({ register, annuity }: PledgeGathered): boolean =>
  [...register.replies.values(), ...annuity.replies.values()].every(
    ({ kind }) => kind === 'answered',
  );

const isEnding = ({ type }: Event): boolean =>
  ['LoanDeclined', 'OfferExpired', 'ApprovalUndone', 'ApplicationClosed'].includes(type);

const isLook = (given: Event): boolean =>
  given.type === 'TimerDue' && given.data.detail.includes('watch');

function officeAnswer(state: PledgeState, mood: Mood['office']): OfficeGathered | null {
  const { withdrawal, registration } = state;
  if (mood === 'silent') return null;
  if (withdrawal !== null) {
    const { authorisationId } = withdrawal.registration.filing;
    return { step: 'withdraw', authorisationId, reply: answered('withdrawn', 0, 'pledge-office') };
  }
  if (registration === null) return null;
  const { authorisationId } = registration.filing;
  const registrationId = `of ${authorisationId}`;
  const value: Record<'pending' | 'registered' | 'refused', OfficeSays> = {
    pending: { status: 'pending', registrationId },
    registered: {
      status: 'registered',
      registrationId,
      registrationNumber: 'Y1',
      registeredAtMs: 0,
    },
    refused: { status: 'refused', cause: 'PL12 no' },
  };
  return { step: 'register', authorisationId, reply: answered(value[mood], 0, 'pledge-office') };
}

interface Mood {
  readonly register: 'clear' | 'pledged' | 'unsaid' | 'silent';
  readonly fees: 'paid' | 'unpaid' | 'unsaid' | 'silent';
  readonly office: 'silent' | 'pending' | 'registered' | 'refused';
}
type Kind =
  | 'verified'
  | 'again'
  | 'amended'
  | 'no-pledge'
  | 'authorised'
  | 'booked'
  | 'repaid'
  | 'timer'
  | 'look'
  | 'LoanDeclined'
  | 'OfferExpired'
  | 'ApprovalUndone'
  | 'ApplicationClosed';

const step = fc.record({
  applicationId: fc.constantFrom(...applications),
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Kind>('timer') },
    { weight: 4, arbitrary: fc.constantFrom<Kind>('look', 'look', 'booked', 'repaid') },
    { weight: 3, arbitrary: fc.constantFrom<Kind>('verified', 'again', 'amended', 'authorised') },
    {
      weight: 3,
      arbitrary: fc.constantFrom<Kind>(
        'no-pledge',
        'LoanDeclined',
        'OfferExpired',
        'ApprovalUndone',
        'ApplicationClosed',
      ),
    },
  ),
  /** The first event of a newer revision, whichever it is. */
  newer: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
  patents: fc.subarray([patentA, patentB, patentC]),
  mood: fc.record<Mood>({
    register: fc.constantFrom('clear', 'clear', 'clear', 'pledged', 'unsaid', 'silent'),
    fees: fc.constantFrom('paid', 'paid', 'paid', 'unpaid', 'unsaid', 'silent'),
    office: fc.constantFrom('silent', 'pending', 'registered', 'registered', 'refused'),
  }),
  passesMs: fc.constantFrom<number>(1, 500, 3_000, 20_000),
  authorisationId: fc.constantFrom<string>('authorisation-1', 'authorisation-2'),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const kindly: Mood = { register: 'clear', fees: 'paid', office: 'registered' };

/** As it mostly goes: some of it, none, or all up to the pledge that stands. */
const begins = fc.tuple(fc.constantFrom(...applications), fc.nat(3)).map(([id, length]) =>
  (['verified', 'authorised', 'timer'] as const).slice(0, length).map((kind): Step => ({
    applicationId: id,
    kind,
    newer: false,
    patents: [patentA, patentB],
    mood: kindly,
    passesMs: 500,
    authorisationId: 'authorisation-1',
  })),
);
const stepsOf = (maxLength: number) =>
  fc
    .tuple(begins, fc.array(step, { minLength: 1, maxLength }))
    .map(([first, then]) => [...first, ...then]);

const loan = {
  principal: yuan('100000000'),
  ratePpm: 30_000,
  termMonths: 24,
  repayment: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
  bookedOn: businessDate,
  maturesOn: '2028-11-20',
};
const approvalId = 'approval-1';

function eventOf(given: Step, world: World): Event {
  const { applicationId, kind, patents } = given;
  const { state, timer, look } = world.held.get(applicationId)!;
  const revision = Math.max(1, state.revision) + (given.newer || kind === 'amended' ? 1 : 0);
  const of = { applicationId, lenderId, revision };
  switch (kind) {
    case 'verified':
    case 'amended':
      return event('PatentsVerified', { ...verified({}, patents), ...of });
    case 'again':
      return event('PatentsVerified', { ...verified({ round: 2 }, patents), ...of });
    case 'no-pledge':
      return event('PatentsVerified', { ...verified({ pledgeRequested: false }), ...of });
    case 'authorised': {
      const { authorisationId } = given;
      const data = authorised({ ...of, authorisationId }, { pledgedPatents: patents });
      return event('DisbursementAuthorised', data);
    }
    case 'timer': {
      const due = timerDue({ wake: timer?.wake ?? 0 }, timer?.revision ?? revision);
      return event('TimerDue', { ...due, applicationId }, { lenderId });
    }
    case 'look': {
      const due = timerDue({ watch: look?.wake ?? 0 }, look?.revision ?? revision);
      return event('TimerDue', { ...due, applicationId }, { lenderId });
    }
    case 'booked': {
      const { authorisationId } = given;
      const loanId = `${applicationId}-L1`;
      return event('LoanBooked', { ...of, ...loan, ...blankBooked, loanId, authorisationId });
    }
    case 'repaid': {
      const { authorisationId } = given;
      const loanId = `${applicationId}-L1`;
      return event('LoanRepaid', { ...of, loanId, authorisationId, repaidOn: '2028-11-20' });
    }
    case 'LoanDeclined':
      return event('LoanDeclined', {
        ...of,
        basis: {} as never,
        reasons: [],
        decidedBy: [],
        about: null,
        override: null,
      });
    case 'OfferExpired':
      return event('OfferExpired', { ...of, approvalId, ...blankExpired });
    case 'ApprovalUndone':
      return event('ApprovalUndone', { ...of, approvalId, cause: 'x', ...blankUndone });
    case 'ApplicationClosed':
      return event('ApplicationClosed', { ...of, cause: 'WITHDRAWN', about: null });
  }
}

test.prop([stepsOf(40)], { numRuns: 500 })(
  'no patent has two holders, and whoever waits has a timer',
  (steps) => {
    const world = new World();
    for (const given of steps) {
      world.nowMs += given.passesMs;
      const { state } = world.held.get(given.applicationId)!;
      const next = eventOf(given, world);
      world.take(given.applicationId, next, gather(world, next, state, given.mood));
    }
  },
);

test.prop([stepsOf(30)], { numRuns: 300 })(
  'all is free in the end, when every application has ended and the world answers',
  (steps) => {
    const world = new World();
    const mood = kindly;
    for (const given of steps) {
      world.nowMs += given.passesMs;
      const { state } = world.held.get(given.applicationId)!;
      const next = eventOf(given, world);
      world.take(given.applicationId, next, gather(world, next, state, given.mood));
    }
    for (const applicationId of applications) {
      const kinds: Kind[] = ['ApplicationClosed', 'timer', 'timer', 'timer'];
      for (const kind of kinds) {
        world.nowMs += 60_000;
        const { state } = world.held.get(applicationId)!;
        const rest = { newer: false, patents: [], passesMs: 0, authorisationId: '' };
        const given = { applicationId, kind, mood, ...rest };
        const next = eventOf(given, world);
        world.take(applicationId, next, gather(world, next, state, mood));
      }
    }
    expect([...world.live]).toEqual([]);
    for (const { state } of world.held.values()) {
      expect(state).toMatchObject({ kept: [], task: null, registration: null, withdrawal: null });
    }
  },
);
