// What lines could not take: which of it an operator had taken again, so that it is judged after all.
import { CLOCKS_MS, type DoorMessage, type LogSeen } from './log-seen.ts';
import type { Awaited } from './story.ts';

/** A message that its line has to answer, and the record by which the line is told of it last. */
export interface Judged extends DoorMessage {
  readonly awaited: Awaited;
  /** It was a dead letter: whether it came before another message or after it nobody knows. */
  readonly isAgain: boolean;
}

/**
 * How a line's messages are judged; undefined: not at all, as it is a dead letter that is open or
 * was given up. One that was replayed, and is no dead letter since, has to come to something.
 */
export function judgedBy(
  line: string,
  { letters, asked }: LogSeen,
): (message: DoorMessage) => Judged | undefined {
  const buriedMs = new Map<string, number>();
  for (const letter of letters) {
    if (letter.line !== line) continue;
    const { original, atMs } = letter;
    buriedMs.set(original, Math.max(atMs, buriedMs.get(original) ?? -Infinity));
  }
  return (message) => {
    const { place, atMs } = message;
    const letterMs = buriedMs.get(place);
    if (letterMs === undefined) {
      return { ...message, awaited: { line, place, atMs }, isAgain: false };
    }
    const since = (asked.get(`${line} ${place}`) ?? []).filter((one) => one.atMs >= letterMs);
    if (since.some(({ action }) => action === 'DISCARD')) return undefined;
    // The answer to it may be one more letter that seems older: brokers' clocks differ.
    const replays = since.filter((one) => one.atMs > letterMs + CLOCKS_MS);
    const [first, last] = [replays[0], replays.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const awaited = { line, place: last.place, atMs: last.atMs };
    return { ...message, atMs: first.atMs, awaited, isAgain: true };
  };
}
