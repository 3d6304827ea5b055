// Vitest's configuration for one part switched off: the code is changed as it is loaded.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { switchedOff } from './switched-off.ts';

const root = join(import.meta.dirname, '..');
const off = switchedOff.find(({ part }) => part === process.env['SWITCHED_OFF']);
if (off === undefined) throw new Error('SWITCHED_OFF names no part of tools/switched-off.ts.');
const { file, find, replace, spec, project, tests } = off;
const path = join(root, file);
const text = readFileSync(path, 'utf8');
if (text.split(find).length !== 2) {
  throw new Error(`${off.part}: the text to be replaced does not stand in ${file} exactly once.`);
}
interface Edit {
  readonly in: string;
  readonly from: string;
  readonly to: string;
}
const edits: readonly Edit[] = file.endsWith('.sql')
  ? otherMigrations()
  : [{ in: path, from: find, to: replace }];

/** Tables are made from files, which no plugin sees: the folder's migrations are read elsewhere. */
function otherMigrations(): Edit[] {
  const folder = dirname(path);
  const copy = join(root, 'node_modules/.cache/switched-off', dirname(file));
  rmSync(copy, { recursive: true, force: true });
  cpSync(folder, copy, { recursive: true });
  writeFileSync(join(copy, basename(file)), text.replace(find, replace));
  const [given, other] = [JSON.stringify(folder), JSON.stringify(copy)];
  return [
    {
      in: join(root, 'packages/worker/src/migrate.ts'),
      from: '      dir,\n',
      to: `dir: dir.replace(/[/]$/, '') === ${given} ? ${other} : dir,\n`,
    },
    // Nor may a template serve that others have made.
    {
      in: join(root, 'packages/testkit/src/database.ts'),
      from: 'update(options.template)',
      to: `update(options.template + ${JSON.stringify(`${process.pid} ${off?.part}`)})`,
    },
  ];
}

export default defineConfig({
  root,
  plugins: [
    {
      name: 'switched-off',
      enforce: 'pre',
      transform(code, id) {
        const edit = edits.find((one) => one.in === id.split('?')[0]);
        if (edit === undefined) return undefined;
        if (!code.includes(edit.from)) throw new Error(`${edit.in} has no more: ${edit.from}`);
        return code.replace(edit.from, () => edit.to);
      },
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
