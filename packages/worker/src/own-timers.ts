// The machinery's own timers, and what is wrong with a timer that the line cannot have set.
import type { EventMap } from '@saidao/schemas';

/** Looks whether a missing number has come. */
export const GAP = '$gap';
/** Gives up a door's message whose application never came. */
export const PARKED_DOOR = '$parked-door';

export interface GapDetail {
  readonly topic: string;
  readonly number: number;
}

export interface ParkedDoorDetail {
  readonly key: string;
  readonly topic: string;
  readonly identity: string;
}

/** What a reader would trip over: anybody with the right to can write to a timers topic. */
export function timerFault({ name, detail }: EventMap['TimerDue']): string | undefined {
  let said: unknown;
  try {
    said = JSON.parse(detail);
  } catch {
    return 'The detail of the timer is no JSON.';
  }
  if (typeof said !== 'object' || Array.isArray(said)) {
    return 'The detail of the timer is neither null nor an object.';
  }
  const told = (said ?? {}) as Readonly<Record<string, unknown>>;
  const has = (type: string, ...fields: readonly string[]) =>
    fields.every((field) => typeof told[field] === type);
  const fits =
    name === GAP
      ? has('string', 'topic') && has('number', 'number')
      : name !== PARKED_DOOR || has('string', 'key', 'topic', 'identity');
  return fits ? undefined : `The detail of the timer ${name} is not of its form.`;
}
