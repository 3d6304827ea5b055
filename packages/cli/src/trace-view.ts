// An application's whole trace: every event of it in order of time, and which one came of which.
import type { IncomingRecord } from '@saidao/event-log';
import type { EventOf } from '@saidao/schemas';
import { caseEventOf, headerOf, placeIn } from './case-event.ts';
import type { Place } from './case-event.ts';
import { summaryOf } from './event-summary.ts';

export interface TraceEntry extends Place {
  /** From 1; how others name it as their cause. */
  readonly at: number;
  /** From the first event. */
  readonly sinceMs: number;
  /** From its cause; undefined where that is not of this trace. */
  readonly stepMs: number | undefined;
  readonly type: string;
  /** `at` of the event it came of. */
  readonly cause: number | undefined;
  /** The same event published again, as a redelivery does. */
  readonly repeat: boolean;
  readonly summary: string;
  /** Undefined for what cannot be decoded, and for dead letters. */
  readonly data: EventOf['data'] | undefined;
}

const isDeadLetter = (topic: string) => topic.endsWith('.dead-letter.v1');

/** Records in any order, of any topics. */
export function traceOf(records: readonly IncomingRecord[]): TraceEntry[] {
  const flow = records.map((record, index) => ({ record, index, place: placeIn(record) }));
  flow.sort((a, b) => a.place.appendedAtMs - b.place.appendedAtMs || a.index - b.index);
  const sorted = causesFirst(flow.map(({ record, place }) => ({ record, place })));
  const firstMs = sorted[0]?.place.appendedAtMs ?? 0;
  const atOf = new Map<string, { at: number; appendedAtMs: number }>();
  return sorted.map(({ record, place }, index) => {
    const at = index + 1;
    const { appendedAtMs, id, causationId, topic } = place;
    const dead = isDeadLetter(topic);
    // A dead letter bears the identity of what it holds, and came of it.
    const cause = atOf.get(dead ? id : causationId === id ? '' : (causationId ?? ''));
    const repeat = !dead && atOf.has(id);
    if (!dead && !repeat) atOf.set(id, { at, appendedAtMs });
    return {
      ...place,
      at,
      sinceMs: appendedAtMs - firstMs,
      stepMs: cause && Math.max(0, appendedAtMs - cause.appendedAtMs),
      cause: cause?.at,
      repeat,
      ...contentOf(record),
    };
  });
}

/** At one millisecond, what was caused comes after its cause. */
function causesFirst<T extends { readonly place: Place }>(entries: readonly T[]): T[] {
  const left = [...entries];
  const sorted: T[] = [];
  while (left.length > 0) {
    const ms = left[0]!.place.appendedAtMs;
    const ids = new Set(
      left.filter(({ place }) => place.appendedAtMs === ms).map(({ place }) => place.id),
    );
    const next = left.findIndex(({ place: { appendedAtMs, id, causationId } }) => {
      const waits = causationId !== undefined && causationId !== id && ids.has(causationId);
      return appendedAtMs === ms && !waits;
    });
    sorted.push(...left.splice(Math.max(next, 0), 1));
  }
  return sorted;
}

function contentOf(record: IncomingRecord): Pick<TraceEntry, 'type' | 'summary' | 'data'> {
  const said = headerOf(record, 'ce_type') ?? '?';
  if (isDeadLetter(record.topic)) {
    const code = headerOf(record, 'x-dlq-code') ?? '?';
    const reason = headerOf(record, 'x-dlq-reason') ?? '';
    const origin = headerOf(record, 'x-dlq-topic') ?? '?';
    return { type: said, summary: `DEAD ${code} from ${origin}: ${reason}`, data: undefined };
  }
  const event = caseEventOf(record);
  if (event === undefined) return { type: said, summary: 'cannot be decoded', data: undefined };
  return { type: event.type, summary: summaryOf(event), data: event.data };
}

/** The columns of a person's view. */
export function traceRows(entries: readonly TraceEntry[]): string[][] {
  const head = ['#', 'ms', 'step', 'of', 'topic', 'no', 'type', 'what it says'];
  return [
    head,
    ...entries.map((entry) => [
      String(entry.at),
      String(entry.sinceMs),
      entry.stepMs === undefined ? '' : `+${entry.stepMs}`,
      entry.cause === undefined ? '' : `#${entry.cause}`,
      entry.topic,
      entry.number === undefined ? '' : String(entry.number),
      entry.repeat ? `${entry.type} (again)` : entry.type,
      entry.summary,
    ]),
  ];
}
