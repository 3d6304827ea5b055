// What subscribers without Kafka are told of a decision: one row of their lender's feed.
import type { EventName } from '@saidao/schemas';
import type { Decision, DecideInput, LineState } from '@saidao/worker';
import { withoutPersonal } from './personal-fields.ts';

/** One event of a feed, before it has its number there. */
export interface FeedRow {
  readonly lenderId: string;
  /** `<applicationId>/<topic>/<number>`, as on the topic. */
  readonly eventId: string;
  readonly applicationId: string;
  readonly type: string;
  readonly productId: string | null;
  readonly channel: string | null;
  /** Its place among the application's decisions. */
  readonly sequence: number | undefined;
  readonly correlationId: string;
  /** When the decision was appended to its topic. */
  readonly appendedAtMs: number;
  /** The event's fields, but for those that name persons. */
  readonly data: object;
  readonly recordedAtMs: number;
}

/** Every event is told, also one of a revision that has since been amended: there is no state. */
export const initialState: LineState = { revision: 0 };
export const newRevision = (state: LineState): LineState => state;

export function decide<N extends EventName>(
  input: DecideInput<N, LineState, undefined>,
): Decision<never, LineState, FeedRow> {
  const { event, applicationId, nowMs } = input;
  if (event.type === 'TimerDue') return { ignored: 'no-timers' };
  // Null: an event of the time before it was carried.
  const { about } = event.data as { about?: { productId: string; channel: string } | null };
  const row = {
    lenderId: event.lenderId,
    eventId: event.id,
    applicationId,
    type: event.type,
    productId: about?.productId ?? null,
    channel: about?.channel ?? null,
    sequence: event.number,
    correlationId: event.correlationId,
    appendedAtMs: event.appendedAtMs,
    data: withoutPersonal(event.type, event.data),
    recordedAtMs: nowMs,
  };
  return { rows: [row] };
}
