// The head rule for one event after another: taken once, in order, and held back where one is missing.
import { decode, type EventName, type EventOf } from '@saidao/schemas';
import { isNumbered, type Envelope, type EventOn } from './envelope.ts';
import type { HeadStore, HeldHead, Parked, Place } from './heads.ts';

/** Something a person should see. Nothing of it is lost by itself; `message` says what becomes. */
export interface Trouble {
  /**
   * - `unreadable`: a record without an identity, so nobody’s event; it is passed over.
   * - `undecodable`: an event that this release cannot decode; parked.
   * - `gap`: numbers are missing before this event; parked.
   * - `failed`: `handle` or the store failed; the event comes again, before any other behind it.
   * - `alarm`: what the log has to tell, such as a turn that hangs or an offset that is gone.
   */
  readonly kind: 'unreadable' | 'undecodable' | 'gap' | 'failed' | 'alarm';
  readonly message: string;
  readonly event?: Envelope;
  readonly error?: unknown;
}

export interface TakeOptions<N extends EventName, Tx> {
  readonly heads: HeadStore<Tx>;
  readonly handle: (event: EventOn<N>, tx: Tx) => Promise<void> | void;
  readonly onTrouble: (trouble: Trouble) => void;
}

export interface Taker {
  /**
   * Takes the event, or parks it, or does nothing: it was taken before. False: it, or one that
   * waited before it, failed, which was told of; it has to come again.
   */
  take(event: Parked): Promise<boolean>;
  /**
   * Takes what is parked at the place, as far as nothing is missing and all can be decoded. Gives,
   * without telling it, what holds up the rest.
   */
  takeParked(place: Place): Promise<Trouble | undefined>;
  /** The same, but first passes over what is missing, or cannot be decoded, up to what can. */
  passOver(place: Place): Promise<void>;
}

interface Released {
  /** The last number that was taken; undefined: none. */
  readonly reached: number | undefined;
  readonly trouble: Trouble | undefined;
}

export function createTaker<N extends EventName, Tx>(options: TakeOptions<N, Tx>): Taker {
  const { heads, handle, onTrouble } = options;

  /** Decodes and handles; the trouble, where it cannot be decoded. */
  async function handled(held: HeldHead<Tx>, event: Parked): Promise<Trouble | undefined> {
    const { envelope } = event;
    const decoded = decodedOf(event);
    if ('error' in decoded) return undecodable(envelope, decoded.error);
    await handle({ ...envelope, ...decoded.event } as EventOn<N>, held.tx);
    await held.moveTo(envelope.number);
    return undefined;
  }

  /** Takes the event if it is the next; else the trouble with it. */
  async function step(held: HeldHead<Tx>, event: Parked): Promise<Trouble | undefined> {
    const { envelope } = event;
    const { head, parkedFrom } = held;
    // With nothing taken yet, what is parked came first.
    const isBehind = head === undefined && parkedFrom !== undefined && parkedFrom < envelope.number;
    const isNext = follows(envelope, head) && !(isBehind && isNumbered(envelope.topic));
    if (isNext) return handled(held, event);
    return gap(envelope, `${head === undefined ? parkedFrom : head + 1}`);
  }

  /** Takes or parks it; whether to look at what is parked then. */
  function tried(event: Parked) {
    const { number } = event.envelope;
    return heads.hold(event.envelope, async (held) => {
      const { head, parkedFrom } = held;
      const isParked = parkedFrom !== undefined;
      // Taken before, but what it let go was not: that failed, or the process was killed.
      if (head !== undefined && number <= head) return { trouble: undefined, goesOn: isParked };
      const trouble = await step(held, event);
      if (trouble === undefined) return { trouble, goesOn: isParked };
      await held.park(event);
      // What waited is the next since somebody else moved the head, as `rebuild` does.
      return { trouble, goesOn: head !== undefined && parkedFrom === head + 1 };
    });
  }

  async function take(event: Parked): Promise<boolean> {
    try {
      const { trouble, goesOn } = await tried(event);
      const released = goesOn ? await release(event.envelope) : undefined;
      const isFailed = released?.trouble?.kind === 'failed';
      // What was told of when it was parked is not told again for each event behind it.
      const isNews = trouble === undefined || isFailed || released?.reached !== undefined;
      const told = isNews ? released?.trouble : trouble;
      if (told !== undefined) onTrouble(told);
      return !isFailed;
    } catch (error) {
      onTrouble(failed(event.envelope, event.envelope.id, error));
      return false;
    }
  }

  /** One transaction for each, as for events that had not to wait. */
  async function release(place: Place): Promise<Released> {
    let reached: number | undefined;
    for (;;) {
      let envelope = undefined as Envelope | undefined;
      try {
        const trouble = await heads.hold(place, async (held) => {
          const event = await held.firstParked();
          envelope = event?.envelope;
          return event && step(held, event);
        });
        if (trouble !== undefined || envelope === undefined) return { reached, trouble };
        reached = envelope.number;
      } catch (error) {
        const what = envelope?.id ?? `What is parked of ${place.applicationId}`;
        return { reached, trouble: failed(envelope, what, error) };
      }
    }
  }

  const takeParked = async (place: Place): Promise<Trouble | undefined> =>
    (await release(place)).trouble;

  async function passOver(place: Place): Promise<void> {
    await heads.hold(place, async (held) => {
      const event = await held.firstParked();
      if (event === undefined) return;
      const isGivenUp = (await handled(held, event)) !== undefined;
      if (isGivenUp) await held.moveTo(event.envelope.number);
    });
    const trouble = await takeParked(place);
    if (trouble !== undefined) onTrouble(trouble);
  }

  return { take, takeParked, passOver };
}

/** With nothing taken yet the first that is seen is the next: what came before may be gone. */
function follows({ topic, number }: Envelope, head: number | undefined): boolean {
  return head === undefined || number === head + 1 || !isNumbered(topic);
}

function decodedOf({ envelope, value }: Parked): { event: EventOf } | { error: unknown } {
  try {
    return { event: decode(value, envelope.topic) };
  } catch (error) {
    return { error };
  }
}

function undecodable(event: Envelope, error: unknown): Trouble {
  const says = error instanceof Error ? error.message : String(error);
  const message =
    `${event.id} cannot be decoded (${says}); its application waits here until a release that ` +
    'can is started, or it is passed over.';
  return { kind: 'undecodable', message, event, error };
}

function gap(event: Envelope, missing: string): Trouble {
  const message =
    `${event.id} came before ${missing} was taken; its application waits here until that is, ` +
    'or is passed over.';
  return { kind: 'gap', message, event };
}

function failed(event: Envelope | undefined, what: string, error: unknown): Trouble {
  const says = error instanceof Error ? error.message : String(error);
  const message = `${what} was not taken (${says}); it comes again.`;
  return { kind: 'failed', message, ...(event !== undefined && { event }), error };
}
