// Whether containers can be started here, and what to do where they cannot.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { ROOT } from './prepare.mjs';

const run = promisify(execFile);
const ANSWER_MS = 15_000;
const PULL_MS = 300_000;
/** What docker-compose.yml and Dockerfile begin with, but for what only observability needs. */
export const IMAGES = ['apache/kafka:4.3.1', 'postgres:18', 'redis:7', 'node:24-bookworm-slim'];

/** Null if an engine, compose and all images are here, else what of them is missing. */
export async function containersMissing(environment = process.env) {
  const docker = (timeout, ...args) => run('docker', args, { env: environment, timeout });
  const lacks = async (attempt, sentence) => attempt.then(() => null).catch(() => sentence);
  return (
    (await lacks(docker(ANSWER_MS, 'version'), 'no Docker engine answers')) ??
    (await lacks(docker(ANSWER_MS, 'compose', 'version'), 'docker compose is not installed')) ??
    (await firstOf(IMAGES, (image) =>
      lacks(
        docker(ANSWER_MS, 'image', 'inspect', image).catch(() => docker(PULL_MS, 'pull', image)),
        `${image} is not here and cannot be pulled`,
      ),
    ))
  );
}

async function firstOf(all, look) {
  for (const one of all) {
    const found = await look(one);
    if (found !== null) return found;
  }
  return null;
}

export const ADVICE =
  'docs/run-in-containers.md says how to get an engine, compose and images, also where none can be pulled';

/**
 * Where no image can be pulled a program of this machine may build stand-ins: called without
 * arguments for an engine and the images, with `compose` for docker compose.
 */
export async function buildStandIns(environment = process.env) {
  const program = environment.SAIDAO_STAND_IN_IMAGES;
  if (!program || (await containersMissing(environment)) === null) return;
  if (!existsSync(program)) {
    process.stderr.write(`SAIDAO_STAND_IN_IMAGES is ${program}, which is not there.\n`);
    return;
  }
  for (const args of [['compose'], []]) {
    const code = await new Promise((resolve) => {
      // Its talk is progress: results go to standard output, the counts last of all.
      const child = spawn(program, args, { cwd: ROOT, env: environment, stdio: ['ignore', 2, 2] });
      child.once('error', () => resolve(127));
      child.once('exit', (code) => resolve(code ?? 1));
    });
    if (code === 0) continue;
    process.stderr.write(`${[program, ...args].join(' ')} ended with code ${code}.\n`);
    return;
  }
}
