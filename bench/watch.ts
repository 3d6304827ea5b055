// Watches from outside how far each application has come, by the broker's append times.
import type { Follower, IncomingRecord, KafkaEventLog } from '@saidao/event-log';
import { decode, topicName, topics } from '@saidao/schemas';
import type { EventMap } from '@saidao/schemas';
import { LENDERS } from './place.ts';

/** After these nothing more comes, whatever the script hoped for. */
const ALWAYS_LAST = new Set([
  'LoanDisbursed',
  'LoanDeclined',
  'OfferExpired',
  'ApplicationClosed',
  'ApprovalUndone',
  'AuthorisationCancelled',
  'PayoutFailed',
]);
const QUIET_MS_MAX = 120_000;
const LOOK_MS = 20;

export interface Watch {
  /** How many have come to their end. */
  ended(): number;
  /** Append times of the ends so far, in order, in milliseconds since 1970. */
  endsMs(): readonly number[];
  /** Append time of the first decision. */
  firstDecisionMs(): number | undefined;
  /** Resolves when all have ended; rejects once nothing has moved for two minutes. */
  allEnded(isFine: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

export async function startWatch(
  log: KafkaEventLog,
  /** The outcome that each reference is to come to. */
  expected: ReadonlyMap<string, string>,
): Promise<Watch> {
  const referenceOf = new Map<string, string>();
  const referredMs = new Map<string, number>();
  const endMs = new Map<string, number>();
  let firstDecision: number | undefined;
  let movedMs = performance.now();
  let crash: Error | undefined;

  const follower: Follower = await log.follow({
    topics: [
      topicName(topics.applications),
      topicName(topics.disbursements),
      ...LENDERS.map((lender) => topicName(topics.decisions, lender)),
    ],
    from: 'earliest',
    onRecords(records) {
      movedMs = performance.now();
      for (const record of records) take(record);
    },
    onCrash: (error) => (crash = error),
  });

  return {
    ended: () => endMs.size,
    endsMs: () => [...endMs.values()].sort((a, b) => a - b),
    firstDecisionMs: () => firstDecision,
    async allEnded(isFine) {
      while (endMs.size < expected.size) {
        if (crash !== undefined) throw crash;
        if (!isFine()) throw new Error('A process of the run has ended; its log says why.');
        if (performance.now() - movedMs > QUIET_MS_MAX) throw new Error(missing());
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    stop: () => follower.stop(),
  };

  function take({ topic, key, value, headers, timestampMs }: IncomingRecord): void {
    const type = String(headers['ce_type']);
    const applicationId = String(key);
    if (type === 'ApplicationReceived' || type === 'SubmissionRejected') {
      const { data } = decode(value, topic) as { data: EventMap['ApplicationReceived'] };
      referenceOf.set(applicationId, data.reference);
      const referredAtMs = referredMs.get(applicationId);
      if (type === 'SubmissionRejected') end(applicationId, timestampMs);
      else if (referredAtMs !== undefined) onReferred(applicationId, referredAtMs);
      return;
    }
    if (topic !== topicName(topics.disbursements)) {
      firstDecision = Math.min(firstDecision ?? timestampMs, timestampMs);
    }
    if (ALWAYS_LAST.has(type)) end(applicationId, timestampMs);
    if (type === 'LoanReferred') onReferred(applicationId, timestampMs);
  }

  function onReferred(applicationId: string, atMs: number): void {
    const reference = referenceOf.get(applicationId);
    // Decided before the application was heard of: the topics are read side by side.
    if (reference === undefined) referredMs.set(applicationId, atMs);
    else if (expected.get(reference) === 'referred') end(applicationId, atMs);
  }

  function end(applicationId: string, atMs: number): void {
    if (endMs.has(applicationId)) return;
    endMs.set(applicationId, atMs);
  }

  function missing(): string {
    const ended = new Set([...endMs.keys()].map((id) => referenceOf.get(id)));
    const left = [...expected.keys()].filter((reference) => !ended.has(reference));
    const some = left.slice(0, 5);
    const seconds = QUIET_MS_MAX / 1000;
    return `${left.length} applications have not ended, and nothing moved for ${seconds} s: ${some.join(', ')} …`;
  }
}
