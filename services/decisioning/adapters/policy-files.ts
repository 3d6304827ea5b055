// Reads the policy from its files: products, tables and figures, checked and with their digests.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fenOfYuan, isBusinessDate, ppmOf, sizeRules, toJson } from '@saidao/values';
import type { Assessor } from '../assessment/assess.ts';
import type { LenderRules, LprTable, Policy, Product, ReasonTexts } from '../assessment/policy.ts';
import { tableNames, type TableName } from '../assessment/rules.ts';
import { compileTables, type TableDocument } from './zen-tables.ts';

/** The folder of this service, where the policy of this release lies. */
export const policyFolder = fileURLToPath(new URL('../', import.meta.url));

/** SHA-256 of a text, hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

interface LendersFile {
  readonly lenders: Readonly<Record<string, LenderRules>>;
  readonly purposesBarred: { readonly purposes: readonly string[] };
  readonly yearsOldMax: number;
  readonly reasonsMax: number;
  readonly grades: readonly string[];
}

/** All that applications are judged by; a policy that contradicts itself is an error. */
export function readPolicy(folder: string = policyFolder): Assessor {
  const json = (...path: string[]) =>
    JSON.parse(readFileSync(join(folder, ...path), 'utf8')) as unknown;
  const documents = Object.fromEntries(
    tableNames.map((name) => [name, json('tables', `${name}.json`)]),
  ) as Record<TableName, TableDocument>;
  const shared = {
    lenders: json('policy', 'lenders.json') as LendersFile,
    lpr: json('policy', 'lpr.json') as LprTable,
    sizes: sizeRules,
    reasons: json('policy', 'reasons.json') as ReasonTexts,
    documents,
  };
  const products = readdirSync(join(folder, 'products'))
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => json('products', file) as Product);
  const digests = products.map((product) => [
    `${product.lenderId}/${product.id}`,
    sha256(toJson({ product, shared })),
  ]);
  const policy: Policy = {
    products,
    lenders: shared.lenders.lenders,
    purposesBarred: shared.lenders.purposesBarred.purposes,
    grades: shared.lenders.grades,
    yearsOldMax: shared.lenders.yearsOldMax,
    reasonsMax: shared.lenders.reasonsMax,
    lpr: shared.lpr,
    sizes: shared.sizes,
    reasons: shared.reasons,
    digests: Object.fromEntries(digests) as Record<string, string>,
    digestWithoutProduct: sha256(toJson({ shared })),
  };
  const faults = faultsOfPolicy(policy, documents);
  if (faults.length > 0) throw new Error(`The policy cannot be used: ${faults.join('; ')}.`);
  return { policy, tables: compileTables(documents), digest: sha256 };
}

/** Every fault of a policy as a sentence. */
export function faultsOfPolicy(
  policy: Policy,
  documents: Readonly<Record<TableName, TableDocument>>,
): string[] {
  const faults: string[] = [];
  const names = new Set<string>();
  for (const product of policy.products) {
    const name = `${product.lenderId}/${product.id}`;
    if (names.has(name)) faults.push(`${name} stands twice`);
    names.add(name);
    faults.push(...faultsOfProduct(policy, product).map((fault) => `${name}: ${fault}`));
  }
  for (const { from, to, date, source } of policy.lpr.takenAsInForce) {
    if (![from, to, date].every(isBusinessDate) || from > to || source === '') {
      faults.push(`the rate taken as in force from ${from} to ${to} is not whole`);
    }
    if (from <= policy.lpr.verifiedThrough) faults.push(`${from} is verified already`);
  }
  policy.lpr.rates.forEach(({ date }, index) => {
    const before = policy.lpr.rates[index - 1]?.date ?? '';
    if (!isBusinessDate(date) || date <= before) faults.push(`rate ${date} is out of order`);
  });
  const codes = new Set(Object.values(policy.reasons.factors));
  for (const document of Object.values(documents)) {
    const content = document.nodes.find(({ type }) => type === 'decisionTableNode')?.content;
    const column = content?.outputs?.find(({ field }) => field === 'code');
    for (const rule of content?.rules ?? []) {
      if (column !== undefined) codes.add((rule[column.id] ?? '').replaceAll("'", ''));
    }
  }
  for (const code of codes) {
    if (code === '' || code === 'WEAKEST_FACTORS') continue;
    if (!Object.hasOwn(policy.reasons.reasons, code)) faults.push(`reason ${code} has no text`);
  }
  return faults;
}

function faultsOfProduct(policy: Policy, product: Product): string[] {
  const faults: string[] = [];
  const amounts = [
    product.amount.leastYuan,
    product.amount.mostYuan,
    product.automaticUpToYuan,
    ...Object.values(product.scoreBandsYuan ?? {}),
    ...(product.need.kind === 'talent-band' ? Object.values(product.need.bandsYuan) : []),
    ...(product.research === null ? [] : [product.research.equityAtLeastYuan]),
  ];
  const shares = [
    product.coverageAtLeast,
    ...(product.need.kind === 'research-budget' ? [product.need.share] : []),
    ...(product.security.kind === 'pledge' ? Object.values(product.security.rates) : []),
    ...(product.security.kind === 'guarantee' ? [product.security.shareAtLeast] : []),
    ...(product.talent === null ? [] : [product.talent.holdsAtLeast]),
  ];
  try {
    for (const amount of amounts)
      if (fenOfYuan(amount) <= 0n) faults.push(`${amount} is no amount`);
    for (const share of shares) if (ppmOf(share) > 1_000_000) faults.push(`${share} is no share`);
    if (product.research !== null) ppmOf(product.research.intensityAtLeast);
  } catch (error) {
    faults.push((error as Error).message);
  }
  const { price, termMonths, gradeAtLeast, offerValidityDays } = product;
  if (!Object.hasOwn(policy.lenders, product.lenderId)) faults.push('its lender has no rules');
  if (product.source.trim() === '') faults.push('source says nothing');
  if (gradeAtLeast !== null && !policy.grades.includes(gradeAtLeast)) {
    faults.push(`${gradeAtLeast} is no grade`);
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
  return faults;
}
