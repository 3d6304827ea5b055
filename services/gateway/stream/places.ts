// How many streams are open, of one principal and in all: each costs a connection and a page.

export class StreamPlaces {
  readonly #ofOneMax: number;
  readonly #ofAllMax: number;
  readonly #taken = new Map<string, number>();
  #all = 0;

  constructor(max: { readonly ofOne: number; readonly ofAll: number }) {
    this.#ofOneMax = max.ofOne;
    this.#ofAllMax = max.ofAll;
  }

  get taken(): number {
    return this.#all;
  }

  /** Takes a place and returns how it is given back; undefined: none is left. */
  take(principal: string): (() => void) | undefined {
    const own = this.#taken.get(principal) ?? 0;
    if (own >= this.#ofOneMax || this.#all >= this.#ofAllMax) return undefined;
    this.#taken.set(principal, own + 1);
    this.#all += 1;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#all -= 1;
      const left = (this.#taken.get(principal) ?? 1) - 1;
      if (left > 0) this.#taken.set(principal, left);
      else this.#taken.delete(principal);
    };
  }
}
