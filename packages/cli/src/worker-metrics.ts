// What a worker's /metrics say of its lines and providers, as far as `saidao top` shows it.
import { lines, type LineName } from '@saidao/schemas';

export interface LineMetrics {
  /** Alarms and dead letters since the process started. */
  readonly errors: number;
  readonly parked: number;
  readonly paused: boolean;
  /** Lanes that a broken invariant has stopped. */
  readonly brokenLanes: number;
}

export interface WorkerMetrics {
  readonly address: string;
  readonly service: string;
  readonly lines: ReadonlyMap<LineName, LineMetrics>;
  /** Providers that are not asked now, as `register for boc-zj`. */
  readonly openBreakers: readonly string[];
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const ANSWER_MS_MAX = 2_000;

/** Null: it does not answer, or says nothing that we know. */
export async function askMetrics(
  address: string,
  signal: AbortSignal,
): Promise<WorkerMetrics | null> {
  try {
    const url = `${address}/metrics`;
    const answer = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
    });
    return answer.ok ? workerMetricsOf(address, await answer.text()) : null;
  } catch {
    return null;
  }
}

/** Of Prometheus' text format. */
export function workerMetricsOf(address: string, text: string): WorkerMetrics | null {
  const samples = text.split('\n').flatMap(sampleOf);
  const service = samples.find(({ name }) => name === 'saidao_joined')?.labels['service'];
  if (service === undefined) return null;
  const sumOf = (line: LineName, ...names: string[]) =>
    samples
      .filter(({ name, labels }) => names.includes(name) && labels['line'] === line)
      .reduce((sum, { value }) => sum + value, 0);
  const own = lines.filter((line) =>
    samples.some(({ name, labels }) => name === 'saidao_joined' && labels['line'] === line),
  );
  return {
    address,
    service,
    lines: new Map(
      own.map((line) => [
        line,
        {
          errors: sumOf(line, 'saidao_alarms_total', 'saidao_dead_letters_total'),
          parked: sumOf(line, 'saidao_parked_records'),
          paused: sumOf(line, 'saidao_paused') > 0,
          brokenLanes: sumOf(line, 'saidao_broken_lanes'),
        },
      ]),
    ),
    openBreakers: samples
      .filter(({ name, value }) => name === 'saidao_breaker_open' && value > 0)
      .map(({ labels }) => `${labels['provider']} for ${labels['lender']}`),
  };
}

/** None of a remark or an empty line. */
function sampleOf(text: string): Sample[] {
  const [, name, told = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)(?: \d+)?$/.exec(text) ?? [];
  if (name === undefined) return [];
  const labels: Record<string, string> = {};
  for (const [, label = '', content = ''] of told.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[label] = content.replace(/\\(.)/g, (_, mark: string) => (mark === 'n' ? '\n' : mark));
  }
  return [{ name, labels, value: Number(value) }];
}
