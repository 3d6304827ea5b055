// The policy of this release is whole, and one that contradicts itself is refused.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  digestOf,
  faultsOfVersion,
  policyFolder,
  readPolicies,
  readPolicy,
} from './policy-files.ts';

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
      /TALENT: security\.tiers\.0\.loanMostYuan: amount "5,000,000"/,
    ],
    [
      'a share above one',
      'products/talent.czb-hz.v1.json',
      '"0.30"',
      '"30"',
      /talent\.holdsAtLeast: is no share/,
    ],
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
      'a content that the register does not have',
      'tables/pricing.v1.json',
      '"-20"',
      '"-21"',
      /boc-zj@1: boc-zj.v1.json has the digest [0-9a-f]{64}, the register another/,
    ],
    [
      'a file that is another version',
      'register.json',
      '"file": "boc-zj.v1.json"',
      '"file": "czb-hz.v1.json"',
      /boc-zj@1: czb-hz.v1.json is czb-hz@1/,
    ],
    [
      'a file that is not there',
      'czb-hz.v1.json',
      'products/talent.czb-hz.v1.json',
      'products/talent.json',
      /czb-hz@1: products\/talent.json cannot be read/,
    ],
    ['a file that is no JSON', 'reasons.v1.json', '{', '', /reasons.v1.json cannot be read/],
    [
      'a manifest without a table',
      'czb-hz.v1.json',
      /"pricing": "[^"]*",/,
      '',
      /czb-hz@1: .*the table pricing is missing/,
    ],
    [
      'a product without a source',
      'products/talent.czb-hz.v1.json',
      /"source": "[^"]*"/,
      '"source": " "',
      /TALENT: source: has to be a text/,
    ],
    [
      'rules without a source',
      'czb-hz.v1.json',
      /("rules": \{\s*"source": )"[^"]*"/,
      '$1""',
      /czb-hz.v1.json cannot be read: rules.source: has to be a text/,
    ],
    [
      'authority out of order',
      'products/talent.czb-hz.v1.json',
      '"officerUpToYuan": "10000000"',
      '"officerUpToYuan": "1"',
      /TALENT: its authority is out of order/,
    ],
    [
      'amounts out of order',
      'products/talent.czb-hz.v1.json',
      '"leastYuan": "100000"',
      '"leastYuan": "100000000"',
      /TALENT: its amounts are out of order/,
    ],
    [
      'no time for a claim',
      'czb-hz.v1.json',
      '"claimMinutes": 240',
      '"claimMinutes": 0',
      /claimMinutes is no whole number above 0/,
    ],
    [
      'more reasons than an applicant is told',
      'czb-hz.v1.json',
      '"reasonsMax": 4',
      '"reasonsMax": 5',
      /reasonsMax is not between 1 and 4/,
    ],
    [
      'a reason in one language',
      'reasons.v1.json',
      '"企业规模不在产品范围内"',
      '""',
      /reasons.S01.zh: has to be a text/,
    ],
    [
      'a low score for a reason',
      'reasons.v1.json',
      '"The size of the enterprise is outside the product"',
      '"The score is too low"',
      /S01: a low score is no reason/,
    ],
    [
      'a code that is no plain text',
      'tables/knock-outs.v1.json',
      '"\'S03\'"',
      '"grade"',
      /knock-outs, purpose-barred: the code grade is no plain text/,
    ],
    [
      'a reason without a text',
      'tables/knock-outs.v1.json',
      '"\'S03\'"',
      '"\'S99\'"',
      /reason S99 has no text/,
    ],
    [
      'a field that is not there',
      'products/talent.czb-hz.v1.json',
      /,\s*"offerValidityDays": 30/,
      '',
      /TALENT: offerValidityDays: has to be a whole number/,
    ],
    [
      'a field that nobody reads',
      'products/talent.czb-hz.v1.json',
      '"talent": {',
      '"talents": {}, "talent": {',
      /TALENT: talents: is none of its fields/,
    ],
    [
      'a kind of security that there is not',
      'products/innovation.czb-hz.v1.json',
      '"kind": "guarantee"',
      '"kind": "garantee"',
      /security.kind: has to be one of none, pledge, mixed, guarantee, risk-pool/,
    ],
    [
      'a method of repayment that there is not',
      'products/talent.czb-hz.v1.json',
      '"EQUAL_PRINCIPAL"',
      '"EQUAL"',
      /repayments.1: has to be one of EQUAL_INSTALMENT, /,
    ],
    [
      'a related party that is no code',
      'boc-zj.v1.json',
      '"usccs": []',
      '"usccs": ["somebody"]',
      /relatedParties.usccs.0: has to be a credit code/,
    ],
    [
      'a code of its own without a text',
      'reasons.v1.json',
      /"W02": \{[^}]*\},/,
      '',
      /reason W02 has no text/,
    ],
    [
      'a gate that there is not',
      'tables/knock-outs.v1.json',
      /"'schema'"/,
      '"\'schemes\'"',
      /knock-outs, not-offered: the gate 'schemes' is none of schema, /,
    ],
    [
      'a figure that there is not',
      'tables/limits.v1.json',
      /"'security'",\s*"out-mostYuan"/,
      '"\'securities\'", "out-mostYuan"',
      /limits, security: the figure 'securities' is none of asked, /,
    ],
    [
      'a table that is none',
      'tables/pricing.v1.json',
      /^[^]*$/,
      '{}',
      /pricing: nodes: has to be a list/,
    ],
    [
      'a cell that is no text',
      'tables/pricing.v1.json',
      /"in-grade": "[^"]*"/,
      '"in-grade": 3',
      /pricing: rules.0.in-grade: has to be a text/,
    ],
    [
      'a cap that the table would lift',
      'tables/limits.v1.json',
      /"'product-cap'",\s*"out-mostYuan"/,
      '"\'none\'", "out-mostYuan"',
      /limits, product-cap: the figure 'none' is none of product-cap/,
    ],
    [
      'a row that says nothing of a column',
      'tables/referrals.v1.json',
      /,\s*"out-override": "'no'"/,
      '',
      /referrals, size-unknown: the override is missing/,
    ],
  ])('is refused for %s', (_what, file, from, to, fault) => {
    change(file, from, to);
    expect(() => readPolicies(folder)).toThrow(fault);
  });
});

it('tells of a table that cannot be evaluated as of any other fault', () => {
  change('tables/pricing.v1.json', /"in-grade": "[^"]*"/, '"in-grade": "foo > 3"');
  expect(faultsOfVersion(readPolicy(folder, 'boc-zj.v1.json'))).toEqual([
    expect.stringMatching(
      /pricing cannot be used: grade-aaa, grade names "foo", which is no fact$/,
    ),
  ]);
});
