// Sorts what is read from the topics into the histories of the cases that are being watched.
import type { IncomingRecord } from '@saidao/event-log';
import { topicByName, topicName, topics } from '@saidao/schemas';
import { caseEventOf, headerOf } from './case-event.ts';
import type { CaseEvent } from './case-event.ts';
import { CaseHistory } from './case-history.ts';

/** Records of applications that may yet turn out to be watched ones; the oldest are let go. */
const STRANGERS_MAX = 20_000;

const APPLICATIONS = topicName(topics.applications);

/** The topics that a case's way can be read from. */
export function caseTopics(lenders: readonly string[]): string[] {
  return Object.values(topics)
    .filter((topic) => topic !== topics.latestDecisions)
    .flatMap((topic) =>
      topic.perLender ? lenders.map((lender) => topicName(topic, lender)) : [topicName(topic)],
    );
}

export class CaseBook {
  readonly #histories: ReadonlyMap<string, CaseHistory>;
  readonly #onEvents: (history: CaseHistory, events: readonly CaseEvent[]) => void;
  readonly #byApplication = new Map<string, CaseHistory>();
  readonly #strangers = new Map<string, IncomingRecord[]>();
  #strangersCount = 0;
  /** Whose payouts they are, of all applications. */
  readonly payoutsOf = new Map<string, string>();

  constructor(
    keys: readonly string[],
    onEvents: (history: CaseHistory, events: readonly CaseEvent[]) => void,
  ) {
    this.#histories = new Map(keys.map((key) => [key, new CaseHistory(key)]));
    this.#onEvents = onEvents;
  }

  historyOf(key: string): CaseHistory {
    const history = this.#histories.get(key);
    if (history === undefined) throw new Error(`The case ${key} is not watched.`);
    return history;
  }

  add(records: readonly IncomingRecord[], nowMs: number): void {
    const read = new Map<CaseHistory, CaseEvent[]>();
    const take = (history: CaseHistory, record: IncomingRecord) => {
      const event = caseEventOf(record);
      if (event !== undefined) read.set(history, [...(read.get(history) ?? []), event]);
    };
    for (const record of records) {
      this.#notePayout(record);
      const history = this.#ownerOf(record);
      if (history !== undefined) take(history, record);
      else if (record.key !== null && topicByName(record.topic)?.key === 'applications') {
        this.#keepStranger(record.key.toString('utf8'), record);
      }
    }
    for (const [applicationId, history] of this.#byApplication) {
      for (const record of this.#takeStrangers(applicationId)) take(history, record);
    }
    for (const [history, events] of read) this.#tell(history, history.add(events, nowMs));
  }

  /** Lets in what has waited for its cause for long enough. */
  release(nowMs: number): void {
    for (const history of this.#histories.values()) this.#tell(history, history.release(nowMs));
  }

  #tell(history: CaseHistory, events: readonly CaseEvent[]): void {
    if (events.length > 0) this.#onEvents(history, events);
  }

  #ownerOf(record: IncomingRecord): CaseHistory | undefined {
    const key = record.key?.toString('utf8') ?? '';
    if (record.topic !== APPLICATIONS) {
      return this.#histories.get(key) ?? this.#byApplication.get(key);
    }
    const known = this.#byApplication.get(key);
    if (known !== undefined) return known;
    const event = caseEventOf(record);
    if (event === undefined || !('reference' in event.data) || !('channel' in event.data)) {
      return undefined;
    }
    const { lenderId, channel, reference } = event.data;
    const history = this.#histories.get(`${lenderId}/${channel}/${reference}`);
    if (history !== undefined) this.#byApplication.set(key, history);
    return history;
  }

  #notePayout(record: IncomingRecord): void {
    if (headerOf(record, 'ce_type') !== 'PayoutInstructed') return;
    const event = caseEventOf(record);
    if (event?.type !== 'PayoutInstructed') return;
    this.payoutsOf.set(event.data.payoutId, event.data.applicationId);
  }

  #keepStranger(applicationId: string, record: IncomingRecord): void {
    const kept = this.#strangers.get(applicationId);
    if (kept === undefined) this.#strangers.set(applicationId, [record]);
    else kept.push(record);
    this.#strangersCount += 1;
    while (this.#strangersCount > STRANGERS_MAX) {
      const oldest = this.#strangers.keys().next().value;
      if (oldest === undefined) return;
      this.#takeStrangers(oldest);
    }
  }

  #takeStrangers(applicationId: string): readonly IncomingRecord[] {
    const kept = this.#strangers.get(applicationId) ?? [];
    this.#strangers.delete(applicationId);
    this.#strangersCount -= kept.length;
    return kept;
  }
}
