// The tables of every policy say something of everything, once; and what does not is named.
import { describe, expect, it } from 'vitest';
import {
  faultsOfVersion,
  policyFolder,
  readPolicy,
  readRegister,
} from '../adapters/policy-files.ts';
import { meetsCell } from '../adapters/table-cells.ts';
import type { TableName } from '../assessment/rules.ts';
import { faultsOfTables } from './table-check.ts';

const policies = Object.entries(readRegister().policies);

describe('the tables', () => {
  it.each(policies)('of %s have no gap, no overlap and no row in vain', (_ref, { file }) => {
    expect(faultsOfVersion(readPolicy(policyFolder, file))).toEqual([]);
  });
});

describe('a table', () => {
  const whole = readPolicy(policyFolder, 'czb-hz.v1.json');

  type Rule = Record<string, string>;
  function faultsWith(table: TableName, change: (rules: Rule[]) => Rule[]): string[] {
    const tables = structuredClone(whole.tables);
    const content = tables[table].nodes.find(({ type }) => type === 'decisionTableNode')!.content!;
    const rules = change(content.rules as Rule[]);
    Object.assign(content, { rules });
    return faultsOfTables({ ...whole, tables }, meetsCell);
  }
  const without = (id: string) => (rules: Rule[]) => rules.filter(({ _id }) => _id !== id);
  const changed = (id: string, change: Rule) => (rules: Rule[]) =>
    rules.map((rule) => (rule['_id'] === id ? { ...rule, ...change } : rule));
  const doubled = (id: string, change: Rule) => (rules: Rule[]) =>
    rules.flatMap((rule) => (rule['_id'] === id ? [rule, { ...rule, ...change }] : [rule]));

  it.each<[string, TableName, (rules: Rule[]) => Rule[], string[]]>([
    [
      'a gap in the price of terms',
      'pricing',
      changed('term-medium', { 'in-termMonths': '(12..24]' }),
      ['pricing: no row says termMonths for termMonths 25'],
    ],
    [
      'an overlap in the price of terms',
      'pricing',
      changed('term-medium', { 'in-termMonths': '[12..36]' }),
      ['pricing: term-short and term-medium both say termMonths for termMonths 12'],
    ],
    [
      'a grade without a price',
      'pricing',
      without('grade-lower'),
      ['pricing: no row says grade for grade "ANOTHER"'],
    ],
    [
      'a row in vain',
      'pricing',
      doubled('inclusive-size', { _id: 'vain', 'in-sizeClass': "'small' and 'micro'" }),
      ['pricing: vain never fires'],
    ],
    [
      'a limit that nothing says',
      'limits',
      without('talent-band-missing'),
      ['limits: no row says need for needKind "talent-band", talentGrade "missing"'],
    ],
    [
      'a limit said twice',
      'limits',
      doubled('product-cap', { _id: 'cap-again' }),
      ['limits: product-cap and cap-again both say product-cap for '],
    ],
    [
      'an amount that nobody may decide',
      'authority',
      changed('by-committee', { 'in-proposedFen': '<= seniorOfficerUpToFen' }),
      ['authority: no row fires for proposedFen 1, '],
    ],
    [
      'a row that others always precede',
      'authority',
      (rules) => [...rules.slice(-1), ...rules.slice(0, -1)],
      ['authority: by-policy never fires', 'authority: referred never fires'],
    ],
    [
      'a reason given twice',
      'referrals',
      doubled('guarantee-short', { _id: 'again', 'in-guaranteeState': "in ['short', 'unknown']" }),
      ['referrals: guarantee-short and again both give \'G01\' for guaranteeState "short"'],
    ],
    [
      'a state that nothing comes of',
      'referrals',
      without('exposure-none'),
      ['knock-outs and referrals: no row fires for exposureState "none"'],
    ],
    [
      'a state that nothing comes of where it can be',
      'referrals',
      changed('security-missing', { 'in-securityKind': "in ['pledge', 'mixed']" }),
      [
        'knock-outs and referrals: no row fires for securityState "missing" with ' +
          'securityKind "risk-pool"',
      ],
    ],
    [
      'a state that is answered only where something else is so',
      'referrals',
      changed('kyc-missing', { 'in-securityKind': "'none'" }),
      [
        'knock-outs and referrals: no row fires for kycState "missing" with ' +
          'securityKind "pledge"',
      ],
    ],
    [
      'a row that has lost its condition',
      'knock-outs',
      changed('purpose-barred', { 'in-purposeBarred': '' }),
      ['knock-outs: purpose-barred fires for everything'],
    ],
    [
      'a row that fires for what passes',
      'referrals',
      changed('need-not-positive', { 'in-needState': '' }),
      ['referrals: need-not-positive fires for talentGate "none"'],
    ],
    [
      'a decline for what is not known',
      'knock-outs',
      changed('size-out-of-scope', { 'in-sizeInScope': "!= 'yes'" }),
      ['knock-outs: size-out-of-scope declines for what is unknown: sizeInScope "unknown"'],
    ],
    [
      'a cap that is left out',
      'limits',
      without('exposure-headroom'),
      ['limits: no row says exposure-headroom for '],
    ],
    [
      'points that are added twice',
      'pricing',
      doubled('inclusive-size', { _id: 'again' }),
      ['pricing: inclusive-size and again are both added for sizeClass "micro"'],
    ],
    [
      'less authority than the product’s',
      'authority',
      changed('by-policy', { 'in-proposedFen': '' }),
      ['authority: by-policy says policy, not committee, for standing "clear", '],
    ],
    [
      'an override that takes no higher authority',
      'authority',
      changed('overriding', { 'out-tier': "'officer'" }),
      ['authority: overriding says officer, not senior-officer, for proposedFen 0, '],
    ],
    [
      'an adverse ground that nothing comes of',
      'referrals',
      without('adverse-pl07'),
      ['knock-outs and referrals: no row fires for adverseGrounds ["PL07"]'],
    ],
  ])('with %s is told so', (_what, table, change, expected) => {
    const faults = faultsWith(table, change);
    for (const fault of expected) {
      expect(faults).toContainEqual(expect.stringMatching(new RegExp(`^${RegExp.escape(fault)}`)));
    }
  });
});
