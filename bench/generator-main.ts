// The process of the generator: sends applications at fixed times, whatever becomes of those before.
import { once } from 'node:events';
import { submitAll, type Via } from '@saidao/applicants';
import { openDoorsAt } from './doors.ts';
import { percentilesOf, type Percentiles } from './percentiles.ts';
import { membersOf, type Population } from './population.ts';

export interface GeneratorTask {
  readonly population: Population;
  readonly ratePerSecond: number;
  readonly via: Via;
  readonly brokers: readonly string[];
  readonly intake: string;
}

/** What the generator says to its parent. */
export interface Sent {
  /** When each should have been sent, by its id, in milliseconds since 1970. */
  readonly intendedMs: readonly (readonly [string, number])[];
  /** How much later each was sent. */
  readonly latenessMs: Percentiles;
}

const task = JSON.parse(process.argv[2] ?? '') as GeneratorTask;
const { ratePerSecond: rate, via, brokers, intake } = task;
const { doors, log } = openDoorsAt({ brokers, clientId: 'bench-generator', intake });
await log.connect();
// Made beforehand: what it takes to make them must not hold up the sending.
const applicants = [...membersOf(task.population)];
const intendedMs: [string, number][] = [];
const latenessMs: number[] = [];
await submitAll({
  applicants,
  doors,
  viaOf: () => via,
  rate,
  signal: new AbortController().signal,
  onSubmitted({ applicant, answer, intendedAtMs, sentAtMs }) {
    if (answer.became !== 'taken') {
      throw new Error(`${applicant.id} was not taken: ${answer.status} ${answer.message}`);
    }
    intendedMs.push([applicant.id, intendedAtMs]);
    latenessMs.push(sentAtMs - intendedAtMs);
  },
});
const sent: Sent = { intendedMs, latenessMs: percentilesOf(latenessMs) };
// Stays until its parent has heard it: what a process says as it ends may be lost.
const heard = once(process, 'disconnect');
process.send?.(sent);
await heard;
await log.close();
