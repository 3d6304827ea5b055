// Given/when/then for a line's decide: events in, events out, the state carried between them.
import type {
  AnyTopic,
  Decision,
  EventsOf,
  Incoming,
  InputOf,
  LineOptions,
  LineState,
} from '@saidao/worker';
import { topicName, topicOf, type EventMap, type EventName } from '@saidao/schemas';

export interface EventOptions {
  readonly number?: number;
  readonly id?: string;
  readonly key?: string;
  readonly lenderId?: string;
  readonly appendedAtMs?: number;
}

/** An event as a line is given it; number 1 and a plausible envelope unless told otherwise. */
export function event<N extends EventName>(
  type: N,
  data: EventMap[N],
  options: EventOptions = {},
): Incoming<N> {
  const said = data as { applicationId?: string; lenderId?: string };
  const lenderId = options.lenderId ?? said.lenderId ?? 'boc-zj';
  const timer = (type as string) === 'TimerDue';
  const topic = timer ? 'test.timers.v1' : topicName(topicOf(type), lenderId);
  const key = options.key ?? said.applicationId ?? 'key';
  const number = options.number ?? 1;
  return {
    type,
    data,
    topic,
    number,
    id: options.id ?? `${key}/${topic}/${number}`,
    key,
    lenderId,
    correlationId: 'correlation',
    appendedAtMs: options.appendedAtMs ?? 0,
  } as Incoming<N>;
}

export interface WhenOptions {
  readonly nowMs?: number;
}

export interface Scenario<W extends EventName, Out extends EventName, State, Gathered, Row> {
  /** Decides the event and keeps what came of it as the state from now on. */
  given(event: Incoming<InputOf<W>>, gathered?: Gathered, options?: WhenOptions): this;
  /** Decides the event, keeps the state, and returns the decision to be looked at. */
  when(
    event: Incoming<InputOf<W>>,
    gathered?: Gathered,
    options?: WhenOptions,
  ): Decision<Out, State, Row>;
  state(): State;
  held(): Readonly<Record<string, unknown>>;
}

/** A scenario of one application on a line; `held` gives the shared rows their first contents. */
export function scenario<
  C extends readonly AnyTopic[],
  W extends EventsOf<C[number]>,
  P extends readonly AnyTopic[],
  State extends LineState,
  Gathered,
  Row,
>(
  line: LineOptions<C, W, P, State, Gathered, Row>,
  options: {
    readonly applicationId: string;
    /** Default 0. */
    readonly lane?: number;
    readonly nowMs?: number;
    readonly held?: Readonly<Record<string, unknown>>;
    readonly state?: State;
  },
): Scenario<W, EventsOf<P[number]>, State, Gathered, Row> {
  let state: State = options.state ?? line.initialState;
  const held: Record<string, unknown> = { ...options.held };

  function decide(
    event: Incoming<InputOf<W>>,
    gathered: Gathered | undefined,
    at: WhenOptions | undefined,
  ): Decision<EventsOf<P[number]>, State, Row> {
    // The machinery's own rule: an older revision is ignored, a newer one moves the state to it; a
    // timer of a newer one is none of the line's.
    const revision = (event.data as { revision?: number }).revision;
    if (revision !== undefined && isRevisioned(event.type)) {
      if (revision < state.revision) return { ignored: 'older-revision' };
      if (revision > state.revision) {
        if (event.type === 'TimerDue') {
          throw Object.assign(new Error('Not a timer of the line.'), { code: 'SAIDAO_TIMER' });
        }
        state = line.newRevision?.(state, revision) ?? { ...line.initialState, revision };
      }
    }
    const names = line.locks?.(event, state) ?? [];
    const decision = line.decide({
      event,
      state,
      gathered: gathered as Gathered,
      held: Object.fromEntries(names.map((name) => [name, held[name]])),
      applicationId: options.applicationId,
      lane: options.lane ?? 0,
      nowMs: at?.nowMs ?? options.nowMs ?? 0,
    });
    state = decision.state ?? state;
    Object.assign(held, decision.held);
    return decision;
  }

  return {
    given(event, gathered, at) {
      decide(event, gathered, at);
      return this;
    },
    when: (event, gathered, at) => decide(event, gathered, at),
    state: () => state,
    held: () => held,
  };
}

function isRevisioned(type: EventName): boolean {
  return (type as string) === 'TimerDue' || topicOf(type).revisioned;
}
