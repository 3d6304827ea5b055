// Enters a model in the register: FILE OWNER [--validated] [--source TEXT]; see docs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { toJson } from '@saidao/values';
import { sha256 } from '../adapters/model-files.ts';
import { changeRegister, scoringFolder } from '../adapters/register-file.ts';
import { faultsOfCard } from '../card/card.ts';
import { enterModel, type NewEntry } from '../register/activation.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { validated: { type: 'boolean', default: false }, source: { type: 'string' } },
});
const [file = '', owner = ''] = positionals;
if (file === '' || owner === '') {
  stop('Say which file under models/ it is, who owns it, and --validated once it is.');
}
const status = values.validated ? 'validated' : 'draft';
const { ref, digest, kind, role, ...read } = file.endsWith('.json')
  ? described(file)
  : network(file);
const source = values.source ?? read.source ?? stop('Say with --source where it comes from.');
const done = changeRegister(scoringFolder, (register) => {
  const entered = enterModel(register, ref, { file, digest, kind, owner, source, status, role });
  return 'fault' in entered ? entered : { register: entered };
});
if ('fault' in done) stop(done.fault);
console.log(`${ref} is entered as ${status}.`);

type Read = Pick<NewEntry, 'digest' | 'kind' | 'role'> & {
  readonly ref: string;
  readonly source: string | undefined;
};

/** A card, or what is said of a model that is asked over the network. */
function described(file: string): Read {
  const data = JSON.parse(bytesOf(file).toString('utf8')) as {
    readonly kind?: unknown;
    readonly id: string;
    readonly version: number;
    readonly source?: string;
  };
  const isRemote = data.kind === 'http';
  const faults = isRemote ? [] : faultsOfCard(data);
  if (faults.length > 0) stop(`${file} cannot be used: ${faults.join('; ')}.`);
  return {
    ref: `${data.id}@${data.version}`,
    digest: sha256(toJson(data)),
    kind: isRemote ? 'http' : 'card',
    role: isRemote ? 'challenger' : 'champion',
    source: data.source,
  };
}

/** An ONNX file bears its id and version in its name. */
function network(file: string): Read {
  const [, id, version] =
    /^([a-z0-9-]+)\.v(\d+)\.onnx$/.exec(file) ?? stop(`${file} is not named as net.v1.onnx.`);
  const digest = sha256(bytesOf(file));
  return { ref: `${id}@${version}`, digest, kind: 'onnx', role: 'challenger', source: undefined };
}

function bytesOf(file: string): Buffer {
  return readFileSync(join(scoringFolder, 'models', file));
}

function stop(fault: string): never {
  console.error(fault);
  process.exit(1);
}
