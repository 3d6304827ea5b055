// Programs in Go that tests are helped by: compiled once for each source, and kept.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** On two busy cores; on quiet ones about a minute. */
const BUILD_MS_MAX = 1_800_000;

export interface GoOptions {
  readonly environment: NodeJS.ProcessEnv;
}

/** Either the path, or why there is none: Go or its modules cannot be had here. */
export type GoProgram =
  | { readonly path: string; readonly missing: null }
  | { readonly path: null; readonly missing: string };

/** What the folder `source` holds, compiled below `cache`. Rejects where it does not compile. */
export async function goProgram(
  source: string,
  { cache, ...options }: GoOptions & { readonly cache: string },
): Promise<GoProgram> {
  const version = await go(['version'], source, options).catch(() => null);
  if (version === null) return none('there is no Go: install it from https://go.dev/dl');
  const hash = createHash('sha256').update(version);
  for (const name of readdirSync(source).toSorted()) {
    hash.update(`${name}\n`).update(readFileSync(join(source, name)));
  }
  const path = join(cache, `go-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(path)) return { path, missing: null };
  try {
    await go(['mod', 'download'], source, options);
  } catch (error) {
    return none(`its modules cannot be had: ${lastLineOf(error)}`);
  }
  mkdirSync(cache, { recursive: true });
  // Whole or not at all.
  const partial = `${path}.${process.pid}`;
  await go(['build', '-trimpath', '-o', partial, '.'], source, options);
  renameSync(partial, path);
  return { path, missing: null };
}

/** The folder of a module's source, `path@version`, if it is the one with this sum. */
export async function goModule(
  module: string,
  sum: string,
  source: string,
  options: GoOptions,
): Promise<string> {
  const text = await go(['mod', 'download', '-json', module], source, options);
  const found = JSON.parse(text) as { readonly Dir: string; readonly Sum: string };
  if (found.Sum === sum) return found.Dir;
  throw new Error(
    `${module} has the sum ${found.Sum}, not ${sum}: it is another than was looked at.`,
  );
}

async function go(
  args: readonly string[],
  cwd: string,
  { environment }: GoOptions,
): Promise<string> {
  const { stdout } = await run('go', args, { cwd, env: environment, timeout: BUILD_MS_MAX });
  return stdout;
}

function none(missing: string): GoProgram {
  return { path: null, missing };
}

function lastLineOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return stderr?.trim().split('\n').at(-1) ?? message;
}
