// Reads the policies from their files: each version that the register names, checked and digested.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { changeFile, type Fault } from '@saidao/register';
import { faultsOfShape } from '@saidao/register/shape';
import { sizeRules, toJson } from '@saidao/values';
import type { Assessor } from '../assessment/assess.ts';
import type { LprTable, Product, ReasonTexts } from '../assessment/policy.ts';
import { faultsOfLpr, lprOn } from '../assessment/price.ts';
import type { TableName } from '../assessment/rules.ts';
import type { Policies } from '../policies.ts';
import type { Manifest, PolicyDocument } from '../policies/document.ts';
import { faultsOfPolicy } from '../policies/faults.ts';
import { pinned, policyUnknown } from '../policies/pin.ts';
import { manifestShape } from '../policies/shape.ts';
import { faultsOfTables } from '../policies/table-check.ts';
import { faultsOfPolicyRegister, versionsIn, type PolicyRegister } from '../policies/register.ts';
import { meetsCell } from './table-cells.ts';
import { compileTables, type TableDocument } from './zen-tables.ts';

/** Where the policies of this release lie. */
export const policyFolder = fileURLToPath(new URL('../policies/', import.meta.url));

/** SHA-256 of a text, hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function jsonOf(folder: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, file), 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
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
  const faults = faultsOfShape('the manifest', manifest, manifestShape);
  if (faults.length > 0) throw new Error(`${file} cannot be read: ${faults.join('; ')}`);
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
  const ref = `${lenderId}@${version}`;
  const faults = faultsOfPolicy(document);
  if (faults.length > 0) throw new Error(`The policy ${ref} cannot be used: ${faults.join('; ')}.`);
  const digest = digestOf(document);
  return {
    policy: { ref, lenderId, version, digest, products, rules, sizes: sizeRules, reasons },
    tables: compileTables(tables),
    digest: sha256,
  };
}

/** Every fault of a version: of its documents, then of what its tables leave out or say twice. */
export function faultsOfVersion(document: PolicyDocument): string[] {
  const faults = faultsOfPolicy(document);
  if (faults.length > 0) return faults;
  try {
    compileTables(document.tables);
  } catch (error) {
    return [(error as Error).message.replace(/\.$/, '')];
  }
  return faultsOfTables(document, meetsCell);
}

/** The policies of all lenders; a register or policy with faults is an error that names each. */
export function readPolicies(folder: string = policyFolder): Policies {
  const register = readRegister(folder);
  const versions = versionsIn(register);
  const lpr = readLpr(folder);
  const faults = [...faultsOfPolicyRegister(register), ...faultsOfLpr(lpr)];
  const assessors = new Map<string, Assessor>();
  for (const { ref, file, digest, status } of versions) {
    // Nobody can be pinned to a draft, and what is being written need not be whole.
    if (status === 'draft') continue;
    try {
      const assessor = assessorOf(readPolicy(folder, file));
      const { policy } = assessor;
      if (policy.ref !== ref) faults.push(`${ref}: ${file} is ${policy.ref}`);
      if (policy.digest !== digest) {
        faults.push(`${ref}: ${file} has the digest ${policy.digest}, the register another`);
      }
      assessors.set(ref, assessor);
    } catch (error) {
      faults.push(`${ref}: ${(error as Error).message}`);
    }
  }
  if (faults.length > 0) throw new Error(`The policies cannot be used: ${faults.join('; ')}.`);
  const refs = [...assessors.keys()];
  return {
    refs,
    digest: sha256,
    pin: (entry) => pinned(versions, entry, sha256),
    of(ref) {
      const assessor = assessors.get(ref);
      if (assessor === undefined) throw policyUnknown(ref, refs);
      return assessor;
    },
    lprOn: (businessDate) => lprOn(lpr, businessDate),
  };
}

/** Changes the register, whole or not at all; of two who change it at once, one is refused. */
export function changePolicies<T extends { readonly register: PolicyRegister }>(
  folder: string,
  change: (register: PolicyRegister) => T | Fault,
): T | Fault {
  return changeFile(join(folder, 'register.json'), change);
}
