// Any order of events of several applications: no patent has two holders, nobody waits for nothing.
import type { Outgoing } from '@saidao/worker';
import { event } from '@saidao/testkit';
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import {
  answered,
  authorised,
  lenderId,
  patentA,
  patentB,
  patentC,
  says,
  silent,
  timerDue,
  verified,
} from './applications.fixture.ts';
import type { Reply } from './asking.ts';
import type { RegisterSays } from './patents/grounds.ts';
import {
  decidePledge,
  initialPledgeState,
  patentsAskedBy,
  pledgeLocks,
  pledgeStateAt,
  toBeAsked,
  type OfficeGathered,
  type OfficeSays,
  type PatentHolder,
  type PledgeGathered,
  type PledgeState,
} from './pledge.decide.ts';

type Event = Parameters<typeof pledgeLocks>[0];
const decide = decidePledge({ registrationMsMax: 20_000 });
const applications = ['application-1', 'application-2', 'application-3'];

interface Held {
  state: PledgeState;
  timer: { readonly wake: number; readonly revision: number } | undefined;
}

/** Three applications on one set of shared rows, and the table that `record` would write. */
class World {
  nowMs = 0;
  readonly shared = new Map<string, PatentHolder | null>();
  readonly live = new Map<string, string>();
  readonly held = new Map<string, Held>(
    applications.map((id) => [id, { state: initialPledgeState, timer: undefined }]),
  );

  take(applicationId: string, given: Event, gathered: PledgeGathered): void {
    const held = this.held.get(applicationId)!;
    const revision = (given.data as { revision: number }).revision;
    if (revision < held.state.revision) return;
    const state = revision > held.state.revision ? pledgeStateAt(held.state, revision) : held.state;
    const rows = pledgeLocks(given, state);
    const decision = decide({
      event: given,
      state,
      gathered,
      held: Object.fromEntries(rows.map((row) => [row, this.shared.get(row)])),
      applicationId,
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
    const wake = (decision.timers?.[0]?.detail as { wake: number } | undefined)?.wake;
    if (wake !== undefined) held.timer = { wake, revision: held.state.revision };
    this.judge(applicationId, decision.events ?? []);
  }

  judge(
    applicationId: string,
    events: readonly Outgoing<
      'PledgeRegistered' | 'PledgeLocked' | 'PledgeRefused' | 'PledgeReleased'
    >[],
  ): void {
    for (const { type, data } of events) {
      if (type === 'PledgeRegistered' || type === 'PledgeLocked') {
        for (const number of data.patents) expect(this.live.get(number)).toBe(applicationId);
      }
      if (type === 'PledgeReleased') {
        expect(data.patents.length).toBeGreaterThan(0);
      }
    }
    for (const [id, { state, timer }] of this.held) {
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
      : says(number, world.nowMs, { pledged: mood.register === 'pledged' });
  const timer = given.type === 'TimerDue';
  const asked =
    timer && (state.task?.kind === 'lock' || state.task?.kind === 'secure')
      ? toBeAsked(state.task.patents, world.nowMs).map(({ number }) => number)
      : patentsAskedBy(given);
  const standing = state.registration?.filing.patents ?? [];
  return {
    patents: new Map([...asked, ...standing].map((number) => [number, replyOf(number)])),
    registerAnsweredAtMs: world.nowMs - 1,
    office: timer ? officeAnswer(state, mood.office) : null,
  };
}

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
  readonly register: 'clear' | 'pledged' | 'silent';
  readonly office: 'silent' | 'pending' | 'registered' | 'refused';
}
type Kind =
  | 'verified'
  | 'amended'
  | 'no-pledge'
  | 'authorised'
  | 'timer'
  | 'LoanDeclined'
  | 'OfferExpired'
  | 'ApprovalUndone'
  | 'ApplicationClosed';

const step = fc.record({
  applicationId: fc.constantFrom(...applications),
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Kind>('timer') },
    { weight: 3, arbitrary: fc.constantFrom<Kind>('verified', 'amended', 'authorised') },
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
  newer: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
  patents: fc.subarray([patentA, patentB, patentC]),
  mood: fc.record<Mood>({
    register: fc.constantFrom('clear', 'clear', 'clear', 'pledged', 'silent'),
    office: fc.constantFrom('silent', 'pending', 'registered', 'registered', 'refused'),
  }),
  passesMs: fc.constantFrom<number>(1, 500, 3_000, 20_000),
  authorisationId: fc.constantFrom<string>('authorisation-1', 'authorisation-2'),
});

function eventOf(
  given: typeof step extends fc.Arbitrary<infer S> ? S : never,
  world: World,
): Event {
  const { applicationId, kind, patents } = given;
  const { state, timer } = world.held.get(applicationId)!;
  const revision = Math.max(1, state.revision) + (given.newer || kind === 'amended' ? 1 : 0);
  const of = { applicationId, lenderId, revision };
  switch (kind) {
    case 'verified':
    case 'amended':
      return event('PatentsVerified', { ...verified({}, patents), ...of });
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
    case 'LoanDeclined':
      return event('LoanDeclined', { ...of, basis: {} as never, reasons: [], decidedBy: [] });
    case 'OfferExpired':
      return event('OfferExpired', { ...of, approvalId: 'approval-1' });
    case 'ApprovalUndone':
      return event('ApprovalUndone', { ...of, approvalId: 'approval-1', cause: 'x' });
    case 'ApplicationClosed':
      return event('ApplicationClosed', { ...of, cause: 'WITHDRAWN' });
  }
}

test.prop([fc.array(step, { minLength: 1, maxLength: 40 })], { numRuns: 500 })(
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

test.prop([fc.array(step, { minLength: 1, maxLength: 30 })], { numRuns: 300 })(
  'all is free in the end, when every application has ended and the world answers',
  (steps) => {
    const world = new World();
    const mood: Mood = { register: 'clear', office: 'registered' };
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
