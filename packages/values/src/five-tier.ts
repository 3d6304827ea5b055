// The least tier of loan classification that days past due alone ask for.

/** From the best to the worst; the last three are non-performing. */
export const fiveTiers = ['normal', 'special-mention', 'substandard', 'doubtful', 'loss'] as const;
export type FiveTier = (typeof fiveTiers)[number];

/**
 * Days past due beyond which a claim is at least of a tier, from the worst down.
 *
 * Source: 商业银行金融资产风险分类办法 (CBIRC and PBoC, 2023 no. 1), in force from 2023-07-01, as
 * reposted (domain rules s. 8). Certainty: found, but for the days of technical reasons, which are
 * knowledge and not confirmed. How well a claim is secured changes nothing of it.
 */
export const fiveTierRules = {
  source: '商业银行金融资产风险分类办法 (2023 no. 1): the least tier by days past due.',
  beyondDays: [
    { tier: 'loss', days: 360 },
    { tier: 'doubtful', days: 270 },
    { tier: 'substandard', days: 90 },
    { tier: 'special-mention', days: 0 },
  ],
  /** Overdue for technical reasons, as a payment system that stood still, up to so many days. */
  technicalDaysMost: 7,
} as const;

export interface PastDue {
  readonly daysPastDue: number;
  /** Whether it is overdue for technical reasons only. */
  readonly technical?: boolean;
}

/** The least tier: what else is known of the debtor can only make it worse. */
export function fiveTierFloor({ daysPastDue, technical = false }: PastDue): FiveTier {
  if (!Number.isSafeInteger(daysPastDue) || daysPastDue < 0) {
    throw new RangeError(`days past due are whole days from 0, not ${daysPastDue}`);
  }
  if (technical && daysPastDue <= fiveTierRules.technicalDaysMost) return 'normal';
  return fiveTierRules.beyondDays.find(({ days }) => daysPastDue > days)?.tier ?? 'normal';
}
