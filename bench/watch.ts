// Watches from outside how far each application has come, by the broker's append times.
import { outcomeOf, type Applicants, type StoryEvent } from '@saidao/applicants';
import type { IncomingRecord, KafkaEventLog } from '@saidao/event-log';
import { decode, topicName, topics, type EventName } from '@saidao/schemas';
import { LENDERS } from './place.ts';

const QUIET_MS_MAX = 120_000;
const LOOK_MS = 20;
/** One for all: there may be a million events. */
const NOTHING = {};

export interface Watch {
  /** Append times of the ends so far, in order, in milliseconds since 1970. */
  endsMs(): readonly number[];
  /** Append time of the first decision. */
  firstDecisionMs(): number | undefined;
  /** Rejects when a process has died, or once nothing has moved for two minutes. */
  allEnded(hasDied: () => string | undefined, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export interface WatchOptions {
  readonly log: KafkaEventLog;
  readonly applicants: Applicants;
  /** Told of every event of an application that is followed, and when it was read here. */
  readonly onRead?: (applicationId: string, type: EventName, readMs: number) => void;
}

interface Case {
  readonly script: Parameters<typeof outcomeOf>[0];
  /** An amendment makes older decisions void: only then what events say is looked at. */
  readonly amends: boolean;
  readonly events: StoryEvent[];
}

export async function startWatch(options: WatchOptions): Promise<Watch> {
  const { log, applicants, onRead = () => {} } = options;
  const { count } = applicants;
  const cases = new Map<string, Case>();
  /** By the correlation id that a submission and its application have in common. */
  const references = new Map<string, string>();
  const unopened = new Map<string, string>();
  /** Read before it was known whose application it is: topics are read side by side. */
  const early = new Map<string, IncomingRecord[]>();
  const endMs = new Map<string, number>();
  let firstDecision: number | undefined;
  let movedMs = performance.now();
  let crash: Error | undefined;
  const submissions = topicName(topics.submissions);
  const applications = topicName(topics.applications);
  const disbursements = topicName(topics.disbursements);

  const follower = await log.follow({
    topics: [
      submissions,
      applications,
      disbursements,
      ...LENDERS.map((lender) => topicName(topics.decisions, lender)),
    ],
    from: 'earliest',
    onRecords(records) {
      const readMs = Date.now();
      movedMs = performance.now();
      for (const record of records) {
        if (record.topic === submissions) meetSubmission(record);
        else meet(record, readMs);
      }
    },
    onCrash: (error) => (crash = error),
  });

  return {
    endsMs: () => [...endMs.values()].sort((a, b) => a - b),
    firstDecisionMs: () => firstDecision,
    async allEnded(hasDied, signal) {
      while (endMs.size < count) {
        signal.throwIfAborted();
        if (crash !== undefined) throw crash;
        const died = hasDied();
        if (died !== undefined) throw new Error(died);
        if (performance.now() - movedMs > QUIET_MS_MAX) throw new Error(missing());
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    stop: () => follower.stop(),
  };

  function meetSubmission({ key, headers }: IncomingRecord): void {
    if (String(headers['ce_type']) !== 'ApplicationSubmitted') return;
    const correlationId = String(headers['ce_correlationid']);
    references.set(correlationId, String(key).split('/').slice(2).join('/'));
    const applicationId = unopened.get(correlationId);
    if (applicationId !== undefined) open(applicationId, correlationId);
  }

  function meet(record: IncomingRecord, readMs: number): void {
    const applicationId = String(record.key);
    onRead(applicationId, String(record.headers['ce_type']) as EventName, readMs);
    const known = cases.get(applicationId);
    if (known !== undefined) return take(applicationId, known, record);
    const before = early.get(applicationId) ?? [];
    early.set(applicationId, [...before, record]);
    if (record.topic !== applications) return;
    open(applicationId, String(record.headers['ce_correlationid']));
  }

  function open(applicationId: string, correlationId: string): void {
    const reference = references.get(correlationId);
    if (reference === undefined) {
      unopened.set(correlationId, applicationId);
      return;
    }
    const script = applicants.byId(reference)?.script ?? [];
    const opened = { script, amends: script.some(({ does }) => does === 'amend'), events: [] };
    cases.set(applicationId, opened);
    for (const record of early.get(applicationId) ?? []) take(applicationId, opened, record);
    early.delete(applicationId);
    unopened.delete(correlationId);
    references.delete(correlationId);
  }

  function take(applicationId: string, one: Case, record: IncomingRecord): void {
    const { topic, headers, value, timestampMs } = record;
    const type = String(headers['ce_type']) as EventName;
    one.events.push(one.amends ? (decode(value, topic) as StoryEvent) : { type, data: NOTHING });
    if (topic !== disbursements && topic !== applications) {
      firstDecision = Math.min(firstDecision ?? timestampMs, timestampMs);
    }
    if (endMs.has(applicationId) || outcomeOf(one.script, one) === undefined) return;
    endMs.set(applicationId, timestampMs);
  }

  function missing(): string {
    const left = [...cases].filter(([id]) => !endMs.has(id));
    const some = left.slice(0, 5).map(([id, { events }]) => `${id} (${events.at(-1)?.type})`);
    return (
      `Of ${count} applications ${endMs.size} have ended and ${cases.size} were taken in; ` +
      `nothing moved for ${QUIET_MS_MAX / 1000} s. Not ended: ${some.join(', ')} …`
    );
  }
}
