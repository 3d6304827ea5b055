// How a repayment is taken: which claim first, and what is left over.
import { minFen, sumFen, type BusinessDate, type Fen } from '@saidao/values';

export const claimKinds = ['COSTS', 'PENALTY', 'COMPOUND', 'INTEREST', 'PRINCIPAL'] as const;
/**
 * What is claimed: costs of collecting, penalty interest on overdue principal, interest on unpaid
 * interest, interest and principal.
 */
export type ClaimKind = (typeof claimKinds)[number];

/** What was taken for each kind of claim. */
export interface PaidParts {
  readonly costsFen: Fen;
  readonly penaltyFen: Fen;
  readonly compoundFen: Fen;
  readonly interestFen: Fen;
  readonly principalFen: Fen;
}

/** What of a loan is owed and due. */
export interface Claim {
  readonly kind: ClaimKind;
  /** Of which instalment; null: of the loan as a whole. */
  readonly instalment: number | null;
  readonly dueOn: BusinessDate;
  readonly owedFen: Fen;
}

/** In which order claims are met; a lender's own, as data. */
export interface Waterfall {
  readonly source: string;
  readonly order: readonly ClaimKind[];
  /** Beyond so many days past due another order holds; null: the same one always. */
  readonly afterDays: { readonly beyondDays: number; readonly order: readonly ClaimKind[] } | null;
}

/** Costs, then interest, then principal; that penalty goes before ordinary interest is ours. */
export const waterfallDefault: Waterfall = {
  source: 'Civil Code art. 561: costs, interest, principal; penalty before interest is our policy',
  order: claimKinds,
  afterDays: null,
};

export interface Allocation {
  readonly kind: ClaimKind;
  readonly instalment: number | null;
  readonly amountFen: Fen;
}

export interface Allocated {
  /** In the order in which they were met; none of nought. */
  readonly allocations: readonly Allocation[];
  /** What nothing is owed for. */
  readonly overFen: Fen;
}

/** Meets claims kind by kind and within a kind the oldest first, as far as the amount goes. */
export function allocate(
  amountFen: Fen,
  claims: readonly Claim[],
  waterfall: Waterfall,
  daysPastDue: number,
): Allocated {
  if (amountFen <= 0n) throw new RangeError(`A repayment of ${amountFen} fen is none.`);
  const { order } = waterfall;
  const { afterDays } = waterfall;
  const isLate = afterDays !== null && daysPastDue > afterDays.beyondDays;
  const ranks = isLate ? afterDays.order : order;
  let leftFen = amountFen;
  const allocations: Allocation[] = [];
  for (const { kind, instalment, owedFen } of sorted(claims, ranks)) {
    const metFen = minFen(leftFen, owedFen);
    if (metFen <= 0n) continue;
    allocations.push({ kind, instalment, amountFen: metFen });
    leftFen -= metFen;
  }
  return { allocations, overFen: leftFen };
}

/** Every fault of a waterfall as a sentence: a kind left out would never be paid. */
export function faultsOfWaterfall({ order, afterDays }: Waterfall): string[] {
  const faults = faultsOfOrder(order, 'the order');
  if (afterDays === null) return faults;
  const { beyondDays } = afterDays;
  if (!Number.isInteger(beyondDays) || beyondDays < 0) {
    faults.push(`beyond ${beyondDays} days past due is no bound`);
  }
  return [...faults, ...faultsOfOrder(afterDays.order, `the order beyond ${beyondDays} days`)];
}

/** The sum that is owed. */
export function owedFen(claims: readonly Claim[]): Fen {
  return sumFen(claims.map((claim) => claim.owedFen));
}

function sorted(claims: readonly Claim[], ranks: readonly ClaimKind[]): Claim[] {
  return [...claims].sort((a, b) => {
    const byKind = ranks.indexOf(a.kind) - ranks.indexOf(b.kind);
    if (byKind !== 0) return byKind;
    if (a.dueOn !== b.dueOn) return a.dueOn < b.dueOn ? -1 : 1;
    return (a.instalment ?? 0) - (b.instalment ?? 0);
  });
}

function faultsOfOrder(order: readonly ClaimKind[], what: string): string[] {
  const missing = claimKinds.filter((kind) => !order.includes(kind));
  const faults = missing.map((kind) => `${what} leaves out ${kind}`);
  if (new Set(order).size !== order.length) faults.push(`${what} names one twice`);
  for (const kind of order) if (!claimKinds.includes(kind)) faults.push(`${what} names ${kind}`);
  return faults;
}
