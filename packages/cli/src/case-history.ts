// The events of one application as they come in: each once, and none before what caused it.
import { topicName, topics } from '@saidao/schemas';
import type { EventName } from '@saidao/schemas';
import type { CaseEvent } from './case-event.ts';

/** How long an event waits for its cause to be read; Kafka promises no order between topics. */
export const CAUSE_MS_MAX = 1_000;

const APPLICATIONS = topicName(topics.applications);
const NUMBERED = /\/[1-9][0-9]*$/;

interface Held {
  readonly event: CaseEvent;
  readonly sinceMs: number;
}

export class CaseHistory {
  /** `<lender>/<channel>/<reference>`. */
  readonly key: string;
  /** More than one would be an application made twice. */
  readonly applicationIds = new Set<string>();
  readonly #events: CaseEvent[] = [];
  readonly #byId = new Map<string, CaseEvent>();
  #held: Held[] = [];

  constructor(key: string) {
    this.key = key;
  }

  /** In the order in which they were let in. */
  get events(): readonly CaseEvent[] {
    return this.#events;
  }

  /** When the log took the submission; undefined until it was read. */
  get submittedAtMs(): number | undefined {
    return this.first('ApplicationSubmitted')?.appendedAtMs;
  }

  first<N extends EventName>(type: N): Extract<CaseEvent, { type: N }> | undefined {
    const found = this.#events.find((event) => event.type === type);
    return found as Extract<CaseEvent, { type: N }> | undefined;
  }

  all<N extends EventName>(type: N): readonly Extract<CaseEvent, { type: N }>[] {
    const found = this.#events.filter((event) => event.type === type);
    return found as Extract<CaseEvent, { type: N }>[];
  }

  /** Where it was caused, if that was read. */
  causeOf(event: CaseEvent): CaseEvent | undefined {
    return event.causationId === undefined ? undefined : this.#byId.get(event.causationId);
  }

  /** Takes what was read and returns what can be shown now. A repeat is not shown again. */
  add(read: readonly CaseEvent[], nowMs: number): readonly CaseEvent[] {
    const known = new Set(this.#held.map(({ event }) => event.id));
    for (const event of read) {
      if (this.#byId.has(event.id) || known.has(event.id)) continue;
      known.add(event.id);
      this.#held.push({ event, sinceMs: nowMs });
    }
    this.#held.sort((a, b) => inFlow(a.event, b.event));
    return this.release(nowMs);
  }

  /** Lets in what waits no longer: its cause has come, or has been waited for long enough. */
  release(nowMs: number): readonly CaseEvent[] {
    const before = this.#events.length;
    for (let progress = true; progress;) {
      progress = false;
      const waiting: Held[] = [];
      for (const held of this.#held) {
        if (this.#waits(held, nowMs)) waiting.push(held);
        else {
          this.#letIn(held.event);
          progress = true;
        }
      }
      this.#held = waiting;
    }
    return this.#events.slice(before);
  }

  #waits({ event, sinceMs }: Held, nowMs: number): boolean {
    const { causationId } = event;
    if (causationId === undefined || this.#byId.has(causationId)) return false;
    // Timers and replays are not read here; what came of one waits for nothing.
    const isRead = NUMBERED.test(causationId) || event.topic === APPLICATIONS;
    return isRead && nowMs - sinceMs < CAUSE_MS_MAX;
  }

  #letIn(event: CaseEvent): void {
    this.#events.push(event);
    this.#byId.set(event.id, event);
    if ('applicationId' in event.data) this.applicationIds.add(event.data.applicationId);
  }
}

/** By append time; at the same millisecond as the flow goes. */
export function inFlow(a: CaseEvent, b: CaseEvent): number {
  return (
    a.appendedAtMs - b.appendedAtMs ||
    rankOf(a.type) - rankOf(b.type) ||
    (a.number ?? 0) - (b.number ?? 0)
  );
}

const ranks = new Map<string, number>(
  Object.values(topics)
    .flatMap(({ events }) => [...events])
    .map((name, rank) => [name, rank]),
);

function rankOf(type: EventName): number {
  return ranks.get(type) ?? ranks.size;
}
