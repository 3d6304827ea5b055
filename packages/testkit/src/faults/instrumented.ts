// Instrumented sources, kept from one process to the next: to parse them all takes long at a start.
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instrument } from './instrument.ts';

const KEPT = join(import.meta.dirname, '../../../../node_modules/.cache/saidao-fault-points');
/** What is kept was made by this, and by no other version of it. */
const MADE_BY = readFileSync(join(import.meta.dirname, 'instrument.ts'));

/** The source that `instrument` makes. Throws where it cannot be parsed. */
export function instrumented(source: string, path: string, file: string): string {
  const hash = createHash('sha256').update(MADE_BY).update(`\0${file}\0`).update(source);
  const place = join(KEPT, `${hash.digest('hex')}.ts`);
  try {
    return readFileSync(place, 'utf8');
  } catch {
    const written = instrument(source, path, file).source;
    mkdirSync(KEPT, { recursive: true });
    // Several processes may write it at once: none reads the half of it.
    const draft = `${place}.${randomUUID()}`;
    writeFileSync(draft, written);
    renameSync(draft, place);
    return written;
  }
}
