// The verify line's decision: findings, values, and what happens while somebody does not answer.
import type { FactSource } from '@saidao/worker';
import { blankExpired, event, scenario } from '@saidao/testkit';
import type { ApplicationContent, PatentsVerified } from '@saidao/schemas';
import { describe, expect, it } from 'vitest';
import { readPolicy } from './adapters/policy-file.ts';
import {
  answered,
  applicationId,
  authorised,
  businessDate,
  claim,
  content,
  enterprise,
  identity,
  lenderId,
  patentA,
  patentB,
  patentC,
  says,
  silent,
  timerDue,
  yuan,
} from './applications.fixture.ts';
import type { Reply } from '@saidao/worker/asking';
import type {
  AnnuitySays,
  AppraisalSays,
  BureauSays,
  GuarantorSays,
  ListingsSays,
  RegisterEntry,
  RegisterSays,
  RegistrySays,
} from './facts.ts';
import { ENTERPRISE, type Replies, type VerifyGathered } from './verify.decide.ts';
import { verifyLine } from './verify.worker.ts';

const DAY_MS = 86_400_000;
/** A scenario is given what was gathered: nobody is asked. */
const nobody: FactSource<unknown, never> = {
  ask: async () => ({ kind: 'not-configured', provider: 'nobody' }),
  control: async () => {},
  answeredAtMs: () => null,
};
const line = verifyLine({
  sources: {
    register: nobody,
    annuity: nobody,
    valuation: nobody,
    registry: nobody,
    watchlists: nobody,
    bureau: nobody,
    guarantor: nobody,
  },
  policy: {
    valuation: readPolicy(),
    shelfLifeMs: 7 * DAY_MS,
    freshMs: 600_000,
    pledgeProducts: new Set(['IP_PLEDGE', 'GROWTH_PLEDGE']),
  },
  gatherMsMax: 1_000,
});

const received = (change: Partial<ApplicationContent> = {}, revision = 1) =>
  event(revision === 1 ? 'ApplicationReceived' : 'ApplicationAmended', {
    ...identity,
    revision,
    channel: 'portal',
    reference: 'reference-1',
    businessDate,
    content: content(change),
    submittedBy: null,
  });
const due = (wake: number, revision = 1) =>
  event('TimerDue', timerDue({ wake }, revision), { lenderId });
const shelfDue = (wake: number) =>
  event('TimerDue', { ...timerDue({ wake }), name: 'shelf-life' }, { lenderId });
const withdrawn = event('ApplicationWithdrawn', { ...identity, reason: 'x' }, { number: 2 });

const nothing: Replies<never> = { replies: new Map(), answeredAtMs: null };
const one = <Says>(reply: Reply<Says>, answeredAtMs: number | null = null): Replies<Says> => ({
  replies: new Map([[ENTERPRISE, reply]]),
  answeredAtMs,
});
const inBusiness: RegistrySays = {
  known: true,
  name: enterprise.name,
  status: 'in-business',
  established: '2009-03-12',
  regionCode: '330106',
  industryCode: 'C3569',
  registeredCapitalFen: 5_000_000_000n,
  insuredStaff: 800,
  groupHead: null,
};
const unlisted: ListingsSays = { dishonestDebtor: null, seriousViolation: null };
const everyFeePaid: AnnuitySays = { known: true, paidThroughYear: 20 };
const appraisals: Record<string, string> = {
  [patentA]: '150000000',
  [patentB]: '130000000',
  [patentC]: '90000000',
};
const appraisal = (number: string): AppraisalSays => ({
  known: true,
  valueFen: yuan(appraisals[number] ?? '1').minor,
  appraiser: '浙江示例资产评估有限公司',
  reportId: 'r-1',
  appraisedOn: '2026-06-30',
  validUntil: '2027-06-29',
});
const byNumber = <Says>(of: (number: string) => Reply<Says>): ReadonlyMap<string, Reply<Says>> =>
  new Map([patentA, patentB, patentC].map((number) => [number, of(number)]));

/** All answer about the enterprise and the fees; the register says what the spec says. */
function gathered(
  patents: Record<string, Reply<RegisterSays>>,
  change: Partial<VerifyGathered> & { readonly registerAnsweredAtMs?: number } = {},
  atMs = 100,
): VerifyGathered {
  const { registerAnsweredAtMs = null, ...rest } = change;
  return {
    register: { replies: new Map(Object.entries(patents)), answeredAtMs: registerAnsweredAtMs },
    annuity: {
      replies: byNumber(() => answered(everyFeePaid, atMs, 'annuity')),
      answeredAtMs: atMs,
    },
    valuation: {
      replies: byNumber((number) => answered(appraisal(number), atMs, 'valuation')),
      answeredAtMs: atMs,
    },
    registry: one(answered(inBusiness, atMs, 'enterprise-registry')),
    watchlists: one(answered(unlisted, atMs, 'watchlists')),
    bureau: nothing,
    guarantor: nothing,
    ...rest,
  };
}

const all = (faults: Record<string, Partial<RegisterEntry>> = {}, atMs = 100) =>
  gathered(
    Object.fromEntries(
      [patentA, patentB, patentC].map((number) => [number, says(number, atMs, faults[number])]),
    ),
    { registerAnsweredAtMs: atMs },
    atMs,
  );

const open = () => scenario(line, { applicationId });
const bundleIn = (decision: { events?: readonly unknown[] }) =>
  ((decision.events ?? [])[1] as { data: PatentsVerified }).data.bundle;

describe('when everybody answers', () => {
  it('says in one turn what was checked, then what the patents are and are worth', () => {
    const decision = open().when(received(), all());
    expect(decision.events?.map(({ type }) => type)).toEqual([
      'EnterpriseChecked',
      'PatentsVerified',
    ]);
    expect(decision.timers?.map(({ name }) => name)).toEqual(['shelf-life']);
    expect(decision.events?.[0]?.data).toMatchObject({
      ...identity,
      guarantee: null,
      checks: [
        { code: 'REGISTRY', result: 'CLEAR' },
        { code: 'DISHONEST_DEBTORS', result: 'CLEAR' },
        { code: 'SERIOUS_VIOLATIONS', result: 'CLEAR' },
        { code: 'CREDIT_BUREAU', result: 'UNKNOWN' },
      ],
      registry: { regionCode: '330106' },
      bureau: null,
    });
    expect(decision.events?.[1]?.data).toMatchObject({
      ...identity,
      productId: 'IP_PLEDGE',
      businessDate,
      enterprise: content().enterprise,
      request: content().request,
      pledgeRequested: true,
      bundle: {
        usable: [patentA, patentB, patentC],
        usableAppraised: yuan('370000000'),
        internalValue: yuan('364549545.81'),
        lendingValue: yuan('364549545.81'),
      },
    });
    expect(bundleIn(decision).findings[0]).toMatchObject({
      number: patentA,
      kind: 'invention',
      filed: '2016-05-27',
      expires: '2036-05-27',
      usable: true,
      appraised: yuan('150000000'),
      evidence: [
        { provider: 'patent-register', askedAt: 100n, attempts: 1 },
        { provider: 'annuity' },
        { provider: 'valuation' },
      ],
    });
  });

  it('names two pledged patents and values the third alone', () => {
    const pledged = { pledged: true };
    const bundle = bundleIn(
      open().when(received(), all({ [patentA]: pledged, [patentB]: pledged })),
    );
    expect(bundle.usable).toEqual([patentC]);
    expect(bundle.usableAppraised).toEqual(yuan('90000000'));
    expect(bundle.internalValue).toEqual(yuan('88674213.85'));
    expect(
      bundle.findings.map(({ grounds }) =>
        grounds.filter(({ result }) => result !== 'CLEAR').map(({ code }) => code),
      ),
    ).toEqual([['PL09'], ['PL09'], []]);
  });

  it('asks for a pledge where the settings name the product', () => {
    const decision = open().when(received({ productId: 'GROWTH_PLEDGE' }), all());
    expect(decision.events?.[1]?.data).toMatchObject({ pledgeRequested: true });
  });

  it('verifies the patents of a product that needs no pledge, without asking for one', () => {
    const decision = open().when(received({ productId: 'NEW_QUALITY', valuation: null }), all());
    expect(decision.events?.[1]?.data).toMatchObject({ pledgeRequested: false });
    expect(bundleIn(decision).usable).toHaveLength(3);
  });

  it('has nothing to ask of an application without patents', () => {
    const bundle = bundleIn(open().when(received({ patents: [] }), gathered({})));
    expect(bundle).toMatchObject({
      findings: [],
      usable: [],
      usableAppraised: null,
      internalValue: null,
      lendingValue: null,
    });
  });

  it('counts a patent that is claimed twice once', () => {
    const patents = [claim(patentA, '10'), claim(patentA, '20')];
    const bundle = bundleIn(open().when(received({ patents, valuation: null }), all()));
    expect(bundle.findings).toHaveLength(1);
    expect(bundle.usableAppraised).toEqual(yuan('10'));
  });

  it('finds a number that fails its check unknown, without having asked', () => {
    const patents = [{ number: '202310123456.7', numberValid: false, appraised: null }];
    const decision = open().when(received({ patents }), gathered({}));
    expect(bundleIn(decision).findings[0]).toMatchObject({
      number: '202310123456.7',
      kind: null,
      filed: null,
      expires: null,
      usable: false,
      evidence: [],
    });
    const unknown = bundleIn(decision).findings[0]?.grounds.filter(
      ({ result }) => result === 'UNKNOWN',
    );
    expect(unknown).toHaveLength(11);
  });

  it('takes over a patent that the register does not know as adverse, with its evidence', () => {
    const patents = [claim(patentA)];
    const decision = open().when(
      received({ patents }),
      gathered({ [patentA]: answered({ known: false }, 100) }),
    );
    expect(bundleIn(decision).findings[0]).toMatchObject({
      kind: null,
      usable: false,
      evidence: [{ answerHash: 'hash' }, {}, {}],
    });
  });
});

describe('the guarantee', () => {
  const guarantee = { institution: '浙江示例融资担保有限公司', sharePpm: 700_000 };
  const offered = { patents: [], guarantee };
  const known = (confirmed: boolean): Reply<GuarantorSays> =>
    answered({ known: true, confirmed, reference: 'G1' }, 100, 'guarantor');

  it.each<[string, Reply<GuarantorSays>, object]>([
    ['confirmed', known(true), { result: 'CLEAR', reference: 'G1' }],
    ['not confirmed', known(false), { result: 'ADVERSE', reference: 'G1' }],
    [
      'of an institution that nobody knows',
      answered({ known: false }, 100, 'guarantor'),
      { result: 'ADVERSE', reference: null },
    ],
    [
      'that nobody can be asked about',
      { kind: 'not-configured', provider: 'guarantor' },
      { result: 'UNKNOWN', reference: null, evidence: null },
    ],
  ])('%s', (_, reply, finding) => {
    const decision = open().when(received(offered), gathered({}, { guarantor: one(reply) }));
    expect(decision.events?.[0]?.data).toMatchObject({ guarantee: { ...guarantee, ...finding } });
  });

  it('is waited for, and unknown after 3 failures over 6 s while others are answered', () => {
    const round = (atMs: number) =>
      gathered({}, { guarantor: one(silent(atMs, 'guarantor'), atMs - 500) }, atMs);
    const spec = open()
      .given(received(offered), round(1_000), { nowMs: 1_000 })
      .given(due(1), round(4_000), { nowMs: 4_000 });
    const decision = spec.when(due(2), round(7_000), { nowMs: 7_000 });
    expect(decision.events?.[0]?.data).toMatchObject({
      guarantee: { result: 'UNKNOWN', evidence: { attempts: 3, answeredAt: null } },
    });
  });
});

describe('when the register is silent', () => {
  const silentAbout = (atMs: number, ...numbers: string[]) =>
    Object.fromEntries(numbers.map((number) => [number, silent<RegisterSays>(atMs)]));

  it('parks the application and asks again after about 2 s', () => {
    const spec = open();
    const decision = spec.when(
      received(),
      gathered(silentAbout(1_000, patentA, patentB, patentC)),
      { nowMs: 1_000 },
    );
    expect(decision.events).toBeUndefined();
    expect(decision.timers).toEqual([
      { name: 'ask-again', dueAtMs: expect.any(Number), detail: { wake: 1 } },
    ]);
    const { dueAtMs = 0 } = decision.timers?.[0] ?? {};
    expect(dueAtMs).toBeGreaterThanOrEqual(3_000);
    expect(dueAtMs).toBeLessThan(3_200);
  });

  it('goes the way of the sample case: 5 s of silence, then two answer and one never', () => {
    const spec = open()
      .given(received(), gathered(silentAbout(1_000, patentA, patentB, patentC)), { nowMs: 1_000 })
      .given(
        due(1),
        gathered(silentAbout(4_000, patentA, patentB, patentC), { registerAnsweredAtMs: 3_050 }),
        { nowMs: 4_000 },
      );
    const decision = spec.when(
      due(2),
      gathered(
        {
          [patentA]: says(patentA, 6_050),
          [patentB]: says(patentB, 6_050),
          [patentC]: silent(7_000),
        },
        { registerAnsweredAtMs: 6_050 },
      ),
      { nowMs: 7_000 },
    );
    const bundle = bundleIn(decision);
    expect(bundle.usable).toEqual([patentA, patentB]);
    expect(bundle.findings[0]?.evidence[0]).toMatchObject({ attempts: 3, answeredAt: 6_050n });
    expect(bundle.findings[2]).toMatchObject({
      number: patentC,
      usable: false,
      evidence: [{ attempts: 3, answeredAt: null, askedAt: 0n }, {}, {}],
    });
    const results = bundle.findings[2]?.grounds.map(({ code, result }) => [code, result]);
    expect(results?.filter(([, result]) => result !== 'UNKNOWN')).toEqual([['PL07', 'CLEAR']]);
    expect(bundle.usableAppraised).toEqual(yuan('280000000'));
  });

  it('goes on asking, ever more rarely, while nobody is answered', () => {
    const spec = open();
    let nowMs = 1_000;
    let decision = spec.when(received(), gathered(silentAbout(nowMs, patentA)), { nowMs });
    const waits: number[] = [];
    for (let wake = 1; wake <= 20; wake += 1) {
      const { dueAtMs = 0 } = decision.timers?.[0] ?? {};
      waits.push(dueAtMs - nowMs);
      nowMs = dueAtMs + 1_000;
      const round = gathered(silentAbout(nowMs, patentA, patentB, patentC));
      decision = spec.when(due(wake), round, { nowMs });
      expect(decision.events).toBeUndefined();
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBeGreaterThanOrEqual(30_000);
    expect(waits.at(-1)).toBeLessThan(33_000);
    expect(bundleIn(spec.when(due(21), all({}, nowMs), { nowMs })).usable).toHaveLength(3);
  });

  it('keeps an answer that is in, and needs no other for it', () => {
    const spec = open().given(
      received(),
      gathered({ [patentA]: says(patentA, 100), ...silentAbout(1_000, patentB, patentC) }),
      { nowMs: 1_000 },
    );
    const rest = gathered({ [patentB]: says(patentB, 3_000), [patentC]: says(patentC, 3_000) });
    expect(bundleIn(spec.when(due(1), rest, { nowMs: 3_000 })).usable).toHaveLength(3);
  });

  it('decides nothing on what was not asked', () => {
    const spec = open().given(received(), gathered({}), { nowMs: 1_000 });
    const decision = spec.when(due(1), gathered({}), { nowMs: 3_000 });
    expect(decision.events).toBeUndefined();
    expect(decision.timers).toHaveLength(1);
  });
});

describe('timers and later events', () => {
  const parked = () => open().given(received(), gathered({}), { nowMs: 1_000 });

  it('does nothing on a timer that is stale', () => {
    expect(parked().when(due(0), all())).toEqual({ ignored: 'stale-timer' });
    expect(parked().given(due(1), all()).when(due(1), all())).toEqual({ ignored: 'stale-timer' });
  });

  it('asks nothing more once the application is withdrawn', () => {
    const spec = parked();
    expect(spec.when(withdrawn, gathered({})).events).toBeUndefined();
    expect(spec.when(due(1), all())).toEqual({ ignored: 'stale-timer' });
    expect(open().when(withdrawn, gathered({}))).toEqual({ ignored: 'nothing-verified' });
  });

  it('starts anew with a new revision, and drops what was asked for the old one', () => {
    const spec = parked();
    const decision = spec.when(received({ patents: [claim(patentB)] }, 2), all());
    expect(decision.events?.[1]?.data).toMatchObject({ revision: 2 });
    expect(bundleIn(decision).findings.map(({ number }) => number)).toEqual([patentB]);
    expect(spec.when(due(1, 1), all())).toEqual({ ignored: 'older-revision' });
  });
});

describe('the shelf life', () => {
  const ended = [
    withdrawn,
    event('OfferExpired', { ...identity, approvalId: 'approval-1', ...blankExpired }),
    event('ApplicationClosed', { ...identity, cause: 'OFFER_DECLINED', about: null }),
    event('DisbursementAuthorised', authorised()),
  ];
  const verified = () => open().given(received(), all({}, 1_000), { nowMs: 1_000 });

  it('runs from the oldest answer, which may have come from a cache', () => {
    const decision = open().when(received(), all({}, 1_000), { nowMs: 61_000 });
    const dueAtMs = 1_000 + 7 * DAY_MS;
    expect(decision.timers).toEqual([{ name: 'shelf-life', dueAtMs, detail: { wake: 1 } }]);
    expect(decision.events?.[0]?.data).toMatchObject({ validUntil: BigInt(dueAtMs) });
    expect(decision.events?.[1]?.data).toMatchObject({ validUntil: BigInt(dueAtMs), round: 1 });
  });

  it('is short where an amendment finds a pledge, which may be its own being taken back', () => {
    const faults = { [patentA]: { pledged: true } };
    const first = open().when(received({}, 1), all(faults, 1_000), { nowMs: 1_000 });
    expect(first.timers?.[0]?.dueAtMs).toBe(1_000 + 7 * DAY_MS);
    const amended = open().when(received({}, 2), all(faults, 1_000), { nowMs: 1_000 });
    expect(amended.timers?.[0]?.dueAtMs).toBe(1_000 + 600_000);
    expect(amended.events?.[1]?.data).toMatchObject({ validUntil: BigInt(1_000 + 7 * DAY_MS) });
  });

  it('ends with all facts asked for again, and judged on that day', () => {
    const nowMs = Date.parse('2026-11-28T02:00:00Z');
    const decision = verified().when(shelfDue(1), all({ [patentA]: { pledged: true } }, nowMs), {
      nowMs,
    });
    expect(decision.events?.[1]?.data).toMatchObject({ round: 2, businessDate: '2026-11-28' });
    expect(bundleIn(decision).usable).toEqual([patentB, patentC]);
    expect(decision.timers?.[0]).toMatchObject({ name: 'shelf-life', detail: { wake: 2 } });
  });

  it('waits like any asking where somebody is silent', () => {
    const spec = verified();
    const nowMs = 8 * DAY_MS;
    const decision = spec.when(shelfDue(1), gathered({}), { nowMs });
    expect(decision.events).toBeUndefined();
    expect(decision.timers?.[0]).toMatchObject({ name: 'ask-again', detail: { wake: 2 } });
    const later = spec.when(due(2), all({}, nowMs + 2_000), { nowMs: nowMs + 2_000 });
    expect(later.events?.[1]?.data).toMatchObject({ round: 2 });
  });

  it('matters no more once the application has come to an end', () => {
    for (const ending of ended) {
      const spec = verified();
      expect(spec.when(ending, undefined).events).toBeUndefined();
      expect(spec.when(shelfDue(1), all())).toEqual({ ignored: 'stale-timer' });
    }
  });

  it('is renewed as long as nobody has decided, for a year', () => {
    const spec = verified();
    let rounds = 1;
    for (let wake = 1; wake < 100; wake += 1) {
      const nowMs = wake * 8 * DAY_MS;
      const decision = spec.when(shelfDue(wake), all({}, nowMs), { nowMs });
      if (decision.events === undefined) break;
      rounds += 1;
    }
    expect(rounds).toBe(52);
  });

  it('never decides on what grew old while one provider was away for hours', () => {
    const spec = open();
    const bureauAway = { registry: nothing };
    spec.when(received(), { ...all({}, 1_000), ...bureauAway }, { nowMs: 1_000 });
    let nowMs = 1_000;
    for (let wake = 1; wake <= 40; wake += 1) {
      nowMs += 900_000;
      const decision = spec.when(due(wake), { ...all({}, nowMs), ...bureauAway }, { nowMs });
      expect(decision.events).toBeUndefined();
    }
    const back = spec.when(due(41), all({}, nowMs + 1_000), { nowMs: nowMs + 1_000 });
    const answeredAt = bundleIn(back).findings.flatMap(({ evidence }) =>
      evidence.map((one) => Number(one.answeredAt)),
    );
    expect(Math.min(...answeredAt)).toBeGreaterThanOrEqual(nowMs - 600_000);
  });

  it('asks anew what was answered long ago while another was silent', () => {
    const spec = open().given(
      received(),
      gathered({ [patentA]: says(patentA, 1_000) }, {}, 1_000),
      { nowMs: 1_000 },
    );
    const nowMs = 1_000 + 3_600_000;
    const late = gathered(
      { [patentB]: says(patentB, nowMs) },
      { annuity: nothing, valuation: nothing, registry: nothing, watchlists: nothing },
    );
    expect(spec.when(due(1), late, { nowMs }).events).toBeUndefined();
    const decision = spec.when(due(2), all({}, nowMs + 2_000), { nowMs: nowMs + 2_000 });
    expect(bundleIn(decision).findings[0]?.evidence[0]).toMatchObject({
      answeredAt: BigInt(nowMs + 2_000),
    });
  });
});

describe('the credit bureau', () => {
  const consents = [{ purpose: 'CREDIT_BUREAU', id: 'consent-1', signedOn: '2026-11-18' }];
  const sound: BureauSays = {
    known: true,
    creditFen: 6_000_000_000n,
    overdueFen: 0n,
    worstTier: 'normal',
    guaranteeFen: 0n,
  };

  it('is waited for where there is a consent', () => {
    const spec = open();
    expect(spec.when(received({ consents }), all()).events).toBeUndefined();
    const bureau = one(answered(sound, 200, 'credit-bureau'));
    const decision = spec.when(due(1), { ...all({}, 200), bureau });
    expect(decision.events?.[0]?.data).toMatchObject({
      bureau: { worstTier: 'normal' },
      checks: [{}, {}, {}, { result: 'CLEAR', consentId: 'consent-1' }],
    });
  });
});
