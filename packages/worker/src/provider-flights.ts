// Calls under way, by what they ask: who asks the same meanwhile waits for the same answer.

interface Flight<T> {
  readonly call: Promise<T>;
  readonly ending: AbortController;
  waiting: number;
  done: boolean;
}

export class Flights<T> {
  readonly #underWay = new Map<string, Flight<T>>();

  /**
   * The signal ends this caller's waiting, with its reason; the call itself is told to end when
   * nobody waits for it any more.
   */
  async join(
    key: string,
    signal: AbortSignal,
    begin: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const flight = this.#underWay.get(key) ?? this.#begin(key, begin);
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    flight.waiting += 1;
    try {
      return await Promise.race([flight.call, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      flight.waiting -= 1;
      if (flight.waiting === 0 && !flight.done) {
        this.#forget(key, flight);
        flight.ending.abort();
      }
    }
  }

  #begin(key: string, begin: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const ending = new AbortController();
    const end = () => {
      flight.done = true;
      this.#forget(key, flight);
    };
    const flight: Flight<T> = { call: begin(ending.signal), ending, waiting: 0, done: false };
    this.#underWay.set(key, flight);
    flight.call.then(end, end);
    return flight;
  }

  /** Another call may have begun under this key since everybody left this one. */
  #forget(key: string, flight: Flight<T>): void {
    if (this.#underWay.get(key) === flight) this.#underWay.delete(key);
  }
}
