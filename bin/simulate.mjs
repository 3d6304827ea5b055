#!/usr/bin/env node
// `npm run simulate`: the whole line in memory under seeded faults, on every core; see e2e/simulation.
import { join } from 'node:path';
import { ROOT, main, prepare, runNode } from './prepare.mjs';

await main(async () => {
  const { node } = await prepare({ engines: false });
  return runNode(node, [join(ROOT, 'e2e', 'simulation', 'main.ts'), ...process.argv.slice(2)]);
});
