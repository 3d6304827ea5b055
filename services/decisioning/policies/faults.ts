// What is wrong with a version of a policy by itself, each as a sentence.
import { fenOfYuan, ppmOf } from '@saidao/values';
import type { LenderRules, Product, ReasonTexts } from '../assessment/policy.ts';
import { tableNames } from '../assessment/rules.ts';
import { ruleTableOf, textIn, type PolicyDocument } from './document.ts';

/** Stands for the codes of the factors that cost most. */
const WEAKEST_FACTORS = 'WEAKEST_FACTORS';

export function faultsOfPolicy(document: PolicyDocument): string[] {
  const { manifest, products } = document;
  const faults: string[] = [];
  if (!Number.isInteger(manifest.version) || manifest.version < 1) {
    faults.push(`${manifest.version} is no version`);
  }
  if (said(manifest.source) === '') faults.push('source says nothing');
  faults.push(...faultsOfRules(manifest.rules));
  if (products.length === 0) faults.push('it has no product');
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
  faults.push(...faultsOfReasons(document));
  return faults;
}

const said = (text: string | undefined): string => (text ?? '').trim();

function faultsOfRules(rules: LenderRules): string[] {
  const faults: string[] = [];
  const { yearsOldMax, reasonsMax, claimMinutes, grades } = rules;
  for (const name of ['entrustedPaymentAboveYuan', 'exposurePerGroupYuan'] as const) {
    const fault = faultOfYuan(rules[name]);
    if (fault !== undefined) faults.push(`${name}: ${fault}`);
  }
  for (const [name, source] of [
    ['the rules', rules.source],
    ['purposesBarred', rules.purposesBarred.source],
    ['relatedParties', rules.relatedParties.source],
  ] as const) {
    if (said(source) === '') faults.push(`${name}: source says nothing`);
  }
  for (const purpose of rules.purposesBarred.purposes) {
    if (purpose !== purpose.trim().toLowerCase() || purpose === '') {
      faults.push(`purposesBarred: "${purpose}" is not in small letters without spaces around it`);
    }
  }
  for (const [name, value] of Object.entries({ yearsOldMax, claimMinutes })) {
    if (!Number.isInteger(value) || value < 1) faults.push(`${name} is no whole number above 0`);
  }
  if (![1, 2, 3, 4].includes(reasonsMax)) faults.push('reasonsMax is not between 1 and 4');
  if (grades.length === 0 || new Set(grades).size < grades.length) {
    faults.push('grades are none, or one stands twice');
  }
  return faults;
}

function faultOfYuan(text: string): string | undefined {
  try {
    return fenOfYuan(text) > 0n ? undefined : `${text} is no amount`;
  } catch (error) {
    return (error as Error).message;
  }
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
  for (const code of Object.values(reasons.factors)) faults.push(...faultsOfCode(reasons, code));
  for (const [code, { zh, en }] of [
    ...Object.entries(reasons.reasons),
    ...Object.entries(reasons.overrideCodes),
  ]) {
    if (said(zh) === '' || said(en) === '') faults.push(`${code} has no text in zh and en`);
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
  const { price, termMonths, amount, authority, offerValidityDays } = product;
  for (const one of amountsIn(product)) {
    const fault = faultOfYuan(one);
    if (fault !== undefined) faults.push(fault);
  }
  try {
    for (const share of sharesIn(product)) {
      if (ppmOf(share) > 1_000_000) faults.push(`${share} is no share`);
    }
    if (product.research !== null) ppmOf(product.research.intensityAtLeast);
  } catch (error) {
    faults.push((error as Error).message);
  }
  if (product.lenderId !== lenderId) faults.push(`it is of ${product.lenderId}`);
  if (said(product.source) === '') faults.push('source says nothing');
  if (said(product.name.zh) === '' || said(product.name.en) === '') {
    faults.push('it has no name in zh and en');
  }
  for (const grade of [product.gradeAtLeast, product.declineFromGrade]) {
    if (grade !== null && !rules.grades.includes(grade)) faults.push(`${grade} is no grade`);
  }
  const bps = [price.addOnBp, price.leastAddOnBp, price.mostAddOnBp];
  if (!bps.every(Number.isInteger) || price.leastAddOnBp > price.mostAddOnBp) {
    faults.push('its basis points are not whole or out of order');
  }
  if (!(termMonths.least >= 1 && termMonths.least <= termMonths.most)) {
    faults.push('its terms are out of order');
  }
  if (!Number.isInteger(offerValidityDays) || offerValidityDays < 1) {
    faults.push('an offer needs at least one whole day');
  }
  if (faults.length > 0) return faults;
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

function amountsIn({ amount, authority, research, security }: Product): string[] {
  return [
    amount.leastYuan,
    amount.mostYuan,
    ...Object.values(authority),
    ...(research === null ? [] : [research.equityAtLeastYuan]),
    ...('uncoveredMostYuan' in security ? [security.uncoveredMostYuan] : []),
    ...('unsecuredMostYuan' in security ? [security.unsecuredMostYuan] : []),
    ...('tiers' in security
      ? security.tiers.flatMap(({ loanMostYuan, revenueMostYuan }) => [
          loanMostYuan,
          ...(revenueMostYuan === null ? [] : [revenueMostYuan]),
        ])
      : []),
  ];
}

function sharesIn({ coverageAtLeast, need, security, talent }: Product): string[] {
  return [
    coverageAtLeast,
    ...(need.kind === 'research-budget' ? [need.share] : []),
    ...('rates' in security ? Object.values(security.rates) : []),
    ...('shareAtLeast' in security ? [security.shareAtLeast] : []),
    ...('tiers' in security ? security.tiers.map(({ share }) => share) : []),
    ...(talent === null ? [] : [talent.holdsAtLeast]),
  ];
}
