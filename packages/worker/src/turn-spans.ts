// The spans of a turn: one for each record that it met; what is done once for many has one, linked.
import { hash } from 'node:crypto';
import type { LaneTurn } from '@saidao/event-log';
import { isUnreadable, type Envelope } from './envelope.ts';
import type { Outcome } from './observe.ts';
import { isSampled, newSpanId, spanIdOf, withSpan } from './trace-context.ts';
import {
  epochMsOf,
  errorTypeOf,
  type SpanAttributes,
  type SpanKind,
  type Tracing,
} from './tracing.ts';
import type { Item, Step } from './walk.ts';

/** As the SDK of OpenTelemetry has it. */
const LINKS_MAX = 128;

/** A transaction, or what else is done once for many records; by `performance.now()`. */
export interface DoneForMany {
  readonly steps: readonly Step[];
  readonly startedMs: number;
  readonly endedMs: number;
}

/** Where what a line does with a record belongs: below its taking, if that is recorded. */
export function traceOfTaking(line: string, envelope: Envelope): string {
  const { traceparent } = envelope;
  return isSampled(traceparent) ? withSpan(traceparent, takingSpanId(line, envelope)) : traceparent;
}

/**
 * The same however often the record comes: plan and decision are made at different times, perhaps
 * by different members, and what is asked, written and sent below it has to find it.
 */
function takingSpanId(line: string, { digest, record }: Envelope): string {
  const id = digest.readBigUInt64BE() ^ saltOf(line) ^ record.offset;
  return id.toString(16).padStart(16, '0');
}

const salts = new Map<string, bigint>();

function saltOf(line: string): bigint {
  let salt = salts.get(line);
  if (salt === undefined)
    salts.set(line, (salt = hash('sha256', line, 'buffer').readBigUInt64BE()));
  return salt;
}

export class TurnSpans {
  readonly #tracing: Tracing;
  readonly #line: string;
  readonly #startMs: number;
  /** Of `performance.now()`: all spans of a turn are told by one clock. */
  readonly #originMs: number;

  constructor(tracing: Tracing, line: string) {
    this.#tracing = tracing;
    this.#line = line;
    this.#originMs = epochMsOf(0);
    this.#startMs = epochMsOf(performance.now());
  }

  /** What was committed, each part a transaction; `error`: why it could not be published. */
  settled(parts: readonly DoneForMany[], error: string | undefined): void {
    const endMs = this.#originMs + performance.now();
    for (const part of parts) {
      const commit = this.#forMany('commit', 'client', part, {
        'db.system.name': 'postgresql',
        'db.namespace': this.#line,
        'db.operation.name': 'COMMIT',
      });
      for (const step of part.steps) this.#process(step, commit, endMs, error);
    }
  }

  /** Its outputs, so many, which were appended at once. */
  published(done: DoneForMany, outputs: number): void {
    this.#forMany('publish', 'producer', done, {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'messaging.batch.message_count': outputs,
    });
  }

  /** The latest decisions, told of once for all of the turn. */
  presented(done: DoneForMany): void {
    this.#forMany('present', 'internal', done, {});
  }

  /** A turn of which nothing is committed: its records come again. */
  failed(turn: LaneTurn, items: readonly Item[], error: unknown): void {
    const traces = items.flatMap(({ read }) =>
      !isUnreadable(read) && isSampled(read.traceparent) ? [read.traceparent] : [],
    );
    const [parent, ...links] = traces;
    if (parent === undefined) return;
    this.#tracing.record({
      name: `turn ${this.#line}`,
      kind: 'internal',
      trace: withSpan(parent, newSpanId()),
      parentSpanId: spanIdOf(parent),
      startMs: this.#startMs,
      endMs: this.#originMs + performance.now(),
      attributes: {
        'saidao.line': this.#line,
        'messaging.batch.message_count': turn.records.length,
      },
      links: links.slice(0, LINKS_MAX),
      error: errorTypeOf(error),
    });
  }

  #process(step: Step, commit: string | undefined, endMs: number, error?: string): void {
    const { envelope, outcome, isTaken, by } = step;
    const { record, traceparent } = envelope;
    const taking = traceOfTaking(this.#line, envelope);
    const links: string[] = [];
    // A repeat is told beside the taking whose records it may have sent again.
    if (outcome === 'repeated') links.push(taking);
    if (by !== envelope && !by.beginsTrace && isSampled(by.traceparent)) links.push(by.traceparent);
    if (commit !== undefined && commit.slice(3, 35) !== taking.slice(3, 35)) links.push(commit);
    this.#tracing.record({
      name: `process ${record.topic}`,
      kind: 'consumer',
      trace: isTaken ? taking : withSpan(traceparent, newSpanId()),
      parentSpanId: envelope.beginsTrace ? undefined : spanIdOf(traceparent),
      startMs: this.#startMs,
      endMs,
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': record.topic,
        'messaging.destination.partition.id': String(record.partition),
        'messaging.kafka.offset': Number(record.offset),
        'messaging.consumer.group.name': `saidao.${this.#line}`,
        'messaging.message.id': envelope.id,
        'saidao.event.type': envelope.type,
        'saidao.outcome': outcome,
        'saidao.application.id': envelope.applicationId,
      },
      links,
      error: error ?? (isFailure(outcome) ? outcome : undefined),
    });
  }

  /** In the trace of the first that it was done for, linked to the others; answers its context. */
  #forMany(
    what: string,
    kind: SpanKind,
    { steps, startedMs, endedMs }: DoneForMany,
    attributes: SpanAttributes,
  ): string | undefined {
    const [first, ...others] = steps
      .filter(({ isTaken }) => isTaken)
      .map(({ envelope }) => traceOfTaking(this.#line, envelope));
    if (first === undefined) return undefined;
    const trace = withSpan(first, newSpanId());
    this.#tracing.record({
      name: `${what} ${this.#line}`,
      kind,
      trace,
      parentSpanId: spanIdOf(first),
      startMs: this.#originMs + startedMs,
      endMs: this.#originMs + endedMs,
      attributes: { 'messaging.batch.message_count': steps.length, ...attributes },
      links: others.slice(0, LINKS_MAX),
    });
    return trace;
  }
}

function isFailure(outcome: Outcome): boolean {
  return outcome === 'dead-lettered' || outcome === 'refused';
}
