// What is wrong with a version of a policy by itself, each as a sentence.
import { fenOfYuan } from '@saidao/values';
import { tiers } from '../assessment/assess.ts';
import { spelledPurpose } from '../assessment/figures.ts';
import { figureNames, figuresOfCap } from '../assessment/limits.ts';
import type { LenderRules, Product, ReasonTexts } from '../assessment/policy.ts';
import { ownCodes } from '../assessment/reasons.ts';
import { gates, tableNames, type TableName } from '../assessment/rules.ts';
import { ruleTableOf, textIn, type PolicyDocument } from './document.ts';
import { faultsOfShapes } from './shape.ts';

/** Stands for the codes of the factors that cost most. */
const WEAKEST_FACTORS = 'WEAKEST_FACTORS';

/** What documents of the right shape contradict; of another shape that alone is told. */
export function faultsOfPolicy(document: PolicyDocument): string[] {
  const shape = faultsOfShapes(document);
  if (shape.length > 0) return shape;
  const { manifest, products } = document;
  const faults: string[] = [];
  if (manifest.version < 1) faults.push(`${manifest.version} is no version`);
  faults.push(...faultsOfRules(manifest.rules));
  const names = new Set<string>();
  for (const product of products) {
    if (names.has(product.id)) faults.push(`${product.id} stands twice`);
    names.add(product.id);
    faults.push(
      ...faultsOfProduct(manifest.lenderId, manifest.rules, product).map(
        (fault) => `${product.id}: ${fault}`,
      ),
    );
  }
  for (const name of Object.keys(document.tables)) {
    if (!tableNames.some((known) => known === name)) faults.push(`${name} is no table`);
  }
  for (const name of tableNames) {
    if (document.tables[name] === undefined) faults.push(`the table ${name} is missing`);
  }
  faults.push(...faultsOfOutputs(document), ...faultsOfReasons(document));
  return faults;
}

function faultsOfRules(rules: LenderRules): string[] {
  const faults: string[] = [];
  const { yearsOldMax, reasonsMax, claimMinutes, grades } = rules;
  for (const purpose of rules.purposesBarred.purposes) {
    if (purpose !== spelledPurpose(purpose)) {
      faults.push(`purposesBarred: "${purpose}" has to be written "${spelledPurpose(purpose)}"`);
    }
  }
  for (const [name, value] of Object.entries({ yearsOldMax, claimMinutes })) {
    if (value < 1) faults.push(`${name} is no whole number above 0`);
  }
  if (![1, 2, 3, 4].includes(reasonsMax)) faults.push('reasonsMax is not between 1 and 4');
  if (new Set(grades).size < grades.length) faults.push('a grade stands twice');
  return faults;
}

/** What the columns of a table say; without one of them a row would say nothing of it. */
const columns: Readonly<Record<TableName, readonly string[]>> = {
  'knock-outs': ['code', 'weight', 'gate'],
  referrals: ['code', 'weight', 'gate', 'override'],
  limits: ['limit', 'figure', 'mostYuan'],
  pricing: ['addOnBp'],
  authority: ['tier', 'code', 'weight'],
};

/** Texts of which the code knows each; another would quietly count as none of them. */
const words: Readonly<Record<string, readonly string[]>> = {
  gate: gates,
  override: ['yes', 'no'],
  figure: figureNames,
  tier: tiers,
};

/** What a cap is that no table may leave out follows from its name. */
function wordsOf(column: string, limit: string | undefined): readonly string[] | undefined {
  const figures = column === 'figure' ? figuresOfCap.get(limit ?? '') : undefined;
  return figures ?? words[column];
}

function faultsOfOutputs({ tables }: PolicyDocument): string[] {
  const faults: string[] = [];
  for (const name of tableNames) {
    if (tables[name] === undefined) continue;
    for (const { id, outputs } of ruleTableOf(tables[name]).rows) {
      for (const column of columns[name]) {
        const cell = outputs.get(column);
        const known = wordsOf(column, textIn(outputs.get('limit')));
        if (cell === undefined) faults.push(`${name}, ${id}: the ${column} is missing`);
        else if (known !== undefined && !known.includes(textIn(cell) ?? '')) {
          faults.push(`${name}, ${id}: the ${column} ${cell} is none of ${known.join(', ')}`);
        }
      }
    }
  }
  return faults;
}

function faultsOfReasons({ reasons, tables }: PolicyDocument): string[] {
  const faults: string[] = [];
  for (const name of tableNames) {
    if (tables[name] === undefined) continue;
    for (const { id, outputs } of ruleTableOf(tables[name]).rows) {
      const cell = outputs.get('code');
      const code = textIn(cell);
      if (cell !== undefined && code === undefined) {
        faults.push(`${name}, ${id}: the code ${cell} is no plain text`);
      } else if (code !== undefined && code !== '' && code !== WEAKEST_FACTORS) {
        faults.push(...faultsOfCode(reasons, code));
      }
    }
  }
  for (const code of [...Object.values(reasons.factors), ...ownCodes]) {
    faults.push(...faultsOfCode(reasons, code));
  }
  for (const [code, { zh, en }] of [
    ...Object.entries(reasons.reasons),
    ...Object.entries(reasons.overrideCodes),
  ]) {
    if (saysOnlyScore(zh, en)) {
      faults.push(`${code}: a low score is no reason, the factors that cost most are`);
    }
  }
  return [...new Set(faults)];
}

function faultsOfCode({ reasons }: ReasonTexts, code: string): string[] {
  return Object.hasOwn(reasons, code) ? [] : [`reason ${code} has no text`];
}

/** Nobody can mend a score: an applicant is told what it is low for. */
function saysOnlyScore(zh: string, en: string): boolean {
  return (
    /\b(?:score|grade|points)\b[^.]{0,20}\b(?:low|insufficient|below the threshold)\b/i.test(en) ||
    /(?:评分|得分|分数)[^，。]{0,6}(?:低|不足|不够)/.test(zh)
  );
}

function faultsOfProduct(lenderId: string, rules: LenderRules, product: Product): string[] {
  const faults: string[] = [];
  const { price, termMonths, amount, authority, offerValidityDays, need, talent } = product;
  if (product.lenderId !== lenderId) faults.push(`it is of ${product.lenderId}`);
  if (product.version < 1) faults.push(`${product.version} is no version`);
  for (const grade of [product.gradeAtLeast, product.declineFromGrade]) {
    if (grade !== null && !rules.grades.includes(grade)) faults.push(`${grade} is no grade`);
  }
  if (price.leastAddOnBp > price.mostAddOnBp) faults.push('its basis points are out of order');
  if (termMonths.least < 1 || termMonths.least > termMonths.most) {
    faults.push('its terms are out of order');
  }
  if (offerValidityDays < 1) faults.push('an offer needs at least one whole day');
  if (need.kind === 'talent-band' && talent === null) {
    faults.push('its need is a band of talents, and it names none');
  }
  if (fenOfYuan(amount.leastYuan) > fenOfYuan(amount.mostYuan)) {
    faults.push('its amounts are out of order');
  }
  const upTo = [
    authority.policyUpToYuan,
    authority.officerUpToYuan,
    authority.seniorOfficerUpToYuan,
  ];
  if (upTo.some((one, index) => index > 0 && fenOfYuan(one) < fenOfYuan(upTo[index - 1]!))) {
    faults.push('its authority is out of order');
  }
  const [least, decline] = [product.gradeAtLeast, product.declineFromGrade];
  if (least !== null && decline !== null) {
    if (rules.grades.indexOf(decline) <= rules.grades.indexOf(least)) {
      faults.push(`it declines from ${decline} and takes ${least}`);
    }
  }
  return faults;
}
