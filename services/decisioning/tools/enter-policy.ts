// Enters a policy in the register: FILE OWNER [--validated] [--challenger SHARE] [--source TEXT].
import { parseArgs } from 'node:util';
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

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    validated: { type: 'boolean', default: false },
    challenger: { type: 'string' },
    source: { type: 'string' },
  },
});
const [file = '', owner = ''] = positionals;
if (file === '' || owner === '') {
  stop('Say which manifest under policies/ it is, who owns it, and --validated once it is.');
}
const document = read(file);
const { lenderId, version, source } = document.manifest;
const ref = `${lenderId}@${version}`;
const status = values.validated ? 'validated' : 'draft';
const faults = faultsOfVersion(document);
// A draft may be in the making; what is to be tested and approved has to be whole.
if (faults.length > 0 && values.validated) stop(`${ref}: ${faults.join('; ')}.`);
const done = changePolicies(policyFolder, (register) =>
  enterPolicy(register, ref, {
    file,
    digest: digestOf(document),
    owner,
    source: values.source ?? source,
    status,
    role: values.challenger === undefined ? 'champion' : 'challenger',
    sharePpm: values.challenger === undefined ? null : ppmOf(values.challenger),
  }),
);
if ('fault' in done) stop(done.fault);
console.log([`${ref} is entered as ${status}.`, ...faults].join('\n'));

function read(name: string): PolicyDocument {
  try {
    return readPolicy(policyFolder, name);
  } catch (error) {
    return stop((error as Error).message);
  }
}

function stop(fault: string): never {
  console.error(fault);
  process.exit(1);
}
