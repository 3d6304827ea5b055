// How a version of a policy comes into the register: as a draft, or validated once it is whole.
import { basename, dirname, resolve } from 'node:path';
import { ppmOf } from '@saidao/values';
import {
  changePolicies,
  digestOf,
  faultsOfVersion,
  policyFolder,
  readPolicy,
} from '../adapters/policy-files.ts';
import type { PolicyDocument } from '../policies/document.ts';
import { enterPolicy } from '../policies/publication.ts';
import { DeskFault } from './fault.ts';

export interface EnteringQuestion {
  /** A manifest's name in the folder of policies, or its whole path. */
  readonly file: string;
  readonly owner: string;
  readonly isValidated: boolean;
  /** As a fraction; null: it is to be the champion. */
  readonly challengerShare: string | null;
  /** Null: what the manifest says. */
  readonly source: string | null;
}

export function entered(question: EnteringQuestion, folder: string = policyFolder) {
  const { owner, isValidated, challengerShare, source } = question;
  const file = nameIn(folder, question.file);
  const document = told(() => readPolicy(folder, file));
  const { lenderId, version, source: says } = document.manifest;
  const ref = `${lenderId}@${version}`;
  const status = isValidated ? 'validated' : 'draft';
  const faults = faultsIn(document);
  // A draft may be in the making; what is to be tested and approved has to be whole.
  if (faults.length > 0 && isValidated) throw new DeskFault(`${ref}: ${faults.join('; ')}.`);
  const role = challengerShare === null ? 'champion' : 'challenger';
  const sharePpm = challengerShare === null ? null : shareOf(challengerShare);
  const digest = digestOf(document);
  const entry = { file, digest, owner, source: source ?? says, status, role, sharePpm } as const;
  const done = changePolicies(folder, (register) => enterPolicy(register, ref, entry));
  if ('fault' in done) throw new DeskFault(done.fault);
  return { ref, status, role, sharePpm, digest, faults };
}

/** What the register names lies beside it. */
function nameIn(folder: string, file: string): string {
  const name = basename(file);
  if (file === name || dirname(resolve(file)) === resolve(folder)) return name;
  throw new DeskFault(`${file} does not lie in ${folder}, as what judges has to.`);
}

function faultsIn(document: PolicyDocument): string[] {
  try {
    return faultsOfVersion(document);
  } catch (error) {
    return [(error as Error).message];
  }
}

function shareOf(text: string): number {
  try {
    return ppmOf(text);
  } catch {
    throw new DeskFault(`${text} is no share: write a fraction, as 0.1.`);
  }
}

function told<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new DeskFault((error as Error).message);
  }
}
