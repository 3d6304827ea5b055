// Decisioning, case by case and step by step: given events, when one more comes, then this follows.
import type { EventName, LoanApproved, LoanDeclined, LoanReferred, Reason } from '@saidao/schemas';
import { event, blankBooked, blankRepaymentBooked } from '@saidao/testkit';
import { businessDateOf } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import {
  applicationId,
  asOf,
  bundleOf,
  caseNamed,
  claim,
  clearChecks,
  cases,
  decided,
  factor,
  findingOf,
  half,
  line,
  locked,
  received,
  scoredOf,
  start,
  verdict,
  yuan,
} from './cases.fixture.ts';
import { groupName } from './rounds/exposure.ts';

const lock = caseNamed('smart-lock-ip-pledge');
const sensor = caseNamed('new-quality-8m');
const talent = caseNamed('talent-3m');
const research = caseNamed('innovation-5m');
const pledged = caseNamed('already-pledged');
const DAY_MS = 86_400_000;
const blankDerived = {
  sizeClass: 'small',
  technologySme: null,
  highTechResearch: 'unknown',
  inclusive: [],
  creditLine: null,
  workingCapitalNeed: null,
  newLimit: null,
  stage: 'growth',
  tracks: [],
  groupHead: null,
  regionCode: null,
};

type Decided = ReturnType<ReturnType<typeof start>['when']>;

const types = (decision: Decided) => decision.events?.map(({ type }) => type);

function dataOf<T>(decision: Decided, type: EventName): T {
  const found = decision.events?.find((one) => one.type === type);
  if (found === undefined) throw new Error(`No ${type} among ${types(decision)}.`);
  return found.data as T;
}
const approvedOf = (decision: Decided) => dataOf<LoanApproved>(decision, 'LoanApproved');
const referredOf = (decision: Decided) => dataOf<LoanReferred>(decision, 'LoanReferred');
const declinedOf = (decision: Decided) => dataOf<LoanDeclined>(decision, 'LoanDeclined');
const codes = ({ reasons }: { reasons: Reason[] }) => reasons.map(({ code }) => code);

const accepted = (acceptedAtMs: number, revision = 1) =>
  event('OfferAccepted', {
    applicationId,
    revision,
    lenderId: 'boc-zj',
    acceptedAt: BigInt(acceptedAtMs),
    businessDate: businessDateOf(acceptedAtMs),
  });
const withdrawn = event('ApplicationWithdrawn', {
  applicationId,
  revision: 1,
  lenderId: 'boc-zj',
  reason: 'changed their mind',
});
const offerDeclined = event('OfferDeclined', {
  applicationId,
  revision: 1,
  lenderId: 'boc-zj',
  reason: 'too dear',
});
const timer = (detail: unknown, name = 'offer-expiry') =>
  event('TimerDue', {
    applicationId,
    revision: 1,
    lenderId: 'boc-zj',
    timerId: 't',
    name,
    dueAt: 0n,
    detail: JSON.stringify(detail),
  });
const offerTimer = timer({ approvalId: `${applicationId}-1-approval` });
const authorisationId = `${applicationId}-1`;
const of = { applicationId, revision: 1, lenderId: 'boc-zj', authorisationId };
const booked = event('LoanBooked', {
  ...of,
  loanId: 'L',
  principal: yuan(8_000_000),
  ratePpm: 32_000,
  termMonths: 12,
  repayment: 'EQUAL_INSTALMENT',
  bookedOn: asOf,
  maturesOn: asOf,
  ...blankBooked,
});
const disbursed = event('LoanDisbursed', {
  ...of,
  loanId: 'L',
  amount: yuan(8_000_000),
  disbursedAt: 5n,
});
const cancelled = event('AuthorisationCancelled', { ...of, cause: 'PLEDGE_REFUSED' });
const tooLate = event('CancellationRefused', { ...of, cause: 'BOOKED' });

describe('the cases', () => {
  it('smart-lock-ip-pledge is above any automatic authority, so it is referred', () => {
    const referral = referredOf(decided(lock).decision);
    expect(codes(referral)).toEqual(['M01']);
    expect(referral.basis).toMatchObject({
      sizeClass: 'medium',
      inclusive: [],
      need: yuan('159641447.37'),
      proposedLimit: yuan(100_000_000),
      policyId: 'exim-zj',
      scoreCard: 'soft-power@1',
      grade: 'AA',
    });
    expect(referral.basis.limits).toEqual([
      { name: 'asked', amount: yuan(100_000_000), binding: true },
      { name: 'need', amount: yuan('159641447.37'), binding: false },
      { name: 'security', amount: yuan('109364863.74'), binding: false },
      { name: 'score-band', amount: null, binding: false },
      { name: 'product-cap', amount: yuan(200_000_000), binding: false },
      { name: 'exposure-headroom', amount: yuan(1_000_000_000), binding: false },
    ]);
  });

  it('smart-lock-ip-pledge is approved by two officers and paid to the named payees', () => {
    const { said } = decided(lock);
    half(said, lock);
    const approved = approvedOf(said.when(verdict(lock, 'officer-b')));
    expect(approved).toMatchObject({ approvers: ['officer-a', 'officer-b'] });
    expect(approved.terms).toMatchObject({
      amount: yuan(100_000_000),
      entrusted: true,
      payees: [
        { name: '浙江示例电机有限公司', amount: yuan(62_000_000) },
        { name: '宁波示例芯片贸易有限公司', amount: yuan(38_000_000) },
      ],
      purpose: lock.request.purpose,
      pledgeRequired: true,
      pledgedPatents: lock.patents.map(({ number }) => number),
      beneficiary: lock.enterprise.name,
      beneficiaryUscc: lock.enterprise.uscc,
      lprPpm: 30_000,
      lprDate: '2026-09-20',
      // 30 of the product, 10 less for the grade, 5 less for the pledge, 10 more for the term.
      addOnPpm: 2_500,
      ratePpm: 32_500,
    });
    const authorised = said.when(accepted(2_000));
    expect(types(authorised)).toEqual(['DisbursementAuthorised']);
    expect(authorised.events?.[0]?.data).toMatchObject({ authorisationId, businessDate: asOf });
  });

  it.each([
    [sensor, 'small', ['nfra_1000w', 'pbc_2000w', 's71_3000w'], '9200000.00'],
    [talent, 'small', [], '5000000.00'],
    [research, 'small', [], '5400000.00'],
    [caseNamed('resubmitted'), 'small', ['nfra_1000w', 'pbc_2000w', 's71_3000w'], '9200000.00'],
  ])('$0.id is approved without a person', (sample, sizeClass, inclusive, need) => {
    const { decision } = decided(sample);
    expect(types(decision)).toEqual(['LoanApproved']);
    const approved = approvedOf(decision);
    expect(approved).toMatchObject({ approvers: [], reasons: [] });
    expect(approved.terms).toMatchObject({
      amount: yuan(sample.request.amount),
      entrusted: false,
      payees: [],
      pledgeRequired: false,
    });
    expect(approved.basis).toMatchObject({ sizeClass, inclusive, need: yuan(need) });
    expect(approved.offerExpiresAt).toBe(BigInt(1_000 + 30 * DAY_MS));
  });

  it('innovation-5m carries its guarantee into the terms', () => {
    const { terms } = approvedOf(decided(research).decision);
    expect(terms.guarantee).toEqual({ institution: '浙江示例融资担保有限公司', sharePpm: 700_000 });
  });

  it('already-pledged is referred for P09 and V01, at 27 million at most', () => {
    const referral = referredOf(decided(pledged).decision);
    expect(codes(referral)).toEqual(['P09', 'V01', 'E01', 'M01']);
    expect(referral.reasons[0]?.detail).toBe('201610345679.7, 201810456790.2');
    expect(referral.basis.proposedLimit?.minor).toBeLessThanOrEqual(2_700_000_000n);
    // The appraised value alone would carry exactly 27 million.
    const bundle = bundleOf(
      pledged,
      pledged.patents.map((patent) => findingOf(patent)),
    );
    const decision = start()
      .given(event('ApplicationReceived', received(pledged)))
      .given(event('PledgeLocked', locked(pledged)))
      .when(
        event(
          'EnterpriseScored',
          scoredOf(pledged, { bundle: { ...bundle, lendingValue: yuan(90_000_000) } }),
        ),
      );
    expect(referredOf(decision).basis.proposedLimit).toEqual(yuan(27_000_000));
  });

  it('register-silent is referred: unknown is neither approved nor declined', () => {
    const silent = caseNamed('register-silent');
    const findings = silent.patents.map((patent, index) =>
      findingOf(patent, index === 2 ? { PL01: 'UNKNOWN', PL02: 'UNKNOWN', PL09: 'UNKNOWN' } : {}),
    );
    const bundle = bundleOf(silent, findings);
    const decision = start()
      .given(event('ApplicationReceived', received(silent)))
      .given(event('EnterpriseScored', scoredOf(silent, { bundle })))
      .when(event('PledgeLocked', locked(silent, { patents: bundle.usable })));
    const referral = referredOf(decision);
    expect(codes(referral)).toEqual(['U01', 'V01', 'E01', 'M01']);
    expect(referral.reasons[0]?.detail).toBe('not established: 202010567893.3');
  });

  it('uscc-check-fails is referred with K01 and not declined', () => {
    const sample = caseNamed('uscc-check-fails');
    const referral = referredOf(decided(sample).decision);
    expect(codes(referral)).toEqual(['K01']);
    expect(referral.reasons[0]?.detail).toBe(sample.enterprise.uscc);
  });

  it.each(cases.filter(({ computed }) => computed?.sizeClass))(
    '$id has its size class',
    (sample) => {
      const data = decided(sample).decision.events?.[0]?.data as LoanReferred;
      expect(data.basis.sizeClass).toBe(sample.computed?.sizeClass);
      if (sample.computed?.need) expect(data.basis.need).toEqual(yuan(sample.computed.need));
      if (sample.computed?.inclusive)
        expect(data.basis.inclusive).toEqual(sample.computed.inclusive);
    },
  );

  it.each(cases)('$id says which rules fired and what all stood on', (sample) => {
    const data = decided(sample).decision.events?.[0]?.data as LoanReferred;
    expect(data.basis.policyDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(data.basis.inputHash).toMatch(/^[0-9a-f]{64}$/);
    expect(data.basis.rules.map(({ table }) => table)).toEqual(
      expect.arrayContaining(['authority', 'pricing']),
    );
    expect(data.reasons.length).toBeLessThanOrEqual(4);
  });
});

describe('an application is judged', () => {
  const events = [
    event('ApplicationReceived', received(lock)),
    event('EnterpriseScored', scoredOf(lock)),
    event('PledgeLocked', locked(lock)),
  ];
  it.each([
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ])('when all three are there, in whatever order: %i %i %i', (...order) => {
    const said = start();
    const decisions = order.map((index) => said.when(events[index]!));
    expect(decisions.map((decision) => types(decision))).toEqual([[], [], ['LoanReferred']]);
  });

  it('at once where no pledge was asked for', () => {
    const said = start().given(event('EnterpriseScored', scoredOf(sensor)));
    expect(types(said.when(event('ApplicationReceived', received(sensor))))).toEqual([
      'LoanApproved',
    ]);
  });

  it('also when the pledge is refused: nothing can be lent, so officers cannot approve', () => {
    const refused = locked(lock).patents.map((number) => ({
      number,
      ground: 'PL09',
      reason: 'kept for another application',
    }));
    const said = start()
      .given(event('ApplicationReceived', received(lock)))
      .given(event('EnterpriseScored', scoredOf(lock)));
    const refusal = event('PledgeRefused', {
      applicationId,
      revision: 1,
      lenderId: 'exim-zj',
      authorisationId: null,
      stage: 'LOCK',
      evidence: [],
      refused,
    });
    const referral = referredOf(said.when(refusal));
    expect(codes(referral).slice(0, 2)).toEqual(['P09', 'V01']);
    expect(referral.basis.proposedLimit).toEqual(yuan(0));
    const approval = said.given(claim(lock, 'a')).when(verdict(lock, 'a'));
    expect(dataOf(approval, 'ReviewRefused')).toMatchObject({ cause: 'NOTHING_TO_APPROVE' });
  });

  it('taking what the pledge line could not find out as unknown', () => {
    const [first, ...others] = locked(lock).patents;
    const refused = [{ number: first!, ground: 'PL12', reason: 'UNKNOWN: no answer' }];
    const said = start()
      .given(event('ApplicationReceived', received(lock)))
      .given(event('EnterpriseScored', scoredOf(lock)));
    const referral = referredOf(
      said.when(event('PledgeLocked', locked(lock, { patents: others, refused }))),
    );
    expect(codes(referral)).toContain('U01');
    expect(codes(referral)).not.toContain('P12');
  });
});

describe('gates', () => {
  function enterprise(sample: typeof sensor, change: object) {
    const { content } = received(sample);
    return {
      ...received(sample),
      content: { ...content, enterprise: { ...content.enterprise, ...change } },
    };
  }
  function request(sample: typeof sensor, change: object) {
    const { content } = received(sample);
    return {
      ...received(sample),
      content: { ...content, request: { ...content.request, ...change } },
    };
  }
  const judged = (data: ReturnType<typeof received>, sample = sensor, score: object = {}) =>
    start()
      .given(event('ApplicationReceived', data))
      .when(event('EnterpriseScored', scoredOf(sample, score)));

  it('given a high grade who holds nothing, the band is of the talent who opens the gate', () => {
    const talents = [
      { grade: 'A', holdsPpm: 0, recognised: true },
      { grade: 'E', holdsPpm: 300_000, recognised: true },
    ];
    const { terms, basis } = approvedOf(judged(enterprise(talent, { talents }), talent));
    expect(basis.need).toEqual(yuan('1000000.00'));
    expect(terms.amount).toEqual(yuan('1000000.00'));
  });

  it.each<[string, ReturnType<typeof received>, string, string]>([
    [
      'a product that the lender lacks',
      { ...received(sensor), lenderId: 'czb-hz' },
      'S02',
      'czb-hz has no NEW_QUALITY',
    ],
    ['a barred purpose', request(sensor, { purpose: ' Dividends ' }), 'S03', ' Dividends '],
    [
      'a term beyond the product',
      request(sensor, { termMonths: 37 }),
      'S04',
      '37 months, EQUAL_INSTALMENT, 8000000.00',
    ],
    [
      'a method that it lacks',
      request(talent, { repayment: 'BULLET' }),
      'S04',
      '24 months, BULLET, 3000000.00',
    ],
    [
      'an amount below its least',
      request(sensor, { amount: yuan('99999.99') }),
      'S04',
      '12 months, EQUAL_INSTALMENT, 99999.99',
    ],
    ['a size outside its scope', enterprise(talent, { staff: 300 }), 'S01', 'large'],
  ])('decline %s', (_what, data, code, detail) => {
    const sample = data.content.productId === 'TALENT' ? talent : sensor;
    const decline = declinedOf(judged(data, sample));
    expect(codes(decline)).toEqual([code]);
    expect(decline).toMatchObject({ decidedBy: [], reasons: [{ detail }] });
  });

  it.each<[string, ReturnType<typeof received>, string[]]>([
    ['missing working capital', enterprise(sensor, { workingCapital: null }), ['A01', 'M01']],
    [
      'one year of revenue',
      enterprise(sensor, { revenue: [{ year: 2025, amount: yuan(5) }] }),
      ['A01', 'M01'],
    ],
    ['no talents supplied', enterprise(talent, { talents: null }), ['A01', 'M01']],
    [
      'a talent not recognised',
      enterprise(talent, { talents: [{ grade: 'C', holdsPpm: 460_000, recognised: false }] }),
      ['T09', 'M01'],
    ],
    [
      'a talent with too small a share',
      enterprise(talent, { talents: [{ grade: 'C', holdsPpm: 299_999, recognised: true }] }),
      ['T09', 'M01'],
    ],
    ['an unknown size where the scope is limited', enterprise(talent, { staff: null }), ['A01']],
    [
      'low research',
      enterprise(research, { rd: [{ year: 2025, amount: yuan(189_999) }] }),
      ['T02'],
    ],
    ['no equity raised', enterprise(research, { equityRaised: yuan(0) }), ['T08']],
    ['equity not supplied', enterprise(research, { equityRaised: null }), ['A01']],
    ['no research budget', enterprise(research, { nextYearRdBudget: null }), ['A01', 'M01']],
    [
      'no guarantee',
      { ...received(research), content: { ...received(research).content, guarantee: null } },
      ['A01'],
    ],
    [
      'no need',
      enterprise(sensor, {
        workingCapital: {
          ...received(sensor).content.enterprise.workingCapital,
          ownFunds: yuan(90_000_000),
        },
      }),
      ['W01', 'M01'],
    ],
  ])('refer %s', (_what, data, expected) => {
    const sample = [sensor, talent, research].find(
      ({ product }) => product === data.content.productId,
    );
    expect(codes(referredOf(judged(data, sample)))).toEqual(expected);
  });

  it.each([
    [null, ['U01']],
    ['UNKNOWN' as const, ['U01']],
    ['ADVERSE' as const, ['G01']],
  ])('refer a guarantee that is %s', (result, expected) => {
    const { guarantee } = scoredOf(research);
    const score = {
      guarantee: result === null || guarantee === null ? null : { ...guarantee, result },
    };
    expect(codes(referredOf(judged(received(research), research, score)))).toEqual(expected);
  });

  it('refer a guarantee that bears too little', () => {
    const { guarantee } = scoredOf(research);
    const score = { guarantee: guarantee && { ...guarantee, sharePpm: 499_999 } };
    expect(codes(referredOf(judged(received(research), research, score)))).toEqual(['G01']);
  });

  it('name the weakest factors where the grade is below the threshold', () => {
    const score = {
      grade: 'BB',
      factors: [
        factor('QUALIFICATIONS_VALID', 0, 2000, 'HIGH_TECH_ENTERPRISE expired 2026-01-01'),
        factor('SCIENCE_STAFF_SHARE', 600, 1500, '0.17'),
        factor('RESEARCH_INTENSITY', 200, 1000, '0.025'),
        factor('REVENUE_GROWTH', 400, 500, '0.1'),
      ],
    };
    const referral = referredOf(judged(received(sensor), sensor, score));
    expect(codes(referral)).toEqual(['T01', 'T05', 'T02', 'M01']);
    expect(referral.reasons[1]?.detail).toBe('SCIENCE_STAFF_SHARE 0.17: as the card says');
  });

  it('refer low coverage and say what is missing', () => {
    const referral = referredOf(judged(received(sensor), sensor, { coveragePpm: 699_999 }));
    expect(referral.reasons).toMatchObject([
      { code: 'A01', detail: 'EXPORT_SHARE: exports not supplied' },
    ]);
  });

  it('offer less than asked, and say why, where no payee is named', () => {
    const approved = approvedOf(judged(request(sensor, { amount: yuan(9_500_000) })));
    expect(approved.terms.amount).toEqual(yuan('9200000.00'));
    expect(approved.reasons).toMatchObject([
      { code: 'W02', detail: 'need 9200000.00 of 9500000.00 asked' },
    ]);
    expect(approved.basis.limits.filter(({ binding }) => binding)).toMatchObject([
      { name: 'need' },
    ]);
  });

  it('refer where the payees are to receive more than can be lent; officers offer pro rata', () => {
    const payees = [
      { name: 'a', amount: yuan('3166666.67') },
      { name: 'b', amount: yuan('6333333.33') },
    ];
    const said = start()
      .given(event('ApplicationReceived', request(sensor, { amount: yuan(9_500_000), payees })))
      .given(event('EnterpriseScored', scoredOf(sensor)))
      .given(claim(sensor, 'a'))
      .given(verdict(sensor, 'a'));
    const { terms, reasons } = approvedOf(said.when(verdict(sensor, 'b')));
    expect(codes({ reasons })).toEqual(['E01']);
    expect(terms.payees).toEqual([
      { name: 'a', amount: yuan('3066666.67') },
      { name: 'b', amount: yuan('6133333.33') },
    ]);
  });

  it('want named payees above the amount for entrusted payment', () => {
    const data = enterprise(sensor, {
      workingCapital: { ...received(sensor).content.enterprise.workingCapital, ownFunds: yuan(0) },
    });
    const content = {
      ...data.content,
      request: { ...data.content.request, amount: yuan('10000000.01') },
    };
    const referral = referredOf(judged({ ...data, content }));
    expect(codes(referral)).toEqual(['E02', 'M01']);
  });

  it('count what the lender has promised the enterprise in other applications', () => {
    const group = groupName('boc-zj', sensor.enterprise.uscc);
    const taken = (yuanTaken: number) => ({
      [group]: { entries: { other: yuan(yuanTaken).minor } },
    });
    expect(approvedOf(decided(sensor, taken(495_000_000)).decision)).toMatchObject({
      terms: { amount: yuan(5_000_000) },
      reasons: [{ code: 'L01', detail: 'headroom 5000000.00 of 8000000.00 asked' }],
      basis: { inclusive: [] },
    });
    expect(codes(referredOf(decided(sensor, taken(500_000_000)).decision))).toEqual(['L01', 'M01']);
  });

  it('refer a pledge whose patent ends too soon after the loan', () => {
    const findings = lock.patents.map((patent, index) => ({
      ...findingOf(patent),
      ...(index === 0 && { expires: '2030-11-19' }),
    }));
    const decision = start()
      .given(event('ApplicationReceived', received(lock)))
      .given(event('PledgeLocked', locked(lock)))
      .when(event('EnterpriseScored', scoredOf(lock, { bundle: bundleOf(lock, findings) })));
    expect(referredOf(decision).reasons[0]).toMatchObject({
      code: 'V02',
      detail: '201610345678.2',
    });
  });
});

describe('what was asked about the enterprise', () => {
  const checked = (code: string, change: object) =>
    clearChecks.map((check) => (check.code === code ? { ...check, ...change } : check));
  const scored = (checks: readonly object[], sample = sensor) =>
    start()
      .given(event('ApplicationReceived', received(sample)))
      .when(event('EnterpriseScored', scoredOf(sample, { checks: checks as typeof clearChecks })));

  it.each<[string, string, object, string]>([
    ['a dishonest debtor', 'DISHONEST_DEBTORS', { result: 'ADVERSE', reason: 'listed' }, 'K02'],
    ['a serious violation', 'SERIOUS_VIOLATIONS', { result: 'ADVERSE', reason: 'listed' }, 'K02'],
    ['not in business', 'REGISTRY', { result: 'ADVERSE', reason: 'revoked' }, 'K03'],
    ['overdue debts', 'CREDIT_BUREAU', { result: 'ADVERSE', reason: 'overdue' }, 'B01'],
    ['no consent', 'CREDIT_BUREAU', { result: 'UNKNOWN', consentId: null }, 'B02'],
    ['a silent bureau', 'CREDIT_BUREAU', { result: 'UNKNOWN' }, 'U01'],
    ['silent lists', 'DISHONEST_DEBTORS', { result: 'UNKNOWN' }, 'U01'],
  ])('%s is referred, never declined', (_, code, change, reason) => {
    const referral = referredOf(scored(checked(code, change)));
    expect(codes(referral)).toEqual([reason]);
    if (reason !== 'B02') expect(referral.reasons[0]?.detail).toContain(code);
  });

  it('is not established where nobody was asked', () => {
    expect(codes(referredOf(scored([])))).toEqual(['U01']);
  });
});

describe('notes on the patents', () => {
  const noted = (code: string) => ({
    ...scoredOf(lock).bundle,
    notes: [{ code, patents: ['201610345678.2'], zh: '须知', en: 'to be known' }],
  });
  it.each([
    ['INTERNAL_VALUE_UNKNOWN', 'V03'],
    ['APPRAISAL_UNCONFIRMED', 'V03'],
    ['GROUND_WAIVED', 'V04'],
    ['SAME_DAY_PAIR', 'V04'],
  ])('%s is a reason for an officer', (code, reason) => {
    const decision = start()
      .given(event('ApplicationReceived', received(lock)))
      .given(event('EnterpriseScored', scoredOf(lock, { bundle: noted(code) })))
      .when(event('PledgeLocked', locked(lock)));
    const found = referredOf(decision).reasons.find((one) => one.code === reason);
    expect(found?.detail).toBe('to be known (201610345678.2)');
  });

  it('matter to no loan that the patents do not secure', () => {
    const bundle = { ...scoredOf(sensor).bundle, notes: noted('GROUND_WAIVED').notes };
    const decision = start()
      .given(event('ApplicationReceived', received(sensor)))
      .when(event('EnterpriseScored', scoredOf(sensor, { bundle })));
    expect(types(decision)).toEqual(['LoanApproved']);
  });
});

describe('a score that comes again', () => {
  const unchecked = { checks: [] };
  const referred = (change: object = {}) =>
    start()
      .given(event('ApplicationReceived', received(sensor)))
      .given(event('EnterpriseScored', scoredOf(sensor, { ...unchecked, ...change })));

  it('for the same reasons leaves the officers where they are', () => {
    const said = half(referred(), sensor);
    expect(types(said.when(event('EnterpriseScored', scoredOf(sensor, unchecked))))).toEqual([]);
    expect(approvedOf(said.when(verdict(sensor, 'officer-b'))).approvers).toHaveLength(2);
  });

  it('for others is referred anew, and the officers begin again', () => {
    const said = half(referred(), sensor);
    const low = scoredOf(sensor, { ...unchecked, coveragePpm: 0 });
    expect(types(said.when(event('EnterpriseScored', low)))).toEqual(['LoanReferred']);
    const second = said.when(verdict(sensor, 'officer-b'));
    expect(dataOf(second, 'ReviewRefused')).toMatchObject({ cause: 'NOT_CLAIMED' });
  });

  it('with all clear is decided', () => {
    const decision = referred().when(event('EnterpriseScored', scoredOf(sensor)));
    expect(types(decision)).toEqual(['LoanApproved']);
  });

  it('for the same codes and other terms is another matter too', () => {
    const { said } = decided(lock);
    half(said, lock);
    const worth = scoredOf(lock).bundle;
    const less = { ...worth, lendingValue: yuan(300_000_000) };
    const again = event('EnterpriseScored', scoredOf(lock, { bundle: less }));
    expect(types(said.when(again))).toEqual(['LoanReferred']);
    const approved = approvedOf(half(said, lock, 'officer-b').when(verdict(lock, 'officer-a')));
    expect(approved.terms.amount).toEqual(yuan(90_000_000));
  });

  it('is judged by its own day: facts and rate are of the same', () => {
    const later = { businessDate: '2027-03-01' };
    const decision = start()
      .given(event('ApplicationReceived', received(sensor)))
      .when(event('EnterpriseScored', scoredOf(sensor, later)));
    expect(codes(referredOf(decision))).toEqual(['U01']);
    expect(referredOf(decision).basis).toMatchObject(later);
  });
});

describe('while officers look', () => {
  const refused = event('PledgeRefused', {
    applicationId,
    revision: 1,
    lenderId: 'exim-zj',
    authorisationId: null,
    stage: 'LOCK',
    evidence: [],
    refused: scoredOf(lock).bundle.usable.map((number) => ({
      number,
      ground: 'PL12',
      reason: 'UNKNOWN: the register did not answer',
    })),
  });
  const released = (patents: string[]) =>
    event('PledgeReleased', {
      applicationId,
      revision: 1,
      lenderId: 'exim-zj',
      patents,
      cause: 'PatentsVerified',
    });

  it('a lock that could not be had comes after all, and can be approved on', () => {
    const said = start()
      .given(event('ApplicationReceived', received(lock)))
      .given(event('EnterpriseScored', scoredOf(lock)))
      .given(refused);
    expect(types(said.when(event('PledgeLocked', locked(lock))))).toEqual(['LoanReferred']);
    const approved = approvedOf(half(said, lock).when(verdict(lock, 'officer-b')));
    expect(approved.terms.pledgedPatents).toEqual(locked(lock).patents);
  });

  it('a patent that was let go or fell is not lent on', () => {
    const [first = '', ...others] = locked(lock).patents;
    const said = start()
      .given(event('ApplicationReceived', received(lock)))
      .given(event('EnterpriseScored', scoredOf(lock)))
      .given(event('PledgeLocked', locked(lock)));
    const fallen = lock.patents.map((patent) =>
      findingOf(patent, patent.number === first ? { PL05: 'ADVERSE' } : {}),
    );
    said
      .given(event('EnterpriseScored', scoredOf(lock, { bundle: bundleOf(lock, fallen) })))
      .given(released([first]))
      .given(event('PledgeLocked', locked(lock, { patents: others })));
    const approved = approvedOf(half(said, lock).when(verdict(lock, 'officer-b')));
    expect(approved.terms.pledgedPatents).toEqual(others);
  });
});

describe('newer facts while an offer stands', () => {
  const listed = clearChecks.map((check) =>
    check.code === 'DISHONEST_DEBTORS' ? { ...check, result: 'ADVERSE' as const } : check,
  );
  const offered = () => decided(sensor).said;

  it('leave it where nothing adverse has come up', () => {
    const decision = offered().when(event('EnterpriseScored', scoredOf(sensor, { round: 2 })));
    expect(types(decision)).toEqual([]);
  });

  it('undo it where the enterprise is listed now, so that nothing can be accepted', () => {
    const said = offered();
    const worse = event('EnterpriseScored', scoredOf(sensor, { round: 2, checks: listed }));
    const decision = said.when(worse);
    expect(types(decision)).toEqual(['ApprovalUndone']);
    expect(decision.events?.[0]?.data).toMatchObject({
      cause: 'FACTS_CHANGED: DISHONEST_DEBTORS',
    });
    expect(said.when(accepted(2_000)).ignored).toBe('no-offer');
  });

  it('undo what has expired as well: an acceptance in time is on its way, and is not honoured', () => {
    const said = offered().given(offerTimer);
    const same = event('EnterpriseScored', scoredOf(sensor, { round: 2 }));
    expect(types(said.when(same))).toEqual([]);
    const worse = event('EnterpriseScored', scoredOf(sensor, { round: 3, checks: listed }));
    expect(types(said.when(worse))).toEqual(['ApprovalUndone']);
    expect(said.when(accepted(2_000)).ignored).toBe('no-offer');
  });

  it('do not undo what officers approved in that knowledge', () => {
    const said = start()
      .given(event('ApplicationReceived', received(sensor)))
      .given(event('EnterpriseScored', scoredOf(sensor, { checks: listed })));
    half(said, sensor).given(verdict(sensor, 'officer-b'));
    expect(said.state().phase).toBe('offered');
    const again = event('EnterpriseScored', scoredOf(sensor, { round: 2, checks: listed }));
    expect(types(said.when(again))).toEqual([]);
  });
});

it('refers a check that no row of the tables knows', () => {
  const taxes = { ...clearChecks[0]!, code: 'TAXES', result: 'ADVERSE' as const, reason: 'owed' };
  const decision = start()
    .given(event('ApplicationReceived', received(sensor)))
    .when(event('EnterpriseScored', scoredOf(sensor, { checks: [...clearChecks, taxes] })));
  expect(referredOf(decision).reasons[0]).toMatchObject({ code: 'K03', detail: 'TAXES: owed' });
});

it('counts the bureau’s loans for the flags of inclusive lending, where they are more', () => {
  const derived = { ...blankDerived, creditLine: yuan(33_000_000) };
  const decision = start()
    .given(event('ApplicationReceived', received(sensor)))
    .when(event('EnterpriseScored', scoredOf(sensor, { derived })));
  expect(approvedOf(decision).basis.inclusive).toEqual([]);
});

describe('an offer', () => {
  const expiresAtMs = 1_000 + 30 * DAY_MS;
  const group = groupName('boc-zj', sensor.enterprise.uscc);
  const entries = (said: ReturnType<typeof start>) =>
    (said.held()[group] as { entries: Record<string, bigint> }).entries;

  it('takes of the enterprise’s limit and sets its timer', () => {
    const { said, decision } = decided(sensor);
    expect(entries(said)).toEqual({ [applicationId]: yuan(8_000_000).minor });
    expect(decision.timers).toEqual([
      {
        name: 'offer-expiry',
        dueAtMs: expiresAtMs,
        detail: { approvalId: `${applicationId}-1-approval` },
      },
    ]);
  });

  it('accepted at the last instant is authorised', () => {
    const inTime = decided(sensor).said.when(accepted(expiresAtMs));
    expect(types(inTime)).toEqual(['DisbursementAuthorised']);
    expect(inTime.events?.[0]?.data).toMatchObject({ businessDate: asOf, authorisationId });
  });

  it('accepted on a later day is booked on that day', () => {
    const judgedAtMs = Date.UTC(2026, 10, 20);
    const said = start({}, judgedAtMs)
      .given(event('ApplicationReceived', received(sensor)))
      .given(event('EnterpriseScored', scoredOf(sensor)));
    // 17 h UTC is already the next day in Shanghai.
    const decision = said.when(accepted(Date.UTC(2026, 10, 30, 17)));
    expect(decision.events?.[0]?.data).toMatchObject({ businessDate: '2026-12-01' });
  });

  it('accepted too late expires, though its timer has not come', () => {
    const { said } = decided(sensor);
    expect(types(said.when(accepted(expiresAtMs + 1)))).toEqual(['OfferExpired']);
    expect(entries(said)).toEqual({});
    expect(said.when(offerTimer).ignored).toBe('stale-timer');
  });

  it('expires by its timer, not by another', () => {
    const { said } = decided(sensor);
    expect(said.when(timer({ approvalId: 'other' })).ignored).toBe('stale-timer');
    expect(said.when(timer(null)).ignored).toBe('stale-timer');
    expect(said.when(timer({ approvalId: `${applicationId}-1-approval` }, 'x')).ignored).toBe(
      'stale-timer',
    );
    expect(types(said.when(offerTimer))).toEqual(['OfferExpired']);
    expect(entries(said)).toEqual({});
  });

  it('accepted in time but read after it expired is honoured', () => {
    const { said } = decided(sensor);
    const decision = said.given(offerTimer).when(accepted(expiresAtMs));
    expect(types(decision)).toEqual(['DisbursementAuthorised']);
    expect(entries(said)).toEqual({ [applicationId]: yuan(8_000_000).minor });
    expect(decision.rows?.filter(({ kind }) => kind === 'approval')).toMatchObject([
      { live: true },
    ]);
  });

  it.each([
    ['too late by the append time', expiresAtMs + 1, {}, 'ACCEPTED_TOO_LATE'],
    [
      'if its limit is taken',
      expiresAtMs,
      { [group]: { entries: { other: yuan(492_000_000.01).minor } } },
      'LIMIT_TAKEN',
    ],
  ])('that expired is refused %s, and says why', (_when, acceptedAtMs, taken, cause) => {
    const { said } = decided(sensor);
    said.given(offerTimer);
    Object.assign(said.held(), taken);
    const decision = said.when(accepted(acceptedAtMs));
    expect(decision.events).toMatchObject([{ type: 'ApprovalUndone', data: { cause } }]);
    expect(said.state().phase).toBe('undone');
  });

  it('that expired is refused if another has taken a patent of it', () => {
    const { said } = decided(lock);
    half(said, lock).given(verdict(lock, 'b')).given(offerTimer);
    const release = { applicationId, revision: 1, lenderId: 'exim-zj', cause: 'OfferExpired' };
    said.given(event('PledgeReleased', { ...release, patents: locked(lock).patents }));
    (said.held() as Record<string, unknown>)['patent/201610345678.2'] = { holders: ['other'] };
    const decision = said.when(accepted(2_000));
    expect(decision.events).toMatchObject([
      { type: 'ApprovalUndone', data: { cause: 'PLEDGE_TAKEN' } },
    ]);
  });

  it('declined closes the application, also once it has expired', () => {
    const { said } = decided(sensor);
    const decision = said.when(offerDeclined);
    expect(decision.events).toMatchObject([
      { type: 'ApplicationClosed', data: { cause: 'OFFER_DECLINED' } },
    ]);
    expect(entries(said)).toEqual({});
    expect(types(decided(sensor).said.given(offerTimer).when(offerDeclined))).toEqual([
      'ApplicationClosed',
    ]);
  });
});

describe('a withdrawal', () => {
  it.each([
    ['before the decision', () => start().given(event('ApplicationReceived', received(sensor)))],
    ['of a referred application', () => decided(lock).said],
    ['of an offer', () => decided(sensor).said],
    ['of an expired offer', () => decided(sensor).said.given(offerTimer)],
  ])('%s closes it', (_when, said) => {
    const scene = said();
    expect(scene.when(withdrawn).events).toMatchObject([
      { type: 'ApplicationClosed', data: { cause: 'WITHDRAWN' } },
    ]);
    expect(scene.when(event('EnterpriseScored', scoredOf(sensor))).ignored).toBe('closed');
  });

  it('after authorisation asks the ledger, which cancels', () => {
    const said = decided(sensor).said.given(accepted(2_000));
    expect(said.when(withdrawn).events).toMatchObject([
      { type: 'CancellationRequested', data: { authorisationId, cause: 'WITHDRAWN' } },
    ]);
    expect(types(said.when(cancelled))).toEqual(['ApprovalUndone', 'ApplicationClosed']);
    expect(said.state().phase).toBe('closed');
  });

  it.each([
    ['authorised', [], 'authorised'],
    ['booked before', [booked], 'booked'],
  ] as const)(
    'after authorisation goes on where the ledger refuses: %s',
    (_when, events, phase) => {
      const said = decided(sensor).said.given(accepted(2_000));
      for (const one of events) said.given(one);
      const decision = said.given(withdrawn).when(tooLate);
      expect(said.state()).toMatchObject({ phase, withdrawn: false });
      // Else it would look like one that is being cancelled for ever.
      expect(decision.rows).toContainEqual(
        expect.objectContaining({ kind: 'latest', status: 'AUTHORISED' }),
      );
    },
  );

  it('is overtaken by the payout', () => {
    const said = decided(sensor).said.given(accepted(2_000)).given(withdrawn);
    const decision = said.given(booked).when(disbursed);
    expect(said.state().phase).toBe('disbursed');
    expect(decision.rows).toContainEqual(
      expect.objectContaining({ kind: 'latest', status: 'AUTHORISED' }),
    );
    expect(said.when(tooLate).ignored).toBe('already-disbursed');
  });
});

describe('the ledger', () => {
  it('books and disburses; the exposure stays', () => {
    const said = decided(sensor).said.given(accepted(2_000)).given(booked).given(disbursed);
    expect(said.state().phase).toBe('disbursed');
    expect(said.held()[groupName('boc-zj', sensor.enterprise.uscc)]).toEqual({
      entries: { [applicationId]: yuan(8_000_000).minor },
    });
  });

  it('cancels an authorisation: the approval is undone and the limit free', () => {
    const said = decided(sensor).said.given(accepted(2_000));
    expect(said.when(cancelled).events).toMatchObject([
      { type: 'ApprovalUndone', data: { cause: 'PLEDGE_REFUSED' } },
    ]);
    expect(said.held()[groupName('boc-zj', sensor.enterprise.uscc)]).toEqual({ entries: {} });
  });

  it('tells what is left of the principal, and when the loan is repaid', () => {
    const said = decided(sensor).said.given(accepted(2_000)).given(booked).given(disbursed);
    const repayment = {
      ...{ ...of, loanId: 'L', amount: yuan(3_000_000), principalBalance: yuan(5_000_000) },
      bookedOn: asOf,
      ...blankRepaymentBooked,
      undrawn: yuan(0),
    };
    said.given(event('RepaymentBooked', repayment));
    const group = groupName('boc-zj', sensor.enterprise.uscc);
    const left = { entries: { [applicationId]: yuan(5_000_000).minor } };
    expect(said.held()[group]).toEqual(left);
    const decision = said.when(event('LoanRepaid', { ...of, loanId: 'L', repaidOn: asOf }));
    expect(said.held()[group]).toEqual({ entries: {} });
    expect(decision.rows).toMatchObject([{ kind: 'approval', live: false }]);
    expect(said.state()).toMatchObject({ phase: 'repaid', takenFen: null });
  });

  it('counts what may still be drawn, and what is owed again', () => {
    const said = decided(sensor).said.given(accepted(2_000)).given(booked).given(disbursed);
    const about = { ...of, loanId: 'L', source: 'bank', reference: 'r', amount: yuan(1_000_000) };
    const group = groupName('boc-zj', sensor.enterprise.uscc);
    const taken = () => said.held()[group];
    const paid = { ...about, institution: 'g', left: yuan(0), bookedOn: asOf };
    said.given(
      event('GuaranteePaid', {
        held: null,
        ...{ ...paid, principalBalance: yuan(3_000_000), undrawn: yuan(2_000_000) },
      }),
    );
    expect(taken()).toEqual({ entries: { [applicationId]: yuan(5_000_000).minor } });
    said.given(event('LoanRepaid', { ...of, loanId: 'L', repaidOn: asOf }));
    const returned = { ...about, reason: 'returned', reversedOn: asOf, undrawn: null };
    said.given(event('RepaymentReversed', { ...returned, principalBalance: yuan(1_000_000) }));
    expect(taken()).toEqual({ entries: { [applicationId]: yuan(1_000_000).minor } });
  });

  it('gives back what of the limit will not be drawn', () => {
    const said = decided(sensor).said.given(accepted(2_000)).given(booked);
    const group = groupName('boc-zj', sensor.enterprise.uscc);
    const released = (fen: number) => ({ ...of, loanId: 'L', amount: yuan(fen), cause: 'x' });
    said.given(event('LimitReleased', released(3_000_000)));
    expect(said.held()[group]).toEqual({ entries: { [applicationId]: yuan(5_000_000).minor } });
    said.given(event('LimitReleased', released(6_000_000)));
    expect(said.state()).toMatchObject({ phase: 'booked', takenFen: 0n });
  });

  it('of another authorisation changes nothing', () => {
    const said = decided(sensor).said.given(accepted(2_000));
    const other = event('LoanDisbursed', { ...disbursed.data, authorisationId: 'other' });
    expect(said.when(other).ignored).toBe('other-authorisation');
  });
});

describe('a group', () => {
  const head = '91330000MA27X0AB11';
  const [own, ofHead] = [groupName('boc-zj', sensor.enterprise.uscc), groupName('boc-zj', head)];
  const withHead = (change: object = {}) =>
    event('EnterpriseScored', scoredOf(sensor, { ...change, derived }));
  const derived = { ...blankDerived, groupHead: head, regionCode: '330106' };
  const taken = { entries: { [applicationId]: yuan(8_000_000).minor } };

  it('shares one limit under its head, as soon as that is known', () => {
    const said = start({ [ofHead]: { entries: { other: yuan(495_000_000).minor } } }).given(
      event('ApplicationReceived', received(sensor)),
    );
    const approved = approvedOf(said.when(withHead()));
    expect(approved).toMatchObject({
      terms: { amount: yuan(5_000_000) },
      basis: { exposure: yuan(495_000_000) },
      about: { regionCode: '330106', sizeClass: 'small', receivedOn: asOf },
    });
    expect(said.state()).toMatchObject({ group: ofHead, groupHead: head });
    expect(said.held()[own]).toBeUndefined();
  });

  it('whose head is known later takes over what was promised to its member', () => {
    const { said } = decided(sensor);
    expect(said.held()[own]).toEqual(taken);
    said.given(withHead({ round: 2 }));
    expect(said.held()).toMatchObject({ [own]: { entries: {} }, [ofHead]: taken });
    said.given(withdrawn);
    expect(said.held()[ofHead]).toEqual({ entries: {} });
  });

  it('stays known where a later answer does not name its head', () => {
    const said = start()
      .given(event('ApplicationReceived', received(sensor)))
      .given(withHead());
    said.given(event('EnterpriseScored', scoredOf(sensor, { round: 2 })));
    expect(said.held()[ofHead]).toEqual(taken);
  });

  it('is another one where the application is amended to another enterprise', () => {
    const said = start()
      .given(event('ApplicationReceived', received(sensor)))
      .given(withHead());
    const { content } = received(sensor);
    const enterprise = { ...content.enterprise, uscc: '91330110MA27WLNG6K' };
    const amended = { revision: 2, content: { ...content, enterprise } };
    said
      .given(event('ApplicationAmended', received(sensor, amended)))
      .given(event('EnterpriseScored', scoredOf(sensor, { revision: 2 })));
    expect(said.held()).toMatchObject({
      [ofHead]: { entries: {} },
      [groupName('boc-zj', '91330110MA27WLNG6K')]: taken,
    });
  });
});

describe('an amendment', () => {
  const amended = event('ApplicationAmended', received(sensor, { revision: 2 }), { number: 2 });

  it('of an offer undoes it, under the revision that it had', () => {
    const { said } = decided(sensor);
    const decision = said.when(amended);
    expect(decision.events).toMatchObject([
      {
        type: 'ApprovalUndone',
        data: { approvalId: `${applicationId}-1-approval`, revision: 1, cause: 'SUPERSEDED' },
      },
    ]);
    expect(said.state()).toMatchObject({ phase: 'open', revision: 2, superseded: null });
    const again = said.when(event('EnterpriseScored', scoredOf(sensor, { revision: 2 })));
    expect(approvedOf(again)).toMatchObject({
      revision: 2,
      approvalId: `${applicationId}-2-approval`,
    });
  });

  it('does so whichever event of the newer revision comes first', () => {
    const { said } = decided(sensor);
    const first = said.when(event('EnterpriseScored', scoredOf(sensor, { revision: 2 })));
    expect(types(first)).toEqual(['ApprovalUndone']);
    expect(types(said.when(amended))).toEqual(['LoanApproved']);
  });

  it('makes what belongs to the older revision void', () => {
    const { said } = decided(sensor);
    said.given(amended);
    expect(said.when(accepted(2_000)).ignored).toBe('older-revision');
    expect(said.when(offerTimer).ignored).toBe('older-revision');
  });

  it('lets the officers begin anew', () => {
    const { said } = decided(lock);
    half(said, lock)
      .given(event('ApplicationAmended', received(lock, { revision: 2 })))
      .given(event('EnterpriseScored', scoredOf(lock, { revision: 2 })))
      .given(event('PledgeLocked', locked(lock, { revision: 2 })));
    expect(said.state()).toMatchObject({ phase: 'referred', claim: null, queued: true });
    const late = said.when(verdict(lock, 'b', { revision: 2 }));
    expect(dataOf(late, 'ReviewRefused')).toMatchObject({ cause: 'NOT_CLAIMED' });
  });

  it('takes its patents off the older revision’s hold', () => {
    const { said } = decided(lock);
    const [first, ...others] = locked(lock).patents;
    said
      .given(event('ApplicationAmended', received(lock, { revision: 2 })))
      .given(event('PledgeLocked', locked(lock, { revision: 2, patents: others })));
    expect(said.held()[`patent/${first}`]).toEqual({ holders: [] });
    expect(said.held()[`patent/${others[0]}`]).toEqual({ holders: [applicationId] });
  });

  it('that comes after authorisation all the same changes no content', () => {
    const said = decided(sensor).said.given(accepted(2_000));
    expect(said.when(amended).ignored).toBe('already-authorised');
    expect(said.state()).toMatchObject({ phase: 'authorised', revision: 2 });
    expect(types(said.when(cancelled))).toEqual(['ApprovalUndone']);
  });
});

describe('every decision', () => {
  it('leaves evidence with a digest, and the latest decision', () => {
    const { decision } = decided(sensor);
    const kinds = decision.rows?.map(({ kind }) => kind);
    expect(kinds).toEqual(['assessment', 'approval', 'evidence', 'latest']);
    expect(decision.rows?.[2]).toMatchObject({
      type: 'LoanApproved',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      content: expect.stringContaining('"policyDigest"'),
    });
    expect(decision.rows?.[3]).toMatchObject({
      status: 'APPROVED',
      terms: { amount: yuan(8_000_000), ratePpm: 30_000 + 1_500 },
      tier: 'policy',
      policy: 'boc-zj@1',
      about: { productId: 'NEW_QUALITY', asked: yuan(8_000_000), channel: 'portal' },
      offerExpiresAtMs: 1_000 + 30 * DAY_MS,
    });
  });

  it('names rows among its locks before it changes them', () => {
    // The scenario hands over only the rows that `locks` names, as the machinery does.
    expect(line.locks?.(event('ApplicationReceived', received(sensor)), line.initialState)).toEqual(
      [groupName('boc-zj', sensor.enterprise.uscc)],
    );
  });
});
