// The lint rules hold: oxlint with the project's configuration finds what it has to find.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'saidao-lint-'));
let found: ReadonlySet<string>;

const samples: readonly (readonly [rule: string, path: string, text: string])[] = [
  ['no-floating-promises', 'services/a/main.ts', 'export async function f() {}\nf();'],
  ['no-misused-promises', 'services/b/main.ts', 'setTimeout(async () => {}, 1);'],
  ['no-explicit-any', 'services/c/main.ts', 'export const a: any = 1;'],
  ['no-console', 'services/d/main.ts', 'console.log(1);'],
  ['no-restricted-imports', 'services/e/main.ts', "import '@saidao/values/src/money.ts';"],
  ['no-restricted-globals', 'services/f/decide.ts', 'export const now = Date.now();'],
  ['no-restricted-properties', 'services/g/pledge.decide.ts', 'export const a = Math.random();'],
  ['no-restricted-imports', 'services/h/decide.ts', "import 'node:fs';"],
  ['no-restricted-imports', 'services/i/postings.ts', "import './ports.ts';"],
  ['no-default-export', 'services/j/main.ts', 'export default 1;'],
];
const fine: readonly (readonly [path: string, text: string])[] = [
  ['services/k/main.ts', 'export const now = Date.now();'],
  ['services/k/decide.ts', "import type { Fen } from '@saidao/values';\nexport type A = Fen;"],
  ['tools/k.ts', 'console.log(1);'],
];

beforeAll(async () => {
  for (const [path, text] of [...samples.map(([, ...rest]) => rest), ...fine]) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  copyFileSync(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  // Folders are named, since oxlint would walk into the linked node_modules.
  const args = [oxlint, '--type-aware', '-f', 'json', 'services', 'tools'];
  const run = promisify(execFile)(process.execPath, args, { cwd: folder, timeout: 20_000 });
  // It ends with 1 since it finds something, which is what it is run for.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const report = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  found = new Set(
    report.diagnostics.map(({ code, filename }) => {
      const rule = code.replace(/^.*\((.*)\)$/, '$1');
      return `${rule} ${filename}`;
    }),
  );
}, 30_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(samples)('%s in %s', (rule, path) => expect([...found]).toContain(`${rule} ${path}`));

test.each(fine)('nothing in %s', (path) => {
  expect([...found].filter((one) => one.endsWith(` ${path}`))).toEqual([]);
});
