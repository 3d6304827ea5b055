// What a line tells of itself: typed events, the surface for metrics, logs and tests.
import { EventEmitter } from 'node:events';

/** What became of one record. */
export type Outcome =
  | 'decided'
  | 'passed-over'
  | 'repeated'
  | 'parked'
  | 'released'
  | 'dead-lettered'
  | 'refused'
  | 'ignored';

export interface TurnEnded {
  readonly line: string;
  readonly lanes: readonly number[];
  readonly records: number;
  readonly taken: number;
  readonly published: number;
  readonly durationMs: number;
  readonly gatherMs: number;
  readonly transactionMs: number;
  readonly publishMs: number;
  /** How many records had each outcome, by topic. */
  readonly outcomes: ReadonlyMap<string, ReadonlyMap<Outcome, number>>;
}

export type AlarmKind =
  | 'same-identity-other-bytes'
  | 'gap'
  | 'blocked'
  | 'paused'
  | 'turn-failed'
  | 'turn-hangs'
  | 'stalled'
  | 'offset-out-of-range'
  | 'partitions-changed'
  | 'broken-invariant';

export interface Alarm {
  readonly line: string;
  readonly kind: AlarmKind;
  readonly message: string;
  readonly applicationId?: string;
  readonly error?: Error;
}

export interface EventDecided {
  readonly line: string;
  readonly type: string;
  readonly applicationId: string;
  readonly id: string;
  readonly outcome: Outcome;
  readonly produced: readonly string[];
  readonly ignored?: string;
  readonly traceparent: string;
}

export interface DeadLettered {
  readonly line: string;
  readonly code: string;
  readonly reason: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly applicationId?: string;
}

export interface LineEvents {
  turn: [TurnEnded];
  decided: [EventDecided];
  deadLettered: [DeadLettered];
  alarm: [Alarm];
  /** Undefined when the line goes on. */
  paused: [{ readonly line: string; readonly reason: string | undefined }];
  lanes: [{ readonly line: string; readonly lanes: readonly number[] }];
}

/** Emits a line's events; a listener must not throw. */
export class Observer extends EventEmitter<LineEvents> {}
