// What a run leaves behind when it and its watchdog were killed, and the data that `reset` deletes.
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { outsideFolder } from './postgres.ts';
import { birthOf, endGroup, isAlive } from './process-life.ts';

const GRACE_MS = 10_000;

/** Ends processes named by the run files of this home; says which there were. */
export async function endLeftovers(home: string): Promise<string[]> {
  const folder = join(home, 'run');
  if (!existsSync(folder)) return [];
  const ended: string[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const { pid, birth } = readPidFile(join(folder, file));
    if (pid !== null && isAlive(pid) && birthOf(pid) === birth) {
      await endGroup(pid, 'SIGINT', GRACE_MS);
      ended.push(file.replace('.json', ''));
    }
    rmSync(join(folder, file), { force: true });
  }
  return ended;
}

function readPidFile(path: string): { pid: number | null; birth: string | null } {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { pid: number; birth: string | null };
  } catch {
    return { pid: null, birth: null };
  }
}

/** Deletes data, logs and run files; what was fetched stays in the cache. */
export function deleteData(home: string): string[] {
  const folders = [
    ...['data', 'logs', 'run', 'run.json', 'access.json'].map((name) => join(home, name)),
    outsideFolder(home),
  ].filter((path) => existsSync(path));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  return folders;
}
