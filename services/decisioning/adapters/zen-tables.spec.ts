// Our walk over rule tables holds to zen-engine's own evaluation, cell by cell and table by table.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZenEngine } from '@gorules/zen-engine';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { noFacts, type Facts } from '../assessment/facts.ts';
import { tableNames, type TableName } from '../assessment/rules.ts';
import { policyFolder } from './policy-files.ts';
import { compileTables, type TableDocument } from './zen-tables.ts';

const documents = Object.fromEntries(
  tableNames.map((name) => [
    name,
    JSON.parse(readFileSync(join(policyFolder, 'tables', `${name}.v1.json`), 'utf8')),
  ]),
) as Record<TableName, TableDocument>;
const tables = compileTables(documents);
const engine = new ZenEngine();
afterAll(() => engine.dispose());

const grounds = Array.from({ length: 12 }, (_, index) => `PL${String(index + 1).padStart(2, '0')}`);
const amount = fc.oneof(fc.constantFrom(0, Number.MAX_SAFE_INTEGER), fc.maxSafeNat());
const facts: fc.Arbitrary<Facts> = fc.record({
  productId: fc.constantFrom('IP_PLEDGE', 'NEW_QUALITY', 'TALENT', 'INNOVATION', 'ANOTHER'),
  productOffered: fc.boolean(),
  purposeBarred: fc.boolean(),
  purposeDoubtful: fc.boolean(),
  termInRange: fc.boolean(),
  repaymentOffered: fc.boolean(),
  amountReachesLeast: fc.boolean(),
  sizeInScope: fc.constantFrom('yes', 'no', 'unknown'),
  sizeClass: fc.constantFrom('micro', 'small', 'medium', 'large', 'unknown'),
  usccValid: fc.boolean(),
  bureauConsent: fc.constantFrom('given', 'missing'),
  personsConsent: fc.constantFrom('given', 'missing'),
  kycState: fc.constantFrom('clear', 'adverse', 'unknown', 'missing'),
  kycAdverse: fc.uniqueArray(
    fc.constantFrom('LICENCE', 'BENEFICIAL_OWNERS', 'PERSONS_LISTS', 'TALENTS', 'OTHER'),
  ),
  enterpriseEnded: fc.boolean(),
  adverseChecks: fc.uniqueArray(
    fc.constantFrom('REGISTRY', 'DISHONEST_DEBTORS', 'SERIOUS_VIOLATIONS', 'CREDIT_BUREAU'),
  ),
  unknownFacts: fc.boolean(),
  relatedParty: fc.boolean(),
  adverseGrounds: fc.uniqueArray(fc.constantFrom(...grounds)),
  bundleNotes: fc.uniqueArray(
    fc.constantFrom('INTERNAL_VALUE_UNKNOWN', 'APPRAISAL_UNCONFIRMED', 'GROUND_WAIVED'),
  ),
  lifeState: fc.constantFrom('none', 'enough', 'short'),
  coverageEnough: fc.boolean(),
  grade: fc.constantFrom('AAA', 'AA', 'A', 'BBB', 'BB', 'B', 'CCC', 'CC', 'C', '', 'D'),
  gradeGate: fc.constantFrom('none', 'met', 'below', 'far-below'),
  talentGate: fc.constantFrom('none', 'met', 'unmet', 'missing'),
  talentGrade: fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F', 'none', 'missing'),
  researchGate: fc.constantFrom('none', 'met', 'low-intensity', 'no-milestone', 'missing'),
  needKind: fc.constantFrom('working-capital', 'talent-band', 'research-budget'),
  needState: fc.constantFrom('known', 'missing', 'not-positive'),
  securityKind: fc.constantFrom('pledge', 'mixed', 'guarantee', 'risk-pool', 'none'),
  securityState: fc.constantFrom('none', 'enough', 'short', 'missing'),
  guaranteeState: fc.constantFrom('none', 'confirmed', 'refused', 'short', 'unknown', 'missing'),
  exposureState: fc.constantFrom('enough', 'short', 'none'),
  payeesState: fc.constantFrom('none', 'fit', 'unfit', 'missing'),
  lprKnown: fc.boolean(),
  termMonths: fc.oneof(fc.constantFrom(0, 1, 12, 13, 36, 37), fc.nat(600)),
  proposedFen: amount,
  proposedReachesLeast: fc.boolean(),
  policyUpToFen: amount,
  officerUpToFen: amount,
  seniorOfficerUpToFen: amount,
  standing: fc.constantFrom('clear', 'referred', 'overridden'),
});

describe.each(tableNames)('the table %s', (name) => {
  const decision = engine.createDecision(documents[name]);

  it('gives what zen-engine gives, for any facts', async () => {
    await fc.assert(
      fc.asyncProperty(facts, async (given) => {
        const { result } = await decision.evaluate(given);
        const ours = tables.evaluate(name, given).map(({ output }) => output);
        // Of one hit zen-engine gives the object, of none null.
        const theirs: unknown[] = Array.isArray(result) ? result : result === null ? [] : [result];
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 200 },
    );
  });

  it('fires the rows that zen-engine traces', async () => {
    const trace = async (given: Facts) => {
      const { trace: nodes } = await decision.evaluate(given, { trace: true });
      const hits = nodes?.[name]?.traceData as
        { rule: { _id: string } }[] | { rule: { _id: string } } | null;
      return [hits ?? []].flat().map(({ rule }) => rule._id);
    };
    for (const given of fc.sample(facts, { numRuns: 50, seed: 7 })) {
      expect(tables.evaluate(name, given).map(({ rule }) => rule)).toEqual(await trace(given));
    }
  });
});

describe('a table is refused', () => {
  function changed(change: (content: Record<string, unknown[]>) => void) {
    const copy = structuredClone(documents);
    const content = copy.authority.nodes.find(({ type }) => type === 'decisionTableNode')?.content;
    change(content as unknown as Record<string, unknown[]>);
    return () => compileTables(copy);
  }
  const rule = (content: Record<string, unknown[]>, index = 0) =>
    content['rules']?.[index] as Record<string, string>;

  it.each<[string, (content: Record<string, unknown[]>) => void, RegExp]>([
    [
      'that names an unknown fact',
      (c) => (rule(c)['in-proposedFen'] = '<= policyUpTo'),
      /"policyUpTo", which is no fact/,
    ],
    [
      'with a cell that is no expression',
      (c) => (rule(c)['in-proposedFen'] = '<='),
      /by-policy: .*parserError/,
    ],
    [
      'with a column of no fact',
      (c) => Object.assign(c['inputs']?.[0] as object, { field: 'x' }),
      /there is no fact x/,
    ],
    ['with a rule that has no id', (c) => delete rule(c)['_id'], /no id of its own/],
    ['with two rules of one id', (c) => (rule(c, 1)['_id'] = 'by-policy'), /no id of its own/],
    [
      'with an output that is no whole number',
      (c) => (rule(c)['out-weight'] = '1.5'),
      /neither a text nor a whole number/,
    ],
    [
      'with a hit policy we do not walk',
      (c) => Object.assign(c, { hitPolicy: 'rule-order' }),
      /hit policy is rule-order/,
    ],
  ])('%s', (_what, change, fault) => {
    expect(changed(change)).toThrow(fault);
  });

  it('that holds another node than one table', () => {
    const copy = structuredClone(documents) as unknown as Record<TableName, { nodes: unknown[] }>;
    copy.authority.nodes.push({ id: 'f', type: 'functionNode' });
    expect(() => compileTables(copy as unknown as Record<TableName, TableDocument>)).toThrow(
      /functionNode/,
    );
  });
});

it('evaluates at once and says the same twice', () => {
  expect(tables.evaluate('authority', noFacts)).toEqual(tables.evaluate('authority', noFacts));
});
