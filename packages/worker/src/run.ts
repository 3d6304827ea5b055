// The process of a worker: starts it, drains it at a signal within 10 s, ends with an exit code.
import { ConfigError } from '@saidao/config';
import closeWithGrace from 'close-with-grace';
import { isErrorCode } from './errors.ts';
import { createLogger, type Logger } from './logging.ts';
import {
  commonOf,
  migrateWorker,
  readWorkerSettings,
  startWorker,
  type RunningWorker,
  type WorkerOptions,
  type WorkerTable,
} from './start.ts';

const DRAIN_MS_MAX = 10_000;

/**
 * Runs a worker as this process: `main.ts` calls it and nothing else. SIGTERM or SIGINT drains and
 * exits with 0; a second signal exits at once with 1; what cannot start or go on exits with 1. With
 * MIGRATIONS=only it exits with 0 once its tables are up to date.
 */
export async function runWorker<Table extends WorkerTable>(
  options: WorkerOptions<Table>,
): Promise<void> {
  const { service } = options;
  const stopping = new AbortController();
  // Until settings are read nobody knows how much is to be logged.
  const firstLogger = options.logger ?? createLogger({ service });
  const running: Running = {};
  const told = () => running.worker?.logger ?? firstLogger;

  const starting = start(options, { signal: stopping.signal, running, onCrash });
  const grace = closeWithGrace(
    {
      delay: DRAIN_MS_MAX,
      logger: false,
      skip: ['beforeExit'],
      onTimeout: () => told().error(`the worker did not stop within ${DRAIN_MS_MAX} ms: exit now`),
      onSecondSignal: (signal) => told().error({ signal }, 'second signal: exit now'),
      onSecondError: (error) => told().error({ err: error }, 'second error: exit now'),
    },
    async ({ signal, err }) => {
      if (signal !== undefined) told().info({ signal }, 'the worker drains and stops');
      if (err !== undefined) told().fatal({ err }, 'an error that nobody caught: the worker stops');
      stopping.abort(new Error('The worker was told to stop while it started.'));
      await starting;
      await running.worker?.stop();
      told().info('the worker has stopped');
      // Makes the exit code 1.
      if (running.failure !== undefined) throw running.failure;
    },
  );

  await starting;
  if (stopping.signal.aborted) return;
  if (running.failure !== undefined) tellFailure(firstLogger, running.failure);
  if (running.failure !== undefined || running.hasMigrated === true) grace.close();

  /** Without waiting for the start: another line may take its time, or not come to an end. */
  function onCrash(error: Error): void {
    if (stopping.signal.aborted) return;
    running.failure = error;
    told().fatal({ err: error }, error.message);
    stopping.abort(error);
    grace.close();
  }
}

interface Running {
  worker?: RunningWorker;
  failure?: Error;
  /** All that it was told to do. */
  hasMigrated?: boolean;
}

interface Starting {
  readonly signal: AbortSignal;
  readonly running: Running;
  readonly onCrash: (error: Error) => void;
}

/** Never rejects: a start that was told to stop is no failure. */
async function start<Table extends WorkerTable>(
  options: WorkerOptions<Table>,
  { signal, running, onCrash }: Starting,
): Promise<void> {
  try {
    if (commonOf(readWorkerSettings(options)).migrations === 'only') {
      await migrateWorker(options, signal);
      running.hasMigrated = true;
    } else {
      running.worker = await startWorker(options, signal, onCrash);
    }
  } catch (error) {
    if (signal.aborted) return;
    running.failure = error instanceof Error ? error : new Error(String(error));
  }
}

/** One sentence for each thing that is wrong. Nothing of an application is known at the start. */
function tellFailure(logger: Logger, error: Error): void {
  if (error instanceof ConfigError) {
    for (const fault of error.faults) logger.fatal({ code: error.code }, fault);
    return;
  }
  const { message } = error;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && isErrorCode(code)) logger.fatal({ code }, message);
  else logger.fatal({ err: error }, `The worker could not start: ${message}`);
}
