// Being told to stop: by Ctrl-C, by a signal, or by the launcher's end. The second time is meant in earnest.

/** A terminal and npm may each send the same Ctrl-C. */
const SAME_MS = 300;

export class StopSignals {
  readonly #controller = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #firstAtMs: number | null = null;
  /** Until there is something to kill: leave, and the watchdog ends what was begun. */
  onSecond: () => void = () => process.exit(130);

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => this.#take());
    }
    if (process.channel) {
      process.once('disconnect', () => this.#stop());
      // Listening for the launcher's end must not keep this process alive.
      process.channel.unref();
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Resolves at the first. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  #take(): void {
    if (this.#firstAtMs !== null && performance.now() - this.#firstAtMs > SAME_MS) this.onSecond();
    this.#stop();
  }

  #stop(): void {
    this.#firstAtMs ??= performance.now();
    this.#controller.abort(new Error('told to stop'));
    this.#first.resolve();
  }
}
