// The bundle: findings with evidence, the usable subset, same-day pairs, appraisals and notes.
import { readFileSync } from 'node:fs';
import type { ApplicationContent, PatentClaim } from '@saidao/schemas';
import { cny, fenOfYuan, formatYuan } from '@saidao/values';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '../adapters/policy-file.ts';
import {
  answered,
  businessDate,
  claim,
  content,
  entryOf,
  patentA,
  patentB,
  patentC,
  yuan,
} from '../applications.fixture.ts';
import type { AppraisalSays, RegisterEntry } from '../facts.ts';
import { bundleOf, type OfferedPatent } from './bundle.ts';
import type { Known } from './grounds.ts';

const policy = readPolicy();

function known<Says>(value: Says, provider: string): Known<Says> {
  return { kind: 'answered', value, evidence: answered(value, 100, provider).evidence };
}
const unknown: Known<never> = { kind: 'unknown', reason: 'away', evidence: null };

const appraised = (amount: string, change: object = {}): Known<AppraisalSays> =>
  known(
    {
      known: true,
      valueFen: fenOfYuan(amount),
      appraiser: '浙江示例资产评估有限公司',
      reportId: 'r-1',
      appraisedOn: '2026-06-30',
      validUntil: '2027-06-29',
      ...change,
    },
    'valuation',
  );

function offered(
  one: PatentClaim,
  fault: Partial<RegisterEntry> = {},
  change: Partial<OfferedPatent> = {},
): OfferedPatent {
  return {
    claim: one,
    register: known({ known: true, entry: entryOf(one.number, fault) }, 'patent-register'),
    annuity: known({ known: true, paidThroughYear: 20 }, 'annuity'),
    appraisal: one.appraised === null ? null : known(appraisalOfClaim(one), 'valuation'),
    ...change,
  };
}
const appraisalOfClaim = ({ appraised: money }: PatentClaim): AppraisalSays => ({
  known: true,
  valueFen: money?.minor ?? 0n,
  appraiser: '浙江示例资产评估有限公司',
  reportId: 'r-1',
  appraisedOn: '2026-06-30',
  validUntil: '2027-06-29',
});

function bundle(patents: readonly OfferedPatent[], change: Partial<ApplicationContent> = {}) {
  const claims = patents.map((one) => one.claim);
  return bundleOf(
    {
      lenderId: 'exim-zj',
      content: content({ patents: claims, ...change }),
      businessDate,
      patents,
    },
    policy,
  );
}
const [claimA, claimB, claimC] = [
  claim(patentA, '150000000'),
  claim(patentB, '130000000'),
  claim(patentC, '90000000'),
];
const notesIn = (made: ReturnType<typeof bundle>) => made.notes.map(({ code }) => code);

it('says all of a patent that the providers said, and on whose word', () => {
  const [finding] = bundle([offered(claimA)]).findings;
  expect(finding).toMatchObject({
    number: patentA,
    kind: 'invention',
    filed: '2016-05-27',
    expires: '2036-05-27',
    granted: '2021-02-05',
    status: 'granted',
    annuity: { standing: 'paid', dueOn: null },
    remainingMonths: 114,
    pledgeRatePpm: 300_000,
    appraised: yuan('150000000'),
    usable: true,
    scores: { stars: expect.any(Number), official: false },
  });
  expect(finding?.evidence.map(({ provider }) => provider)).toEqual([
    'patent-register',
    'annuity',
    'valuation',
  ]);
  expect(finding?.grounds).toHaveLength(12);
});

it('tells the fee and the surcharge of a patent in grace', () => {
  const annuity = known({ known: true, paidThroughYear: 10 } as const, 'annuity');
  const [finding] = bundle([offered(claimA, {}, { annuity })]).findings;
  expect(finding?.annuity).toEqual({
    standing: 'grace',
    patentYear: 11,
    dueOn: '2026-05-27',
    graceEndsOn: '2026-11-27',
    fee: yuan('4000'),
    surcharge: yuan('1000'),
  });
  expect(finding?.usable).toBe(false);
});

it('is valued and lent on as the smart lock’s is, and names the life of the shortest', () => {
  const made = bundle([offered(claimA), offered(claimB), offered(claimC)]);
  expect(made).toMatchObject({
    usable: [patentA, patentB, patentC],
    usableAppraised: yuan('370000000'),
    internalValue: yuan('364549545.81'),
    lendingValue: yuan('364549545.81'),
    valueBasis: 'LOWER_OF_BOTH',
    pledgeable: { base: yuan('109364863.74') },
    shortestRemainingMonths: 114,
    notes: [],
    policy: `saidao-valuation@1 ${policy.digest}`,
  });
});

it('is what the documents work through', () => {
  const page = readFileSync(
    new URL('../../../docs/how-a-value-and-a-score-come-about.md', import.meta.url),
    'utf8',
  );
  const made = bundle([offered(claimA), offered(claimB), offered(claimC)]);
  const { lendingValue, usableAppraised, internalRange, pledgeable } = made;
  const ranges = [internalRange, pledgeable].flatMap((range) => [range!.low, range!.high]);
  for (const money of [lendingValue!, pledgeable!.base, ...ranges]) {
    expect(page).toContain(grouped(money.minor));
  }
  expect(page).toContain(grouped(usableAppraised!.minor).replace('.00', ''));
  for (const { number, expires } of made.findings) {
    expect(page).toContain(number);
    expect(page).toContain(expires);
  }
});

/** Yuan as people write it: 364,549,545.81. */
function grouped(fen: bigint): string {
  return formatYuan(fen).replace(/\B(?=(?:\d{3})+\.)/g, ',');
}

describe('an appraisal', () => {
  const valued = (appraisal: OfferedPatent['appraisal'], one = claimA) =>
    bundle([offered(one, {}, { appraisal })]);

  it('counts as the appraiser has it, or as stated where that is less', () => {
    expect(valued(appraised('140000000')).usableAppraised).toEqual(yuan('140000000'));
    expect(valued(appraised('160000000')).usableAppraised).toEqual(yuan('150000000'));
    expect(valued(appraised('7'), claim(patentA)).usableAppraised).toEqual(yuan('7'));
  });

  it.each<[string, OfferedPatent['appraisal']]>([
    ['nobody confirms', known({ known: false } as const, 'valuation')],
    ['nobody could be asked about', unknown],
  ])('that %s counts as stated, and is noted', (_, appraisal) => {
    const made = valued(appraisal);
    expect(made.usableAppraised).toEqual(yuan('150000000'));
    expect(notesIn(made)).toEqual(['APPRAISAL_UNCONFIRMED']);
  });

  it.each([
    ['past its date', { validUntil: '2026-11-19' }],
    ['of the future', { appraisedOn: '2026-11-21' }],
  ])('that is %s does not count', (_, change) => {
    const made = valued(appraised('140000000', change));
    expect(made).toMatchObject({ usableAppraised: null, valueBasis: 'INTERNAL' });
    expect(notesIn(made)).toEqual(['APPRAISAL_MISSING', 'APPRAISAL_OUT_OF_DATE']);
  });

  it('that nobody could be asked about is noted, though none was stated', () => {
    const made = valued(unknown, claim(patentA));
    expect(notesIn(made)).toEqual(['APPRAISAL_MISSING', 'APPRAISAL_UNCONFIRMED']);
  });

  it('alone is lent on less a haircut, and noted', () => {
    const made = bundle([offered(claimA)], { valuation: null });
    expect(made).toMatchObject({ internalValue: null, lendingValue: yuan('120000000') });
    expect(notesIn(made)).toEqual(['INTERNAL_VALUE_UNKNOWN']);
  });
});

describe('a pair of one day', () => {
  const model = { kind: 'utility-model', filed: '2022-05-15', sameDay: patentA } as const;
  const declarations = [
    {
      ground: 'PL10',
      patentNumber: patentB,
      statementId: 's-1',
      signedBy: content().enterprise.uscc,
      signedOn: '2026-11-18',
      documentHash: '0'.repeat(64),
    },
  ];
  const pair = [offered(claimA, { sameDay: patentB }), offered(claimB, model)];

  it('is valued once, and both notes tell the officer', () => {
    const made = bundle(pair, { declarations, valuation: null });
    expect(made.usable).toEqual([patentA, patentB]);
    expect(made.usableAppraised).toEqual(yuan('150000000'));
    expect(notesIn(made)).toEqual(['GROUND_WAIVED', 'SAME_DAY_PAIR', 'INTERNAL_VALUE_UNKNOWN']);
  });

  it('leaves the invention alone where nothing was declared', () => {
    const made = bundle(pair, { valuation: null });
    expect(made.usable).toEqual([patentA]);
    expect(notesIn(made)).toEqual(['INTERNAL_VALUE_UNKNOWN']);
  });

  it('changes nothing of the money, however the utility model is appraised', () => {
    const alone = bundle([pair[0]!]);
    for (const worth of ['130000000', null]) {
      const both = [pair[0]!, offered(claim(patentB, worth), model)];
      const made = bundle(both, { declarations });
      expect(made.findings.map(({ valued }) => valued)).toEqual([true, false]);
      expect(made.internalValue).toEqual(alone.internalValue);
      expect(made.pledgeable).toEqual(alone.pledgeable);
    }
  });

  it('leaves the utility model its value where the invention cannot be pledged', () => {
    const preserved = [offered(claimA, { preserved: true }), pair[1]!];
    expect(bundle(preserved, { declarations }).usableAppraised).toEqual(yuan('130000000'));
  });
});

it.each<[string, Partial<RegisterEntry>]>([
  ['INVALIDATED_IN_PART', { status: 'invalidated-in-part' }],
  ['EXCLUSIVE_LICENCE', { licences: [{ kind: 'exclusive', until: null }] }],
])('notes %s', (code, fault) => expect(notesIn(bundle([offered(claimA, fault)]))).toEqual([code]));

it('takes no notice of a licence that has ended', () => {
  const licences = [{ kind: 'exclusive', until: '2026-11-19' } as const];
  const made = bundle([offered(claimA, { licences })]);
  expect(made.notes).toEqual([]);
  expect(made.findings[0]?.scores).toEqual(bundle([offered(claimA)]).findings[0]?.scores);
});

test.prop([fc.shuffledSubarray(['a', 'b', 'c'], { minLength: 3 })])(
  'is the same in any order of owners, licences, statements and consents',
  (order) => {
    const owners = order.map((name) => ({ name, uscc: name === 'a' ? applicantUscc : '' }));
    const licences = order.map((until) => ({
      kind: 'other' as const,
      until: `2030-01-0${'abc'.indexOf(until) + 1}`,
    }));
    const declarations = order.map((name) => ({
      ground: 'PL08',
      patentNumber: patentA,
      statementId: `s-${name}`,
      signedBy: name,
      signedOn: '2026-11-18',
      documentHash: '0'.repeat(64),
    }));
    const made = bundle([offered(claimA, { owners, licences })], { declarations });
    expect(made.usable).toEqual([patentA]);
    expect(made.lendingValue).toEqual(bundle([offered(claimA)]).lendingValue);
  },
);
const applicantUscc = content().enterprise.uscc;

it('counts a divisional or international application from its own filing date', () => {
  const [finding] = bundle([offered(claimC, { filed: '2012-01-31' })]).findings;
  expect(finding).toMatchObject({ filed: '2012-01-31', expires: '2032-01-31' });
});

test.prop([fc.shuffledSubarray([claimA, claimB, claimC], { minLength: 3 })])(
  'is worth the same in any order',
  (claims) => {
    const made = bundle(claims.map((one) => offered(one)));
    const there = bundle([claimA, claimB, claimC].map((one) => offered(one)));
    const { findings, usable, ...value } = made;
    const { findings: otherFindings, usable: otherUsable, ...otherValue } = there;
    expect(value).toEqual(otherValue);
    expect([...usable].sort()).toEqual([...otherUsable].sort());
    expect(findings).toHaveLength(otherFindings.length);
    expect(made.lendingValue).toEqual(cny(36_454_954_581n));
  },
);
