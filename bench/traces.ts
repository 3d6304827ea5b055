// What tracing costs: the same applications with no traces and with every span exported, at once.
import { patientProviders, startOtlpReceiver } from '@saidao/testkit';
import type { Arena } from './arena.ts';
import type { Ended } from './outcomes.ts';
import { medianOf } from './percentiles.ts';
import type { StageOptions } from './stage.ts';
import { runThroughput, type ThroughputRun } from './throughput.ts';
import { measuredMs, workersMs } from './usage.ts';

export interface TracesRun {
  /** Of the pairs, the median: CPU time an application with traces over that without. */
  readonly cpuRatio: number;
  /** The same of the five workers alone. */
  readonly workersCpuRatio: number;
  readonly spansPerApplication: number;
  readonly pairs: readonly TracesPair[];
}

export interface TracesPair {
  readonly off: ThroughputRun;
  readonly on: ThroughputRun;
}

export interface TracesOptions extends Pick<StageOptions, 'population' | 'signal' | 'tell'> {
  /**
   * One for each of a pair: a machine gets slower and faster by more than tracing costs, and for
   * both alike when they share it.
   */
  readonly arenas: readonly [Arena, Arena];
  readonly pairs: number;
  profileFolder(run: string): string | null;
  onRun(run: ThroughputRun, ended: Ended, profileFolder: string | null): void;
}

export async function runTraces(options: TracesOptions): Promise<TracesRun> {
  const { arenas, population, signal, tell } = options;
  await using receiver = await startOtlpReceiver();
  const pairs: TracesPair[] = [];
  for (let pair = 1; pair <= options.pairs; pair += 1) {
    const together = meetingOf(2);
    const measure = async (traces: 'off' | 'on'): Promise<ThroughputRun> => {
      signal.throwIfAborted();
      const profileFolder = options.profileFolder(`traces-${traces}-${pair}`);
      // By turns on the one engines and on the other.
      const arena = arenas[(pair + (traces === 'on' ? 1 : 0)) % 2]!;
      const { run, ended } = await runThroughput({
        ...{ arena, population, signal, profileFolder, form: 'saidao', others: together.arrive },
        tell: (text) => tell(`pair ${pair}, ${traces}: ${text}`),
        // Two systems share the machine: one that does not wait decides otherwise.
        environment: {
          ...patientProviders,
          ...(traces === 'on' && { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint }),
        },
      });
      options.onRun(run, ended, profileFolder);
      return run;
    };
    const [off, on] = await Promise.all(
      (['off', 'on'] as const).map((traces) =>
        measure(traces).catch((error: unknown) => {
          together.cancel(error);
          throw error;
        }),
      ),
    );
    pairs.push({ off: off!, on: on! });
  }
  const ratioOf = (value: (run: ThroughputRun) => number) =>
    medianOf(pairs.map(({ off, on }) => value(on) / value(off)));
  return {
    cpuRatio: ratioOf(({ cpuMsPerApplication }) => measuredMs(cpuMsPerApplication)),
    workersCpuRatio: ratioOf(({ cpuMsPerApplication }) => workersMs(cpuMsPerApplication)),
    spansPerApplication: (await receiver.count()) / (population.count * options.pairs),
    pairs,
  };
}

/** Who arrives waits for all others, or rejects when one will not come. */
function meetingOf(count: number) {
  const met = Promise.withResolvers<void>();
  // Who will not come says why himself; the others may not have arrived to hear it.
  met.promise.catch(() => {});
  let missing = count;
  return {
    arrive: (): Promise<void> => {
      missing -= 1;
      if (missing === 0) met.resolve();
      return met.promise;
    },
    cancel: (why: unknown): void => met.reject(why),
  };
}
