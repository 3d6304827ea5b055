// What tracing costs: the same applications with no traces and with every span exported, in turn.
import { startOtlpReceiver } from '@saidao/testkit';
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

export interface TracesOptions extends Pick<
  StageOptions,
  'arena' | 'population' | 'signal' | 'tell'
> {
  readonly pairs: number;
  profileFolder(run: string): string | null;
  onRun(run: ThroughputRun, ended: Ended, profileFolder: string | null): void;
}

export async function runTraces(options: TracesOptions): Promise<TracesRun> {
  const { population, signal, tell } = options;
  await using receiver = await startOtlpReceiver();
  const pairs: TracesPair[] = [];
  for (let pair = 1; pair <= options.pairs; pair += 1) {
    const measure = async (traces: 'off' | 'on'): Promise<ThroughputRun> => {
      signal.throwIfAborted();
      const profileFolder = options.profileFolder(`traces-${traces}-${pair}`);
      const { run, ended } = await runThroughput({
        ...{ arena: options.arena, population, signal, profileFolder, form: 'saidao' },
        tell: (text) => tell(`pair ${pair}, ${traces}: ${text}`),
        environment: traces === 'on' ? { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } : {},
      });
      options.onRun(run, ended, profileFolder);
      return run;
    };
    // The machine may get slower or busier: who is first alternates.
    if (pair % 2 === 1) pairs.push({ off: await measure('off'), on: await measure('on') });
    else {
      const on = await measure('on');
      pairs.push({ off: await measure('off'), on });
    }
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
