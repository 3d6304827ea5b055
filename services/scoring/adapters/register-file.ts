// The file of the register of models: read by workers when they start, changed by one at a time.
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelRegister } from '../register.ts';

/** The folder of this service, where the models of this release lie. */
export const scoringFolder = fileURLToPath(new URL('../', import.meta.url));

export const registerPath = (folder: string = scoringFolder): string =>
  join(folder, 'models', 'register.json');

export function readRegister(folder: string = scoringFolder): ModelRegister {
  return JSON.parse(readFileSync(registerPath(folder), 'utf8')) as ModelRegister;
}

export interface Fault {
  readonly fault: string;
}

/**
 * Changes the register, whole or not at all. The file that is to take its place is made before the
 * register is read, and there can be one only: of two who change it at once, one is refused.
 */
export function changeRegister<T extends { readonly register: ModelRegister }>(
  folder: string,
  change: (register: ModelRegister) => T | Fault,
): T | Fault {
  const path = registerPath(folder);
  const next = `${path}.new`;
  const file = opened(next);
  if (file === undefined) {
    return { fault: `Somebody else is changing the register; if nobody is, take away ${next}.` };
  }
  let isChanged = false;
  try {
    const done = change(readRegister(folder));
    if ('fault' in done) return done;
    writeFileSync(file, `${JSON.stringify(done.register, null, 2)}\n`);
    renameSync(next, path);
    isChanged = true;
    return done;
  } finally {
    closeSync(file);
    if (!isChanged) rmSync(next);
  }
}

function opened(path: string): number | undefined {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIST') return undefined;
    throw error;
  }
}
