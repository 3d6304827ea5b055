// Enters a card in the register of models: FILE OWNER [validated].
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJson } from '@saidao/values';
import { format } from 'prettier';
import { readRegister, registerPath, scoringFolder, sha256 } from '../adapters/model-files.ts';
import { faultsOfCard, type Card } from '../card/card.ts';
import { enter } from '../register.ts';

const [file = '', owner = '', status = 'draft'] = process.argv.slice(2);
if (file === '' || owner === '' || (status !== 'draft' && status !== 'validated')) {
  stop('Say which file under models/ it is, who owns it, and validated once it is.');
}
const card = JSON.parse(readFileSync(join(scoringFolder, 'models', file), 'utf8')) as Card;
const faults = faultsOfCard(card);
if (faults.length > 0) stop(`${file} cannot be used: ${faults.join('; ')}.`);
const ref = `${card.id}@${card.version}`;
const register = enter(readRegister(), ref, {
  file,
  digest: sha256(toJson(card)),
  kind: 'card',
  owner,
  source: card.source,
  role: 'champion',
  status: status as 'draft' | 'validated',
});
if ('fault' in register) stop(register.fault);
writeFileSync(registerPath(), await format(JSON.stringify(register), { parser: 'json' }));
console.log(`${ref} is entered as ${status}.`);

function stop(fault: string): never {
  console.error(fault);
  process.exit(1);
}
