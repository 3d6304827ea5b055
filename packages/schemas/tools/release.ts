// Notes a release in the lock of schema ids; run once it is out, as `release.ts 0.1.0`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLock } from './generate.ts';
import { lockText, markReleased } from './lock.ts';

const release = process.argv[2];
if (release === undefined || !/^\d+\.\d+\.\d+$/.test(release)) {
  console.error('Give the version that went out, as 0.1.0.');
  process.exitCode = 1;
} else {
  try {
    const text = lockText(markReleased(readLock(), release));
    writeFileSync(join(import.meta.dirname, '..', 'schema-ids.json'), text);
    console.log(`Noted ${release}: its schemas are frozen, and this tree may write all it reads.`);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
