// W3C trace context: which trace a record or request belongs to, as its `traceparent` says it.
import { hash } from 'node:crypto';
import { randomBytesPooled } from './chance.ts';

// Ids of zeros are none. A later version may say more behind what the first one says.
const FORM =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Whether a trace is recorded; `isParents`: whether what came says so, undefined without it. */
export type Samples = (traceId: string, isParents: boolean | undefined) => boolean;

/**
 * A `traceparent` of version 00 with the same ids and flags; undefined where it is missing or
 * malformed. All other functions here take only such a one.
 */
export function readTraceparent(given: string | undefined): string | undefined {
  const match = given === undefined ? null : FORM.exec(given);
  if (match === null) return undefined;
  const [text, version, traceId, spanId, flags, more] = match;
  if (version === '00') return more === undefined ? text : undefined;
  return `00-${traceId}-${spanId}-${flags}`;
}

export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** Of the span that sent what the `traceparent` came with. */
export function spanIdOf(traceparent: string): string {
  return traceparent.slice(36, 52);
}

/** Whether spans of it are recorded. */
export function isSampled(traceparent: string): boolean {
  return (Number.parseInt(traceparent.slice(53), 16) & 1) === 1;
}

/** The same trace, in which another span is the parent of what comes next. */
export function withSpan(traceparent: string, spanId: string): string {
  return `${traceparent.slice(0, 36)}${spanId}${traceparent.slice(52)}`;
}

export function newSpanId(): string {
  return randomBytesPooled(8).toString('hex');
}

/** What came, recorded or not as `samples` says; without `samples` it is left as it is. */
export function sampled(traceparent: string, samples: Samples | undefined): string {
  if (samples === undefined) return traceparent;
  const before = isSampled(traceparent);
  const isWanted = samples(traceIdOf(traceparent), before);
  if (isWanted === before) return traceparent;
  const flags = Number.parseInt(traceparent.slice(53), 16) ^ 1;
  return traceparent.slice(0, 53) + flags.toString(16).padStart(2, '0');
}

/** A new trace; nobody records it where there is no `samples`: then it is for logs alone. */
export function beginTrace(samples: Samples | undefined): string {
  return begun(randomBytesPooled(16).toString('hex'), newSpanId(), samples);
}

/**
 * The trace of something that came without one: named by what it is, so that all who read it, and
 * each time they do, mean the same trace.
 */
export function traceNamedBy(identity: string, samples: Samples | undefined): string {
  const digest = hash('sha256', identity, 'hex');
  return begun(digest.slice(0, 32), digest.slice(32, 48), samples);
}

function begun(traceId: string, spanId: string, samples: Samples | undefined): string {
  return `00-${traceId}-${spanId}-${samples?.(traceId, undefined) === true ? '01' : '00'}`;
}
