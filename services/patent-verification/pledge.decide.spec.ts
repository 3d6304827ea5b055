// The pledge line's decision: one live pledge for a patent, kept, registered and let go.
import type { Evidence } from '@saidao/schemas';
import {
  blankExpired,
  blankPatentFinding,
  blankUndone,
  event,
  scenario,
  blankBooked,
} from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import {
  answered,
  applicationId,
  authorised,
  businessDate,
  entryOf,
  identity,
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
import type { AnnuitySays, RegisterEntry, RegisterSays } from './facts.ts';
import {
  clear,
  DAY_MS,
  feesSay,
  HOUR_MS,
  nothing,
  officeSays,
  officeSilent,
  pending,
  policy,
  registered,
  registerSays,
  withdrawn,
} from './pledge/answers.fixture.ts';
import type { OfficeSays, PatentHolder, PledgeGathered, PledgeState } from './pledge/state.ts';
import { pollAfterMs } from './pledge.decide.ts';
import { pledgeLine } from './pledge.worker.ts';

const notConfigured = { kind: 'not-configured', provider: 'pledge-office' } as const;
const unasked = {
  ask: async () => notConfigured,
  control: async () => undefined,
  answeredAtMs: () => null,
};
const line = pledgeLine({
  register: unasked,
  annuity: unasked,
  office: {
    file: async () => notConfigured,
    registration: async () => notConfigured,
    withdraw: async () => notConfigured,
  },
  policy,
  gatherMsMax: 1_000,
});

/** After so long a confirmation is renewed. */
const RENEWED_MS = (DAY_MS / 10) * 9;

const stranger: PatentHolder = { applicationId: 'another', lenderId: 'boc-zj', revision: 1 };
const ours = (revision = 1): PatentHolder => ({ applicationId, lenderId, revision });
const rowOf = (number: string) => `patent/${number}`;

const open = (held: Record<string, unknown> = {}) => scenario(line, { applicationId, held });
type Spec = ReturnType<typeof open>;

const findings = (usable?: string[], revision = 1) =>
  event('PatentsVerified', verified({ revision }, usable));
const noPledge = (revision = 1) =>
  event('PatentsVerified', verified({ revision, pledgeRequested: false, productId: 'TALENT' }));
const authorisation = (change = {}, terms = {}) =>
  event('DisbursementAuthorised', authorised(change, terms));
const due = (spec: Spec) =>
  event('TimerDue', timerDue({ wake: spec.state().wake }, spec.state().revision), { lenderId });
const look = (spec: Spec, revision = spec.state().revision) =>
  event('TimerDue', timerDue({ watch: spec.state().watch.wake }, revision), { lenderId });
const booked = event('LoanBooked', {
  ...identity,
  loanId: `${applicationId}-L1`,
  authorisationId: 'authorisation-1',
  principal: yuan('100000000'),
  ratePpm: 30_000,
  termMonths: 24,
  repayment: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
  bookedOn: businessDate,
  maturesOn: '2028-11-20',
  ...blankBooked,
});
const approvalId = 'approval-1';
const expired = event('OfferExpired', { ...identity, approvalId, ...blankExpired });
const undone = event('ApprovalUndone', { ...identity, approvalId, cause: 'x', ...blankUndone });
const declined = event('LoanDeclined', {
  ...identity,
  basis: {} as never,
  reasons: [],
  decidedBy: [],
  about: null,
  override: null,
});
const closed = event('ApplicationClosed', { ...identity, cause: 'WITHDRAWN', about: null });

const typesOf = (decision: { events?: readonly { type: string }[] }) =>
  decision.events?.map(({ type }) => type);
interface Timed {
  readonly timers?: readonly { readonly name: string; readonly dueAtMs: number }[];
}
interface Proven {
  readonly evidence: readonly Evidence[];
}
/** Of the event of this type. */
const evidenceIn = (
  { events = [] }: { readonly events?: readonly { type: string; data: object }[] },
  type: string,
) => events.flatMap((one) => (one.type === type ? (one.data as Proven).evidence : []));
const timeOf = (decision: Timed, name: string) =>
  decision.timers?.find((timer) => timer.name === name)?.dueAtMs;
/** Whose answers an event stands on, each with the instant of the answer. */
const looksIn = (evidence: readonly Evidence[] | undefined) =>
  evidence?.map(({ provider, answeredAt }) => `${provider} ${answeredAt}`);
const atRegister = (atMs: number) => `patent-register ${atMs}`;
const atFees = (atMs: number) => `annuity ${atMs}`;
const anyLooks = expect.any(Array);
const waitOf = (decision: Timed) => timeOf(decision, 'pledge-wake');
const nextLookOf = (decision: Timed) => timeOf(decision, 'collateral-watch');

/** Locked, authorised, and filed with the office, which has it pending. */
function filed(): Spec {
  const spec = open().given(findings(), clear()).given(authorisation(), clear());
  return spec.given(due(spec), officeSays(pending));
}

/** Registered and confirmed, at 0. */
function pledged(revision = 1): Spec {
  const spec = open().given(findings(undefined, revision), clear());
  spec.given(authorisation({ revision }), clear());
  return spec.given(due(spec), officeSays(registered));
}

describe('lock', () => {
  it('keeps what is free, names this application in the shared rows, and writes live pledges', () => {
    const decision = open().when(findings(), clear(0), { nowMs: 10 });
    expect(decision.events).toEqual([
      {
        type: 'PledgeLocked',
        data: { ...identity, patents: [patentA, patentB], refused: [], evidence: anyLooks },
      },
    ]);
    expect(decision.held).toEqual({ [rowOf(patentA)]: ours(), [rowOf(patentB)]: ours() });
    const row = { kind: 'kept', applicationId, lenderId, revision: 1, atMs: 10 };
    expect(decision.rows).toEqual([
      { ...row, number: patentA },
      { ...row, number: patentB },
    ]);
    expect(waitOf(decision)).toBeUndefined();
  });

  it('refuses what another application has, without saying whose it is', () => {
    const decision = open({ [rowOf(patentA)]: stranger }).when(findings(), clear());
    expect(decision.events?.[0]?.data).toEqual({
      ...identity,
      patents: [patentB],
      refused: [{ number: patentA, ground: 'PL09', reason: 'kept for another application' }],
      evidence: anyLooks,
    });
    expect(decision.held).toEqual({ [rowOf(patentB)]: ours() });
  });

  it('keeps a patent whose row says that nobody has it', () => {
    const decision = open({ [rowOf(patentA)]: null }).when(findings([patentA]), clear());
    expect(typesOf(decision)).toEqual(['PledgeLocked']);
  });

  it.each<[string, Partial<RegisterEntry>, string]>([
    ['pledged meanwhile', { pledged: true }, 'PL09'],
    ['sold meanwhile', { owners: [{ name: 'x', uscc: '91330106MA2J1002XH' }] }, 'PL01'],
    ['preserved meanwhile', { preserved: true }, 'PL05'],
    ['terminated meanwhile', { status: 'terminated-fee' }, 'PL02'],
  ])('refuses what was %s, as the register says when asked afresh', (_, fault, ground) => {
    const decision = open().when(findings(), clear(0, { [patentA]: fault }));
    expect(decision.events?.[0]?.data).toMatchObject({
      patents: [patentB],
      refused: [{ number: patentA, ground }],
    });
  });

  it('refuses the pledge when nothing could be kept, or nothing is usable', () => {
    const held = { [rowOf(patentA)]: stranger, [rowOf(patentB)]: stranger };
    expect(open(held).when(findings(), clear()).events).toEqual([
      {
        type: 'PledgeRefused',
        data: {
          ...identity,
          authorisationId: null,
          stage: 'LOCK',
          refused: [patentA, patentB].map((number) => ({
            number,
            ground: 'PL09',
            reason: 'kept for another application',
          })),
          evidence: anyLooks,
        },
      },
    ]);
    expect(open().when(findings([]), nothing).events).toEqual([
      {
        type: 'PledgeRefused',
        data: { ...identity, authorisationId: null, stage: 'LOCK', refused: [], evidence: [] },
      },
    ]);
  });

  it('does nothing for a product without a pledge', () => {
    const decision = open().when(noPledge(), nothing);
    expect(decision.ignored).toBe('no-pledge-requested');
    expect(decision.events).toEqual([]);
  });

  describe('while the register is silent', () => {
    const round = (atMs: number, others: number | null = null) =>
      registerSays({ [patentA]: says(patentA, atMs - 950), [patentB]: silent(atMs) }, others);

    it('keeps nothing, and asks again by timer', () => {
      const spec = open();
      const decision = spec.when(findings(), round(1_000), { nowMs: 1_000 });
      expect(decision.events).toEqual([]);
      expect(decision.held).toEqual({});
      expect(waitOf(decision)).toBeGreaterThanOrEqual(3_000);
      expect(waitOf(decision)).toBeLessThan(3_200);
      const later = spec.when(due(spec), registerSays({ [patentB]: says(patentB, 3_050) }), {
        nowMs: 3_060,
      });
      expect(later.events?.[0]?.data).toMatchObject({ patents: [patentA, patentB], refused: [] });
    });

    it('refuses as unknown what failed 3 times over 6 s while others are answered', () => {
      const spec = open().given(findings(), round(1_000), { nowMs: 1_000 });
      spec.given(due(spec), registerSays({ [patentB]: silent(4_000) }, 3_050), { nowMs: 4_000 });
      const decision = spec.when(due(spec), registerSays({ [patentB]: silent(7_000) }, 6_050), {
        nowMs: 7_000,
      });
      expect(decision.events?.[0]?.data).toMatchObject({
        patents: [patentA],
        refused: [{ number: patentB, ground: 'PL12', reason: expect.stringMatching(/^UNKNOWN: /) }],
      });
    });

    it('does not lock on an answer that has grown old', () => {
      const spec = open().given(findings(), round(1_000), { nowMs: 1_000 });
      const late = registerSays({ [patentB]: says(patentB, 20_000) }, 20_000);
      expect(spec.when(due(spec), late, { nowMs: 20_000 }).events).toEqual([]);
      expect(typesOf(spec.when(due(spec), clear(22_000), { nowMs: 22_000 }))).toEqual([
        'PledgeLocked',
      ]);
    });

    it('given answers that age in turn, keeps what is fresh and leaves the rest unknown', () => {
      const turns = (atMs: number, fresh: string, other: string) =>
        registerSays({ [fresh]: says(fresh, atMs), [other]: silent(atMs) }, atMs);
      const spec = open().given(findings(), round(1_000), { nowMs: 1_000 });
      spec.given(due(spec), turns(20_000, patentB, patentA), { nowMs: 20_000 });
      spec.given(due(spec), turns(40_000, patentA, patentB), { nowMs: 40_000 });
      const decision = spec.when(due(spec), turns(60_000, patentB, patentA), { nowMs: 60_000 });
      expect(decision.events?.[0]?.data).toMatchObject({
        patents: [patentB],
        refused: [{ number: patentA, ground: 'PL12', reason: expect.stringMatching(/^UNKNOWN: /) }],
      });
      expect(spec.state().task).toBeNull();
    });

    it('given a register that is away, waits for it however long it takes', () => {
      const spec = open().given(findings(), round(1_000), { nowMs: 1_000 });
      const away = registerSays({ [patentA]: silent(20_000), [patentB]: silent(20_000) }, 1_000);
      for (const nowMs of [20_000, 50_000, 80_000, 3_600_000]) {
        expect(spec.when(due(spec), away, { nowMs }).events).toEqual([]);
      }
      const back = clear(3_700_000);
      expect(typesOf(spec.when(due(spec), back, { nowMs: 3_700_000 }))).toEqual(['PledgeLocked']);
    });

    it('loses to another application that is quicker', () => {
      const spec = open().given(findings([patentB]), round(1_000), { nowMs: 1_000 });
      Object.assign(spec.held(), { [rowOf(patentB)]: stranger });
      expect(typesOf(spec.when(due(spec), clear(3_000), { nowMs: 3_000 }))).toEqual([
        'PledgeRefused',
      ]);
    });
  });

  it('does nothing on a stale timer', () => {
    const spec = open().given(findings(), clear());
    expect(spec.when(due(spec), clear()).ignored).toBe('stale-timer');
    spec.given(findings([patentC], 2), registerSays({ [patentC]: silent(1_000) }));
    const stale = event('TimerDue', timerDue({ wake: spec.state().wake - 1 }, 2), { lenderId });
    expect(spec.when(stale, clear()).ignored).toBe('stale-timer');
  });
});

describe('a new revision', () => {
  it('moves the locks: lets go what it no longer names, keeps the rest', () => {
    const spec = open().given(findings([patentA, patentB]), clear());
    const decision = spec.when(findings([patentB, patentC], 2), clear());
    expect(decision.events).toEqual([
      {
        type: 'PledgeReleased',
        data: { ...identity, revision: 2, patents: [patentA], cause: 'PatentsVerified' },
      },
      {
        type: 'PledgeLocked',
        data: {
          ...identity,
          revision: 2,
          patents: [patentB, patentC],
          refused: [],
          evidence: anyLooks,
        },
      },
    ]);
    expect(spec.held()).toEqual({
      [rowOf(patentA)]: null,
      [rowOf(patentB)]: ours(2),
      [rowOf(patentC)]: ours(2),
    });
  });

  it('holds the old locks until the register has answered about the new ones', () => {
    const spec = open().given(findings([patentA]), clear());
    const waiting = registerSays({ [patentC]: silent(1_000) });
    expect(spec.when(findings([patentC], 2), waiting, { nowMs: 1_000 }).events).toEqual([]);
    expect(spec.held()[rowOf(patentA)]).toEqual(ours());
    const decision = spec.when(due(spec), clear(3_000), { nowMs: 3_000 });
    expect(typesOf(decision)).toEqual(['PledgeReleased', 'PledgeLocked']);
  });

  it('lets all go when its product needs no pledge', () => {
    const spec = open().given(findings(), clear());
    const decision = spec.when(noPledge(2), nothing);
    expect(decision.events?.[0]?.data).toMatchObject({ patents: [patentA, patentB] });
    expect(spec.state().kept).toEqual([]);
  });

  it('takes a registration back first, even where the event that undid it comes later', () => {
    const spec = filed().given(findings([patentC], 2), nothing);
    expect(spec.state().withdrawal).toMatchObject({
      registration: { registrationId: 'registration-1' },
      freedBy: null,
    });
    // The register still says pledged: nothing is judged by that.
    const pledged = { ...clear(0, { [patentC]: { pledged: true } }), office: withdrawn().office };
    expect(spec.when(due(spec), pledged).events).toEqual([]);
    expect(spec.when(undone, nothing)).toMatchObject({ ignored: 'older-revision' });
    expect(typesOf(spec.when(due(spec), clear()))).toEqual(['PledgeReleased', 'PledgeLocked']);
    expect(spec.state().kept).toEqual([patentC]);
  });
});

describe('release', () => {
  it.each([
    ['OfferExpired', expired],
    ['ApprovalUndone', undone],
    ['ApplicationClosed', closed],
    ['LoanDeclined', declined],
  ])('lets all go on %s', (cause, ending) => {
    const spec = open().given(findings(), clear());
    const decision = spec.when(ending, nothing, { nowMs: 50 });
    expect(decision.events).toEqual([
      { type: 'PledgeReleased', data: { ...identity, patents: [patentA, patentB], cause } },
    ]);
    expect(decision.held).toEqual({ [rowOf(patentA)]: null, [rowOf(patentB)]: null });
    expect(decision.rows).toEqual(
      [patentA, patentB].map((number) => ({
        kind: 'freed',
        number,
        applicationId,
        cause,
        atMs: 50,
      })),
    );
  });

  it('has nothing to let go where nothing is kept', () => {
    expect(open().when(expired, nothing)).toMatchObject({ ignored: 'nothing-kept', events: [] });
  });

  it('stops a lock that still waits for the register', () => {
    const spec = open().given(findings(), registerSays({ [patentA]: silent(1_000) }));
    const timer = due(spec);
    spec.given(closed, nothing);
    expect(spec.when(timer, clear()).ignored).toBe('stale-timer');
  });

  it.each([
    ['closed', closed],
    ['declined', declined],
    ['expired', expired],
    ['undone', undone],
  ])('locks nothing on findings of a revision that was %s before, only of a newer', (_, ending) => {
    const spec = open().given(findings(), clear()).given(ending, nothing);
    const again = event('PatentsVerified', verified({ round: 2 }));
    for (const late of [findings(), again]) {
      expect(spec.when(late, clear())).toMatchObject({ ignored: 'application-ended', events: [] });
    }
    expect(spec.state().kept).toEqual([]);
    expect(typesOf(spec.when(findings(undefined, 2), clear()))).toEqual(['PledgeLocked']);
  });

  it('lets go what went bad while it was only kept', () => {
    const spec = open().given(findings(), clear());
    const sold = clear(DAY_MS, { [patentA]: { owners: [{ name: 'x', uscc: '' }] } });
    expect(typesOf(spec.when(look(spec), sold, { nowMs: DAY_MS }))).toEqual(['CollateralChanged']);
    const again = event('PatentsVerified', verified({ round: 2 }, [patentB]));
    expect(spec.when(again, clear(DAY_MS), { nowMs: DAY_MS }).events).toMatchObject([
      { type: 'PledgeReleased', data: { patents: [patentA] } },
      { type: 'PledgeLocked', data: { patents: [patentB] } },
    ]);
    spec.given(look(spec), clear(DAY_MS, { [patentB]: { preserved: true } }), { nowMs: DAY_MS });
    expect(spec.when(closed, nothing).events).toMatchObject([
      { type: 'PledgeReleased', data: { patents: [patentB], cause: 'ApplicationClosed' } },
    ]);
    expect(spec.held()).toEqual({ [rowOf(patentA)]: null, [rowOf(patentB)]: null });
    expect(spec.state().watch.adverse).toEqual([]);
  });

  it('takes a registration back before the patents are free for others', () => {
    const spec = filed();
    spec.given(due(spec), officeSays(registered));
    const decision = spec.when(undone, nothing, { nowMs: 100 });
    expect(decision.events).toEqual([]);
    expect(waitOf(decision)).toBe(100);
    expect(spec.held()[rowOf(patentA)]).toEqual(ours());

    const silentOffice = spec.when(due(spec), nothing, { nowMs: 200 });
    expect(silentOffice.events).toEqual([]);
    expect(waitOf(silentOffice)).toBeGreaterThanOrEqual(2_200);

    const done = spec.when(due(spec), withdrawn());
    expect(done.events).toEqual([
      {
        type: 'PledgeReleased',
        data: { ...identity, patents: [patentA, patentB], cause: 'ApprovalUndone' },
      },
    ]);
    expect(done.timers).toEqual([]);
    expect(spec.held()[rowOf(patentA)]).toBeNull();
  });

  it('takes back a filing whose answer was lost: it may stand at the office', () => {
    const spec = open().given(findings(), clear()).given(authorisation(), clear());
    spec.given(undone, nothing);
    expect(spec.state().withdrawal).toMatchObject({
      registration: { registrationId: null, filing: { authorisationId: 'authorisation-1' } },
      freedBy: 'ApprovalUndone',
    });
  });

  it('goes on with it under a newer revision, whichever event brings that', () => {
    const spec = filed().given(undone, nothing);
    const newer = authorisation({ revision: 2 }, { pledgeRequired: false });
    const decision = spec.when(newer, nothing, { nowMs: 100 });
    // Timers of the older revision never reach the line.
    expect(decision.timers).toContainEqual({
      name: 'pledge-wake',
      dueAtMs: 100,
      detail: { wake: spec.state().wake },
    });
    expect(typesOf(spec.when(due(spec), withdrawn()))).toEqual(['PledgeReleased']);
  });

  it('does not take another filing’s answer for this one', () => {
    const spec = filed().given(undone, nothing);
    expect(spec.when(due(spec), withdrawn('authorisation-0')).events).toEqual([]);
    expect(spec.when(due(spec), officeSays(registered)).events).toEqual([]);
  });
});

describe('registration', () => {
  it('asks the register afresh, then files by timer, so that nothing is filed without the lock', () => {
    const spec = open().given(findings(), clear());
    const decision = spec.when(authorisation(), clear(), { nowMs: 1_000 });
    expect(decision.events).toEqual([]);
    expect(waitOf(decision)).toBe(1_000);
    expect(spec.state()).toMatchObject({
      task: { kind: 'register', rounds: 0, deadlineAtMs: 61_000 },
      registration: {
        registrationId: null,
        filing: {
          authorisationId: 'authorisation-1',
          applicationId,
          lenderId,
          pledgor: { uscc: '91330100MA2H000142' },
          patents: [patentA, patentB],
          debtFen: 10_000_000_000n,
          contract: 'template/authorisation-1',
        },
      },
    } satisfies Partial<Record<keyof PledgeState, unknown>>);
  });

  it('asks the office until it has registered, and says so', () => {
    const spec = open().given(findings(), clear()).given(authorisation(), clear());
    expect(waitOf(spec.when(due(spec), officeSays(pending), { nowMs: 1_000 }))).toBe(1_300);
    expect(spec.state().registration?.registrationId).toBe('registration-1');
    expect(waitOf(spec.when(due(spec), officeSays(pending), { nowMs: 1_300 }))).toBe(1_800);
    const decision = spec.when(due(spec), officeSays(registered), { nowMs: 1_800 });
    expect(decision.events?.slice(0, 1)).toEqual([
      {
        type: 'PledgeRegistered',
        data: {
          ...identity,
          authorisationId: 'authorisation-1',
          patents: [patentA, patentB],
          registrationNumber: 'Y202633000001',
          registeredAt: 5_000n,
          contract: 'template/authorisation-1',
          evidence: anyLooks,
        },
      },
    ]);
    expect(decision.rows).toEqual(
      [patentA, patentB].map((number) => ({
        kind: 'registered',
        number,
        applicationId,
        registrationNumber: 'Y202633000001',
        atMs: 1_800,
      })),
    );
    expect(waitOf(decision)).toBeUndefined();
  });

  const thief = [{ name: 'x', uscc: '91330106MA2J1002XH' }];
  it.each<[string, Partial<RegisterEntry>, string]>([
    ['was sold while the office was at work', { owners: thief }, 'PL01'],
    ['was terminated meanwhile', { status: 'terminated-fee' }, 'PL02'],
    ['was preserved meanwhile', { preserved: true }, 'PL05'],
  ])('given it stands but a patent %s, is refused before payout and taken back', (_, f, ground) => {
    const spec = filed();
    const sold = clear(0, { [patentA]: { pledged: true, ...f }, [patentB]: { pledged: true } });
    const decision = spec.when(due(spec), officeSays(registered, 'authorisation-1', sold));
    expect(decision.events).toMatchObject([
      {
        type: 'PledgeRefused',
        data: { stage: 'REGISTRATION', refused: [{ number: patentA, ground }] },
      },
    ]);
    expect(spec.state()).toMatchObject({ task: null, withdrawal: { freedBy: null } });
  });

  it('given it stands and the register calls the patents pledged, that is ours', () => {
    const spec = filed();
    const ours_ = clear(0, { [patentA]: { pledged: true }, [patentB]: { pledged: true } });
    const decision = spec.when(due(spec), officeSays(registered, 'authorisation-1', ours_));
    expect(typesOf(decision)).toEqual(['PledgeRegistered', 'PledgeConfirmed']);
  });

  it('given it stands but the register is silent, is not told until that has answered', () => {
    const spec = filed();
    const quiet = registerSays({ [patentA]: says(patentA, 0), [patentB]: silent(0) });
    const waiting = officeSays(registered, 'authorisation-1', quiet);
    expect(spec.when(due(spec), waiting, { nowMs: 1_000 }).events).toEqual([]);
    const answer = officeSays(registered);
    expect(typesOf(spec.when(due(spec), answer, { nowMs: 2_000 }))).toEqual([
      'PledgeRegistered',
      'PledgeConfirmed',
    ]);
    const never = filed();
    expect(typesOf(never.when(due(never), waiting, { nowMs: 60_000 }))).toEqual(['PledgeRefused']);
    expect(never.state()).toMatchObject({ withdrawal: { freedBy: null } });
  });

  it('keeps again what was let go since, for an acceptance that came late', () => {
    const spec = open().given(findings(), clear()).given(expired, nothing);
    spec.given(authorisation(), clear());
    expect(spec.held()[rowOf(patentA)]).toEqual(ours());
    expect(spec.state()).toMatchObject({ kept: [patentA, patentB], endedBy: null });
  });

  it('refuses the whole when one patent has been taken since, and keeps nothing new', () => {
    const spec = open().given(findings(), clear()).given(expired, nothing);
    Object.assign(spec.held(), { [rowOf(patentB)]: stranger });
    const decision = spec.when(authorisation(), clear());
    expect(decision.events).toEqual([
      {
        type: 'PledgeRefused',
        data: {
          ...identity,
          authorisationId: 'authorisation-1',
          stage: 'REGISTRATION',
          refused: [{ number: patentB, ground: 'PL09', reason: 'kept for another application' }],
          evidence: anyLooks,
        },
      },
    ]);
    expect(decision.held).toEqual({});
  });

  it('refuses when the register says otherwise by now, and waits for the decision to release', () => {
    const spec = open().given(findings(), clear());
    const decision = spec.when(authorisation(), clear(0, { [patentA]: { pledged: true } }));
    expect(decision.events?.[0]?.data).toMatchObject({
      stage: 'REGISTRATION',
      refused: [{ number: patentA, ground: 'PL09' }],
    });
    expect(spec.state().kept).toEqual([patentA, patentB]);
    expect(typesOf(spec.when(undone, nothing))).toEqual(['PledgeReleased']);
  });

  it('goes on asking a silent register until the deadline, then refuses as unknown', () => {
    const spec = open().given(findings(), clear());
    const round = (atMs: number) =>
      registerSays({ [patentA]: says(patentA, atMs), [patentB]: silent(atMs) }, atMs - 100);
    spec.given(authorisation(), round(1_000), { nowMs: 1_000 });
    for (const nowMs of [4_000, 7_000, 30_000, 60_999]) {
      expect(spec.when(due(spec), round(nowMs), { nowMs }).events).toEqual([]);
    }
    const decision = spec.when(due(spec), round(61_000), { nowMs: 61_000 });
    expect(decision.events?.[0]?.data).toMatchObject({
      stage: 'REGISTRATION',
      refused: [{ number: patentB, ground: 'PL12', reason: expect.stringMatching(/^UNKNOWN: /) }],
    });
  });

  it.each<[string, OfficeSays, object[]]>([
    [
      'refuses one patent on a ground',
      { status: 'refused', cause: `PL09 ${patentB} is already pledged` },
      [{ number: patentB, ground: 'PL09' }],
    ],
    [
      'refuses without naming any',
      { status: 'refused', cause: 'closed today' },
      [
        { number: patentA, ground: 'PL12', reason: 'closed today' },
        { number: patentB, ground: 'PL12', reason: 'closed today' },
      ],
    ],
    [
      'says that it was taken back',
      { status: 'released' },
      [
        { number: patentA, ground: 'PL12' },
        { number: patentB, ground: 'PL12' },
      ],
    ],
  ])('is refused when the office %s', (_, says_, refused) => {
    const spec = filed();
    const decision = spec.when(due(spec), officeSays(says_));
    expect(decision.events).toHaveLength(1);
    expect(decision.events?.[0]?.data).toMatchObject({ stage: 'REGISTRATION', refused });
    expect(waitOf(decision)).toBeUndefined();
    expect(spec.state()).toMatchObject({ registration: null, task: null });
    expect(spec.state().kept).toEqual([patentA, patentB]);
  });

  it('is of the contract that was handed in, or of one drawn from the template', () => {
    const filedWith = (contract: string | null) => {
      const spec = open().given(event('PatentsVerified', verified({ contract })), clear());
      spec.given(authorisation(), clear());
      const { filing } = spec.state().registration!;
      const [told] = spec.when(due(spec), officeSays(registered)).events ?? [];
      expect(told?.data).toMatchObject({ contract: filing.contract });
      return filing.contract;
    };
    expect(filedWith('合同2026-17')).toBe('合同2026-17');
    expect(filedWith(null)).toBe('template/authorisation-1');
  });

  it('is refused at once where no office is configured', () => {
    const spec = filed();
    const decision = spec.when(due(spec), {
      ...nothing,
      office: { step: 'register', authorisationId: 'authorisation-1', reply: notConfigured },
    });
    expect(decision.events?.[0]?.data).toMatchObject({ stage: 'REGISTRATION' });
  });

  it('files again when the office has lost it', () => {
    const spec = filed();
    expect(spec.when(due(spec), officeSays({ status: 'missing' })).events).toEqual([]);
    expect(spec.state().registration?.registrationId).toBeNull();
  });

  it('asks a silent office again, ever more rarely, and takes the filing back at the deadline', () => {
    const spec = open().given(findings(), clear());
    spec.given(authorisation(), clear(), { nowMs: 0 });
    expect(waitOf(spec.when(due(spec), officeSilent, { nowMs: 1_000 }))).toBe(1_300);
    const decision = spec.when(due(spec), officeSilent, { nowMs: 60_000 });
    expect(decision.events?.[0]?.data).toMatchObject({
      stage: 'REGISTRATION',
      refused: [{ ground: 'PL12', reason: expect.stringMatching(/^UNKNOWN: /) }, {}],
    });
    expect(spec.state().withdrawal).toMatchObject({ freedBy: null });
    expect(spec.when(due(spec), withdrawn()).events).toEqual([]);
    expect(spec.state()).toMatchObject({ withdrawal: null, kept: [patentA, patentB] });
    expect(typesOf(spec.when(undone, nothing))).toEqual(['PledgeReleased']);
  });

  it('takes an earlier authorisation’s registration back before it files for a new one', () => {
    const spec = filed().given(undone, nothing);
    spec.given(authorisation({ authorisationId: 'authorisation-2' }), clear());
    expect(spec.state().task?.kind).toBe('secure');
    expect(typesOf(spec.when(due(spec), withdrawn()))).toEqual(['PledgeReleased']);
    spec.given(due(spec), clear());
    expect(spec.state().registration?.filing.authorisationId).toBe('authorisation-2');
  });

  it('does nothing where the terms need no pledge', () => {
    const decision = open().when(authorisation({}, { pledgeRequired: false }), nothing);
    expect(decision).toMatchObject({ ignored: 'no-pledge-required', events: [] });
  });

  it('refuses terms that need a pledge of nothing', () => {
    const decision = open().when(authorisation({}, { pledgedPatents: [] }), nothing);
    expect(decision.events?.[0]?.data).toMatchObject({ stage: 'REGISTRATION', refused: [] });
  });
});

describe('a waived ground', () => {
  const [applicant] = entryOf(patentA).owners;
  const waiving = (round = 1, code = 'PL11', owners = [applicant!.uscc]) => {
    const ground = { code, result: 'WAIVED', reason: 'declared' } as const;
    const bundle = {
      ...verified().bundle,
      findings: [
        {
          ...blankPatentFinding,
          number: patentA,
          usable: true,
          owners,
          grounds: [{ ...ground, evidence: [], declarations: ['statement-1'] }],
        },
      ],
    };
    return event('PatentsVerified', verified({ bundle, round }));
  };
  const contested = (atMs = 0) => clear(atMs, { [patentA]: { status: 'in-invalidation' } });

  it('is no obstacle to lock, registration or confirmation, until the pledge ends', () => {
    const spec = open();
    expect(typesOf(spec.when(waiving(), contested()))).toEqual(['PledgeLocked']);
    spec.given(authorisation(), contested());
    const stands = officeSays(registered, 'authorisation-1', contested());
    expect(typesOf(spec.when(due(spec), stands))).toEqual(['PledgeRegistered', 'PledgeConfirmed']);
    expect(typesOf(spec.when(look(spec), contested(DAY_MS), { nowMs: DAY_MS }))).toEqual([
      'PledgeConfirmed',
    ]);
  });

  it('of one patent waives nothing of another', () => {
    const other = clear(0, { [patentB]: { status: 'in-invalidation' } });
    expect(open().when(waiving(), other).events?.[0]?.data).toMatchObject({
      patents: [patentA],
      refused: [{ number: patentB, ground: 'PL11' }],
    });
  });

  const owned = (...others: string[]) => ({
    owners: [applicant!, ...others.map((name) => ({ name, uscc: '' }))],
  });

  it('by consent of one co-owner is none by another who has come in before the lock', () => {
    const sold = clear(0, { [patentA]: owned('Xu') });
    const decision = open().when(waiving(1, 'PL08', [applicant!.uscc, 'Li']), sold);
    expect(decision.events?.[0]?.data).toMatchObject({
      patents: [patentB],
      refused: [{ number: patentA, ground: 'PL08' }],
    });
  });

  it('by consent of the co-owners stands as long as they are the same, and no longer', () => {
    const spec = open();
    const consented = waiving(1, 'PL08', ['Wu', applicant!.uscc, 'Li']);
    spec.given(consented, clear(0, { [patentA]: owned('Li', 'Wu') }));
    expect(spec.state().kept).toEqual([patentA, patentB]);
    const lookAt = (day: number, fault: Partial<RegisterEntry>) => {
      const nowMs = day * DAY_MS;
      return spec.when(look(spec), clear(nowMs, { [patentA]: fault }), { nowMs }).events;
    };
    expect(lookAt(1, owned('Wu', 'Li'))).toEqual([]);
    expect(lookAt(2, owned('Li', 'Xu'))).toMatchObject([
      { data: { changes: [{ number: patentA, ground: 'PL08', result: 'ADVERSE' }] } },
    ]);
    expect(lookAt(3, owned('Li', 'Wu'))).toMatchObject([
      { data: { changes: [{ number: patentA, ground: 'PL08', result: 'WAIVED' }] } },
    ]);
  });

  it('is waived no longer when findings are asked for again and say so', () => {
    const spec = open().given(waiving(), contested());
    const again = event('PatentsVerified', verified({ round: 2 }));
    expect(spec.when(again, contested()).events).toMatchObject([
      { type: 'PledgeReleased', data: { patents: [patentA] } },
      { type: 'PledgeLocked', data: { patents: [patentB], refused: [{ ground: 'PL11' }] } },
    ]);
  });
});

describe('findings asked for again', () => {
  const again = event('PatentsVerified', verified({ round: 2 }, [patentB]));

  it('move the locks while there is no authorisation', () => {
    const spec = open().given(findings(), clear());
    expect(typesOf(spec.when(again, clear()))).toEqual(['PledgeReleased', 'PledgeLocked']);
  });

  it('change nothing while a registration stands or is being made', () => {
    const securing = open().given(findings(), clear()).given(authorisation(), nothing);
    for (const spec of [securing, filed(), pledged()]) {
      const { task, registration } = spec.state();
      const decision = spec.when(again, clear());
      expect(decision).toMatchObject({ ignored: 'pledge-under-way', events: [] });
      expect(spec.state()).toMatchObject({ task, registration });
    }
  });
});

describe('evidence', () => {
  it('of a lock and its refusal is of the looks at the register just before', () => {
    const locked = open().when(findings(), clear(0, { [patentA]: { preserved: true } }));
    const refused = open().when(findings([patentA]), clear(0, { [patentA]: { preserved: true } }));
    expect(looksIn(evidenceIn(locked, 'PledgeLocked'))).toEqual([atRegister(0), atRegister(0)]);
    expect(looksIn(evidenceIn(refused, 'PledgeRefused'))).toEqual([atRegister(0)]);
  });

  it('of silence that was given up is of the calls in vain', () => {
    const spec = open();
    for (const nowMs of [1_000, 4_000, 7_000]) {
      const gathered = registerSays({ [patentA]: silent(nowMs) }, nowMs - 10);
      const given = nowMs === 1_000 ? findings([patentA]) : due(spec);
      const decision = spec.when(given, gathered, { nowMs });
      if (nowMs < 7_000) continue;
      expect(evidenceIn(decision, 'PledgeRefused')).toMatchObject([
        { provider: 'patent-register', answeredAt: null, attempts: 3 },
      ]);
    }
  });

  it('of a refusal before the filing is of the looks at register and fees', () => {
    const spec = open().given(findings(), clear());
    const sold = clear(5, { [patentA]: { pledged: true } });
    const decision = spec.when(authorisation(), sold, { nowMs: 5 });
    const looks = [atRegister(5), atFees(5)];
    expect(looksIn(evidenceIn(decision, 'PledgeRefused'))).toEqual([...looks, ...looks]);
  });

  it('of a registration is of the office, and of the looks after it', () => {
    const looks = ['pledge-office 0', atRegister(7), atFees(7), atRegister(7), atFees(7)];
    const making = filed();
    const stands = officeSays(registered, 'authorisation-1', clear(7));
    const decision = making.when(due(making), stands, { nowMs: 8 });
    expect(looksIn(evidenceIn(decision, 'PledgeRegistered'))).toEqual(looks);
    const sold = filed();
    const preserved = clear(7, { [patentA]: { preserved: true } });
    const falls = officeSays(registered, 'authorisation-1', preserved);
    const refused = sold.when(due(sold), falls, { nowMs: 8 });
    expect(looksIn(evidenceIn(refused, 'PledgeRefused'))).toEqual(looks);
  });

  it('of what the office refuses is of the office', () => {
    const spec = filed();
    const decision = spec.when(due(spec), officeSays({ status: 'refused', cause: 'PL12' }));
    expect(looksIn(evidenceIn(decision, 'PledgeRefused'))).toEqual(['pledge-office 0']);
  });
});

describe('confirmation', () => {
  it('is said with the registration, and holds for a day from the oldest answer', () => {
    const spec = filed();
    const answers = registerSays(
      { [patentA]: says(patentA, 7_000), [patentB]: says(patentB, 6_000) },
      7_000,
    );
    const stands = officeSays(registered, 'authorisation-1', answers);
    const decision = spec.when(due(spec), stands, { nowMs: 8_000 });
    expect(decision.events?.[1]).toMatchObject({
      type: 'PledgeConfirmed',
      data: {
        ...identity,
        authorisationId: 'authorisation-1',
        patents: [patentA, patentB],
        registrationNumber: 'Y202633000001',
        confirmedAt: 6_000n,
        validUntil: BigInt(6_000 + DAY_MS),
        evidence: [
          { provider: 'patent-register', answeredAt: 7_000n },
          { provider: 'annuity', answeredAt: 7_000n },
          { provider: 'patent-register', answeredAt: 6_000n },
          { provider: 'annuity', answeredAt: 7_000n },
        ],
      },
    });
    // Renewed in the last tenth of its time.
    expect(nextLookOf(decision)).toBe(6_000 + RENEWED_MS);
  });

  it.each([
    ['in its grace period', 10, 'PL04'],
    ['lapsed', 9, 'PL02'],
  ])('is refused for a patent whose fees are %s, before and after filing', (_, through, ground) => {
    const unpaid = clear(0, {}, { [patentA]: feesSay(0, through) });
    const refused = [{ number: patentA, ground }];
    const spec = open().given(findings(), clear());
    expect(spec.when(authorisation(), unpaid).events?.[0]?.data).toMatchObject({ refused });
    const late = filed();
    const decision = late.when(due(late), officeSays(registered, 'authorisation-1', unpaid));
    expect(decision.events).toMatchObject([{ type: 'PledgeRefused', data: { refused } }]);
    expect(late.state().withdrawal).toMatchObject({ freedBy: null });
  });

  it('waits for who keeps the fees, and is refused as unknown at the deadline', () => {
    const quiet = clear(0, {}, { [patentA]: silent(0, 'annuity') });
    const spec = open().given(findings(), clear());
    expect(spec.when(authorisation(), quiet).events).toEqual([]);
    const late = clear(60_000, {}, { [patentA]: silent(60_000, 'annuity') });
    const refused = [
      { number: patentA, ground: 'PL04', reason: expect.stringMatching(/^UNKNOWN/) },
    ];
    expect(spec.when(due(spec), late, { nowMs: 60_000 }).events).toMatchObject([
      { type: 'PledgeRefused', data: { stage: 'REGISTRATION', refused } },
    ]);
    const registering = filed();
    const waiting = officeSays(registered, 'authorisation-1', quiet);
    expect(registering.when(due(registering), waiting, { nowMs: 1_000 }).events).toEqual([]);
  });

  it('is renewed before it ends, as long as the loan is not booked', () => {
    const spec = pledged();
    for (const day of [1, 2, 3]) {
      const nowMs = day * RENEWED_MS;
      const decision = spec.when(look(spec), clear(nowMs), { nowMs });
      expect(decision.events).toMatchObject([
        { type: 'PledgeConfirmed', data: { validUntil: BigInt(nowMs + DAY_MS) } },
      ]);
      expect(nextLookOf(decision)).toBe(nowMs + RENEWED_MS);
    }
    expect(spec.when(booked, nothing).events).toEqual([]);
    const later = spec.when(look(spec), clear(4 * DAY_MS), { nowMs: 4 * DAY_MS });
    expect(later.events).toEqual([]);
    expect(nextLookOf(later)).toBe(5 * DAY_MS);
  });

  it('is not renewed by a look that comes early', () => {
    const spec = pledged();
    const decision = spec.when(look(spec), clear(HOUR_MS), { nowMs: HOUR_MS });
    expect(decision.events).toEqual([]);
    expect(nextLookOf(decision)).toBe(RENEWED_MS);
  });

  it('is not renewed while somebody is silent, who is asked again soon', () => {
    const spec = pledged();
    const nowMs = RENEWED_MS;
    const quiet = registerSays({ [patentA]: says(patentA, nowMs), [patentB]: silent(nowMs) });
    const decision = spec.when(look(spec), quiet, { nowMs });
    expect(decision.events).toEqual([]);
    expect(nextLookOf(decision)).toBe(nowMs + 30_000);
    expect(typesOf(spec.when(look(spec), clear(nowMs + 30_000), { nowMs }))).toEqual([
      'PledgeConfirmed',
    ]);
  });

  it('is not renewed while something stands against the pledge, and is once that is mended', () => {
    const spec = pledged();
    const nowMs = RENEWED_MS;
    const preserved = clear(nowMs, { [patentB]: { preserved: true, pledged: true } });
    expect(typesOf(spec.when(look(spec), preserved, { nowMs }))).toEqual(['CollateralChanged']);
    const mended = clear(2 * DAY_MS);
    expect(typesOf(spec.when(look(spec), mended, { nowMs: 2 * DAY_MS }))).toEqual([
      'CollateralChanged',
      'PledgeConfirmed',
    ]);
  });

  const nobodyKnows: [string, (atMs: number) => PledgeGathered, string][] = [
    ['the register no longer says', (atMs) => clear(atMs, { [patentA]: { bars: null } }), 'PL12'],
    [
      'who keeps the fees knows no longer',
      (atMs) => clear(atMs, {}, { [patentA]: answered({ known: false }, atMs, 'annuity') }),
      'PL04',
    ],
    [
      'is configured no longer',
      (atMs) => clear(atMs, {}, { [patentA]: { kind: 'not-configured', provider: 'annuity' } }),
      'PL04',
    ],
  ];
  it.each(nobodyKnows)('is refused once it is over and %s', (_, answersAt, ground) => {
    const spec = pledged();
    const early = spec.when(look(spec), answersAt(RENEWED_MS), { nowMs: RENEWED_MS });
    expect(early.events).toEqual([]);
    // It may still be booked on the last one: it is looked at again when that is over.
    expect(nextLookOf(early)).toBe(DAY_MS + 1);

    const nowMs = DAY_MS + 1;
    const over = spec.when(look(spec), answersAt(nowMs), { nowMs });
    const refused = [{ number: patentA, ground, reason: expect.stringMatching(/^UNKNOWN: /) }];
    expect(over.events).toMatchObject([
      {
        type: 'PledgeRefused',
        data: { authorisationId: 'authorisation-1', stage: 'REGISTRATION', refused },
      },
    ]);
    expect(looksIn(evidenceIn(over, 'PledgeRefused'))?.[0]).toBe(atRegister(nowMs));
    expect(nextLookOf(over)).toBe(nowMs + DAY_MS);

    // Said once; if the answer comes after all, nothing is confirmed that was refused.
    const later = 3 * DAY_MS;
    expect(spec.when(look(spec), clear(later), { nowMs: later }).events).toEqual([]);
    spec.given(undone, nothing);
    expect(typesOf(spec.when(due(spec), withdrawn()))).toEqual(['PledgeReleased']);
  });

  it('that is refused takes no registration back by itself: the loan may be booked by now', () => {
    const spec = pledged();
    const nowMs = DAY_MS + 1;
    const unknown = clear(nowMs, { [patentA]: { bars: null } });
    expect(typesOf(spec.when(look(spec), unknown, { nowMs }))).toEqual(['PledgeRefused']);
    expect(spec.state().withdrawal).toBeNull();
    spec.given(booked, nothing);
    expect(spec.state()).toMatchObject({
      registration: { registrationNumber: 'Y202633000001', confirmedUntilMs: null },
      kept: [patentA, patentB],
    });
  });

  it('is not said of nothing', () => {
    const state = { ...pledged().state(), kept: [patentC] };
    const spec = scenario(line, { applicationId, state });
    const decision = spec.when(look(spec), clear(RENEWED_MS), { nowMs: RENEWED_MS });
    expect(decision.events).toEqual([]);
    expect(nextLookOf(decision)).toBe(DAY_MS + 1);
  });

  it('that is over waits for who is silent, and for nobody where another is unknown', () => {
    const spec = pledged();
    const nowMs = 2 * DAY_MS;
    const quiet = registerSays({ [patentA]: silent(nowMs), [patentB]: says(patentB, nowMs) });
    const decision = spec.when(look(spec), quiet, { nowMs });
    expect(decision.events).toEqual([]);
    expect(nextLookOf(decision)).toBe(nowMs + 30_000);
    const unknown = registerSays({
      [patentA]: silent(nowMs),
      [patentB]: says(patentB, nowMs, { bars: null }),
    });
    expect(spec.when(look(spec), unknown, { nowMs }).events).toMatchObject([
      { type: 'PledgeRefused', data: { refused: [{ number: patentB, ground: 'PL12' }] } },
    ]);
  });

  it('is not ended by the booking of another loan', () => {
    const other = event('LoanBooked', { ...booked.data, authorisationId: 'authorisation-2' });
    const spec = pledged();
    expect(spec.when(other, nothing).ignored).toBe('nothing-registered');
    expect(spec.state().registration?.confirmedUntilMs).toBe(DAY_MS);
  });
});

describe('watching', () => {
  const locked = () => open().given(findings(), clear());
  const thief = [{ name: 'x', uscc: '91330106MA2J1002XH' }];
  const at = (days: number) => ({ nowMs: days * DAY_MS });

  it('begins with the lock, and goes on once in an interval until all is let go', () => {
    const spec = open();
    expect(nextLookOf(spec.when(findings(), clear(), { nowMs: 5 }))).toBe(5 + DAY_MS);
    const first = look(spec);
    const decision = spec.when(first, clear(DAY_MS), at(1));
    expect(decision.events).toEqual([]);
    expect(nextLookOf(decision)).toBe(2 * DAY_MS);
    expect(spec.when(first, clear(), at(1)).ignored).toBe('stale-timer');
    const last = look(spec);
    spec.given(expired, nothing);
    expect(spec.when(last, nothing, at(2))).toMatchObject({ ignored: 'stale-timer', timers: [] });
    const newer = spec.when(findings(undefined, 2), clear(3 * DAY_MS), at(3));
    expect(nextLookOf(newer)).toBe(4 * DAY_MS);
  });

  it('goes on under a newer revision, whichever event brings that', () => {
    const spec = locked();
    const waiting = registerSays({ [patentC]: silent(1_000) });
    const decision = spec.when(findings([patentC], 2), waiting, { nowMs: 1_000 });
    expect(nextLookOf(decision)).toBe(1_000 + DAY_MS);
    expect(spec.when(look(spec, 1), clear(), at(1)).ignored).toBe('older-revision');
    expect(nextLookOf(spec.when(look(spec), clear(DAY_MS), at(1)))).toBe(2 * DAY_MS);
  });

  it.each<[string, Partial<RegisterEntry>, string]>([
    ['is sold', { owners: thief }, 'PL01'],
    ['is given up', { status: 'terminated-waiver' }, 'PL02'],
    ['is invalidated', { status: 'invalidated' }, 'PL02'],
    ['is preserved', { preserved: true }, 'PL05'],
    ['is suspended', { suspended: true }, 'PL05'],
    ['is pledged to another', { pledged: true }, 'PL09'],
    ['is under a request for invalidation', { status: 'in-invalidation' }, 'PL11'],
  ])('tells once that a kept patent %s, and once that it is mended', (_, fault, ground) => {
    const spec = locked();
    const changed = clear(DAY_MS, { [patentA]: fault });
    const decision = spec.when(look(spec), changed, at(1));
    const reason = expect.any(String);
    const evidence = [expect.objectContaining({ provider: 'patent-register' })];
    expect(decision.events).toEqual([
      {
        type: 'CollateralChanged',
        data: {
          ...identity,
          authorisationId: null,
          stage: 'LOCK',
          changes: [{ number: patentA, ground, result: 'ADVERSE', reason, evidence }],
          observedAt: BigInt(DAY_MS),
        },
      },
    ]);
    expect(spec.when(look(spec), changed, at(2)).events).toEqual([]);
    expect(spec.when(look(spec), clear(3 * DAY_MS), at(3)).events).toMatchObject([
      { data: { changes: [{ number: patentA, ground, result: 'CLEAR' }] } },
    ]);
    expect(spec.when(look(spec), clear(4 * DAY_MS), at(4)).events).toEqual([]);
    expect(spec.state().kept).toEqual([patentA, patentB]);
  });

  it('tells that fees are late, then that the right has lapsed, on both their answers', () => {
    const spec = locked();
    const toldOn = (day: number, through: number) => {
      const nowMs = day * DAY_MS;
      const fees = clear(nowMs, {}, { [patentA]: feesSay(nowMs, through) });
      const { events = [] } = spec.when(look(spec), fees, { nowMs });
      return events.flatMap((one) => (one.type === 'CollateralChanged' ? one.data.changes : []));
    };
    const ended = expect.stringMatching(/^the right ended on 2025-05-27/);
    expect(toldOn(1, 10)).toMatchObject([
      { ground: 'PL04', result: 'ADVERSE', reason: expect.stringMatching(/grace period until/) },
    ]);
    expect(toldOn(2, 10)).toEqual([]);
    const lapsed = toldOn(3, 9);
    expect(lapsed).toMatchObject([
      { ground: 'PL02', result: 'ADVERSE', reason: ended },
      { ground: 'PL04', result: 'ADVERSE', reason: ended },
    ]);
    for (const { evidence } of lapsed) {
      expect(looksIn(evidence)).toEqual([atRegister(3 * DAY_MS), atFees(3 * DAY_MS)]);
    }
    expect(toldOn(4, 9)).toEqual([]);
    expect(toldOn(5, 20)).toMatchObject([
      { ground: 'PL02', result: 'CLEAR' },
      { ground: 'PL04', result: 'CLEAR' },
    ]);
  });

  it('does not take a lapsed right for mended while nobody says how its fees stand', () => {
    const spec = locked();
    const lapsed = clear(DAY_MS, {}, { [patentA]: feesSay(DAY_MS, 9) });
    spec.given(look(spec), lapsed, at(1));
    const fees = [silent<never>(2 * DAY_MS, 'annuity'), answered({ known: false }, 2 * DAY_MS)];
    for (const reply of fees) {
      const quiet = clear(2 * DAY_MS, {}, { [patentA]: reply as Reply<AnnuitySays> });
      expect(spec.when(look(spec), quiet, at(2)).events).toEqual([]);
    }
    expect(spec.state().watch.adverse.map(({ ground }) => ground)).toEqual(['PL02', 'PL04']);
  });

  it('judges fees by the day of the look: they fall due while the pledge lasts', () => {
    const spec = locked();
    const nowMs = Date.UTC(2027, 4, 28);
    const fees = clear(nowMs, {}, { [patentA]: feesSay(nowMs, 11) });
    expect(spec.when(look(spec), fees, { nowMs }).events).toMatchObject([
      { data: { changes: [{ number: patentA, ground: 'PL04', result: 'ADVERSE' }] } },
    ]);
  });

  it('takes silence for no change, and asks again in an hour', () => {
    const spec = locked();
    const unknown = { bars: null };
    const quiet = registerSays({
      [patentA]: silent(DAY_MS),
      [patentB]: answered<RegisterSays>({ known: true, entry: entryOf(patentB, unknown) }, DAY_MS),
    });
    const decision = spec.when(look(spec), quiet, at(1));
    expect(decision.events).toEqual([]);
    expect(nextLookOf(decision)).toBe(DAY_MS + HOUR_MS);
  });

  it('names the authorisation while its registration is being made, and once it is pledged', () => {
    const sold = (nowMs: number) => clear(nowMs, { [patentA]: { owners: thief, pledged: true } });
    const making = filed();
    expect(making.when(look(making), sold(DAY_MS), at(1)).events).toMatchObject([
      {
        data: { authorisationId: 'authorisation-1', stage: 'LOCK', changes: [{ ground: 'PL01' }] },
      },
    ]);
    const made = pledged().given(booked, nothing);
    expect(made.when(look(made), sold(DAY_MS), at(1)).events).toMatchObject([
      { data: { authorisationId: 'authorisation-1', stage: 'REGISTRATION' } },
    ]);
  });

  it('names no authorisation for what is kept beside the patents that it stands on', () => {
    const spec = open().given(findings(), clear());
    spec.given(authorisation({}, { pledgedPatents: [patentB] }), clear());
    spec.given(due(spec), officeSays(registered));
    const fault = { preserved: true };
    const both = clear(DAY_MS, { [patentA]: fault, [patentB]: fault });
    expect(spec.when(look(spec), both, at(1)).events).toMatchObject([
      { data: { authorisationId: 'authorisation-1', changes: [{ number: patentB }] } },
      { data: { authorisationId: null, stage: 'LOCK', changes: [{ number: patentA }] } },
    ]);
  });

  it('does not look at what is being taken back', () => {
    const spec = pledged().given(undone, nothing);
    const decision = spec.when(look(spec), clear(DAY_MS, { [patentA]: { pledged: true } }), at(1));
    expect(decision.events).toEqual([]);
    expect(nextLookOf(decision)).toBe(2 * DAY_MS);
  });

  it('tells with the authorisation what was mended since', () => {
    const spec = locked();
    spec.given(look(spec), clear(DAY_MS, { [patentA]: { preserved: true } }), at(1));
    expect(spec.when(authorisation(), clear(DAY_MS), at(1)).events).toMatchObject([
      { type: 'CollateralChanged', data: { changes: [{ ground: 'PL05', result: 'CLEAR' }] } },
    ]);
  });

  it('forgets what newer findings say anyway', () => {
    const spec = locked();
    spec.given(look(spec), clear(DAY_MS, { [patentA]: { preserved: true } }), at(1));
    spec.given(findings([patentA, patentB], 2), clear(DAY_MS), at(1));
    expect(spec.state().watch.adverse).toEqual([]);
    expect(spec.when(look(spec), clear(2 * DAY_MS), at(2)).events).toEqual([]);
  });
});

describe('repayment in full', () => {
  const repaid = (authorisationId = 'authorisation-1', revision = 1) =>
    event('LoanRepaid', {
      ...identity,
      revision,
      authorisationId,
      loanId: `${applicationId}-L1`,
      repaidOn: '2028-11-20',
    });

  it('takes the registration back, then lets the patents go', () => {
    const spec = pledged().given(booked, nothing);
    const decision = spec.when(repaid(), nothing, { nowMs: 100 });
    expect(decision.events).toEqual([]);
    expect(waitOf(decision)).toBe(100);
    const done = spec.when(due(spec), withdrawn());
    expect(done.events).toEqual([
      {
        type: 'PledgeReleased',
        data: { ...identity, patents: [patentA, patentB], cause: 'LoanRepaid' },
      },
    ]);
    expect(done.timers).toEqual([]);
    expect(spec.held()[rowOf(patentA)]).toBeNull();
    expect(spec.when(findings(), clear()).ignored).toBe('application-ended');
  });

  it('of another loan, or of one without a pledge, releases nothing', () => {
    const spec = pledged();
    expect(spec.when(repaid('authorisation-0'), nothing).ignored).toBe('nothing-registered');
    expect(spec.state().kept).toEqual([patentA, patentB]);
    expect(open().when(repaid(), nothing).ignored).toBe('nothing-registered');
  });

  it('is taken whatever the revision, as all that has to do with money', () => {
    const spec = pledged(2);
    spec.given(repaid('authorisation-1', 1), nothing);
    expect(spec.state().withdrawal).toMatchObject({ freedBy: 'LoanRepaid' });
  });
});

it('polls after 300 ms, then 500 ms, then ever more rarely, up to 5 minutes', () => {
  const waits = Array.from({ length: 30 }, (_, rounds) => pollAfterMs(rounds));
  expect(waits.slice(0, 8)).toEqual([300, 500, 500, 500, 500, 500, 1_000, 2_000]);
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
  expect(Math.max(...waits, pollAfterMs(1e6))).toBe(300_000);
});
