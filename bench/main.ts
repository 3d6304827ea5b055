// The bench: measures Saidao beside the naive form in one run, and prints what was measured.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openArena } from './arena.ts';
import { machineLine } from './machine.ts';
import { readOptions, UsageError, USAGE, type BenchOptions } from './options.ts';
import { PROJECT_ROOT, SERVICES } from './place.ts';
import {
  busyMs,
  merged,
  readProfile,
  selfTimes,
  topOf,
  type SelfTimes,
} from './profile-summary.ts';
import { runThroughput, type ThroughputRun } from './throughput.ts';
import { workersMs } from './usage.ts';

const TOP = 25;

const print = (text = '') => void process.stdout.write(`${text}\n`);
const tell = (text: string) => void process.stderr.write(`… ${text}\n`);

async function bench(options: BenchOptions): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stopping.abort(new Error(`told to stop by ${signal}`)));
  }
  tell('starting engines');
  await using arena = await openArena({
    onStep: () => {},
    signal: stopping.signal,
    environment: process.env,
  });
  print(machineLine(arena.machine));
  print(arena.durability.join(', '));
  const runs: ThroughputRun[] = [];
  for (let pair = 1; pair <= options.pairs; pair += 1) {
    for (const form of options.forms) {
      const profileFolder = join(PROJECT_ROOT, '.saidao', 'bench-profiles', `${form}-${pair}`);
      if (options.profile) mkdirSync(profileFolder, { recursive: true });
      const run = await runThroughput({
        arena,
        form,
        applications: options.applications,
        tell: (text) => tell(`pair ${pair} ${form}: ${text}`),
        ...(options.profile && { profileFolder }),
      });
      runs.push(run);
      printRun(run);
      if (options.profile) printProfiles(profileFolder, run);
    }
  }
  if (options.json !== null) {
    writeFileSync(resolve(options.json), `${JSON.stringify({ machine: arena.machine, runs })}\n`);
  }
}

function printRun(run: ThroughputRun): void {
  const { cpuMsPerApplication: cpu } = run;
  print();
  print(
    `${run.form}: ${run.applications} applications in ${run.seconds.toFixed(2)} s: ` +
      `${run.perSecond.toFixed(1)}/s, first decision after ${run.firstDecisionMs} ms, ends: p50 ` +
      `${run.endsMs.p50} p95 ${run.endsMs.p95} p99 ${run.endsMs.p99} ms`,
  );
  print(
    `  CPU ms an application: workers ${workersMs(cpu).toFixed(3)}, broker ${cpu.broker.toFixed(3)}, ` +
      `database ${cpu.database.toFixed(3)}, redis ${cpu.redis.toFixed(3)}; apart: outside world ` +
      `${cpu.outsideWorld.toFixed(3)}, bot ${cpu.bot.toFixed(3)}`,
  );
  for (const service of SERVICES) {
    const { peakBytes, residentBytes } = run.memory[service];
    print(
      `  ${service.padEnd(20)} ${cpu.workers[service].toFixed(3).padStart(7)} ms  ` +
        `peak ${(peakBytes / 1e6).toFixed(0)} MB, at the end ${(residentBytes / 1e6).toFixed(0)} MB`,
    );
  }
}

function printProfiles(folder: string, { window }: ThroughputRun): void {
  const all: SelfTimes[] = [];
  for (const service of SERVICES) {
    const times = selfTimes(readProfile(join(folder, `${service}.cpuprofile`)), window);
    all.push(times);
    printTop(service, times);
  }
  printTop('all workers', merged(all));
  print(`  profiles: ${folder}`);
}

function printTop(name: string, times: SelfTimes): void {
  print();
  print(`  ${name}: busy ${busyMs(times).toFixed(0)} ms of the run`);
  for (const { name: where, ms, share } of topOf(times, TOP)) {
    print(`  ${(share * 100).toFixed(1).padStart(5)} % ${ms.toFixed(0).padStart(6)} ms  ${where}`);
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) print(USAGE);
  else await bench(options);
} catch (error) {
  const text =
    error instanceof UsageError ? `${error.message}\n\n${USAGE}` : (error as Error).stack;
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
