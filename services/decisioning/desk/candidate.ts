// The policy that is tried: a version of the register, a draft too, or a manifest's file.
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { assessorOf, policyFolder, readPolicy, readRegister } from '../adapters/policy-files.ts';
import type { Assessor } from '../assessment/assess.ts';
import type { PolicyDocument } from '../policies/document.ts';
import { DeskFault } from './fault.ts';

export interface Candidate {
  readonly document: PolicyDocument;
  readonly assessor: Assessor;
}

/** What a manifest names lies beside it, as in the folder of policies. */
export function candidateOf(policy: string, folder: string = policyFolder): Candidate {
  const { policies } = readRegister(folder);
  const entry = Object.hasOwn(policies, policy) ? policies[policy] : undefined;
  if (entry === undefined && !(policy.endsWith('.json') && existsSync(policy))) {
    const refs = Object.keys(policies).join(', ');
    throw new DeskFault(`There is no policy ${policy}, and no such file; there are ${refs}.`);
  }
  try {
    const document =
      entry === undefined
        ? readPolicy(dirname(policy), basename(policy))
        : readPolicy(folder, entry.file);
    return { document, assessor: assessorOf(document) };
  } catch (error) {
    throw new DeskFault((error as Error).message);
  }
}
