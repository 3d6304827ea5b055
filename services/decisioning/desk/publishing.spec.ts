// The desk over a copy of the policies: a version comes in on a test run and by two people only.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  changePolicies,
  digestOf,
  policyFolder,
  readPolicies,
  readPolicy,
  readRegister,
  sha256,
} from '../adapters/policy-files.ts';
import { differenceOf, historyOf, listOf, shown } from './answers.ts';
import { enterPolicy, type NewPolicy } from '../policies/publication.ts';
import { ended, published } from './publishing.ts';
import { compare, noComparison } from './simulation/comparison.ts';
import { comparisonFigures } from './simulation/figures.ts';
import { testRunOf, type TestRun, type TestRunContent } from './simulation/test-run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policies-'));
  cpSync(policyFolder, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A second version of czb-hz, whose claims lapse after an hour. */
function writeNext(claimMinutes = 60): string {
  const path = join(folder, 'czb-hz.v1.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { rules: object };
  const rules = { ...manifest.rules, claimMinutes };
  writeFileSync(join(folder, 'czb-hz.v2.json'), JSON.stringify({ ...manifest, version: 2, rules }));
  return 'czb-hz.v2.json';
}

function enterNext(change: Partial<NewPolicy> = {}, file = writeNext()) {
  const digest = digestOf(readPolicy(folder, file));
  const entry: NewPolicy = {
    ...{ file, digest, owner: 'credit-policy', source: 'this spec', status: 'validated' },
    ...{ role: 'champion', sharePpm: null },
    ...change,
  };
  const done = changePolicies(folder, (register) => enterPolicy(register, 'czb-hz@2', entry));
  expect(done).not.toHaveProperty('fault');
  return { digest };
}

/** The first version of a lender that has had none. */
function enterNewLender(): { digest: string } {
  const file = 'new-bank.v1.json';
  const write = (name: string, content: object) =>
    writeFileSync(join(folder, name), JSON.stringify(content));
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as object;
  const lenderId = 'new-bank';
  const products = ['products/talent.new-bank.v1.json'];
  write(products[0]!, { ...read('products/talent.czb-hz.v1.json'), lenderId });
  write(file, { ...read('czb-hz.v1.json'), lenderId, products });
  const digest = digestOf(readPolicy(folder, file));
  const entry: NewPolicy = {
    ...{ file, digest, owner: 'credit-policy', source: 'this spec', status: 'validated' },
    ...{ role: 'champion', sharePpm: null },
  };
  changePolicies(folder, (register) => enterPolicy(register, 'new-bank@1', entry));
  return { digest };
}

function runOf(digest: string, change: Partial<TestRunContent> = {}, applications = 3) {
  const comparison = noComparison();
  for (let at = 0; at < applications; at += 1) {
    const judged = { outcome: 'refer', tier: 'officer', proposal: null, codes: ['M01'] } as const;
    const groups = { product: 'TALENT', lender: 'czb-hz', size: 'small', region: '3301' };
    compare(comparison, { applicationId: `id-${at}`, groups, before: judged, after: judged });
  }
  const content: TestRunContent = {
    form: 1,
    policy: { ref: 'czb-hz@2', digest },
    card: null,
    since: '2026-10-01',
    until: '2026-10-31',
    lenders: ['czb-hz'],
    figures: comparisonFigures(comparison),
    ...change,
  };
  return testRunOf(content, '2026-11-19', sha256);
}

const TODAY = '2026-11-20';
const ref = 'czb-hz@2';
const asked = { ref, run: null, from: null };

describe('a version', () => {
  it('is entered, tried, approved by two, and judges who enters from its day on', () => {
    const { digest } = enterNext();
    const run = runOf(digest);
    expect(() => published({ ...asked, by: 'anna' }, TODAY, folder)).toThrow(
      /no test run attached/,
    );
    expect(published({ ...asked, by: 'anna', run }, TODAY, folder)).toMatchObject({
      outcome: 'approved',
      approvalsNeeded: 1,
      testRun: { id: run.id, digest, applications: 3, flips: 0, by: 'anna', at: '2026-11-19' },
    });
    for (const by of ['Anna', 'credit-policy']) {
      expect(() => published({ ...asked, by }, TODAY, folder)).toThrow(/anna has|owns it/);
    }
    expect(published({ ...asked, by: 'bo', from: '2026-12-01' }, TODAY, folder)).toMatchObject({
      outcome: 'activated',
      retired: 'czb-hz@1',
      from: '2026-12-01',
      approvalsNeeded: 0,
    });
    const policies = readPolicies(folder);
    const enters = (businessDate: string) =>
      policies.pin({ lenderId: 'czb-hz', applicationId: 'any', businessDate }).ref;
    expect([enters('2026-11-30'), enters('2026-12-01')]).toEqual(['czb-hz@1', 'czb-hz@2']);
    expect(historyOf('czb-hz', folder).map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        `tried by anna: run ${run.id}, 2026-10-01 to 2026-10-31, 3 applications, 0 flips`,
        'approved by anna',
        'approved by bo',
        'in force as champion',
        'in force for the last day',
      ]),
    );
  });

  it.each([
    [
      'touched',
      (digest: string) => ({ ...runOf(digest), until: '2026-12-31' }),
      /as it was written/,
    ],
    ['of another content', () => runOf('0'.repeat(64)), /of another content/],
    [
      'of another version',
      (digest: string) => runOf(digest, { policy: { ref: 'czb-hz@1', digest } }),
      /is of czb-hz@1, not czb-hz@2/,
    ],
    ['of a scorecard', (digest: string) => runOf(digest, { policy: null }), /is of a scorecard/],
    [
      'with another scorecard',
      (digest: string) => runOf(digest, { card: { ref: 'soft-power@3', digest } }),
      /is with soft-power@3/,
    ],
    ['of no applications', (digest: string) => runOf(digest, {}, 0), /met no applications/],
  ])('is refused on a run that is %s, and nothing changes', (_what, make, says) => {
    const { digest } = enterNext();
    const before = readRegister(folder);
    expect(() => published({ ...asked, by: 'anna', run: make(digest) }, TODAY, folder)).toThrow(
      says,
    );
    expect(readRegister(folder)).toEqual(before);
  });

  it('is refused once it is changed after it was tried', () => {
    const { digest } = enterNext();
    writeNext(30);
    expect(() => readPolicies(folder)).toThrow(/digest/);
    enterNext({}, 'czb-hz.v2.json');
    expect(() => published({ ...asked, by: 'anna', run: runOf(digest) }, TODAY, folder)).toThrow(
      /run the test again/,
    );
  });

  it('is refused while any file is not as it was entered: no worker would start after it', () => {
    const { digest } = enterNext();
    const run = runOf(digest);
    writeNext(30);
    expect(() => published({ ...asked, by: 'anna', run }, TODAY, folder)).toThrow(
      /czb-hz@2: czb-hz.v2.json has the digest/,
    );
    writeNext();
    published({ ...asked, by: 'anna', run }, TODAY, folder);
    writeNext(30);
    const before = readRegister(folder);
    expect(() => published({ ...asked, by: 'bo' }, TODAY, folder)).toThrow(/has the digest/);
    expect(readRegister(folder)).toEqual(before);
  });

  it.each([null, 'run', 7, {}, { figures: null }, { form: 1, figures: {}, policy: 3 }])(
    'is refused on %j, which is no run',
    (run) => {
      enterNext();
      const written = run as unknown as TestRun;
      expect(() => published({ ...asked, by: 'anna', run: written }, TODAY, folder)).toThrow(
        run === null ? /no test run attached/ : /not as it was written/,
      );
    },
  );

  it('of a lender without a past is published on a run that met no applications', () => {
    const { digest } = enterNewLender();
    const lenders = ['new-bank'];
    const run = runOf(digest, { policy: { ref: 'new-bank@1', digest }, lenders }, 0);
    const first = { ref: 'new-bank@1', run, from: null };
    published({ ...first, by: 'anna' }, TODAY, folder);
    expect(published({ ...first, by: 'bo' }, TODAY, folder)).toMatchObject({
      outcome: 'activated',
      retired: null,
    });
    const entered = { lenderId: 'new-bank', applicationId: 'any', businessDate: '2026-11-21' };
    expect(readPolicies(folder).pin(entered)).toEqual({ ref: 'new-bank@1', role: 'champion' });
  });

  it('as a draft is nobody’s to publish', () => {
    const { digest } = enterNext({ status: 'draft' });
    const run = runOf(digest);
    expect(() => published({ ...asked, by: 'anna', run }, TODAY, folder)).toThrow(/draft/);
  });

  it('as a challenger takes its share, and one person may end it', () => {
    const { digest } = enterNext({ role: 'challenger', sharePpm: 100_000 });
    published({ ...asked, by: 'anna', run: runOf(digest) }, TODAY, folder);
    const { retired } = published({ ...asked, by: 'bo' }, TODAY, folder);
    expect(retired).toBeNull();
    expect(ended(ref, 'carla', '2026-12-24', folder)).toEqual({ ref, lastDay: '2026-12-24' });
    expect(() => ended(ref, 'carla', '2026-12-25', folder)).toThrow(/no challenger in force/);
    expect(historyOf('czb-hz', folder).map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'in force as challenger for 10 % of new applications',
        'ended by carla',
      ]),
    );
  });
});

describe('the policies of this release', () => {
  it('are listed and shown', () => {
    const refs = listOf().map((one) => one.ref);
    expect(refs).toEqual(expect.arrayContaining(['exim-zj@1', 'boc-zj@1', 'czb-hz@1']));
    for (const one of refs) expect(shown(one).products.length).toBeGreaterThan(0);
    expect(() => shown('czb-hz@9')).toThrow(/There is no policy czb-hz@9; there are .*czb-hz@1/);
    expect(() => historyOf('nobody')).toThrow(/no policy of nobody/);
  });

  it('are compared place by place', () => {
    enterNext();
    const changes = differenceOf('czb-hz@1', 'czb-hz@2', folder);
    expect(changes).toContainEqual({ path: 'rules.claimMinutes', before: '240', after: '60' });
    expect(changes.filter(({ path }) => /^(products|tables|reasons)/.test(path))).toEqual([]);
    expect(differenceOf('czb-hz@1', 'czb-hz@1', folder)).toEqual([]);
  });
});
