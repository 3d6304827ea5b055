// Every fault between authorisation and settlement so many times each: `node tools/run-faults.ts 200`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngines } from '@saidao/local';
import { findingsOf, type Expected } from '../faults/audit.ts';
import { crash, crashes } from '../faults/crashes.ts';
import { openGround, type Ground } from '../faults/ground.ts';
import { meet, railFaults } from '../faults/rail-faults.ts';

/** As many have a database, rail and log of their own; those grounds are tried at once. */
const RUNS_OF_A_GROUND = 50;

const [runs = '200', only = ''] = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), 'saidao-faults-'));
const engines = await startEngines({
  home,
  only: ['postgres'],
  ports: { kafka: 0, postgres: 0, redis: 0 },
  environment: {},
});
let failures = 0;
try {
  for (const point of crashes) {
    await tell(`dies at ${point.name}`, async (ground, count) => {
      const ended: Expected[] = [];
      for (let run = 0; run < count; run += 1) ended.push(await crash(ground, point));
      return ended;
    });
  }
  for (const fault of railFaults) {
    await tell(`the rail: ${fault.name}`, (ground, count) => meet(ground, fault, count));
  }
} finally {
  await engines.stop();
  rmSync(home, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

async function tell(
  name: string,
  run: (ground: Ground, count: number) => Promise<readonly Expected[]>,
): Promise<void> {
  if (!name.includes(only)) return;
  const startedMs = performance.now();
  const grounds = Math.ceil(Number(runs) / RUNS_OF_A_GROUND);
  const parts = await Promise.all(
    Array.from({ length: grounds }, (_, index) =>
      onGround(run, Math.min(RUNS_OF_A_GROUND, Number(runs) - index * RUNS_OF_A_GROUND)),
    ),
  );
  const findings = parts.flat();
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
  failures += findings.length;
  const verdict = findings.length === 0 ? 'as it must be' : `${findings.length} findings`;
  process.stdout.write(`${runs} × ${name}: ${verdict} (${seconds} s)\n`);
  for (const finding of findings) process.stdout.write(`  ${finding}\n`);
}

async function onGround(
  run: (ground: Ground, count: number) => Promise<readonly Expected[]>,
  count: number,
): Promise<readonly string[]> {
  const ground = await openGround(engines.databaseUrl);
  try {
    return await findingsOf(ground, await run(ground, count));
  } catch (error) {
    return [String(error)];
  } finally {
    await ground.close();
  }
}
