// Writes every generated file of the repository; with --check it writes nothing and fails on a difference.
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface GeneratedFile {
  /** Relative to the root of the repository. */
  path: string;
  text: string;
}

interface Generator {
  generatedFiles: () => GeneratedFile[] | Promise<GeneratedFile[]>;
}

const ROOT = join(import.meta.dirname, '..');

/** Made by the `tools/generate.ts` of each package and service that has one, and in `tools/`. */
export async function allGeneratedFiles(): Promise<GeneratedFile[]> {
  const generators = globSync(
    ['{packages,services,infra}/*/tools/generate.ts', 'tools/*/generate.ts'],
    { cwd: ROOT },
  ).sort();
  const files: GeneratedFile[] = [];
  for (const generator of generators) {
    const module = (await import(pathToFileURL(join(ROOT, generator)).href)) as Generator;
    files.push(...(await module.generatedFiles()));
  }
  return files;
}

async function main(): Promise<void> {
  const checkOnly = process.argv.includes('--check');
  const stale: string[] = [];
  for (const { path, text } of await allGeneratedFiles()) {
    const target = join(ROOT, path);
    if (existsSync(target) && readFileSync(target, 'utf8') === text) continue;
    stale.push(path);
    if (checkOnly) continue;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
  if (checkOnly && stale.length > 0) {
    console.error(
      `Not up to date: ${stale.join(', ')}. Run npm run generate and commit the result.`,
    );
    process.exitCode = 1;
  } else if (!checkOnly) {
    console.log(stale.length === 0 ? 'All generated files were up to date.' : stale.join('\n'));
  }
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
