// The disk of Kafka, and then of PostgreSQL, is full while applications flow, until room is made.
import { execFile } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { logSize, type Engine } from '@saidao/local';
import { eventually } from '@saidao/testkit';
import type { Case, Outcome } from '../torture/case.ts';
import { underFire } from './under-fire.ts';
import { whereRoot } from './where-root.ts';

const run = promisify(execFile);
const COUNT = 100;
const RATE = 3;
const MOVED_AT = 10;
const FULL_AT = 40;
/** Beside what is there already: more than a line writes until the ballast fills the rest. */
const ROOM_MIB = 96;
const BALLAST = 'ballast-of-a-test';
const PIECE_BYTES = 1024 * 1024;
const DEADLINE_MS = 120_000;
/** Both engines say it in these words. */
const FULL = 'No space left on device';

export function diskFullCases(environment: NodeJS.ProcessEnv): Case[] {
  return (['kafka', 'postgres'] as const).map((name) => ({
    group: 'real-faults',
    name: `the disk of ${name === 'kafka' ? 'Kafka' : 'PostgreSQL'} is full`,
    run: () => whereRoot('a small disk is mounted', () => fillDisk(environment, name)),
  }));
}

function fillDisk(environment: NodeJS.ProcessEnv, name: 'kafka' | 'postgres'): Promise<Outcome> {
  return underFire({ environment, count: COUNT, rate: RATE }, async (fire) => {
    const engine = fire.system.engines[name];
    await fire.untilSubmitted(MOVED_AT);
    const disk = await moveToSmallDisk(engine, (work) => fire.defer(work));
    await fire.untilSubmitted(FULL_AT);
    const before = logSize(engine.log!);
    disk.fill();
    await eventually(
      `${name} says that its disk is full`,
      () => readFileSync(engine.log!).subarray(before).includes(FULL),
      { deadlineMs: DEADLINE_MS, everyMs: 250 },
    );
    const had = engine.running() ? 'went on' : 'ended';
    disk.free();
    // One that waits for nothing but a restart is given it, as by whoever made room.
    if (name === 'kafka') await engine.stop('kill');
    await engine.start();
    return { runs: 1, notes: [`with its disk full ${name} ${had}`] };
  });
}

interface SmallDisk {
  /** To the last byte. */
  fill(): void;
  free(): void;
}

/** Stops the engine meanwhile. */
async function moveToSmallDisk(
  engine: Engine,
  defer: (work: () => Promise<void>) => void,
): Promise<SmallDisk> {
  const { data } = engine;
  if (data === null) throw new Error(`${engine.name} is not a local one.`);
  await engine.stop();
  const aside = `${data}.aside`;
  await rename(data, aside);
  const { uid, gid, mode } = await stat(aside);
  await mkdir(data);
  const { stdout } = await run('du', ['-sm', aside]);
  const size = `${parseInt(stdout) + ROOM_MIB}m`;
  const rights = `uid=${uid},gid=${gid},mode=${(mode & 0o777).toString(8)}`;
  await run('mount', ['-t', 'tmpfs', '-o', `size=${size},${rights}`, 'tmpfs', data]);
  defer(async () => {
    await engine.stop();
    await run('umount', [data]);
  });
  await run('cp', ['-a', '--sparse=always', `${aside}/.`, data]);
  rmSync(aside, { recursive: true });
  await engine.start();
  return {
    fill() {
      const file = openSync(join(data, BALLAST), 'w');
      try {
        for (let bytes = PIECE_BYTES; bytes >= 1;) {
          try {
            writeSync(file, Buffer.alloc(bytes, 1));
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
            bytes = Math.floor(bytes / 2);
          }
        }
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(join(data, BALLAST), { force: true }),
  };
}
