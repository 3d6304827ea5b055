// Vitest's configuration for one part switched off: the code is changed as it is loaded.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { switchedOff } from './switched-off.ts';

const root = join(import.meta.dirname, '..');
const off = switchedOff.find(({ part }) => part === process.env['SWITCHED_OFF']);
if (off === undefined) throw new Error('SWITCHED_OFF names no part of tools/switched-off.ts.');
const { file, find, replace, spec, project, tests } = off;
if (readFileSync(join(root, file), 'utf8').split(find).length !== 2) {
  throw new Error(`${off.part}: the text to be replaced does not stand in ${file} exactly once.`);
}

export default defineConfig({
  root,
  plugins: [
    {
      name: 'switched-off',
      enforce: 'pre',
      transform: (code, id) =>
        id.split('?')[0] === join(root, file) ? code.replace(find, replace) : undefined,
    },
  ],
  test: {
    include: [spec],
    testNamePattern: tests,
    bail: 1,
    // A cached module would come back without the change, or with another part's.
    fsModuleCache: false,
    testTimeout: 15_000,
    hookTimeout: 60_000,
    ...(project === 'int' ? { globalSetup: ['packages/testkit/src/global-setup.ts'] } : {}),
  },
});
