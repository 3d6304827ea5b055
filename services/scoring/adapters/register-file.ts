// The file of the register of models: read by workers when they start, changed by one at a time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { changeFile, type Fault } from '@saidao/register';
import type { ModelRegister } from '../register.ts';

/** The folder of this service, where the models of this release lie. */
export const scoringFolder = fileURLToPath(new URL('../', import.meta.url));

export const registerPath = (folder: string = scoringFolder): string =>
  join(folder, 'models', 'register.json');

export function readRegister(folder: string = scoringFolder): ModelRegister {
  return JSON.parse(readFileSync(registerPath(folder), 'utf8')) as ModelRegister;
}

/** Changes the register, whole or not at all; of two who change it at once, one is refused. */
export function changeRegister<T extends { readonly register: ModelRegister }>(
  folder: string,
  change: (register: ModelRegister) => T | Fault,
): T | Fault {
  return changeFile(registerPath(folder), change);
}
