// `saidao up`: brings the whole local system up, shows where everything is, and stays until it is told to stop.
import { relative } from 'node:path';
import { withoutSecret } from '@saidao/local';
import { services } from '@saidao/schemas';
import type { Command } from 'commander';
import { accessFile, ensureAccess } from '../access.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { showSteps } from '../show-steps.ts';
import type { Phase } from '../show-steps.ts';
import { StopSignals } from '../stop-signals.ts';
import { startSystem } from '../system.ts';
import type { System } from '../system.ts';
import { table } from '../table.ts';

interface UpOptions {
  samples?: true;
  exit?: true;
  json?: true;
}

const STAY_MS = 60_000;

const START: readonly Phase[] = [
  { title: 'Engines', steps: ['Kafka', 'PostgreSQL', 'Redis'] },
  { title: 'Surroundings', steps: ['Topics', 'outside-world', 'schema-registry'] },
  { title: 'Workers', steps: services },
];
const STOP: readonly Phase[] = [
  { title: 'Workers', steps: services },
  { title: 'Surroundings', steps: ['outside-world', 'schema-registry'] },
  { title: 'Engines', steps: ['Kafka', 'PostgreSQL', 'Redis'] },
];

export function register(program: Command, context: CommandContext): void {
  program
    .command('up')
    .description('bring up engines, topics, the outside world and the six workers, and stay')
    .option('--samples', 'play the sample cases once everything is ready')
    .option('--exit', 'end after the samples; exit code 0 only if all ended as expected')
    .option('--json', 'print one line of JSON with all addresses when ready')
    .action(async (options: UpOptions) => {
      process.exitCode = await up(context, options);
    });
}

async function up(context: CommandContext, options: UpOptions): Promise<number> {
  const began = performance.now();
  const stopSignals = new StopSignals();
  const steps = showSteps(START, process.stderr);
  let system: System;
  try {
    system = await startSystem(context, {
      onStep: steps.onStep,
      onChange: (change) => context.remark(change),
      workerEnvironment: await trialEnvironment(context),
      signal: stopSignals.signal,
    });
  } catch (error) {
    await steps.end();
    if (stopSignals.signal.aborted) return EXIT.interrupted;
    throw error;
  }
  await steps.end();
  stopSignals.onSecond = () => void system.kill().finally(() => process.exit(EXIT.interrupted));

  // Children do not hold this process: without work of its own it would end.
  const staying = setInterval(() => {}, STAY_MS);
  let ok = true;
  try {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    if (options.json) context.print(JSON.stringify(system.state()));
    else context.remark(`Ready in ${seconds} s.`);
    if (options.samples) ok = await play(context, system, stopSignals.signal, options);
    if (!options.json && !options.exit) showAddresses(context, system);
    if (!options.exit) await stopSignals.first;
  } finally {
    const stopping = showSteps(STOP, process.stderr);
    await system.stop(stopping.onStep);
    await stopping.end();
    clearInterval(staying);
  }
  if (options.exit && stopSignals.signal.aborted) return EXIT.interrupted;
  return ok || !options.exit ? EXIT.ok : EXIT.failed;
}

/** Samples, and what is tried beside them, are judged on the samples' day, whatever today is. */
async function trialEnvironment({ environment }: CommandContext): Promise<Record<string, string>> {
  if (environment['BUSINESS_DATE'] !== undefined) return {};
  const { loadSamples } = await import('@saidao/applicants');
  const days = new Set((await loadSamples()).map(({ businessDate }) => businessDate));
  const [day] = days;
  return days.size === 1 && day !== undefined ? { BUSINESS_DATE: day } : {};
}

async function play(
  context: CommandContext,
  system: System,
  signal: AbortSignal,
  options: UpOptions,
): Promise<boolean> {
  const { playSamples } = await import('../play-samples.ts');
  const { ok } = await playSamples({
    addresses: system.addresses,
    tokens: ensureAccess(context.home).tokens,
    lenders: context.settings.lenders,
    partitions: context.settings.partitions,
    home: context.home,
    json: options.json === true,
    print: context.print,
    remark: context.remark,
    signal,
  });
  return ok;
}

function showAddresses(context: CommandContext, system: System): void {
  const { addresses, engines } = system.state();
  const near = (path: string) => relative(process.cwd(), path) || '.';
  const rows = [
    ...services.map((name) => [name, addresses.services[name], ABOUT[name]]),
    [
      'outside-world',
      addresses.outsideWorld,
      'registers, lists, bureau, pledge office, payout rail',
    ],
    ['schema-registry', addresses.schemaRegistry, 'schemas, for clients of any language'],
    ...engines.map(({ name, address }) => [name, withoutSecret(address), '']),
    ['logs', near(`${context.home}/logs`), ''],
    ['tokens', near(accessFile(context.home)), 'of the doors: Authorization: Bearer …'],
  ];
  const lines = [
    '',
    'Saidao is up, for this machine only: not for production.',
    '',
    ...table(rows),
    '',
    'Try next, in another terminal:',
    '  npx saidao apply samples/talent-3m.json',
    '  npx saidao status',
    '  npx saidao topics',
    '',
    'Ctrl-C stops everything; the next start goes on with the same data.',
  ];
  for (const line of lines) context.print(line);
}

const ABOUT = {
  intake: 'applications: API at /docs',
  'patent-verification': 'findings and pledges',
  scoring: 'scores',
  decisioning: 'reviews: API at /docs',
  'disbursement-ledger': 'loans: API at /docs',
  gateway: 'decisions as they come: API at /docs',
} as const;
