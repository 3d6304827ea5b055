#!/usr/bin/env node
// The `saidao` command: makes sure of the packages, then hands over to Node 24.
import { join } from 'node:path';
import { ROOT, main, prepare, runNode } from './prepare.mjs';

await main(async () => {
  const args = process.argv.slice(2);
  // Doctor reports on the machine itself, so a missing Java must not stop it here.
  const { node } = await prepare({ engines: args[0] === 'up' });
  return runNode(node, [join(ROOT, 'packages', 'cli', 'src', 'main.ts'), ...args]);
});
