// The facts that rule tables read: flat, and every one always there, so that no cell meets a null.

export interface Facts {
  readonly productId: string;
  readonly productOffered: boolean;
  readonly purposeBarred: boolean;
  /** It names a barred purpose among other words. */
  readonly purposeDoubtful: boolean;
  readonly termInRange: boolean;
  readonly repaymentOffered: boolean;
  readonly amountReachesLeast: boolean;
  readonly sizeInScope: 'yes' | 'no' | 'unknown';
  readonly sizeClass: string;
  readonly usccValid: boolean;
  readonly bureauConsent: 'given' | 'missing';
  readonly personsConsent: 'given' | 'missing';
  readonly kycState: 'clear' | 'adverse' | 'unknown' | 'missing';
  /** Checks of who the applicant is that are adverse: LICENCE, PERSONS_LISTS … */
  readonly kycAdverse: readonly string[];
  readonly enterpriseEnded: boolean;
  /** Checks of the enterprise that are adverse: REGISTRY, DISHONEST_DEBTORS … */
  readonly adverseChecks: readonly string[];
  readonly unknownFacts: boolean;
  readonly relatedParty: boolean;
  readonly adverseGrounds: readonly string[];
  /** Codes of what an officer has to know of the bundle. */
  readonly bundleNotes: readonly string[];
  readonly lifeState: 'none' | 'enough' | 'short';
  readonly coverageEnough: boolean;
  readonly grade: string;
  readonly gradeGate: 'none' | 'met' | 'below' | 'far-below';
  readonly talentGate: 'none' | 'met' | 'unmet' | 'missing';
  /** The best grade among the talents who open the gate; none, or missing. */
  readonly talentGrade: string;
  readonly researchGate: 'none' | 'met' | 'low-intensity' | 'no-milestone' | 'missing';
  readonly needKind: 'working-capital' | 'talent-band' | 'research-budget';
  readonly needState: 'known' | 'missing' | 'not-positive';
  readonly securityKind: 'pledge' | 'mixed' | 'guarantee' | 'risk-pool' | 'none';
  readonly securityState: 'none' | 'enough' | 'short' | 'missing';
  readonly guaranteeState: 'none' | 'confirmed' | 'refused' | 'short' | 'unknown' | 'missing';
  readonly exposureState: 'enough' | 'short' | 'none';
  readonly payeesState: 'none' | 'fit' | 'unfit' | 'missing';
  readonly lprKnown: boolean;
  readonly termMonths: number;
  readonly proposedFen: number;
  readonly proposedReachesLeast: boolean;
  readonly policyUpToFen: number;
  readonly officerUpToFen: number;
  readonly seniorOfficerUpToFen: number;
  /** What stands in the way of an approval by policy; overridden: it overrides a rule. */
  readonly standing: 'clear' | 'referred' | 'overridden';
}

/** The facts of nothing at all; also what a table is tried on when it is loaded. */
export const noFacts: Facts = {
  productId: '',
  productOffered: false,
  purposeBarred: false,
  purposeDoubtful: false,
  termInRange: true,
  repaymentOffered: true,
  amountReachesLeast: true,
  sizeInScope: 'yes',
  sizeClass: 'unknown',
  usccValid: true,
  bureauConsent: 'given',
  personsConsent: 'given',
  kycState: 'clear',
  kycAdverse: [],
  enterpriseEnded: false,
  adverseChecks: [],
  unknownFacts: false,
  relatedParty: false,
  adverseGrounds: [],
  bundleNotes: [],
  lifeState: 'none',
  coverageEnough: true,
  grade: '',
  gradeGate: 'none',
  talentGate: 'none',
  talentGrade: 'none',
  researchGate: 'none',
  needKind: 'working-capital',
  needState: 'known',
  securityKind: 'none',
  securityState: 'none',
  guaranteeState: 'none',
  exposureState: 'enough',
  payeesState: 'none',
  lprKnown: true,
  termMonths: 0,
  proposedFen: 0,
  proposedReachesLeast: true,
  policyUpToFen: 0,
  officerUpToFen: 0,
  seniorOfficerUpToFen: 0,
  standing: 'clear',
};

const safe = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * An amount as a whole number of fen for a table. Beyond 90 trillion yuan it stays at the bound,
 * which lies on the same side of every threshold.
 */
export function figureOf(fen: bigint): number {
  return Number(fen > safe ? safe : fen < -safe ? -safe : fen);
}
