// The house checks all together: `node tools/tidy.ts` prints what is not as the house has it.
import { fileURLToPath } from 'node:url';
import { loadHouse, type Check, type House } from './house.ts';
import { directionChecks } from './tidy-direction.ts';
import { paperChecks } from './tidy-papers.ts';
import { textChecks } from './tidy-text.ts';

export const checks: readonly Check[] = [...textChecks, ...directionChecks, ...paperChecks];

/** What one check finds, a line for each finding, in the order of paths. */
export function linesOf(check: Check, house: House): string[] {
  return check
    .find(house)
    .map(({ path, line, message }) => `${path}:${line} ${check.name}: ${message}`)
    .sort();
}

if (import.meta.main) {
  const house = loadHouse(fileURLToPath(new URL('..', import.meta.url)));
  const lines = checks.flatMap((check) => linesOf(check, house));
  for (const line of lines) console.log(line);
  console.log(lines.length === 0 ? 'The house is tidy.' : `${lines.length} findings.`);
  process.exitCode = lines.length === 0 ? 0 : 1;
}
