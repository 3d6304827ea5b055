// A value that no log, error, template or dump shows.

const redacted = '[redacted]';

/** Holds a secret; only `reveal()` gives it, everything that prints it gives `[redacted]`. */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  // The symbol is spelled out so that this file needs no Node builtin.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return redacted;
  }
}
