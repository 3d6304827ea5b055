// Where time comes from: the wall clock for what is written down, a steady one for durations.
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Milliseconds since some start; never jumps. */
  steadyMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  steadyMs: () => performance.now(),
};
