// Changes the file of a register, whole or not at all, and by one at a time.
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Fault } from './activate.ts';

/**
 * The file that is to take its place is made before the register is read, and there can
 * be one only: of two who change it at once, one is refused.
 */
export function changeFile<R, T extends { readonly register: R }>(
  path: string,
  change: (register: R) => T | Fault,
): T | Fault {
  const next = `${path}.new`;
  const file = opened(next);
  if (file === undefined) {
    return { fault: `Somebody else is changing the register; if nobody is, take away ${next}.` };
  }
  let isChanged = false;
  try {
    const done = change(JSON.parse(readFileSync(path, 'utf8')) as R);
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
