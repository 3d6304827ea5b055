// The figures of a bench put together: as an object for a file, and as lines for a person.
import { table } from '@saidao/cli';
import type { DecisionsRun } from './decisions.ts';
import type { EvidenceRun } from './evidence.ts';
import { hledgerLines, type HledgerRun } from './hledger.ts';
import { dayLines, type DayRun } from './ledger-day.ts';
import type { LedgerRun } from './ledger.ts';
import { ledgerLines } from './ledger-report.ts';
import type { SimulationRun } from './simulation.ts';
import type { LatencyRun, Via } from './latency.ts';
import { machineLine, type Machine } from './machine.ts';
import type { BenchOptions, Form } from './options.ts';
import { medianOf, type Percentiles } from './percentiles.ts';
import { SERVICES, type Service } from './place.ts';
import type { Memory } from './procfs.ts';
import type { ThroughputRun } from './throughput.ts';
import type { TracesRun } from './traces.ts';
import { measuredMs, perService, workersMs, type CpuMs } from './usage.ts';

export interface Pair {
  readonly naive: ThroughputRun;
  readonly saidao: ThroughputRun;
}

/** Shares of the CPU time of all that was measured. */
export interface Shares {
  readonly workers: number;
  readonly broker: number;
  readonly database: number;
  readonly redis: number;
}

export interface CatchUp {
  readonly run: ThroughputRun;
  /** Of the median rate of the throughput runs; null where there were none. */
  readonly shareOfSteadyRate: number | null;
}

export interface Measured {
  readonly machine: Machine;
  readonly durability: readonly string[];
  readonly options: BenchOptions;
  readonly throughput: readonly ThroughputRun[];
  readonly latency: readonly LatencyRun[];
  readonly catchUp: ThroughputRun | null;
  readonly evidence: EvidenceRun | null;
  readonly simulation: SimulationRun | null;
  readonly decisions: DecisionsRun | null;
  readonly ledger: LedgerRun | null;
  readonly day: DayRun | null;
  readonly hledger: HledgerRun | null;
  readonly traces: TracesRun | null;
}

type PerForm<T> = Partial<Record<Form, T>>;

export interface Report {
  readonly machine: Machine;
  readonly durability: readonly string[];
  readonly options: BenchOptions;
  /** Saidao's applications a second over the naive form's, the median of the pairs. */
  readonly throughputRatioToNaive: number | null;
  /** Saidao's CPU time an application over the naive form's: workers, broker, database, Redis. */
  readonly cpuRatioToNaive: number | null;
  /** The same of the five workers alone. */
  readonly workersCpuRatioToNaive: number | null;
  /** Medians. */
  readonly applicationsPerSecond: PerForm<number>;
  readonly cpuMsPerApplication: PerForm<number>;
  readonly shares: PerForm<Shares>;
  /** The most of all throughput runs of a form. */
  readonly rss: PerForm<Readonly<Record<Service, Memory>>>;
  readonly latencies: PerForm<Partial<Record<Via, LatencyRun>>>;
  readonly catchUp: CatchUp | null;
  readonly throughput: readonly ThroughputRun[];
  readonly evidence: EvidenceRun | null;
  readonly simulation: SimulationRun | null;
  readonly decisions: DecisionsRun | null;
  readonly ledger: LedgerRun | null;
  readonly day: DayRun | null;
  readonly hledger: HledgerRun | null;
  readonly traces: TracesRun | null;
}

export function reportOf(measured: Measured): Report {
  const { machine, durability, options, throughput, latency, catchUp, evidence } = measured;
  const { decisions, simulation, ledger, day, hledger, traces } = measured;
  const of = (form: Form) => throughput.filter((run) => run.form === form);
  const pairs = pairsOf(of('naive'), of('saidao'));
  const ratioOf = (value: (run: ThroughputRun) => number) =>
    pairs.length === 0
      ? null
      : medianOf(pairs.map(({ naive, saidao }) => value(saidao) / value(naive)));
  const perForm = <T>(value: (runs: readonly ThroughputRun[]) => T): PerForm<T> =>
    Object.fromEntries(
      options.forms.filter((form) => of(form).length > 0).map((form) => [form, value(of(form))]),
    );
  const rates = perForm((runs) => medianOf(runs.map(({ perSecond }) => perSecond)));
  return {
    machine,
    durability,
    options,
    throughputRatioToNaive: ratioOf(({ perSecond }) => perSecond),
    cpuRatioToNaive: ratioOf(({ cpuMsPerApplication }) => measuredMs(cpuMsPerApplication)),
    workersCpuRatioToNaive: ratioOf(({ cpuMsPerApplication }) => workersMs(cpuMsPerApplication)),
    applicationsPerSecond: rates,
    cpuMsPerApplication: perForm((runs) =>
      medianOf(runs.map(({ cpuMsPerApplication }) => measuredMs(cpuMsPerApplication))),
    ),
    shares: perForm(sharesOf),
    rss: perForm(mostMemory),
    latencies: Object.fromEntries(
      options.forms
        .map((form) => [form, latency.filter((run) => run.form === form)] as const)
        .filter(([, runs]) => runs.length > 0)
        .map(([form, runs]) => [form, Object.fromEntries(runs.map((run) => [run.via, run]))]),
    ),
    catchUp: catchUp && {
      run: catchUp,
      shareOfSteadyRate: rates.saidao === undefined ? null : catchUp.perSecond / rates.saidao,
    },
    throughput,
    evidence,
    decisions,
    simulation,
    ledger,
    day,
    hledger,
    traces,
  };
}

function pairsOf(naive: readonly ThroughputRun[], saidao: readonly ThroughputRun[]): Pair[] {
  return naive.flatMap((one, at) => {
    const other = saidao[at];
    return other === undefined ? [] : [{ naive: one, saidao: other }];
  });
}

function sharesOf(runs: readonly ThroughputRun[]): Shares {
  const shareOf = (value: (run: ThroughputRun) => number) =>
    medianOf(runs.map((run) => value(run) / measuredMs(run.cpuMsPerApplication)));
  return {
    workers: shareOf(({ cpuMsPerApplication }) => workersMs(cpuMsPerApplication)),
    broker: shareOf(({ cpuMsPerApplication }) => cpuMsPerApplication.broker),
    database: shareOf(({ cpuMsPerApplication }) => cpuMsPerApplication.database),
    redis: shareOf(({ cpuMsPerApplication }) => cpuMsPerApplication.redis),
  };
}

function mostMemory(runs: readonly ThroughputRun[]): Readonly<Record<Service, Memory>> {
  const most = (service: Service, field: keyof Memory) =>
    Math.max(...runs.map(({ memory }) => memory[service][field]));
  return perService((service) => ({
    peakBytes: most(service, 'peakBytes'),
    residentBytes: most(service, 'residentBytes'),
  }));
}

export function linesOf(report: Report): string[] {
  const { machine, durability } = report;
  return [
    machineLine(machine),
    durability.join(' | '),
    ...(report.throughput.length > 0 ? throughputLines(report) : []),
    ...Object.values(report.latencies).flatMap((runs) =>
      Object.values(runs).flatMap((run) => latencyLines(run)),
    ),
    ...(report.catchUp === null ? [] : catchUpLines(report.catchUp)),
    ...(report.evidence === null ? [] : evidenceLines(report.evidence)),
    ...(report.simulation === null ? [] : simulationLines(report.simulation)),
    ...(report.decisions === null ? [] : decisionsLines(report.decisions)),
    ...(report.ledger === null ? [] : ledgerLines(report.ledger)),
    ...(report.day === null ? [] : dayLines(report.day)),
    ...(report.hledger === null ? [] : hledgerLines(report.hledger)),
    ...(report.traces === null ? [] : tracesLines(report.traces)),
  ];
}

function tracesLines(traces: TracesRun): string[] {
  const { cpuRatio, workersCpuRatio, spansPerApplication, pairs } = traces;
  const percent = (ratio: number) => `${((ratio - 1) * 100).toFixed(1)} %`;
  const lineOf = (name: string, run: ThroughputRun) => {
    const { cpuMsPerApplication, memory, perSecond } = run;
    const peak = Math.max(...Object.values(memory).map(({ peakBytes }) => peakBytes));
    return [
      `  ${name.padEnd(4)} ${perSecond.toFixed(1)}/s`,
      `${measuredMs(cpuMsPerApplication).toFixed(2)} CPU ms an application`,
      `workers ${workersMs(cpuMsPerApplication).toFixed(2)}`,
      `most memory ${Math.round(peak / 1e6)} MB`,
    ].join(', ');
  };
  return [
    '',
    `Traces: every span of every application is exported, ${spansPerApplication.toFixed(1)} each`,
    ...pairs.flatMap(({ off, on }) => [lineOf('off', off), lineOf('on', on)]),
    `  CPU time an application ${percent(cpuRatio)} more, of the workers ${percent(workersCpuRatio)}`,
  ];
}

function evidenceLines({ rates, scoresPerSecond }: EvidenceRun): string[] {
  return [
    '',
    'Evidence: one worker each; the register answers in 20 ms, three patents an application',
    '',
    ...table([
      ['', 'applications/s', 'applications', 'seconds', 'CPU ms an application', 'peak memory'],
      ...rates.map(({ what, perSecond, applications, seconds, cpuMs, peakBytes }) => [
        what,
        perSecond.toFixed(1),
        String(applications),
        seconds.toFixed(1),
        cpuMs.toFixed(2),
        `${Math.round(peakBytes / 1_000_000)} MB`,
      ]),
    ]),
    `  the scoring function alone: ${scoresPerSecond} scores/s on one core`,
  ];
}

function decisionsLines(run: DecisionsRun): string[] {
  const { outcomes, proof, speed } = run;
  const mb = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`;
  return [
    '',
    'Decisions: one worker of decisioning on what the lines before it said, with all evidence written',
    '',
    ...table([
      ['decisions/s', 'decisions', 'seconds', 'CPU ms a decision', 'memory: half', 'end', 'peak'],
      [
        run.perSecond.toFixed(1),
        String(run.applications),
        run.seconds.toFixed(1),
        run.cpuMs.toFixed(2),
        ...[run.halfBytes, run.endBytes, run.peakBytes].map(mb),
      ],
    ]),
    `  approved ${outcomes.LoanApproved}, referred ${outcomes.LoanReferred}, ` +
      `declined ${outcomes.LoanDeclined}`,
    `  judged again from the database in a fresh process: ${proof.assessments} with the very bytes, ` +
      `${proof.counterfactuals} changes that flip, in ${proof.seconds.toFixed(1)} s`,
    `  alone on one core: ${speed.assessmentsPerSecond} assessments/s; ` +
      `${speed.searchesPerSecond} searches for counterfactuals/s; ` +
      `${speed.bothPerSecond}/s with both, in the mix of the run`,
  ];
}

function simulationLines({ judged, threads, rates }: SimulationRun): string[] {
  return [
    '',
    `Simulation: copies of ${judged} assessments by the line, ${threads} threads at the desk`,
    '',
    ...table([
      ['', 'applications/s', 'applications', 'seconds', 'flips', 'peak memory'],
      ...rates.map(({ what, perSecond, applications, seconds, flips, peakBytes }) => [
        what,
        perSecond.toFixed(0),
        String(applications),
        seconds.toFixed(1),
        String(flips),
        `${Math.round(peakBytes / 1_000_000)} MB`,
      ]),
    ]),
  ];
}

function throughputLines(report: Report): string[] {
  const { throughput, throughputRatioToNaive, cpuRatioToNaive, workersCpuRatioToNaive } = report;
  const lines = [
    '',
    `Throughput: ${throughput[0]?.applications} applications preloaded, all scripts played`,
    '',
    ...table([
      ['', 'applications/s', 'seconds', 'first', 'CPU ms an application', '', '', '', '', 'others'],
      ['', '', '', 'decision', 'workers', 'broker', 'database', 'redis', 'all', ''],
      ...throughput.map((run) => {
        const cpu = run.cpuMsPerApplication;
        return [
          run.form,
          run.perSecond.toFixed(1),
          run.seconds.toFixed(1),
          `${run.firstDecisionMs} ms`,
          ...[workersMs(cpu), cpu.broker, cpu.database, cpu.redis, measuredMs(cpu)].map((ms) =>
            ms.toFixed(2),
          ),
          percent(run.othersShare),
        ];
      }),
    ]),
    '  others: what programs that have nothing to do with the bench took of the machine meanwhile',
    '',
    ...workerLines(report),
  ];
  if (throughputRatioToNaive === null) return lines;
  return [
    ...lines,
    '',
    `  Saidao over naive, median of the pairs: ${throughputRatioToNaive.toFixed(2)} times the ` +
      `throughput; ${(cpuRatioToNaive ?? 0).toFixed(3)} of the CPU time an application ` +
      `(of the workers alone ${(workersCpuRatioToNaive ?? 0).toFixed(3)})`,
  ];
}

function cpuText(cpu: CpuMs): string {
  return (
    `workers ${workersMs(cpu).toFixed(2)}, broker ${cpu.broker.toFixed(2)}, ` +
    `database ${cpu.database.toFixed(2)}, redis ${cpu.redis.toFixed(2)}`
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function workerLines({ rss, throughput }: Report): string[] {
  const forms = Object.keys(rss) as Form[];
  const cpuMs = (form: Form, service: Service) =>
    medianOf(
      throughput
        .filter((run) => run.form === form)
        .map(({ cpuMsPerApplication }) => cpuMsPerApplication.workers[service]),
    ).toFixed(2);
  return table([
    ['', ...forms.flatMap((form) => [`${form}: CPU ms`, 'peak RSS', 'RSS at the end'])],
    ...SERVICES.map((service) => [
      service,
      ...forms.flatMap((form) => {
        const memory = rss[form]?.[service];
        return [cpuMs(form, service), ...memoryCells(memory)];
      }),
    ]),
  ]);
}

function memoryCells(memory: Memory | undefined): string[] {
  if (memory === undefined) return ['', ''];
  return [memory.peakBytes, memory.residentBytes].map((bytes) => `${Math.round(bytes / 1e6)} MB`);
}

function latencyLines(run: LatencyRun): string[] {
  const { form, via, latencies, applications, ratePerSecond } = run;
  const row = (name: string, { p50, p95, p99, max }: Percentiles) => [
    name,
    ...[p50, p95, p99, max].map((ms) => String(Math.round(ms))),
  ];
  return [
    '',
    `Latency of ${form} by ${via}: ${applications} applications without review or pledge, ` +
      `open loop at ${ratePerSecond}/s; milliseconds`,
    '',
    ...table([
      ['', 'p50', 'p95', 'p99', 'max'],
      row('intended send → decision, acceptance → booked', latencies.bothMs),
      row('  intended send → decision', latencies.toDecisionMs),
      row('  acceptance sent → loan booked', latencies.toBookedMs),
      ...Object.entries(latencies.hopsMs).map(([name, hop]) => row(`    ${name}`, hop)),
      row('generator: late by', run.generatorLatenessMs),
    ]),
    `  CPU ms an application: ${cpuText(run.cpuMsPerApplication)}; others took ` +
      `${percent(run.othersShare)} of the machine meanwhile`,
  ];
}

function catchUpLines({ run, shareOfSteadyRate }: CatchUp): string[] {
  const share =
    shareOfSteadyRate === null
      ? 'no throughput run to compare with'
      : `${percent(shareOfSteadyRate)} of the steady rate`;
  return [
    '',
    `Catch-up: ${run.applications} applications in ${run.seconds.toFixed(1)} s: ` +
      `${run.perSecond.toFixed(1)}/s, ${share}; first decision after ${run.firstDecisionMs} ms; others took ${percent(run.othersShare)} of the machine`,
    '',
    ...table([
      ['', 'peak RSS', 'RSS at the end'],
      ...SERVICES.map((service) => [service, ...memoryCells(run.memory[service])]),
    ]),
  ];
}
