// `saidao status`: asks each engine and worker how it is, and says where everything listens.
import { askEngine, withoutSecret } from '@saidao/local';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { isReady } from '../managed-process.ts';
import { readRunState } from '../run-state.ts';
import type { Addresses, RunState, RunningEngine, RunningProcess } from '../run-state.ts';
import { table } from '../table.ts';

export interface Status {
  readonly running: boolean;
  readonly startedAt?: string;
  readonly engines: readonly (RunningEngine & { state: 'ready' | 'silent'; reason?: string })[];
  readonly workers: readonly RunningProcess[];
  readonly addresses?: Addresses & { metrics: Readonly<Record<string, string>> };
}

export function register(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description(
      'how each engine and worker is, and where it listens; exit code 0 if all are ready',
    )
    .option('--json', 'print it as one line of JSON')
    .action(async (options: { json?: true }) => {
      const status = await statusOf(context);
      if (options.json) context.print(JSON.stringify(status));
      else for (const line of linesOf(status)) context.print(line);
      process.exitCode = allReady(status) ? EXIT.ok : EXIT.failed;
    });
}

export async function statusOf({ home }: CommandContext): Promise<Status> {
  const state = readRunState(home);
  if (!state) return { running: false, engines: [], workers: [] };
  const { services } = state.addresses;
  return {
    running: true,
    startedAt: state.startedAt,
    engines: await Promise.all(state.engines.map((engine) => withAnswer(state, engine))),
    workers: await Promise.all(state.processes.map(asNow)),
    addresses: {
      ...state.addresses,
      metrics: Object.fromEntries(
        Object.entries(services).map(([name, address]) => [name, `${address}/metrics`]),
      ),
    },
  };
}

async function withAnswer({ addresses }: RunState, engine: RunningEngine) {
  const askAt = {
    kafka: addresses.brokers.join(','),
    postgres: addresses.databaseUrl,
    redis: addresses.redisUrl,
  };
  const reason = await askEngine(engine.name, askAt[engine.name]);
  return reason === null
    ? { ...engine, state: 'ready' as const }
    : { ...engine, state: 'silent' as const, reason };
}

/** What `up` last wrote may be old by a moment: a process that answers is ready. */
async function asNow(one: RunningProcess): Promise<RunningProcess> {
  const readyPath = one.name === 'outside-world' ? '/healthz' : '/readyz';
  const ready = await isReady({ address: one.address, readyPath });
  if (ready) return { ...one, state: 'ready' };
  return { ...one, state: one.state === 'ready' ? 'starting' : one.state };
}

function allReady({ running, engines, workers }: Status): boolean {
  return running && [...engines, ...workers].every(({ state }) => state === 'ready');
}

function linesOf(status: Status): string[] {
  if (!status.running) return ['Saidao is not running; start it with `npm start`.'];
  return table([
    ...status.engines.map(({ name, state, version, address, reason }) => [
      name,
      state,
      withoutSecret(address),
      [version, reason].filter(Boolean).join(': '),
    ]),
    ...status.workers.map(({ name, state, address, restarts, log }) => [
      name,
      state,
      address,
      restarts > 0 ? `started again ${restarts} times; log: ${log}` : '',
    ]),
  ]);
}
