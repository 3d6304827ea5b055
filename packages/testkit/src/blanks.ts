// Records with nothing supplied and nothing found, for specs to say what matters on top of.
import type {
  ApplicationContent,
  ApprovalUndone,
  Bundle,
  DecisionBasis,
  DisbursementAuthorised,
  Enterprise,
  EnterpriseChecked,
  EnterpriseScored,
  LoanBooked,
  OfferExpired,
  PatentFinding,
  RepaymentBooked,
} from '@saidao/schemas';

/** What an application may add to product, enterprise, request and patents. */
export const blankContent = {
  valuation: null,
  guarantee: null,
  consents: [],
  declarations: [],
  contract: null,
  supportingValuation: null,
  market: null,
  kyc: null,
} satisfies Partial<ApplicationContent>;

/** What an enterprise may supply beyond its name, code and trade. */
export const blankEnterprise = {
  staff: null,
  scienceStaff: null,
  founded: null,
  revenue: null,
  rd: null,
  qualifications: null,
  subsidies: null,
  exports: null,
  talents: null,
  equityRaised: null,
  nextYearRdBudget: null,
  workingCapital: null,
  assets: null,
  costs: null,
} satisfies Partial<Enterprise>;

/** A patent of which nobody has said anything. */
export const blankPatentFinding = {
  kind: null,
  filed: null,
  expires: null,
  grounds: [],
  usable: false,
  appraised: null,
  granted: null,
  status: null,
  annuity: null,
  sameDay: null,
  ipc: [],
  remainingMonths: null,
  pledgeRatePpm: null,
  scores: null,
  evidence: [],
  owners: [],
  valued: true,
} satisfies Partial<PatentFinding>;

export const blankBundle: Bundle = {
  findings: [],
  usable: [],
  usableAppraised: null,
  internalValue: null,
  lendingValue: null,
  valueBasis: null,
  haircutPpm: null,
  internalRange: null,
  pledgeable: null,
  methods: [],
  notes: [],
  shortestRemainingMonths: null,
  policy: null,
};

/** Nothing was asked about the enterprise. */
export const blankChecks = {
  guarantee: null,
  checks: [],
  registry: null,
  bureau: null,
  validUntil: null,
} satisfies Partial<EnterpriseChecked>;

/** What a score says beyond identity, card, points and bundle. */
export const blankScore = {
  round: 1,
  cause: 'VERIFIED',
  inputHash: '',
  stage: null,
  stars: 1,
  missing: [],
  reasonsFor: [],
  reasonsAgainst: [],
  derived: null,
  checks: [],
  validUntil: null,
  guarantee: null,
  gradeFloors: [],
} satisfies Partial<EnterpriseScored>;

/** What a decision's basis tells beyond policy, score, limits and rules. */
export const blankBasis = {
  policyRole: null,
  productVersion: null,
  businessDate: null,
  scoreDigest: null,
  scoreInputHash: null,
  facts: [],
  findings: [],
  exposure: null,
  tier: null,
  overrides: [],
  naturalPersons: false,
  counterfactuals: [],
} satisfies Partial<DecisionBasis>;

/** An end of an offer that does not say what it was about. */
export const blankExpired = { about: null, terms: null } satisfies Partial<OfferExpired>;
export const blankUndone = {
  ...blankExpired,
  undoneBy: [],
  reasonCode: null,
} satisfies Partial<ApprovalUndone>;

/** What an authorisation tells the ledger beyond terms and date. */
export const blankAuthorised = {
  about: null,
  approved: null,
  verifiedUntil: null,
  guaranteed: null,
  inclusive: [],
} satisfies Partial<DisbursementAuthorised>;

/** What a loan's booking tells beyond its terms. */
export const blankBooked = {
  productId: null,
  guarantee: null,
  undrawn: null,
} satisfies Partial<LoanBooked>;

/** What a repayment's booking tells beyond amounts and date. */
export const blankRepaymentBooked = {
  source: null,
  reference: null,
  valueDate: null,
  parts: null,
  undrawn: null,
} satisfies Partial<RepaymentBooked>;
