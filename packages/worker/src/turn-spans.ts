// The spans of a turn: one for each record that it met; what is done once for all is told in one.
import { hash } from 'node:crypto';
import type { LaneTurn } from '@saidao/event-log';
import { isUnreadable, type Envelope } from './envelope.ts';
import type { Outcome } from './observe.ts';
import { isSampled, newSpanId, spanIdOf, withSpan } from './trace-context.ts';
import { epochMsOf, errorTypeOf, type SpanEvent, type Tracing } from './tracing.ts';
import type { Item, Step } from './walk.ts';

/** As the SDK of OpenTelemetry has it. */
const LINKS_MAX = 128;

/** What was committed in one transaction, and when, by `performance.now()`. */
export interface CommittedSteps {
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
  readonly #sent: SpanEvent[] = [];

  constructor(tracing: Tracing, line: string) {
    this.#tracing = tracing;
    this.#line = line;
    this.#originMs = epochMsOf(0);
    this.#startMs = this.#nowMs();
  }

  /** Its outputs, so many, were appended at once. */
  published(outputs: number): void {
    this.#sent.push({ name: 'published', timeMs: this.#nowMs(), attributes: counted(outputs) });
  }

  /** The latest decisions were told, once for all of the turn. */
  presented(): void {
    this.#sent.push({ name: 'presented', timeMs: this.#nowMs() });
  }

  /**
   * What was committed, each part a transaction; `error`: why it could not be published. What the
   * turn did for all of a part is told in the span of its first record, to which the others are
   * linked; what it sent, with the first part.
   */
  settled(parts: readonly CommittedSteps[], error: string | undefined): void {
    const endMs = this.#nowMs();
    let sent: readonly SpanEvent[] = this.#sent;
    for (const { steps, startedMs, endedMs } of parts) {
      let first: string | undefined;
      for (const step of steps) {
        const trace = this.#traceOf(step);
        if (first !== undefined) {
          this.#process(step, { trace, endMs, error, first });
          continue;
        }
        first = trace;
        const events = [
          { name: 'began', timeMs: this.#originMs + startedMs },
          {
            ...{ name: 'committed', timeMs: this.#originMs + endedMs },
            attributes: counted(steps.length),
          },
          ...sent,
        ];
        sent = [];
        this.#process(step, { trace, endMs, error, events });
      }
    }
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
      endMs: this.#nowMs(),
      attributes: {
        'saidao.line': this.#line,
        ...counted(turn.records.length),
      },
      links: links.slice(0, LINKS_MAX),
      error: errorTypeOf(error),
    });
  }

  #nowMs(): number {
    return this.#originMs + performance.now();
  }

  #traceOf({ envelope, isTaken }: Step): string {
    return isTaken
      ? traceOfTaking(this.#line, envelope)
      : withSpan(envelope.traceparent, newSpanId());
  }

  #process({ envelope, outcome, by }: Step, told: ToldOfStep): void {
    const { record, traceparent } = envelope;
    const { trace, endMs, error, events, first } = told;
    const links: string[] = [];
    // A repeat is told beside the taking whose records it may have sent again.
    if (outcome === 'repeated') links.push(traceOfTaking(this.#line, envelope));
    if (by !== envelope && !by.beginsTrace && isSampled(by.traceparent)) links.push(by.traceparent);
    if (first !== undefined) links.push(first);
    this.#tracing.record({
      name: `process ${record.topic}`,
      kind: 'consumer',
      trace,
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
      ...(events !== undefined && { events }),
      links,
      error: error ?? (isFailure(outcome) ? outcome : undefined),
    });
  }
}

interface ToldOfStep {
  /** The context of its span. */
  readonly trace: string;
  readonly endMs: number;
  /** Why what it led to could not be published. */
  readonly error: string | undefined;
  readonly events?: readonly SpanEvent[];
  /** The span in which is told what was done for all; undefined: this one. */
  readonly first?: string;
}

function counted(messages: number): { readonly 'messaging.batch.message_count': number } {
  return { 'messaging.batch.message_count': messages };
}

function isFailure(outcome: Outcome): boolean {
  return outcome === 'dead-lettered' || outcome === 'refused';
}
