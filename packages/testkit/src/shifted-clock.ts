// Loaded before a process's own code, sets its wall clock off by what a file says, in milliseconds.
import { readFileSync } from 'node:fs';

/** Names the file; with none the clock is left alone. */
export const CLOCK_SHIFT = 'SAIDAO_CLOCK_SHIFT';
/** For `--import`. */
export const shiftedClockPreload = import.meta.filename;

/** How old what is known of the file may be, by the clock that is never set off. */
const STALE_MS = 50;

const file = process.env[CLOCK_SHIFT];
if (file !== undefined) shiftBy(file);

function shiftBy(path: string): void {
  const RealDate = Date;
  const realNow = Date.now.bind(Date);
  let shiftMs = 0;
  let readMs = -Infinity;
  const now = (): number => {
    if (performance.now() - readMs > STALE_MS) {
      readMs = performance.now();
      const read = Number(readFileSync(path, 'utf8'));
      // A file that is just being written says nothing yet.
      if (Number.isFinite(read)) shiftMs = read;
    }
    return realNow() + shiftMs;
  };
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) =>
      name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown),
  });
}
