#!/usr/bin/env node
// `npm start`: sets up the machine, brings everything up and plays the sample cases.
import { join } from 'node:path';
import { ROOT, main, prepare, runNode } from './prepare.mjs';

await main(async () => {
  const { node } = await prepare({ engines: true });
  const command = join(ROOT, 'packages', 'cli', 'src', 'main.ts');
  return runNode(node, [command, 'up', '--samples', ...process.argv.slice(2)]);
});
