// Processes that die and stand still, and the network between them and the world.
import { outside, type Owner, type VirtualTime } from './virtual-time.ts';
import type { Weather } from './weather.ts';

/** A process of a worker. */
export class Machine implements Owner {
  readonly name: string;
  alive = true;
  frozenUntilMs = 0;
  readonly #afterDeath: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  onDeath(work: () => void): void {
    this.#afterDeath.push(work);
  }

  die(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const work of this.#afterDeath.splice(0)) work();
  }
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface NetworkOptions {
  readonly time: VirtualTime;
  readonly weather: Weather;
  readonly hasWeather: () => boolean;
  readonly freeze: (machine: Machine, forMs: number) => void;
  readonly evict: (machine: Machine) => void;
  /** Told of each fault that happens. */
  readonly onMet: (fault: keyof Weather) => void;
}

const FROZEN_MS: Span = { fromMs: 50, toMs: 25_000 };

export class Network {
  readonly time: VirtualTime;
  readonly weather: Weather;
  readonly #options: NetworkOptions;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.time = options.time;
    this.weather = options.weather;
  }

  /** Whether one of these faults happens now. */
  meets(fault: keyof Weather): boolean {
    const probability = this.weather[fault];
    if (probability === 0 || !this.#options.hasWeather()) return false;
    const happens = this.time.chance.happens(probability);
    if (happens) this.#options.onMet(fault);
    return happens;
  }

  /** A boundary of a process with the world: the places where a crash makes a difference. */
  boundary(machine: Machine): void {
    if (this.meets('crash')) machine.die();
    else if (this.meets('freeze')) {
      const { fromMs, toMs } = FROZEN_MS;
      this.#options.freeze(machine, this.time.chance.between(fromMs, toMs));
    } else if (this.meets('evict')) this.#options.evict(machine);
  }

  /**
   * Asks somebody outside: the question travels, is served, and the answer travels back. The dead
   * are served, and hear of nothing. `isHeard` false: the answer is lost on the way.
   */
  call<T>(from: Machine, span: Span, serve: () => T | Promise<T>, isHeard = true): Promise<T> {
    const { time } = this;
    return new Promise<T>((resolve, reject) => {
      this.boundary(from);
      if (!from.alive) return;
      const travelMs = () => time.chance.between(span.fromMs, span.toMs);
      const back = (settle: () => void) => {
        if (!isHeard) return;
        time.after(from, travelMs(), () => {
          this.boundary(from);
          if (from.alive) settle();
        });
      };
      time.after(outside, travelMs(), () => {
        void (async () => serve())().then(
          (value) => back(() => resolve(value)),
          (error: unknown) => back(() => reject(error as Error)),
        );
      });
    });
  }
}
