// What a fen bears up to a day: the rates of a loan added up, so that any span is one subtraction.
import { ppmOne } from '@saidao/values';
import type { PenaltyTerms } from './contract.ts';
import { dayOf } from './days.ts';
import type { Misused } from './facts.ts';
import type { RateStep } from './schedule.ts';

interface Segment {
  /** In force from this day. */
  readonly day: number;
  readonly ratePpm: number;
  /** Rate times what overdue principal bears of it, and what misuse adds for principal not due. */
  readonly overdue: bigint;
  readonly misuse: bigint;
  /** What was added up before this day. */
  readonly rated: number;
  readonly overdueSum: bigint;
  readonly misuseSum: bigint;
}

/** Sums over the nights before a day; the first night is that of the first rate. */
export interface Clock {
  ratePpmOn(day: number): number;
  /** Parts per million of a year's rate, times nights. */
  rated(day: number): number;
  /** The rate times what overdue money bears of it, in parts per million of a million. */
  overdue(day: number): bigint;
  /** The same of what misuse adds to the rate of principal that is not due. */
  misuse(day: number): bigint;
  isMisused(day: number): boolean;
  readonly hasMisuse: boolean;
}

/** While money is misused the heavier of the two penalties holds for what is overdue. */
export function clockOf(
  rates: readonly RateStep[],
  misuses: readonly Misused[],
  penalty: PenaltyTerms,
): Clock {
  const spans = misuses.map(({ on, until }) => ({
    from: dayOf(on),
    to: until === null ? Infinity : dayOf(until),
  }));
  const isMisused = (day: number) => spans.some(({ from, to }) => from <= day && day < to);
  const steps = rates.map(({ from, ratePpm }) => ({ day: dayOf(from), ratePpm }));
  const segments = segmentsOf(steps, spans, penalty, isMisused);
  const at = (day: number): Segment => {
    let index = segments.length - 1;
    while (index > 0 && segments[index]!.day > day) index -= 1;
    return segments[index]!;
  };
  return {
    hasMisuse: spans.length > 0,
    isMisused,
    ratePpmOn: (day) => at(day).ratePpm,
    rated(day) {
      const segment = at(day);
      return segment.rated + segment.ratePpm * (day - segment.day);
    },
    overdue(day) {
      const segment = at(day);
      return segment.overdueSum + segment.overdue * BigInt(day - segment.day);
    },
    misuse(day) {
      const segment = at(day);
      return segment.misuseSum + segment.misuse * BigInt(day - segment.day);
    },
  };
}

function segmentsOf(
  steps: readonly { readonly day: number; readonly ratePpm: number }[],
  spans: readonly { readonly from: number; readonly to: number }[],
  { overdueTimesPpm, misuseTimesPpm }: PenaltyTerms,
  isMisused: (day: number) => boolean,
): Segment[] {
  const first = steps[0]!.day;
  const turns = spans.flatMap(({ from, to }) => [from, to]);
  const later = turns.filter((day) => day > first && Number.isFinite(day));
  const days = [...new Set([...steps.map(({ day }) => day), ...later])];
  days.sort((a, b) => a - b);
  const segments: Segment[] = [];
  for (const day of days) {
    const { ratePpm } = steps.findLast((step) => step.day <= day)!;
    const before = segments.at(-1);
    const nights = before === undefined ? 0 : day - before.day;
    const misused = isMisused(day);
    const times = misused ? Math.max(overdueTimesPpm, misuseTimesPpm) : overdueTimesPpm;
    const added = misused ? misuseTimesPpm - ppmOne : 0;
    segments.push({
      day,
      ratePpm,
      overdue: BigInt(ratePpm) * BigInt(times),
      misuse: BigInt(ratePpm) * BigInt(added),
      rated: (before?.rated ?? 0) + (before?.ratePpm ?? 0) * nights,
      overdueSum: (before?.overdueSum ?? 0n) + (before?.overdue ?? 0n) * BigInt(nights),
      misuseSum: (before?.misuseSum ?? 0n) + (before?.misuse ?? 0n) * BigInt(nights),
    });
  }
  return segments;
}
