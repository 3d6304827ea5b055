// The policy of this release is whole, and one that contradicts itself is refused.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, policyFolder, readPolicies, readPolicy, readRegister } from './policy-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saidao-policy-'));
  cpSync(policyFolder, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function change(file: string, from: string | RegExp, to: string) {
  const path = join(folder, file);
  const before = readFileSync(path, 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
}

describe('the policies', () => {
  it('have one file for each product of each lender', () => {
    const policies = readPolicies();
    const products = policies.refs.flatMap((ref) => policies.of(ref).policy.products);
    expect(products.map(({ lenderId, id }) => `${lenderId}/${id}`)).toEqual([
      'boc-zj/NEW_QUALITY',
      'czb-hz/INNOVATION',
      'czb-hz/TALENT',
      'exim-zj/IP_PLEDGE',
    ]);
    for (const { source } of products) expect(source).toMatch(/no rule of anyone/);
  });

  it('have the digests that the register gives', () => {
    for (const { file, digest } of Object.values(readRegister().policies)) {
      expect(digestOf(readPolicy(policyFolder, file))).toBe(digest);
    }
  });

  it('have digests that follow what they say, not how they are laid out', () => {
    const digest = (lender: string) => digestOf(readPolicy(folder, `${lender}.v1.json`));
    const before = { czb: digest('czb-hz'), boc: digest('boc-zj') };
    const path = join(folder, 'products', 'talent.czb-hz.v1.json');
    writeFileSync(path, JSON.stringify(JSON.parse(readFileSync(path, 'utf8'))));
    expect(digest('czb-hz')).toBe(before.czb);
    change('products/talent.czb-hz.v1.json', '"0.30"', '"0.31"');
    expect(digest('czb-hz')).not.toBe(before.czb);
    expect(digest('boc-zj')).toBe(before.boc);
    change('tables/pricing.v1.json', '"-20"', '"-21"');
    expect(digest('boc-zj')).not.toBe(before.boc);
  });

  it.each<[string, string, string | RegExp, string, RegExp]>([
    [
      'an amount that is none',
      'products/talent.czb-hz.v1.json',
      '"5000000"',
      '"5,000,000"',
      /TALENT: amount "5,000,000"/,
    ],
    ['a share above one', 'products/talent.czb-hz.v1.json', '"0.30"', '"30"', /30 is no share/],
    [
      'a product of another lender',
      'products/talent.czb-hz.v1.json',
      '"czb-hz"',
      '"nobody"',
      /it is of nobody/,
    ],
    [
      'a product that stands twice',
      'products/talent.czb-hz.v1.json',
      '"TALENT"',
      '"INNOVATION"',
      /stands twice/,
    ],
    [
      'a grade that is none',
      'products/new-quality.boc-zj.v1.json',
      '"gradeAtLeast": "BBB"',
      '"gradeAtLeast": "Z"',
      /Z is no grade/,
    ],
    [
      'price bounds out of order',
      'products/new-quality.boc-zj.v1.json',
      '"leastAddOnBp": -50',
      '"leastAddOnBp": 500',
      /basis points/,
    ],
    [
      'terms out of order',
      'products/new-quality.boc-zj.v1.json',
      '"least": 1,',
      '"least": 99,',
      /terms are out of order/,
    ],
    [
      'an offer that stands for no day',
      'products/new-quality.boc-zj.v1.json',
      '"offerValidityDays": 30',
      '"offerValidityDays": 0',
      /at least one whole day/,
    ],
    [
      'a rate out of order',
      'lpr.json',
      '"2024-02-20"',
      '"2024-01-20"',
      /rate 2024-01-20 is out of order/,
    ],
    [
      'a reason without a text',
      'tables/knock-outs.v1.json',
      '"\'S03\'"',
      '"\'S99\'"',
      /reason S99 has no text/,
    ],
  ])('is refused for %s', (_what, file, from, to, fault) => {
    change(file, from, to);
    expect(() => readPolicies(folder)).toThrow(fault);
  });
});
