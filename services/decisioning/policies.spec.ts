// Policies on the line: pinned on entry, kept through revisions, and a product more without code.
import { event, scenario } from '@saidao/testkit';
import { toJson } from '@saidao/values';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  assessorOf,
  faultsOfVersion,
  policyFolder,
  readPolicies,
  readPolicy,
} from './adapters/policy-files.ts';
import { applicationOf } from './assessment/application.fixture.ts';
import { assess } from './assessment/assess.ts';
import { counterfactualsOf } from './assessment/counterfactual.ts';
import type { NeedRule, Product, SecurityRule } from './assessment/policy.ts';
import { faultsOfJudgement } from './assessment/proof.ts';
import {
  applicationId,
  asOf,
  caseNamed,
  cases,
  received,
  scoredOf,
  type SampleCase,
} from './cases.fixture.ts';
import { PolicyFolder } from './policies/folder.fixture.ts';
import type { DecisioningState } from './state.ts';
import { decisioning } from './worker.ts';

let folder: PolicyFolder;
beforeEach(() => {
  folder = new PolicyFolder();
});
afterEach(() => folder.remove());

const sensor = caseNamed('new-quality-8m');
const newQuality = () => folder.json<Product>('products/new-quality.boc-zj.v1.json');

/** A process that has read the policies as they are now. */
function member(state?: DecisioningState) {
  const store = { record: () => Promise.resolve(), presents: () => Promise.resolve([]) };
  const line = decisioning(readPolicies(folder.path), store);
  return scenario(line, { applicationId, nowMs: 1_000, ...(state && { state }) });
}

type Said = ReturnType<typeof member>;

const enters = (said: Said, sample: SampleCase, businessDate = asOf) =>
  said.given(event('ApplicationReceived', received(sample, { businessDate })));

function decided(said: Said, sample: SampleCase, change: Parameters<typeof scoredOf>[1] = {}) {
  const { events = [] } = said.when(event('EnterpriseScored', scoredOf(sample, change)));
  return events.find(({ type }) => ['LoanApproved', 'LoanReferred', 'LoanDeclined'].includes(type));
}

/** A second version that is too short for the sample, in force from its day on. */
function putSecondInForce() {
  const shorter = { ...newQuality(), version: 2, termMonths: { least: 1, most: 2 } };
  folder.addSecond('boc-zj', [shorter], { validFrom: asOf });
  folder.end('boc-zj@1', asOf);
}

const byFirst = {
  type: 'LoanApproved',
  data: { basis: { policyId: 'boc-zj', policyVersion: 1, policyRole: 'champion' } },
};
const bySecond = {
  type: 'LoanDeclined',
  data: { basis: { policyId: 'boc-zj', policyVersion: 2 }, reasons: [{ code: 'S04' }] },
};

describe('an application', () => {
  it('is judged by the version that was in force on the day it entered', () => {
    putSecondInForce();
    expect(decided(enters(member(), sensor, '2026-11-19'), sensor)).toMatchObject(byFirst);
    expect(decided(enters(member(), sensor), sensor)).toMatchObject(bySecond);
  });

  it('keeps its version when it is amended after another came into force', () => {
    putSecondInForce();
    const said = enters(member(), sensor, '2026-11-19');
    said.given(event('ApplicationAmended', received(sensor, { revision: 2 })));
    expect(decided(said, sensor, { revision: 2 })).toMatchObject({
      type: 'LoanApproved',
      data: { revision: 2, basis: { policyVersion: 1, businessDate: asOf } },
    });
  });

  it('in flight is moved by no publication: a new member with both judges it by its own', () => {
    const state = enters(member(), sensor).state();
    putSecondInForce();
    expect(decided(member(state), sensor)).toMatchObject(byFirst);
    expect(decided(enters(member(), sensor), sensor)).toMatchObject(bySecond);
  });

  it('pinned to a version that a member does not have stops it, and is judged by no other', () => {
    const first = folder.json<object>('register.json');
    putSecondInForce();
    const state = enters(member(), sensor).state();
    folder.write('register.json', first);
    expect(() => decided(member(state), sensor)).toThrow(
      expect.objectContaining({
        code: 'SAIDAO_POLICY_UNKNOWN',
        message:
          'There is no policy boc-zj@2 among the files; there are boc-zj@1, czb-hz@1, exim-zj@1.',
      }),
    );
  });

  it('to a lender without a policy is refused by a code', () => {
    const sample = { ...sensor, lender: 'new-bank' };
    expect(() => enters(member(), sample)).toThrow(
      expect.objectContaining({ code: 'SAIDAO_POLICY_MISSING' }),
    );
  });

  it('of a challenger says so in its basis', () => {
    const shorter = { ...newQuality(), version: 2, termMonths: { least: 1, most: 2 } };
    const entry = { role: 'challenger', sharePpm: 999_999, validFrom: asOf } as const;
    folder.addSecond('boc-zj', [shorter], entry);
    expect(decided(enters(member(), sensor), sensor)).toMatchObject({
      data: { basis: { policyVersion: 2, policyRole: 'challenger' } },
    });
  });
});

describe('a product more', () => {
  const growth: SampleCase = { ...sensor, product: 'GROWTH' };

  it('takes a file and a manifest, and no code', () => {
    expect(decided(enters(member(), growth), growth)).toMatchObject({
      type: 'LoanDeclined',
      data: { reasons: [{ code: 'S02' }] },
    });
    const product: Product = {
      ...newQuality(),
      id: 'GROWTH',
      version: 1,
      name: { zh: '成长贷', en: 'Growth loan' },
      declineFromGrade: 'CC',
      offerValidityDays: 14,
    };
    folder.addSecond('boc-zj', [product], { validFrom: asOf });
    folder.end('boc-zj@1', asOf);
    expect(faultsOfVersion(readPolicy(folder.path, 'boc-zj.v2.json'))).toEqual([]);

    const strong = { grade: 'AA', coveragePpm: 900_000 };
    expect(decided(enters(member(), growth), growth, strong)).toMatchObject({
      type: 'LoanApproved',
      data: {
        about: { productId: 'GROWTH' },
        basis: { policyVersion: 2, productVersion: 1 },
        offerExpiresAt: 1_000n + 14n * 86_400_000n,
      },
    });
    const weak = { grade: 'CC', coveragePpm: 900_000 };
    const declined = decided(enters(member(), growth), growth, weak);
    expect(declined).toMatchObject({ type: 'LoanDeclined', data: { basis: { grade: 'CC' } } });
    // The others of the lender are as they were.
    expect(decided(enters(member(), sensor), sensor)).toMatchObject({ type: 'LoanApproved' });
  });

  it('may leave all to officers', () => {
    const whole = readPolicy(policyFolder, 'boc-zj.v1.json');
    const [product] = whole.products;
    const authority = { ...product!.authority, policyUpToYuan: '0' };
    const assessor = assessorOf({ ...whole, products: [{ ...product!, authority }] });
    expect(assess(assessor, applicationOf(sensor))).toMatchObject({
      outcome: 'refer',
      tier: 'officer',
      reasons: [{ code: 'M01' }],
    });
  });

  const rates = { invention: '0.30', 'utility-model': '0.15' };
  const pledge = { rates, lifeBeyondTermMonths: 24 };
  const securities: SecurityRule[] = [
    { kind: 'none' },
    { kind: 'pledge', ...pledge },
    { kind: 'mixed', ...pledge, unsecuredMostYuan: '2000000' },
    { kind: 'guarantee', shareAtLeast: '0.50', uncoveredMostYuan: '3000000' },
    {
      kind: 'risk-pool',
      tiers: [{ share: '0.80', revenueMostYuan: null, loanMostYuan: '5000000' }],
      uncoveredMostYuan: '1000000',
    },
  ];
  const needs: NeedRule[] = [
    { kind: 'working-capital' },
    { kind: 'talent-band' },
    { kind: 'research-budget', share: '0.5' },
  ];
  const kinds = securities.flatMap((security) => needs.map((need) => ({ security, need })));

  it.each(kinds)('may combine any security and need: $security.kind, $need.kind', (kind) => {
    const whole = readPolicy(policyFolder, 'czb-hz.v1.json');
    const talent = whole.products.find(({ id }) => id === 'TALENT')!;
    for (const research of [null, { intensityAtLeast: '0.05', equityAtLeastYuan: '1000000' }]) {
      const product: Product = { ...talent, ...kind, id: 'GROWTH', research };
      const assessor = assessorOf({ ...whole, products: [product] });
      for (const sample of cases) {
        const { content, ...application } = applicationOf(sample, { lenderId: 'czb-hz' });
        const asked = { ...application, content: { ...content, productId: 'GROWTH' } };
        const told = assess(assessor, asked);
        expect(told.basis.limits.filter(({ binding }) => binding)).toHaveLength(
          told.basis.proposedLimit === null ? 0 : 1,
        );
        const counterfactuals = counterfactualsOf(assessor, asked, told);
        const kept = { ...told, basis: { ...told.basis, counterfactuals } };
        expect(faultsOfJudgement(assessor, toJson(asked), toJson(kept))).toEqual([]);
      }
    }
  });
});
