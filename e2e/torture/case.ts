// A case of torture: something goes wrong so many times, and then a check says what came of it.

export interface Outcome {
  /** How many times something went wrong. */
  readonly runs: number;
  /** In a few words, what was looked at afterwards. */
  readonly checked: string;
  /** A line each; none: all is well. */
  readonly findings: readonly string[];
  /** What else a reader should know, a line each. */
  readonly notes?: readonly string[];
}

export interface Case {
  /** Chosen by it: `npm run torture -- fault-points`. */
  readonly group: string;
  readonly name: string;
  /** Beside others it would show something else, as where it says how long all may take. */
  readonly alone?: boolean;
  run(): Promise<Outcome>;
}
