#!/usr/bin/env node
// `npm run torture`: all that can go wrong on real processes and engines, then a table; see e2e/torture.
import { join } from 'node:path';
import { ROOT, main, prepare, runNode } from './prepare.mjs';

await main(async () => {
  const { node } = await prepare({ engines: true });
  return runNode(node, [join(ROOT, 'e2e', 'torture', 'main.ts'), ...process.argv.slice(2)]);
});
