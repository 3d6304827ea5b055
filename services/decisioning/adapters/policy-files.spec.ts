// The policy of this release is whole, and one that contradicts itself is refused.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policyFolder, readPolicy } from './policy-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saidao-policy-'));
  for (const part of ['products', 'policy', 'tables']) {
    cpSync(join(policyFolder, part), join(folder, part), { recursive: true });
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function change(file: string, from: string | RegExp, to: string) {
  const path = join(folder, file);
  const before = readFileSync(path, 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
}

describe('the policy', () => {
  it('has one file for each product of each lender', () => {
    const { policy } = readPolicy();
    expect(policy.products.map(({ lenderId, id }) => `${lenderId}/${id}`)).toEqual([
      'czb-hz/INNOVATION',
      'exim-zj/IP_PLEDGE',
      'boc-zj/NEW_QUALITY',
      'czb-hz/TALENT',
    ]);
    for (const { source } of policy.products) expect(source).toMatch(/no rule of anyone/);
  });

  it('has a digest that follows what it says, not how it is laid out', () => {
    const { digests } = readPolicy(folder).policy;
    const path = join(folder, 'products', 'talent.czb-hz.json');
    writeFileSync(path, JSON.stringify(JSON.parse(readFileSync(path, 'utf8'))));
    expect(readPolicy(folder).policy.digests).toEqual(digests);
    change('products/talent.czb-hz.json', '"0.30"', '"0.31"');
    const { digests: changed } = readPolicy(folder).policy;
    expect(changed['czb-hz/TALENT']).not.toBe(digests['czb-hz/TALENT']);
    expect(changed['boc-zj/NEW_QUALITY']).toBe(digests['boc-zj/NEW_QUALITY']);
    change('tables/pricing.json', '"-20"', '"-21"');
    expect(readPolicy(folder).policy.digests['boc-zj/NEW_QUALITY']).not.toBe(
      digests['boc-zj/NEW_QUALITY'],
    );
  });

  it.each<[string, string, string | RegExp, string, RegExp]>([
    [
      'an amount that is none',
      'products/talent.czb-hz.json',
      '"5000000"',
      '"5,000,000"',
      /czb-hz\/TALENT: amount "5,000,000"/,
    ],
    ['a share above one', 'products/talent.czb-hz.json', '"0.30"', '"30"', /30 is no share/],
    [
      'a lender without rules',
      'products/talent.czb-hz.json',
      '"czb-hz"',
      '"nobody"',
      /its lender has no rules/,
    ],
    [
      'a product that stands twice',
      'products/talent.czb-hz.json',
      '"TALENT"',
      '"INNOVATION"',
      /stands twice/,
    ],
    [
      'a grade that is none',
      'products/new-quality.boc-zj.json',
      '"gradeAtLeast": "BBB"',
      '"gradeAtLeast": "Z"',
      /Z is no grade/,
    ],
    [
      'price bounds out of order',
      'products/new-quality.boc-zj.json',
      '"leastAddOnBp": -50',
      '"leastAddOnBp": 500',
      /basis points/,
    ],
    [
      'terms out of order',
      'products/new-quality.boc-zj.json',
      '"least": 1,',
      '"least": 99,',
      /terms are out of order/,
    ],
    [
      'an offer that stands for no day',
      'products/new-quality.boc-zj.json',
      '"offerValidityDays": 30',
      '"offerValidityDays": 0',
      /at least one whole day/,
    ],
    [
      'a rate out of order',
      'policy/lpr.json',
      '"2024-02-20"',
      '"2024-01-20"',
      /rate 2024-01-20 is out of order/,
    ],
    [
      'a reason without a text',
      'tables/knock-outs.json',
      '"\'S03\'"',
      '"\'S99\'"',
      /reason S99 has no text/,
    ],
  ])('is refused for %s', (_what, file, from, to, fault) => {
    change(file, from, to);
    expect(() => readPolicy(folder)).toThrow(fault);
  });
});
