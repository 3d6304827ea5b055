// A submission whose persons nobody has answered about yet: it waits, is asked again, and goes on.
import { event, scenario } from '@saidao/testkit';
import type { EventMap, KycFinding, SubmissionJson } from '@saidao/schemas';
import type { Incoming } from '@saidao/worker';
import { describe, expect, it } from 'vitest';
import type { InputName } from './decide.ts';
import { memorySources } from './kyc/sources.fixture.ts';
import { submission } from './submission.fixture.ts';
import { intake } from './worker.ts';

const APPLICATION = '019a0000-0000-7000-8000-000000000001';
const NAMES = { lenderId: 'boc-zj', channel: 'bank-portal', reference: 'R-1' };
const KEY = 'boc-zj/bank-portal/R-1';
const AT = Date.UTC(2026, 10, 20, 1);
const WAIT_MS = 60_000;
const said = { applicationId: APPLICATION, revision: 1, lenderId: 'boc-zj' };
const ID = '330199198501010013';

type In = Incoming<InputName>;

/** A line with its sources; `take` gathers and decides, as a turn does. */
function open() {
  let nowMs = AT;
  const sources = memorySources();
  const line = intake({
    claims: {
      claim: () => Promise.resolve([APPLICATION]),
      find: () => Promise.resolve(undefined),
      note: () => Promise.resolve(),
    },
    record: () => Promise.resolve(),
    reading: { ofDecisions: () => Promise.resolve(null) },
    sources,
    kyc: { waitMs: WAIT_MS, ownersExemptCapitalFen: 0n },
    gatherMsMax: 1_000,
  });
  const s = scenario(line, { applicationId: APPLICATION, nowMs: AT });
  return {
    sources,
    state: () => s.state(),
    async take(given: In, laterMs = 0) {
      nowMs += laterMs;
      const { signal } = new AbortController();
      const context = { applicationId: APPLICATION, state: s.state(), signal, nowMs };
      const gathered = await line.gather?.(given, context);
      return s.when(given, gathered, { nowMs });
    },
    due: (wake: number, revision = 1): In =>
      event('TimerDue', {
        ...said,
        revision,
        timerId: 't',
        name: 'check-persons',
        dueAt: 1n,
        detail: JSON.stringify({ wake }),
      }),
  };
}

const door = <N extends InputName>(type: N, data: EventMap[N]) =>
  event(type, data, { key: KEY, appendedAtMs: AT }) as In;
const submit = (change?: (body: SubmissionJson) => void) =>
  door('ApplicationSubmitted', submission(change));
const amend = (change: (body: SubmissionJson) => void) =>
  door('AmendmentSubmitted', submission(change) as EventMap['AmendmentSubmitted']);
const more = (body: SubmissionJson): void => {
  body.enterprise.staff = 70;
};

interface Out {
  readonly events?: readonly { readonly type: string; readonly data: unknown }[];
}
const types = ({ events = [] }: Out) => events.map(({ type }) => type);
function kycOf({ events = [] }: Out, at = 0): Record<string, string> {
  const data = events[at]?.data as { content: { kyc: readonly KycFinding[] } } | undefined;
  return Object.fromEntries((data?.content.kyc ?? []).map(({ code, result }) => [code, result]));
}

it('goes on at once where all answer, each person asked about once, on its own consent', async () => {
  const { take, sources, state } = open();
  const decision = await take(submit());
  expect(types(decision)).toEqual(['ApplicationReceived']);
  expect(new Set(Object.values(kycOf(decision)))).toEqual(new Set(['CLEAR']));
  expect(sources.persons.asked).toEqual([ID]);
  expect(sources.files.asked).toEqual([ID]);
  // What is personal is not kept in the state once it is passed on.
  expect(state().checking).toBeNull();
  expect(JSON.stringify(state(), (_, value: unknown) => String(value))).not.toContain(ID);
});

it('asks nobody about what it refuses, has already, or does not know', async () => {
  const { take, sources } = open();
  await take(amend(more));
  await take(submit((body) => (body.request.termMonths = 0)));
  expect(sources.persons.asked).toEqual([]);
  await take(submit());
  await take(submit());
  await take(submit(more));
  expect(sources.persons.asked).toEqual([ID]);
});

it('asks nobody at the bureau without the person’s consent', async () => {
  const { take, sources } = open();
  const decision = await take(
    submit((body) => {
      for (const one of body.persons ?? []) delete one.consentId;
    }),
  );
  expect(sources.files.asked).toEqual([]);
  expect(kycOf(decision)).toMatchObject({ PERSONS_BUREAU: 'UNKNOWN', PERSONS_LISTS: 'CLEAR' });
});

describe('while somebody is silent', () => {
  it('waits, shown as received, and is asked again about what is open only', async () => {
    const { take, due, sources } = open();
    sources.files.behave('silent', ID);
    const waits = await take(submit());
    expect(types(waits)).toEqual([]);
    expect(waits.rows).toMatchObject([{ status: 'received', revision: 1 }]);
    expect(waits.timers).toMatchObject([{ name: 'check-persons', detail: { wake: 1 } }]);
    sources.files.behave('normal', ID);
    const decision = await take(due(1), 2_000);
    expect(types(decision)).toEqual(['ApplicationReceived']);
    expect(kycOf(decision)).toMatchObject({ PERSONS_BUREAU: 'CLEAR' });
    expect(sources.persons.asked).toEqual([ID]);
    expect(await take(due(1))).toEqual({ ignored: 'stale-timer' });
  });

  it('is unknown after three failures over 6 s while others are answered', async () => {
    const { take, due, sources } = open();
    sources.files.behave('silent', ID);
    await take(submit());
    expect(types(await take(due(1), 3_000))).toEqual([]);
    const decision = await take(due(2), 4_000);
    // The memory's clock is the real one, so only the bound of time ends it here.
    const last = types(decision).length > 0 ? decision : await take(due(3), WAIT_MS);
    expect(kycOf(last)).toMatchObject({ PERSONS_BUREAU: 'UNKNOWN', LICENCE: 'CLEAR' });
  });

  it('waits no longer than it is told to while all are away', async () => {
    const { take, due, sources } = open();
    for (const source of Object.values(sources)) source.behave('silent');
    await take(submit());
    expect(types(await take(due(1), WAIT_MS - 1))).toEqual([]);
    const decision = await take(due(2), 1);
    expect(types(decision)).toEqual(['ApplicationReceived']);
    expect(new Set(Object.values(kycOf(decision)))).toEqual(new Set(['UNKNOWN']));
  });

  it('passes on what waits before an amendment, and checks that anew', async () => {
    const { take, sources, due } = open();
    sources.persons.behave('silent');
    await take(submit());
    const amended = await take(amend(more));
    expect(types(amended)).toEqual(['ApplicationReceived']);
    expect(kycOf(amended)).toMatchObject({ LEGAL_REPRESENTATIVE: 'UNKNOWN', LICENCE: 'CLEAR' });
    expect(await take(due(1))).toEqual({ ignored: 'older-revision' });
    sources.persons.behave('normal');
    const decision = await take(due(2, 2), 2_000);
    expect(decision.events).toMatchObject([
      { type: 'ApplicationAmended', data: { revision: 2, content: { enterprise: { staff: 70 } } } },
    ]);
    expect(kycOf(decision)).toMatchObject({ LEGAL_REPRESENTATIVE: 'CLEAR' });
  });

  it('passes on what waits before it is withdrawn', async () => {
    const { take, sources, due } = open();
    sources.persons.behave('silent');
    await take(submit());
    const withdrawal = door('WithdrawalSubmitted', {
      ...NAMES,
      reason: 'late',
    } as EventMap['WithdrawalSubmitted']);
    const withdrawn = await take(withdrawal);
    expect(types(withdrawn)).toEqual(['ApplicationReceived', 'ApplicationWithdrawn']);
    expect(await take(due(1))).toEqual({ ignored: 'stale-timer' });
  });
});
