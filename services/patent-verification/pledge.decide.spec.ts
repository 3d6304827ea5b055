// The pledge line's decision: one live pledge for a patent, kept, registered and let go.
import { event, scenario } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import { registerMemory } from './adapters/register-memory.ts';
import {
  answered,
  applicationId,
  authorised,
  identity,
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
import type { RegisterEntry, RegisterSays } from './patents/grounds.ts';
import {
  pollAfterMs,
  type OfficeSays,
  type PatentHolder,
  type PledgeGathered,
  type PledgeState,
} from './pledge.decide.ts';
import { pledgeLine } from './pledge.worker.ts';

const notConfigured = { kind: 'not-configured', provider: 'pledge-office' } as const;
const line = pledgeLine({
  register: registerMemory({ now: () => 0 }),
  office: {
    file: async () => notConfigured,
    registration: async () => notConfigured,
    withdraw: async () => notConfigured,
  },
  policy: { registrationMsMax: 60_000 },
  gatherMsMax: 1_000,
});

const stranger: PatentHolder = { applicationId: 'another', lenderId: 'boc-zj', revision: 1 };
const ours = (revision = 1): PatentHolder => ({ applicationId, lenderId, revision });
const rowOf = (number: string) => `patent/${number}`;

const open = (held: Record<string, unknown> = {}) => scenario(line, { applicationId, held });
type Spec = ReturnType<typeof open>;

const nothing: PledgeGathered = { patents: new Map(), registerAnsweredAtMs: null, office: null };
const registerSays = (
  replies: Record<string, Reply<RegisterSays>>,
  registerAnsweredAtMs: number | null = null,
): PledgeGathered => ({
  patents: new Map(Object.entries(replies)),
  registerAnsweredAtMs,
  office: null,
});
const clear = (atMs = 0, faults: Record<string, Partial<RegisterEntry>> = {}) =>
  registerSays(
    Object.fromEntries(
      [patentA, patentB, patentC].map((number) => [number, says(number, atMs, faults[number])]),
    ),
    atMs,
  );
const officeSays = (
  value: OfficeSays,
  authorisationId = 'authorisation-1',
  register = clear(0),
): PledgeGathered => ({
  ...register,
  office: { step: 'register', authorisationId, reply: answered(value, 0, 'pledge-office') },
});
const officeSilent: PledgeGathered = {
  ...nothing,
  office: {
    step: 'register',
    authorisationId: 'authorisation-1',
    reply: silent(1_000, 'pledge-office'),
  },
};
const withdrawn = (authorisationId = 'authorisation-1'): PledgeGathered => ({
  ...nothing,
  office: {
    step: 'withdraw',
    authorisationId,
    reply: answered('withdrawn', 0, 'pledge-office'),
  },
});
const pending: OfficeSays = { status: 'pending', registrationId: 'registration-1' };
const registered: OfficeSays = {
  status: 'registered',
  registrationId: 'registration-1',
  registrationNumber: 'Y202633000001',
  registeredAtMs: 5_000,
};

const findings = (usable?: string[], revision = 1) =>
  event('PatentsVerified', verified({ revision }, usable));
const noPledge = (revision = 1) =>
  event('PatentsVerified', verified({ revision, pledgeRequested: false, productId: 'TALENT' }));
const authorisation = (change = {}, terms = {}) =>
  event('DisbursementAuthorised', authorised(change, terms));
const due = (spec: Spec) =>
  event('TimerDue', timerDue({ wake: spec.state().wake }, spec.state().revision), { lenderId });
const expired = event('OfferExpired', { ...identity, approvalId: 'approval-1' });
const undone = event('ApprovalUndone', { ...identity, approvalId: 'approval-1', cause: 'x' });
const closed = event('ApplicationClosed', { ...identity, cause: 'WITHDRAWN' });

const typesOf = (decision: { events?: readonly { type: string }[] }) =>
  decision.events?.map(({ type }) => type);
const waitOf = (decision: { timers?: readonly { dueAtMs: number }[] }) =>
  decision.timers?.[0]?.dueAtMs;

/** Locked, authorised, and filed with the office, which has it pending. */
function filed(): Spec {
  const spec = open().given(findings(), clear()).given(authorisation(), clear());
  return spec.given(due(spec), officeSays(pending));
}

describe('lock', () => {
  it('keeps what is free, names this application in the shared rows, and writes live pledges', () => {
    const decision = open().when(findings(), clear(0), { nowMs: 10 });
    expect(decision.events).toEqual([
      {
        type: 'PledgeLocked',
        data: { ...identity, patents: [patentA, patentB], refused: [] },
      },
    ]);
    expect(decision.held).toEqual({ [rowOf(patentA)]: ours(), [rowOf(patentB)]: ours() });
    const row = { kind: 'kept', applicationId, lenderId, revision: 1, atMs: 10 };
    expect(decision.rows).toEqual([
      { ...row, number: patentA },
      { ...row, number: patentB },
    ]);
    expect(decision.timers).toEqual([]);
  });

  it('refuses what another application has, without saying whose it is', () => {
    const decision = open({ [rowOf(patentA)]: stranger }).when(findings(), clear());
    expect(decision.events?.[0]?.data).toEqual({
      ...identity,
      patents: [patentB],
      refused: [{ number: patentA, ground: 'PL09', reason: 'kept for another application' }],
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
    ['terminated meanwhile', { status: 'terminated' }, 'PL02'],
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
        },
      },
    ]);
    expect(open().when(findings([]), nothing).events).toEqual([
      {
        type: 'PledgeRefused',
        data: { ...identity, authorisationId: null, stage: 'LOCK', refused: [] },
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
        data: { ...identity, revision: 2, patents: [patentB, patentC], refused: [] },
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
    [
      'LoanDeclined',
      event('LoanDeclined', {
        ...identity,
        basis: {} as never,
        reasons: [],
        decidedBy: [],
      }),
    ],
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

  it('locks nothing for an application that was closed before its findings came', () => {
    const spec = open().given(closed, nothing);
    expect(spec.when(findings(), clear())).toMatchObject({
      ignored: 'application-ended',
      events: [],
    });
    expect(typesOf(spec.when(findings(undefined, 2), clear()))).toEqual(['PledgeLocked']);
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
    expect(decision.timers).toEqual([
      { name: 'pledge-wake', dueAtMs: 100, detail: { wake: spec.state().wake } },
    ]);
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
    expect(decision.events).toEqual([
      {
        type: 'PledgeRegistered',
        data: {
          ...identity,
          authorisationId: 'authorisation-1',
          patents: [patentA, patentB],
          registrationNumber: 'Y202633000001',
          registeredAt: 5_000n,
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
    expect(decision.timers).toEqual([]);
  });

  const thief = [{ name: 'x', uscc: '91330106MA2J1002XH' }];
  it.each<[string, Partial<RegisterEntry>, string]>([
    ['was sold while the office was at work', { owners: thief }, 'PL01'],
    ['was terminated meanwhile', { status: 'terminated' }, 'PL02'],
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
    expect(typesOf(decision)).toEqual(['PledgeRegistered']);
  });

  it('given it stands but the register is silent, is not told until that has answered', () => {
    const spec = filed();
    const quiet = registerSays({ [patentA]: says(patentA, 0), [patentB]: silent(0) });
    const waiting = officeSays(registered, 'authorisation-1', quiet);
    expect(spec.when(due(spec), waiting, { nowMs: 1_000 }).events).toEqual([]);
    const answer = officeSays(registered);
    expect(typesOf(spec.when(due(spec), answer, { nowMs: 2_000 }))).toEqual(['PledgeRegistered']);
    const never = filed();
    expect(typesOf(never.when(due(never), waiting, { nowMs: 60_000 }))).toEqual(['PledgeRefused']);
    expect(never.state()).toMatchObject({ withdrawal: { freedBy: null } });
  });

  it('keeps again what was let go since, for an acceptance that came late', () => {
    const spec = open().given(findings(), clear()).given(expired, nothing);
    spec.given(authorisation(), clear());
    expect(spec.held()[rowOf(patentA)]).toEqual(ours());
    expect(spec.state().kept).toEqual([patentA, patentB]);
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
    expect(decision.timers).toEqual([]);
    expect(spec.state()).toMatchObject({ registration: null, task: null });
    expect(spec.state().kept).toEqual([patentA, patentB]);
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

it('polls after 300 ms, then 500 ms, then ever more rarely, up to 5 minutes', () => {
  const waits = Array.from({ length: 30 }, (_, rounds) => pollAfterMs(rounds));
  expect(waits.slice(0, 8)).toEqual([300, 500, 500, 500, 500, 500, 1_000, 2_000]);
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
  expect(Math.max(...waits, pollAfterMs(1e6))).toBe(300_000);
});
