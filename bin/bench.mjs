#!/usr/bin/env node
// `npm run bench`: sets up the machine, then measures Saidao beside the naive form on engines of its own.
import { join } from 'node:path';
import { ROOT, main, prepare, runNode } from './prepare.mjs';

await main(async () => {
  const { node } = await prepare({ engines: true });
  return runNode(node, [join(ROOT, 'bench', 'main.ts'), ...process.argv.slice(2)]);
});
