// What a line is: one object whose keys stand in the order an event travels.
import type { EventMap, EventName, Topic } from '@saidao/schemas';
import type { Transaction } from './database.ts';

/** Any topic of the catalogue. */
export type AnyTopic = Topic<EventName>;
/** The names of the events that a topic carries. */
export type EventsOf<T extends AnyTopic> = T['events'][number];

/** An event as the line is given it: decoded, with what its envelope says. */
export type Incoming<N extends EventName> = {
  readonly [K in N]: {
    readonly type: K;
    readonly data: EventMap[K];
    readonly topic: string;
    /** Its place: the number on a numbered topic, else undefined. */
    readonly number: number | undefined;
    /** `ce_id`: `<applicationId>/<topic>/<number>`, or a door's message id. */
    readonly id: string;
    /** The Kafka key as text: the application id, on submissions `<lender>/<channel>/<reference>`. */
    readonly key: string;
    readonly lenderId: string;
    readonly correlationId: string;
    /** The broker's append time, in milliseconds since 1970. */
    readonly appendedAtMs: number;
  };
}[N];

/** An event to be published; its topic follows from its type, its lender from its data. */
export type Outgoing<N extends EventName> = {
  readonly [K in N]: { readonly type: K; readonly data: EventMap[K] };
}[N];

/** A row that wakes its application at a time: published as TimerDue under the row's own id. */
export interface NewTimer {
  readonly name: string;
  readonly dueAtMs: number;
  /** What `decide` needs to see whether the timer is stale; kept as JSON. */
  readonly detail?: unknown;
}

/** What is kept of an application by a line; JSON with bigints. A line's state names its revision. */
export interface LineState {
  readonly revision: number;
}

/** What became of one event. */
export interface Decision<Out extends EventName, State, Row> {
  readonly events?: readonly Outgoing<Out>[];
  /** The new state; left out: unchanged. */
  readonly state?: State;
  readonly timers?: readonly NewTimer[];
  /** New contents of rows that `locks` named; null empties one. */
  readonly held?: Readonly<Record<string, unknown>>;
  /** Rows of the line's own tables, written by `record`. */
  readonly rows?: readonly Row[];
  /** Why nothing came of the event, for logs and metrics: `stale-timer`, `repeat` … */
  readonly ignored?: string;
}

export interface DecideInput<In extends EventName, State, Gathered> {
  readonly event: Incoming<In>;
  readonly state: State;
  /** What `gather` brought; undefined for an event that it is not called for. */
  readonly gathered: Gathered;
  /** The contents of the rows that `locks` named; undefined where there was none. */
  readonly held: Readonly<Record<string, unknown>>;
  readonly applicationId: string;
  /** The lane that the turn is of: the application's partition. */
  readonly lane: number;
  /** When the turn began, in milliseconds since 1970. */
  readonly nowMs: number;
}

export interface GatherContext<State> {
  readonly applicationId: string | undefined;
  /** As it was before the turn's transaction; `decide` sees the locked one. */
  readonly state: State;
  /** Aborted when the time for gathering is over. */
  readonly signal: AbortSignal;
  readonly nowMs: number;
}

/** TimerDue reaches every line on its own timers topic, whether `when` names it or not. */
export type InputOf<W extends EventName> = W | 'TimerDue';

export interface LineOptions<
  C extends readonly AnyTopic[],
  W extends EventsOf<C[number]>,
  P extends readonly AnyTopic[],
  State extends LineState,
  Gathered,
  Row,
> {
  /** The line's name: of its consumer group, its database schema, its own topics. */
  readonly name: string;
  readonly consumes: C;
  /** The events it acts on; the others only count for the head. */
  readonly when: readonly W[];
  readonly initialState: State;
  /** The state with which a newer revision begins; left out: the initial state at that revision. */
  readonly newRevision?: (state: State, revision: number) => State;
  /**
   * The application an event of a topic keyed otherwise belongs to (submissions). The line may
   * claim an id in the database here; it is called before `gather`, outside the transaction.
   */
  readonly identify?: (events: readonly Incoming<InputOf<W>>[]) => Promise<readonly string[]>;
  /** Asks the world, outside any transaction. A rejection is the world's failure: the turn waits. */
  readonly gather?: (
    event: Incoming<InputOf<W>>,
    context: GatherContext<State>,
  ) => Promise<Gathered>;
  /**
   * The events that `gather` is called for; left out: all. A turn without any reads less. For the
   * others `gathered` is undefined, which its type has to allow.
   */
  readonly gathers?: undefined extends Gathered ? readonly InputOf<W>[] : never;
  /** Names of rows shared between applications that `decide` reads and changes: `patent/<number>`. */
  readonly locks?: (event: Incoming<InputOf<W>>, state: State) => readonly string[];
  readonly decide: (
    input: DecideInput<InputOf<W>, State, Gathered>,
  ) => Decision<EventsOf<P[number]>, State, Row>;
  /** Writes the rows of the whole turn, one statement for each table. */
  readonly record?: (transaction: Transaction, rows: readonly Row[]) => Promise<void>;
  /** Told of the rows once they are committed, for metrics; a redelivery has none. */
  readonly observes?: (rows: readonly Row[]) => void;
  readonly produces: P;
  /** Where another line writes timers of this one: it finds them within so long. Default 30 s. */
  readonly findsTimersMs?: number;
  /**
   * A broken invariant (`BrokenInvariant`, or SQLSTATE SD001 of the line's own triggers) has stopped
   * a lane, its turn is rolled back, each of three times: what has to be refused from now on is
   * written here, in a transaction of its own, tried again until it succeeds.
   */
  readonly onBroken?: (transaction: Transaction, broken: BrokenLane) => Promise<void>;
  /**
   * After the outputs, also on redelivery: reads, under lock, what a compacted topic should now say
   * of these applications (latest-decisions).
   */
  readonly presents?: (
    transaction: Transaction,
    applicationIds: readonly string[],
  ) => Promise<readonly Presented[]>;
}

/** Why a lane was stopped, and whom it concerns. */
export interface BrokenLane {
  readonly lane: number;
  readonly reason: string;
  /** The lender that it concerns; where none could be told, every lender of the turn's records. */
  readonly lenders: readonly string[];
  readonly applicationId: string | undefined;
}

/** The present state of an application for a compacted topic, and what readers compare it by. */
export interface Presented {
  readonly applicationId: string;
  readonly event: Outgoing<EventName>;
  readonly sequence: number;
  readonly correlationId: string;
  readonly causationId: string;
}

/** A line with its types forgotten, as the machinery runs it. */
// biome-ignore: the machinery handles every line alike; the types were closed in defineLine.
// oxlint-disable-next-line typescript/no-explicit-any
export type Line = LineOptions<any, any, any, any, any, any>;

/** Closes the types of a line: `when` narrows the event, `decide` may return only what it produces. */
export function defineLine<
  const C extends readonly AnyTopic[],
  const W extends EventsOf<C[number]>,
  const P extends readonly AnyTopic[],
  State extends LineState,
  Gathered = undefined,
  Row = never,
>(options: LineOptions<C, W, P, State, Gathered, Row>): LineOptions<C, W, P, State, Gathered, Row> {
  return options;
}

/** Whether `gather` is called for events of this type. */
export function isGatheredFor(line: Line, type: string): boolean {
  if (line.gather === undefined) return false;
  return line.gathers === undefined || (line.gathers as readonly string[]).includes(type);
}
