// The watchdog, with real processes whose parent is killed outright.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endGroup, isAlive, until } from './process-life.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'saidao-watchdog-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

/** A parent that starts two children under a watchdog, prints their ids, and waits. */
function parentScript(folder: string, child: string): string {
  const local = import.meta.dirname;
  return `
    const { startWatchdog } = await import('${local}/watchdog.ts');
    const { launch } = await import('${local}/process-life.ts');
    const watchdog = startWatchdog('${folder}/watchdog.log');
    const pids = [2, 1].map((rank) => {
      const { pid } = launch({ command: 'sh', args: ['-c', ${JSON.stringify(child)}, 'sh', rank], log: '${folder}/log' });
      watchdog.watch({ pid, signal: 'SIGTERM', graceMs: 300, rank });
      return pid;
    });
    console.log(JSON.stringify(pids));
    setInterval(() => {}, 1000);`;
}

async function startParent(child: string) {
  const parent = spawn(
    process.execPath,
    ['--input-type=module', '-e', parentScript(scratch, child)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const line = await new Promise<string>((resolve) =>
    parent.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
  );
  return { parent, pids: JSON.parse(line) as number[] };
}

test('ends what it watches once the parent was killed, higher ranks first', async () => {
  const end = `echo $1 >> ${scratch}/ended; exit 0`;
  const child = `trap '${end}' TERM; while :; do sleep 0.05; done`;
  const { parent, pids } = await startParent(child);
  expect(pids.every(isAlive)).toBe(true);
  parent.kill('SIGKILL');
  expect(await until(() => !pids.some(isAlive), 10_000)).toBe(true);
  expect(readFileSync(join(scratch, 'ended'), 'utf8')).toBe('2\n1\n');
});

test('kills what does not obey', async () => {
  const { parent, pids } = await startParent(`trap '' TERM; while :; do sleep 0.05; done`);
  parent.kill('SIGKILL');
  expect(await until(() => !pids.some(isAlive), 10_000)).toBe(true);
});

test('a group is ended with its leader, however deaf its members', async () => {
  const leader = spawn('sh', ['-c', `(trap '' TERM; sleep 60) & echo $!; wait`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const member = await new Promise<number>((resolve) =>
    leader.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk))),
  );
  expect(await endGroup(leader.pid!, 'SIGTERM', 2_000)).toBe('ended');
  expect(await until(() => !isAlive(member), 2_000)).toBe(true);
});
