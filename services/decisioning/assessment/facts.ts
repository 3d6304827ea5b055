// The facts that rule tables read: flat, and every one always there, so that no cell meets a null.

export interface Facts {
  readonly productOffered: boolean;
  readonly purposeBarred: boolean;
  readonly termInRange: boolean;
  readonly repaymentOffered: boolean;
  readonly amountReachesLeast: boolean;
  readonly sizeInScope: 'yes' | 'no' | 'unknown';
  readonly sizeClass: string;
  readonly usccValid: boolean;
  readonly unknownFacts: boolean;
  readonly adverseGrounds: readonly string[];
  /** Checks of the enterprise that are adverse: REGISTRY, DISHONEST_DEBTORS … */
  readonly adverseChecks: readonly string[];
  readonly bureauConsent: 'given' | 'missing';
  /** Codes of what an officer has to know of the bundle. */
  readonly bundleNotes: readonly string[];
  readonly lprKnown: boolean;
  readonly coverageEnough: boolean;
  readonly grade: string;
  readonly gradeGate: 'none' | 'met' | 'below';
  readonly needState: 'known' | 'missing' | 'not-positive';
  readonly securityKind: 'pledge' | 'guarantee' | 'none';
  readonly securityState: 'none' | 'enough' | 'short' | 'missing';
  readonly lifeState: 'none' | 'enough' | 'short';
  readonly exposureState: 'enough' | 'short' | 'none';
  readonly guaranteeState: 'none' | 'confirmed' | 'refused' | 'short' | 'unknown' | 'missing';
  readonly talentGate: 'none' | 'met' | 'unmet' | 'missing';
  readonly researchGate: 'none' | 'met' | 'low-intensity' | 'no-milestone' | 'missing';
  readonly payeesState: 'none' | 'fit' | 'unfit' | 'missing';
  readonly termMonths: number;
  readonly proposedFen: number;
  readonly proposedReachesLeast: boolean;
  readonly automaticUpToFen: number;
}

/** The facts of nothing at all; also what a table is tried on when it is loaded. */
export const noFacts: Facts = {
  productOffered: false,
  purposeBarred: false,
  termInRange: true,
  repaymentOffered: true,
  amountReachesLeast: true,
  sizeInScope: 'yes',
  sizeClass: 'unknown',
  usccValid: true,
  unknownFacts: false,
  adverseGrounds: [],
  adverseChecks: [],
  bureauConsent: 'given',
  bundleNotes: [],
  lprKnown: true,
  coverageEnough: true,
  grade: '',
  gradeGate: 'none',
  needState: 'known',
  securityKind: 'none',
  securityState: 'none',
  lifeState: 'none',
  exposureState: 'enough',
  guaranteeState: 'none',
  talentGate: 'none',
  researchGate: 'none',
  payeesState: 'none',
  termMonths: 0,
  proposedFen: 0,
  proposedReachesLeast: true,
  automaticUpToFen: 0,
};

const safe = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * An amount as a whole number of fen for a table. Beyond 90 trillion yuan it stays at the bound,
 * which lies on the same side of every threshold.
 */
export function figureOf(fen: bigint): number {
  return Number(fen > safe ? safe : fen < -safe ? -safe : fen);
}
