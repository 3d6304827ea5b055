// The way of an application in time: intended send, each hop's append, and when its end was read outside.
import type { EventName } from '@saidao/schemas';
import { percentilesOf, type Percentiles } from './percentiles.ts';

/** Milliseconds since 1970; appends by the broker's clock, which is this machine's. */
export type Times = Partial<Record<EventName | Extra, number>>;
type Extra = 'intended' | 'acceptanceSent' | 'decisionRead' | 'bookedRead';

/** From one moment to the next; together the way to the decision and the way to the booked loan. */
export const HOPS = [
  ['intended → submissions', 'intended', 'ApplicationSubmitted'],
  ['submissions → applications', 'ApplicationSubmitted', 'ApplicationReceived'],
  ['applications → patent-findings', 'ApplicationReceived', 'PatentsVerified'],
  ['patent-findings → scores', 'PatentsVerified', 'EnterpriseScored'],
  ['scores → decisions', 'EnterpriseScored', 'LoanApproved'],
  ['decisions → read outside', 'LoanApproved', 'decisionRead'],
  ['acceptance sent → submissions', 'acceptanceSent', 'OfferAcceptanceSubmitted'],
  ['acceptance → applications', 'OfferAcceptanceSubmitted', 'OfferAccepted'],
  ['accepted → authorised', 'OfferAccepted', 'DisbursementAuthorised'],
  ['authorised → booked', 'DisbursementAuthorised', 'LoanBooked'],
  ['booked → read outside', 'LoanBooked', 'bookedRead'],
] as const satisfies readonly (readonly [string, keyof Times, keyof Times])[];

export interface Latencies {
  /** Intended send → decision read outside. */
  readonly toDecisionMs: Percentiles;
  /** Acceptance sent → loan booked, committed and read outside. */
  readonly toBookedMs: Percentiles;
  /** The two together, of each application. */
  readonly bothMs: Percentiles;
  readonly hopsMs: Readonly<Record<string, Percentiles>>;
}

/** Throws where an application lacks a moment: nothing may be left out of a percentile silently. */
export function latenciesOf(journeys: ReadonlyMap<string, Times>): Latencies {
  const between = (times: Times, from: keyof Times, to: keyof Times, reference: string) => {
    const [a, b] = [times[from], times[to]];
    if (a === undefined || b === undefined) {
      throw new Error(`${reference} has no ${a === undefined ? from : to}.`);
    }
    return b - a;
  };
  const all = [...journeys];
  const over = (from: keyof Times, to: keyof Times) =>
    all.map(([reference, times]) => between(times, from, to, reference));
  const toDecision = over('intended', 'decisionRead');
  const toBooked = over('acceptanceSent', 'bookedRead');
  return {
    toDecisionMs: percentilesOf(toDecision),
    toBookedMs: percentilesOf(toBooked),
    bothMs: percentilesOf(toDecision.map((ms, at) => ms + (toBooked[at] ?? 0))),
    hopsMs: Object.fromEntries(
      HOPS.map(([name, from, to]) => [name, percentilesOf(over(from, to))]),
    ),
  };
}
