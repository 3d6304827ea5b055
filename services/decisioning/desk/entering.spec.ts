// A version comes into the register as a draft however it is, and validated once it is whole.
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readRegister } from '../adapters/policy-files.ts';
import type { Product } from '../assessment/policy.ts';
import type { Manifest } from '../policies/document.ts';
import { PolicyFolder } from '../policies/folder.fixture.ts';
import { entered, type EnteringQuestion } from './entering.ts';

const FILE = 'czb-hz.v2.json';
const TALENT = 'products/talent.czb-hz.v1.json';

let policies: PolicyFolder;
beforeEach(() => {
  policies = new PolicyFolder();
  policies.write(FILE, { ...policies.json<Manifest>('czb-hz.v1.json'), version: 2 });
});
afterEach(() => policies.remove());

const enter = (change: Partial<EnteringQuestion> = {}) =>
  entered(
    {
      ...{ file: FILE, owner: 'Credit-Policy', isValidated: false },
      ...{ challengerShare: null, source: null },
      ...change,
    },
    policies.path,
  );

it('is entered as a draft, then validated, by its name or its path', () => {
  expect(enter()).toMatchObject({ ref: 'czb-hz@2', status: 'draft', role: 'champion', faults: [] });
  expect(enter({ isValidated: true, file: join(policies.path, FILE) })).toMatchObject({
    status: 'validated',
  });
  expect(readRegister(policies.path).policies['czb-hz@2']).toMatchObject({
    ...{ file: FILE, owner: 'credit-policy', status: 'validated', approvals: [], testRun: null },
  });
});

it('as a challenger has a share', () => {
  expect(enter({ challengerShare: '0.1' })).toMatchObject({
    role: 'challenger',
    sharePpm: 100_000,
  });
  expect(() => enter({ challengerShare: 'a tenth' })).toThrow(/no share: write a fraction/);
  expect(() => enter({ challengerShare: '1' })).toThrow(/needs a share between 0 and 1/);
});

it('with faults is a draft that tells them, and nothing more', () => {
  const product = policies.json<Product>(TALENT);
  policies.write('products/talent.czb-hz.v2.json', { ...product, lenderId: 'boc-zj' });
  const manifest = policies.json<Manifest>(FILE);
  const products = manifest.products.map((path) =>
    path === TALENT ? 'products/talent.czb-hz.v2.json' : path,
  );
  policies.write(FILE, { ...manifest, products });
  expect(enter().faults.join()).toMatch(/boc-zj/);
  expect(() => enter({ isValidated: true })).toThrow(/^czb-hz@2: .*boc-zj/);
  expect(readRegister(policies.path).policies['czb-hz@2']?.status).toBe('draft');
});

it.each<[string, Partial<EnteringQuestion>, RegExp]>([
  ['a file that is not there', { file: 'czb-hz.v9.json' }, /czb-hz.v9.json cannot be read/],
  ['a file elsewhere', { file: '/tmp/czb-hz.v2.json' }, /does not lie in/],
  ['an owner who is none', { owner: '  ' }, /no id of an owner/],
  ['a version that was approved', { file: 'czb-hz.v1.json' }, /has been approved as it was/],
])('%s is refused in a sentence, and nothing changes', (_what, change, says) => {
  const before = readRegister(policies.path);
  expect(() => enter(change)).toThrow(says);
  expect(readRegister(policies.path)).toEqual(before);
});
