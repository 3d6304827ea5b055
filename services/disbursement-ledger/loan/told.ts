// What readers of disbursements have been told of a loan, and whether it has changed since.
import type { LoanContract, Standing } from '@saidao/loans';
import type { Fen, FiveTier } from '@saidao/values';

export interface Told {
  readonly tier: FiveTier;
  readonly nonAccrual: boolean;
  /** Of the schedule told last; empty: none yet. */
  readonly schedule: string;
  readonly claimed: boolean;
  readonly repaid: boolean;
}

export const toldNothing: Told = {
  tier: 'normal',
  nonAccrual: false,
  schedule: '',
  claimed: false,
  repaid: false,
};

export function isSame(one: Told, other: Told): boolean {
  return (Object.keys(one) as (keyof Told)[]).every((name) => one[name] === other[name]);
}

/** Two schedules with the same key are the same, but for one chance in 2 to the 53rd. */
export function scheduleKeyOf({ instalments }: Pick<Standing, 'instalments'>): string {
  // Cyrb53: a digest of the platform is no pure function of ours, and this one guards no secret.
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (const { dueOn, principalFen, interestFen } of instalments) {
    const text = `${dueOn}/${principalFen}/${interestFen};`;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      high = Math.imul(high ^ code, 2_654_435_761);
      low = Math.imul(low ^ code, 1_597_334_677);
    }
  }
  high =
    Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low =
    Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return (4_294_967_296 * (2_097_151 & low) + (high >>> 0)).toString(36);
}

/** What a loan's telling depends on. */
interface Telling {
  readonly contract: LoanContract;
  readonly reservedFen: Fen;
  readonly told: Told;
}

/** What there is to be told now. */
export function toTell(account: Telling, standing: Standing, tier: FiveTier): Told {
  return {
    ...toTellOfDays(account, standing, tier),
    schedule: standing.drawnFen > 0n ? scheduleKeyOf(standing) : '',
  };
}

function toTellOfDays(
  { reservedFen, told }: Telling,
  standing: Standing,
  tier: FiveTier,
): Omit<Told, 'schedule'> {
  return {
    tier,
    nonAccrual: standing.nonAccrualFrom !== null,
    // Told once: what is paid afterwards makes the claim less, and is told as such. What was paid
    // before and told late may leave no claim at all.
    claimed: standing.guaranteeClaimedOn !== null && (told.claimed || standing.claimedFen > 0n),
    // While more can be drawn what secures it is not let go.
    repaid: standing.settled && reservedFen === 0n,
  };
}

/**
 * Whether a closed day says anything new. A schedule changes with time only where its rate is
 * reset, and where the guarantor had paid before it was asked: by anything else that happens it is
 * told at once. `last` is where the loan stands by all that happened, on later days too.
 */
export function isNews(
  account: Telling,
  standing: Standing,
  tier: FiveTier,
  last: Standing,
): boolean {
  const { told, contract } = account;
  const now = toTellOfDays(account, standing, tier);
  if (!isSame({ ...told, ...now }, told)) return true;
  const mayChange = contract.lpr !== null || last.guaranteePaidFen > 0n;
  if (!mayChange || last.drawnFen === 0n) return false;
  return scheduleKeyOf(last) !== told.schedule;
}
