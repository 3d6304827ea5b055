// The policy that is tried: a version of the register, a draft too, or a manifest's file.
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { assessorOf, policyFolder, readPolicy, readRegister } from '../adapters/policy-files.ts';
import type { Assessor } from '../assessment/assess.ts';
import { DeskFault } from './fault.ts';

/** What a manifest names lies beside it, as in the folder of policies. */
export function candidateOf(policy: string, folder: string = policyFolder): Assessor {
  const { policies } = readRegister(folder);
  const entry = Object.hasOwn(policies, policy) ? policies[policy] : undefined;
  if (entry === undefined && !(policy.endsWith('.json') && existsSync(policy))) {
    const refs = Object.keys(policies).join(', ');
    throw new DeskFault(`There is no policy ${policy}, and no such file; there are ${refs}.`);
  }
  try {
    return entry === undefined
      ? assessorOf(readPolicy(dirname(policy), basename(policy)))
      : assessorOf(readPolicy(folder, entry.file));
  } catch (error) {
    throw new DeskFault((error as Error).message);
  }
}
