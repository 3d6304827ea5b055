// All parts of a bench in their order; nothing is told of a run before its outcomes have been compared.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openArena, type Arena } from './arena.ts';
import { differencesBetween, differencesFromExpected, OutcomesDiffer } from './comparison.ts';
import { runDecisions, type DecisionsRun } from './decisions.ts';
import { runEvidence, type EvidenceRun } from './evidence.ts';
import { runHledger, type HledgerRun } from './hledger.ts';
import { runDay, type DayRun } from './ledger-day.ts';
import { runLedger, type LedgerRun } from './ledger.ts';
import { runSimulation, type SimulationRun } from './simulation.ts';
import { runLatency, type LatencyRun } from './latency.ts';
import type { BenchOptions, Form } from './options.ts';
import type { Ended, Outcomes } from './outcomes.ts';
import { PROJECT_ROOT } from './place.ts';
import { membersOf, type Population } from './population.ts';
import { profileLines } from './profiles.ts';
import { reportOf, type Report } from './report.ts';
import { runThroughput, type ThroughputRun } from './throughput.ts';
import { runTraces, type TracesRun } from './traces.ts';

export interface BenchContext {
  readonly options: BenchOptions;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Progress; never a figure. */
  readonly tell: (text: string) => void;
  /** Called after each part with all that has been measured and compared so far. */
  readonly onPart: (result: BenchResult) => void;
}

export interface BenchResult {
  readonly report: Report;
  /** Lines on where the time went, with --profile. */
  readonly profiles: readonly string[];
}

const VIAS = ['kafka', 'http'] as const;

export async function runBench(context: BenchContext): Promise<void> {
  const { options, environment, signal, tell, onPart } = context;
  tell('starting engines');
  await using arena = await openArena({ onStep: () => {}, signal, environment });
  const { machine, durability } = arena;
  const parts = new Set(options.parts);
  const profiles: string[] = [];
  let throughput: ThroughputRun[] = [];
  let latency: LatencyRun[] = [];
  let catchUp: ThroughputRun | null = null;
  let evidence: EvidenceRun | null = null;
  let simulation: SimulationRun | null = null;
  let decisions: DecisionsRun | null = null;
  let ledger: LedgerRun | null = null;
  let hledger: HledgerRun | null = null;
  let day: DayRun | null = null;
  let traces: TracesRun | null = null;
  const tellPart = (): void =>
    onPart({
      report: reportOf({
        ...{ machine, durability, options },
        ...{ throughput, latency, catchUp, evidence, decisions, simulation, ledger, day, hledger },
        traces,
      }),
      profiles,
    });
  if (parts.has('throughput')) {
    throughput = await measureThroughput(arena, context, profiles);
    tellPart();
  }
  if (parts.has('latency')) {
    latency = await measureLatency(arena, context, profiles);
    tellPart();
  }
  if (parts.has('catch-up')) {
    catchUp = await measureCatchUp(arena, context);
    tellPart();
  }
  if (parts.has('evidence')) {
    evidence = await runEvidence({
      arena,
      applications: options.evidenceApplications,
      seed: options.seed,
      profileFolder: (stage) => profileFolderOf(stage, options),
      signal,
      tell: (text) => tell(`evidence: ${text}`),
    });
    tellPart();
  }
  if (parts.has('simulation')) {
    simulation = await runSimulation({
      arena,
      applications: options.simulationApplications,
      seed: options.seed,
      signal,
      tell: (text) => tell(`simulation: ${text}`),
    });
    tellPart();
  }
  if (parts.has('decisions')) {
    const profileFolder = profileFolderOf('decisions', options);
    const { run, window } = await runDecisions({
      arena,
      applications: options.decisionsApplications,
      seed: options.seed,
      profileFolder,
      signal,
      tell: (text) => tell(`decisions: ${text}`),
    });
    decisions = run;
    profiles.push(...profileLines(profileFolder, window, ['decisioning']));
    tellPart();
  }
  if (parts.has('ledger')) {
    const profileFolder = profileFolderOf('ledger', options);
    const { run, window } = await runLedger({
      arena,
      loans: options.ledgerLoans,
      entries: options.ledgerEntries,
      profileFolder,
      signal,
      tell: (text) => tell(`ledger: ${text}`),
    });
    ledger = run;
    profiles.push(...profileLines(profileFolder, window, ['disbursement-ledger']));
    tellPart();
  }
  if (parts.has('day')) {
    const profileFolder = profileFolderOf('day', options);
    const { run, window } = await runDay({
      arena,
      loans: options.dayLoans,
      seed: options.seed,
      profileFolder,
      signal,
      tell: (text) => tell(`day: ${text}`),
    });
    day = run;
    profiles.push(...profileLines(profileFolder, window, ['disbursement-ledger']));
    tellPart();
  }
  if (parts.has('hledger')) {
    hledger = await runHledger({
      arena,
      loans: options.hledgerLoans,
      environment,
      signal,
      tell: (text) => tell(`hledger: ${text}`),
    });
    tellPart();
  }
  if (parts.has('traces')) {
    await using beside = await openArena({
      ...{ name: 'beside', onStep: () => {}, signal, environment },
    });
    traces = await measureTraces([arena, beside], context, profiles);
    tellPart();
  }
}

async function measureThroughput(
  arena: Arena,
  { options, signal, tell }: BenchContext,
  profiles: string[],
): Promise<ThroughputRun[]> {
  const population = { count: options.applications, seed: options.seed, straight: false };
  const runs: ThroughputRun[] = [];
  for (let pair = 1; pair <= options.pairs; pair += 1) {
    const alike = new Alike(population);
    for (const form of options.forms) {
      signal.throwIfAborted();
      const profileFolder = profileFolderOf(`throughput-${form}-${pair}`, options);
      const { run, ended } = await runThroughput({
        arena,
        form,
        population,
        signal,
        tell: (text) => tell(`throughput, pair ${pair}, ${form}: ${text}`),
        profileFolder,
      });
      alike.add(form, ended);
      runs.push(run);
      profiles.push(...profileLines(profileFolder, run.window));
    }
  }
  return runs;
}

async function measureTraces(
  arenas: readonly [Arena, Arena],
  { options, signal, tell }: BenchContext,
  profiles: string[],
): Promise<TracesRun> {
  // All are paid: no trace is longer.
  const population = { count: options.applications, seed: options.seed, straight: true };
  const alike = new Alike(population);
  return runTraces({
    ...{ arenas, population, signal, pairs: options.pairs },
    profileFolder: (run) => profileFolderOf(run, options),
    onRun(run, ended, profileFolder) {
      alike.add('saidao', ended);
      profiles.push(...profileLines(profileFolder, run.window));
    },
    tell: (text) => tell(`traces: ${text}`),
  });
}

async function measureLatency(
  arena: Arena,
  { options, signal, tell }: BenchContext,
  profiles: string[],
): Promise<LatencyRun[]> {
  const { seed, ratePerSecond, seconds } = options;
  const runs: LatencyRun[] = [];
  for (const via of VIAS) {
    let alike: Alike | undefined;
    for (const form of options.forms) {
      signal.throwIfAborted();
      const profileFolder = profileFolderOf(`latency-${via}-${form}`, options);
      const { run, ended, population } = await runLatency({
        arena,
        form,
        via,
        seed,
        ratePerSecond,
        seconds,
        signal,
        tell: (text) => tell(`latency by ${via}, ${form}: ${text}`),
        profileFolder,
      });
      alike ??= new Alike(population);
      alike.add(form, ended);
      runs.push(run);
      profiles.push(...profileLines(profileFolder, run.window));
    }
  }
  return runs;
}

/** Null: no profile is asked for. */
function profileFolderOf(run: string, { profile }: BenchOptions): string | null {
  if (!profile) return null;
  const folder = join(PROJECT_ROOT, '.saidao', 'bench-profiles', run);
  rmSync(folder, { recursive: true, force: true });
  return folder;
}

async function measureCatchUp(
  arena: Arena,
  { options, signal, tell }: BenchContext,
): Promise<ThroughputRun> {
  const population = { count: options.catchUpApplications, seed: options.seed, straight: false };
  const { run, ended } = await runThroughput({
    arena,
    form: 'saidao',
    population,
    signal,
    tell: (text) => tell(`catch-up: ${text}`),
    profileFolder: null,
  });
  new Alike(population).add('saidao', ended);
  return run;
}

/** Runs of the same applications: each as expected, and all the same. */
class Alike {
  readonly #population: Population;
  #first: readonly [Form, Outcomes] | undefined;

  constructor(population: Population) {
    this.#population = population;
  }

  /** Throws OutcomesDiffer; then nothing that was measured is worth printing. */
  add(form: Form, { outcomes, faults }: Ended): void {
    const differences = [
      ...faults.map((fault) => `${form}: ${fault}`),
      ...differencesFromExpected(form, outcomes, membersOf(this.#population)),
      ...(this.#first === undefined ? [] : differencesBetween(this.#first, [form, outcomes])),
    ];
    if (differences.length > 0) throw new OutcomesDiffer(differences);
    this.#first ??= [form, outcomes];
  }
}
