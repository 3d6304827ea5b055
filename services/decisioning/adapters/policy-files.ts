// Reads the policies from their files: each version that the register names, checked and digested.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fenOfYuan, isBusinessDate, ppmOf, sizeRules, toJson } from '@saidao/values';
import type { Assessor } from '../assessment/assess.ts';
import type { LenderRules, LprTable, Policy, Product, ReasonTexts } from '../assessment/policy.ts';
import { lprOn } from '../assessment/price.ts';
import type { TableName } from '../assessment/rules.ts';
import type { Policies } from '../policies.ts';
import type { PolicyRegister } from '../policies/register.ts';
import { compileTables, type TableDocument } from './zen-tables.ts';

/** Where the policies of this release lie. */
export const policyFolder = fileURLToPath(new URL('../policies/', import.meta.url));

/** SHA-256 of a text, hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What a version's file says: its own rules, and which documents it is made of. */
interface Manifest {
  readonly lenderId: string;
  readonly version: number;
  readonly source: string;
  readonly products: readonly string[];
  readonly tables: Readonly<Record<TableName, string>>;
  readonly reasons: string;
  readonly rules: LenderRules;
}

/** A version with all that its manifest names. */
export interface PolicyDocument {
  readonly manifest: Manifest;
  readonly products: readonly Product[];
  readonly tables: Readonly<Record<TableName, TableDocument>>;
  readonly reasons: ReasonTexts;
}

function jsonOf(folder: string, file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

export function readRegister(folder: string = policyFolder): PolicyRegister {
  return jsonOf(folder, 'register.json') as PolicyRegister;
}

/** The rates of all days: facts, and no part of any policy. */
export function readLpr(folder: string = policyFolder): LprTable {
  return jsonOf(folder, 'lpr.json') as LprTable;
}

export function readPolicy(folder: string, file: string): PolicyDocument {
  const manifest = jsonOf(folder, file) as Manifest;
  return {
    manifest,
    products: manifest.products.map((path) => jsonOf(folder, path) as Product),
    tables: Object.fromEntries(
      Object.entries(manifest.tables).map(([name, path]) => [name, jsonOf(folder, path)]),
    ) as Record<TableName, TableDocument>,
    reasons: jsonOf(folder, manifest.reasons) as ReasonTexts,
  };
}

/** Follows what the documents say, not how they are laid out or called. */
export function digestOf({ manifest, products, tables, reasons }: PolicyDocument): string {
  const { lenderId, version, source, rules } = manifest;
  const said = { lenderId, version, source, rules, products, tables, reasons, sizes: sizeRules };
  return sha256(toJson(said));
}

/** A policy to judge by; one that contradicts itself is an error. */
export function assessorOf(document: PolicyDocument): Assessor {
  const { manifest, products, tables, reasons } = document;
  const { lenderId, version, rules } = manifest;
  const policy: Policy = {
    ref: `${lenderId}@${version}`,
    lenderId,
    version,
    digest: digestOf(document),
    products,
    rules,
    sizes: sizeRules,
    reasons,
  };
  const faults = faultsOfPolicy(policy, tables);
  if (faults.length > 0) {
    throw new Error(`The policy ${policy.ref} cannot be used: ${faults.join('; ')}.`);
  }
  return { policy, tables: compileTables(tables), digest: sha256 };
}

/** The policies of all lenders. */
export function readPolicies(folder: string = policyFolder): Policies {
  const { policies } = readRegister(folder);
  const lpr = readLpr(folder);
  const lprFaults = faultsOfLpr(lpr);
  if (lprFaults.length > 0) throw new Error(`The rates cannot be used: ${lprFaults.join('; ')}.`);
  const assessors = new Map(
    Object.entries(policies).map(([ref, { file }]) => [ref, assessorOf(readPolicy(folder, file))]),
  );
  return {
    refs: [...assessors.keys()],
    digest: sha256,
    pin: ({ lenderId }) => ({ ref: `${lenderId}@1`, role: 'champion' }),
    of(ref) {
      const assessor = assessors.get(ref);
      if (assessor === undefined) throw new Error(`There is no policy ${ref}.`);
      return assessor;
    },
    lprOn: (businessDate) => lprOn(lpr, businessDate),
  };
}

/** Every fault of the rates as a sentence. */
export function faultsOfLpr(lpr: LprTable): string[] {
  const faults: string[] = [];
  for (const { from, to, date, source } of lpr.takenAsInForce) {
    if (![from, to, date].every(isBusinessDate) || from > to || source === '') {
      faults.push(`the rate taken as in force from ${from} to ${to} is not whole`);
    }
    if (from <= lpr.verifiedThrough) faults.push(`${from} is verified already`);
  }
  lpr.rates.forEach(({ date }, index) => {
    const before = lpr.rates[index - 1]?.date ?? '';
    if (!isBusinessDate(date) || date <= before) faults.push(`rate ${date} is out of order`);
  });
  return faults;
}

/** Every fault of a policy as a sentence. */
export function faultsOfPolicy(
  policy: Policy,
  documents: Readonly<Record<TableName, TableDocument>>,
): string[] {
  const faults: string[] = [];
  const names = new Set<string>();
  for (const product of policy.products) {
    if (names.has(product.id)) faults.push(`${product.id} stands twice`);
    names.add(product.id);
    faults.push(...faultsOfProduct(policy, product).map((fault) => `${product.id}: ${fault}`));
  }
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
  if (product.lenderId !== policy.lenderId) faults.push(`it is of ${product.lenderId}`);
  if (product.source.trim() === '') faults.push('source says nothing');
  if (gradeAtLeast !== null && !policy.rules.grades.includes(gradeAtLeast)) {
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
