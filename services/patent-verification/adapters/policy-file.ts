// Reads the valuation policy from its file, checks it and adds the hash of what it says.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toJson } from '@saidao/values';
import { faultsOfPolicy, type LoadedPolicy, type ValuationPolicy } from '../patents/policy.ts';

/** The policy of this release. */
export const policyPath = fileURLToPath(new URL('../policy/valuation.v1.json', import.meta.url));

/** The policy of a file; one that contradicts itself is an error that names every fault. */
export function readPolicy(path: string = policyPath): LoadedPolicy {
  const policy = JSON.parse(readFileSync(path, 'utf8')) as ValuationPolicy;
  const faults = faultsOfPolicy(policy);
  if (faults.length > 0) {
    throw new Error(`The valuation policy ${path} cannot be used: ${faults.join('; ')}.`);
  }
  // Of the canonical text, so that neither layout nor line ends of the file change it.
  return { ...policy, digest: createHash('sha256').update(toJson(policy)).digest('hex') };
}
