// The process of the generator: sends applications at fixed times, whatever becomes of those before.
import { connectKafka } from '@saidao/event-log';
import type { Applicant } from '@saidao/applicants';
import { percentilesOf } from './percentiles.ts';
import { bodyOf, membersOf, recordOf, type Population } from './population.ts';
import { TOKENS } from './workers.ts';

export interface GeneratorTask {
  readonly population: Population;
  readonly ratePerSecond: number;
  readonly via: 'kafka' | 'http';
  readonly brokers: readonly string[];
  /** Of intake. */
  readonly door: string;
}

/** What the generator says to its parent; `start` is what it is told, in milliseconds since 1970. */
export type Said =
  | { readonly ready: true }
  | { readonly done: true; readonly latenessMs: ReturnType<typeof percentilesOf> };

/** Whoever has fallen so far behind is not measured any more. */
const REQUEST_MS_MAX = 120_000;

const task = JSON.parse(process.argv[2] ?? '') as GeneratorTask;
const intervalMs = 1_000 / task.ratePerSecond;
const log = connectKafka({
  brokers: task.brokers,
  clientId: 'bench-generator',
  logger: { debug() {}, warn() {} },
});
await log.connect();
const sends = Array.from(membersOf(task.population), (applicant) =>
  task.via === 'kafka' ? byKafka(applicant) : byHttp(applicant),
);
process.once('disconnect', () => process.exit(0));
process.once('message', (startMs) => void run(Number(startMs)).catch(fail));
say({ ready: true });

async function run(startMs: number): Promise<void> {
  const latenessMs: number[] = [];
  const pending: Promise<void>[] = [];
  await new Promise<void>((resolve) => {
    const sendDue = () => {
      for (;;) {
        const send = sends[pending.length];
        if (send === undefined) return resolve();
        const dueMs = startMs + pending.length * intervalMs;
        const lateMs = performance.timeOrigin + performance.now() - dueMs;
        if (lateMs < 0) return void setTimeout(sendDue, Math.max(1, -lateMs));
        latenessMs.push(lateMs);
        pending.push(send());
      }
    };
    sendDue();
  });
  await Promise.all(pending);
  say({ done: true, latenessMs: percentilesOf(latenessMs) });
}

function byKafka(applicant: Applicant): () => Promise<void> {
  const record = recordOf(applicant);
  return () => log.send([record], { timeoutMs: REQUEST_MS_MAX });
}

function byHttp(applicant: Applicant): () => Promise<void> {
  const body = JSON.stringify(bodyOf(applicant));
  return async () => {
    const answer = await fetch(`${task.door}/v1/applications`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKENS.channels}`,
        'content-type': 'application/json',
        'idempotency-key': applicant.id,
      },
      body,
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    });
    const said = await answer.text();
    if (answer.status !== 202) throw new Error(`${applicant.id}: ${answer.status} ${said}`);
  };
}

function say(said: Said): void {
  process.send?.(said);
}

function fail(error: Error): void {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
}
