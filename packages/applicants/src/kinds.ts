// The kinds of applicants: what is sound or unsound about each, and how many of 1,000 there are.

/** Of 1,000 generated applicants. A kind's end is what the line, its officers and its script make. */
export const SHARES = {
  // Approved by policy and accepted: no review, no pledge.
  'sound-new-quality': 250,
  'sound-talent': 150,
  'sound-innovation': 130,
  // Approved by policy, paid once the patents are pledged.
  'pledged-by-policy': 100,
  // Above the authority of policy: two officers approve.
  'pledged-by-officers': 60,
  'new-quality-by-officers': 32,
  // The code's check fails: a person has to look; one waits for that, the other was looked at.
  'credit-code-fails': 30,
  'credit-code-verified': 20,
  // Referred, then declined by an officer.
  'officers-disagree': 20,
  'expired-qualification': 40,
  'patent-already-pledged': 30,
  'annuity-unpaid': 30,
  'guarantor-refuses': 30,
  // Declined by policy.
  'barred-purpose': 18,
  // The applicant's doing.
  'offer-declined': 14,
  'pledge-offer-declined': 8,
  withdrawn: 10,
  'pledge-withdrawn': 8,
  amended: 12,
  // Papers and persons: an officer declines; of natural persons' data a person decides, or waits.
  'licence-expired': 4,
  'owner-listed': 4,
} as const;

export type Kind = keyof typeof SHARES;
export type Shares = Readonly<Partial<Record<Kind, number>>>;

export const kinds = Object.keys(SHARES) as readonly Kind[];

/** Kinds that neither officers nor the pledge office hold up: from submission to payout at once. */
export const STRAIGHT_SHARES = {
  'sound-new-quality': 250,
  'sound-talent': 150,
  'sound-innovation': 130,
} as const satisfies Shares;

/** 2^32 over the golden ratio: its multiples fill the circle evenly, and so does each prefix. */
const GOLDEN = 0x9e3779b9;
const CIRCLE = 2 ** 32;

/**
 * Gives each place its kind, so that any stretch of places has the shares as nearly as it can;
 * kinds that are not named get none.
 */
export function kindChooser(shares: Shares, seed: number): (index: number) => Kind {
  const named = kinds.filter((kind) => (shares[kind] ?? 0) > 0);
  const total = named.reduce((sum, kind) => sum + (shares[kind] ?? 0), 0);
  const last = named.at(-1);
  const isSound = Object.values(shares).every((share) => Number.isFinite(share) && share >= 0);
  if (last === undefined || !isSound) {
    throw new RangeError('The shares have to be numbers from 0, one of them above 0.');
  }
  let reached = 0;
  const bounds = named.map((kind) => {
    reached += shares[kind] ?? 0;
    return { kind, below: (reached / total) * CIRCLE };
  });
  const offset = Math.imul(seed, 0x85ebca6b) >>> 0;
  return (index) => {
    const at = (offset + Math.imul(index, GOLDEN)) >>> 0;
    return bounds.find(({ below }) => at < below)?.kind ?? last;
  };
}
