// Types of events and their parts, generated from avro/ by `npm run generate`; do not edit.

/** An amount of money; never a float. */
export interface Money {
  /** In the minor unit of the currency: fen for CNY. */
  minor: bigint;
  /** ISO 4217 code; CNY. */
  currency: string;
}

/** An amount of one calendar year. */
export interface YearAmount {
  /** Calendar year, as 2025. */
  year: number;
  amount: Money;
}

/** A recognised title of the enterprise, such as a high-tech certificate. */
export interface Qualification {
  kind: string;
  /** First valid day, YYYY-MM-DD. */
  validFrom: string;
  /** Last valid day, YYYY-MM-DD. */
  validTo: string;
}

/** A government subsidy received. */
export interface Subsidy {
  year: number;
  amount: Money;
  /** Level of government that granted it. */
  level: string;
}

/** A recognised talent of the enterprise, without name: only the finding travels. */
export interface Talent {
  /** Grade in the city catalogue, A to F. */
  grade: string;
  /** Share of the enterprise held, in parts per million. */
  holdsPpm: number;
  /** True if the recognition was confirmed. */
  recognised: boolean;
}

/** What the working-capital formula needs beyond revenue; days are yearly averages. */
export interface WorkingCapital {
  /** Profit margin on sales, in parts per million. */
  marginPpm: number;
  inventoryDays: number;
  receivableDays: number;
  payableDays: number;
  prepaymentDays: number;
  advanceDays: number;
  /** Own funds available for working capital. */
  ownFunds: Money;
  /** Working-capital loans already outstanding. */
  existingLoans: Money;
}

/** The applicant, as the channel states it. */
export interface EnterpriseSubmitted {
  name: string;
  /** Unified social credit code as typed. */
  uscc: string;
  /** Sector of the size-class table, such as industry or software. */
  sector: string;
  /** Industry the enterprise states. */
  industry: string;
  /** People employed; null: not supplied. */
  staff: number | null;
  /** Of them in science and technology. */
  scienceStaff: number | null;
  /** YYYY-MM-DD. */
  founded: string | null;
  /** Null: not supplied; empty: known none. So for every list here. */
  revenue: YearAmount[] | null;
  /** Spending on research and development. */
  rd: YearAmount[] | null;
  qualifications: Qualification[] | null;
  subsidies: Subsidy[] | null;
  exports: YearAmount[] | null;
  talents: Talent[] | null;
  /** Equity paid in by investors so far. */
  equityRaised: Money | null;
  /** Research budget of the next twelve months. */
  nextYearRdBudget: Money | null;
  workingCapital: WorkingCapital | null;
  /** Total assets at the last year’s end. */
  assets: Money | null;
  /** Costs and expenses. */
  costs: YearAmount[] | null;
}

/** Who receives loan money: an enterprise, or a token that the payout rail resolves. */
export interface Payee {
  name: string;
  amount: Money;
}

/** What the applicant asks for. */
export interface LoanRequest {
  amount: Money;
  termMonths: number;
  purpose: string;
  /** EQUAL_INSTALMENT, EQUAL_PRINCIPAL, INTEREST_MONTHLY_PRINCIPAL_AT_END or BULLET. */
  repayment: string;
  /** Named payees; empty: the applicant itself. */
  payees: Payee[];
}

/** A patent offered, as the channel states it. */
export interface PatentSubmitted {
  /** Application number as typed. */
  number: string;
  /** Value by an outside appraiser. */
  appraised: Money | null;
}

/** Inputs of the relief-from-royalty valuation. */
export interface ValuationInputs {
  /** Yearly revenue owed to the patents, year 0. */
  attributableRevenueBase: Money;
  /** Yearly growth of that revenue, in parts per million. */
  growthPpm: number;
  /** Years the growth lasts. */
  growthYears: number;
  /** Years counted at most. */
  years: number;
  /** Royalty rate, in parts per million of revenue. */
  royaltyPpm: number;
  /** Income-tax rate, in parts per million. */
  taxPpm: number;
  /** Yearly discount rate, in parts per million. */
  discountPpm: number;
  /** endYear or midYear: when in the year the money is counted. */
  timing: string;
}

/** A guarantee institution that shares the risk. */
export interface Guarantee {
  institution: string;
  /** Share of the risk it bears, in parts per million. */
  sharePpm: number;
}

/** A written consent to be asked about, by its purpose. */
export interface Consent {
  /** CREDIT_BUREAU. */
  purpose: string;
  id: string;
  /** YYYY-MM-DD. */
  signedOn: string;
}

/** A signed statement that a ground against a pledge is known and taken. */
export interface Declaration {
  /** PL08: a co-owner consents; PL10, PL11: the pledgor was told and wants the pledge. */
  ground: string;
  /** Application number. */
  patentNumber: string;
  statementId: string;
  /** USCC of who signed; the registered name of one without. */
  signedBy: string;
  /** YYYY-MM-DD. */
  signedOn: string;
  /** SHA-256 of the signed document, hex. */
  documentHash: string;
}

/** The pledge contract as far as it is agreed. */
export interface PledgeContract {
  reference: string;
  /** Required items it has: PARTIES, DEBT, TERM, PATENTS, SCOPE. */
  items: string[];
  /** True: the patents fall to the creditor by themselves (流质). Null: not read. */
  forfeiture: boolean | null;
}

/** Inputs of the profit-split method. */
export interface ProfitSplitInputs {
  /** Of the years to come, the first of them first. */
  netProfits: Money[];
  /** Share of profit owed to the patents, in parts per million. */
  splitPpm: number;
  /** Yearly discount rate, in parts per million. */
  discountPpm: number;
}

/** Inputs of the cost method. */
export interface CostInputs {
  /** Cost of making the patents anew. */
  replacement: Money;
  /** In parts per million. */
  depreciationPpm: number;
}

/** A sale of comparable patents. */
export interface MarketComparable {
  price: Money;
  /** Factor that makes it comparable, in parts per million. */
  adjustmentPpm: number;
  source: string;
}

/** Inputs of further methods of valuation, from the applicant or an appraiser. */
export interface SupportingValuation {
  profitSplit: ProfitSplitInputs | null;
  cost: CostInputs | null;
  comparables: MarketComparable[];
}

/** Growth of the market the enterprise sells to, with its source. */
export interface MarketOutlook {
  /** Yearly, in parts per million. */
  growthPpm: number;
  source: string;
  /** YYYY-MM-DD. */
  asOf: string;
}

/** A natural person to reach: personal data, never leaves intake. */
export interface Contact {
  name: string;
  phone: string;
}

/** The business licence. */
export interface LicenceSubmitted {
  /** As printed: the credit code. */
  number: string;
  /** Last valid day, YYYY-MM-DD; null: without end. */
  validTo: string | null;
  /** SHA-256 of the copy, hex. */
  documentHash: string;
}

/** A natural person of the enterprise: personal data, never leaves intake. */
export interface PersonSubmitted {
  /** LEGAL_REPRESENTATIVE, BENEFICIAL_OWNER, SIGNATORY or TALENT. */
  role: string;
  name: string;
  /** Resident identity number or passport number. */
  idNumber: string;
  /** Share of the enterprise held, in parts per million. */
  holdsPpm: number | null;
  /** Written consent that the credit bureau is asked about the person. */
  consentId: string | null;
  /** SHA-256 of the document that the role stands on, hex: power of attorney, certificate. */
  documentHash: string | null;
  /** Number of a talent’s certificate. */
  certificate: string | null;
}

/** A channel submits an application. */
export interface ApplicationSubmitted {
  lenderId: string;
  /** Who sends it, such as portal or partner. */
  channel: string;
  /** The channel's own name for the application; unique in the channel. */
  reference: string;
  productId: string;
  enterprise: EnterpriseSubmitted;
  request: LoanRequest;
  patents: PatentSubmitted[];
  valuation: ValuationInputs | null;
  guarantee: Guarantee | null;
  consents: Consent[];
  declarations: Declaration[];
  /** Null: drawn from the lender’s own template. */
  contract: PledgeContract | null;
  supportingValuation: SupportingValuation | null;
  market: MarketOutlook | null;
  /** Personal data. */
  contact: Contact | null;
  licence: LicenceSubmitted | null;
  /** Personal data. Null: not supplied. */
  persons: PersonSubmitted[] | null;
  /** Who submits: the principal, or the person whom a system names; a door puts it in. */
  submittedBy: string | null;
}

/** A channel replaces the content of an application it submitted. */
export interface AmendmentSubmitted {
  lenderId: string;
  /** Who sends it, such as portal or partner. */
  channel: string;
  /** The channel's own name for the application; unique in the channel. */
  reference: string;
  productId: string;
  enterprise: EnterpriseSubmitted;
  request: LoanRequest;
  patents: PatentSubmitted[];
  valuation: ValuationInputs | null;
  guarantee: Guarantee | null;
  consents: Consent[];
  declarations: Declaration[];
  /** Null: drawn from the lender’s own template. */
  contract: PledgeContract | null;
  supportingValuation: SupportingValuation | null;
  market: MarketOutlook | null;
  /** Personal data. */
  contact: Contact | null;
  licence: LicenceSubmitted | null;
  /** Personal data. Null: not supplied. */
  persons: PersonSubmitted[] | null;
  /** Who submits: the principal, or the person whom a system names; a door puts it in. */
  submittedBy: string | null;
}

/** A channel withdraws an application. */
export interface WithdrawalSubmitted {
  lenderId: string;
  /** Who sends it, such as portal or partner. */
  channel: string;
  /** The channel's own name for the application; unique in the channel. */
  reference: string;
  reason: string;
}

/** The applicant accepts the offer. */
export interface OfferAcceptanceSubmitted {
  lenderId: string;
  /** Who sends it, such as portal or partner. */
  channel: string;
  /** The channel's own name for the application; unique in the channel. */
  reference: string;
}

/** The applicant declines the offer. */
export interface OfferDeclineSubmitted {
  lenderId: string;
  /** Who sends it, such as portal or partner. */
  channel: string;
  /** The channel's own name for the application; unique in the channel. */
  reference: string;
  reason: string;
}

/** The applicant, as checked by intake. */
export interface Enterprise {
  name: string;
  /** Unified social credit code, normalised: 18 characters. */
  uscc: string;
  /** False if a check character is wrong; leads to a referral, never to a decline. */
  usccValid: boolean;
  /** Sector of the size-class table, such as industry or software. */
  sector: string;
  /** Industry the enterprise states. */
  industry: string;
  /** People employed; null: not supplied. */
  staff: number | null;
  /** Of them in science and technology. */
  scienceStaff: number | null;
  /** YYYY-MM-DD. */
  founded: string | null;
  /** Null: not supplied; empty: known none. So for every list here. */
  revenue: YearAmount[] | null;
  /** Spending on research and development. */
  rd: YearAmount[] | null;
  qualifications: Qualification[] | null;
  subsidies: Subsidy[] | null;
  exports: YearAmount[] | null;
  talents: Talent[] | null;
  /** Equity paid in by investors so far. */
  equityRaised: Money | null;
  /** Research budget of the next twelve months. */
  nextYearRdBudget: Money | null;
  workingCapital: WorkingCapital | null;
  /** Total assets at the last year’s end. */
  assets: Money | null;
  /** Costs and expenses. */
  costs: YearAmount[] | null;
}

/** A patent offered, as checked by intake. */
export interface PatentClaim {
  /** Application number, normalised: 201710601862.3. */
  number: string;
  /** False if the check character is wrong. */
  numberValid: boolean;
  /** Value by an outside appraiser. */
  appraised: Money | null;
}

/** Results that are never mixed: CLEAR passes, so does WAIVED where a recorded declaration lifts the ground; UNKNOWN leads to a referral. */
export type Finding = 'CLEAR' | 'ADVERSE' | 'WAIVED' | 'UNKNOWN';

/** Whom we asked, when, and a hash of the answer. */
export interface Evidence {
  provider: string;
  /** Epoch milliseconds. */
  askedAt: bigint;
  /** Epoch milliseconds; null: never answered. */
  answeredAt: bigint | null;
  /** SHA-256 of the raw answer as it was received, hex. */
  answerHash: string | null;
  fromCache: boolean;
  attempts: number;
  /** Where the raw answer is kept, as verify.provider_calls/<id>; null: there was none. */
  keptAt: string | null;
}

/** One check of who the applicant is and who acts for it. Only the finding travels, never a person’s data. */
export interface KycFinding {
  /** LICENCE, LEGAL_REPRESENTATIVE, BENEFICIAL_OWNERS, AUTHORITY_TO_SIGN, PERSONS_LISTS, PERSONS_BUREAU or TALENTS. */
  code: string;
  result: Finding;
  reason: string;
  /** True: drawn from data of natural persons. */
  naturalPersons: boolean;
  /** Written consents under which it was asked; null where one is missing and it is unknown for that. */
  consentId: string | null;
  evidence: Evidence | null;
}

/** What an application says, normalised. */
export interface ApplicationContent {
  productId: string;
  enterprise: Enterprise;
  request: LoanRequest;
  patents: PatentClaim[];
  valuation: ValuationInputs | null;
  guarantee: Guarantee | null;
  consents: Consent[];
  declarations: Declaration[];
  /** Null: drawn from the lender’s own template. */
  contract: PledgeContract | null;
  supportingValuation: SupportingValuation | null;
  market: MarketOutlook | null;
  /** Null: of a time when nobody was checked. */
  kyc: KycFinding[] | null;
}

/** An application was taken in. */
export interface ApplicationReceived {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  channel: string;
  /** The channel's own name for the application. */
  reference: string;
  /** Asia/Shanghai, YYYY-MM-DD. */
  businessDate: string;
  content: ApplicationContent;
  /** Who submitted it, where that is known: this person decides nothing on it. */
  submittedBy: string | null;
}

/** Its content was replaced; the revision grows. */
export interface ApplicationAmended {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  channel: string;
  /** The channel's own name for the application. */
  reference: string;
  /** Asia/Shanghai, YYYY-MM-DD. */
  businessDate: string;
  content: ApplicationContent;
  /** Who submitted it, where that is known: this person decides nothing on it. */
  submittedBy: string | null;
}

/** The channel took it back. */
export interface ApplicationWithdrawn {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  reason: string;
}

/** The applicant accepted the offer. */
export interface OfferAccepted {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  /** Epoch milliseconds: when the broker appended the submission. */
  acceptedAt: bigint;
  /** The day of that, YYYY-MM-DD in Asia/Shanghai. */
  businessDate: string;
}

/** The applicant declined the offer. */
export interface OfferDeclined {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  reason: string;
}

/** Why a submission changed nothing. UNKNOWN: not known here. */
export type RejectionCode = 'CONFLICT' | 'CLOSED' | 'INVALID' | 'NO_OFFER' | 'UNKNOWN_APPLICATION' | 'UNKNOWN';

/** One fault of a submission. */
export interface Fault {
  /** Where, as enterprise.revenue[2].amount. */
  path: string;
  code: string;
  message: string;
}

/** A submission changed nothing, and why. */
export interface SubmissionRejected {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  channel: string;
  reference: string;
  code: RejectionCode;
  /** Event type of the submission. */
  submission: string;
  faults: Fault[];
}

/** What the guarantor said. */
export interface GuaranteeFinding {
  institution: string;
  /** Share of the risk, in parts per million. */
  sharePpm: number;
  result: Finding;
  /** The guarantor's own reference. */
  reference: string | null;
  evidence: Evidence | null;
}

/** One check of the enterprise that is not about patents. */
export interface EnterpriseCheck {
  /** REGISTRY, DISHONEST_DEBTORS, SERIOUS_VIOLATIONS or CREDIT_BUREAU. */
  code: string;
  result: Finding;
  reason: string;
  /** Of the registry: in-business, abnormal, revoked, deregistered or moved-out; null: not known, or another check. */
  status: string | null;
  /** Written consent under which it was asked. */
  consentId: string | null;
  evidence: Evidence | null;
}

/** What the enterprise registry says. */
export interface RegistryFacts {
  name: string;
  /** in-business, abnormal, revoked, deregistered or moved-out. */
  status: string;
  /** YYYY-MM-DD. */
  established: string;
  /** Division of GB/T 2260, six digits. */
  regionCode: string;
  /** Class of GB/T 4754, as C3569. */
  industryCode: string;
  registeredCapital: Money | null;
  /** People in social insurance. */
  insuredStaff: number | null;
  /** Credit code of the head of its group; null: it belongs to none. */
  groupHead: string | null;
}

/** What the credit bureau says of the enterprise. */
export interface BureauFacts {
  /** Loans outstanding at all institutions. */
  creditBalance: Money;
  overdueBalance: Money;
  /** Worst of the five tiers among its debts: normal to loss. */
  worstTier: string;
  /** Debts of others that it guarantees. */
  guaranteeBalance: Money;
}

/** What was asked about the enterprise; comes just before PatentsVerified. */
export interface EnterpriseChecked {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  /** Null: no guarantee offered. */
  guarantee: GuaranteeFinding | null;
  checks: EnterpriseCheck[];
  registry: RegistryFacts | null;
  bureau: BureauFacts | null;
  /** Epoch milliseconds: asked again afterwards. */
  validUntil: bigint | null;
}

/** One ground on which a pledge can be refused, judged. */
export interface GroundFinding {
  /** PL01 to PL12. */
  code: string;
  result: Finding;
  reason: string;
  /** Providers whose answers it was judged by; they stand in the evidence of the patent. */
  evidence: string[];
  /** Statement ids of the signed declarations that waive it. */
  declarations: string[];
}

/** How the yearly fees of a patent stand on the business date. */
export interface AnnuityFinding {
  /** paid, grace or lapsed. */
  standing: string;
  /** The year whose fee is next or unpaid; null: no further fee. */
  patentYear: number | null;
  /** Last day to pay that fee in time, YYYY-MM-DD. */
  dueOn: string | null;
  /** Last day on which fee and surcharge keep the right, YYYY-MM-DD. */
  graceEndsOn: string | null;
  fee: Money | null;
  /** On the business date; null: none is owed. */
  surcharge: Money | null;
}

/** Sub-scores of one patent after the levels of GB/T 42748; the weights are not official. */
export interface PatentScores {
  /** Hundredths of a point, of 100 points. */
  legal: number;
  /** Hundredths of a point, of 100 points. */
  technical: number;
  /** Hundredths of a point, of 100 points. */
  economic: number;
  /** Weighted, in hundredths of a point, of 100 points. */
  total: number;
  /** 1 to 5. */
  stars: number;
  /** Share of the weights whose data were known, in parts per million. */
  coveragePpm: number;
  /** Id and version of the weights, as saidao-lending@1. */
  weightSet: string;
  /** False: the weights are nobody’s but ours. */
  official: boolean;
}

/** What the register said of one patent. */
export interface PatentFinding {
  number: string;
  /** invention, utility-model or design; null: not known. */
  kind: string | null;
  /** Filing date, YYYY-MM-DD. */
  filed: string | null;
  /** First day no longer in force, YYYY-MM-DD. */
  expires: string | null;
  grounds: GroundFinding[];
  /** True if no ground is adverse or unknown. */
  usable: boolean;
  appraised: Money | null;
  /** Day of grant, YYYY-MM-DD. */
  granted: string | null;
  /** Legal status as the register has it, as granted or in-invalidation. */
  status: string | null;
  annuity: AnnuityFinding | null;
  /** Number of the application filed on the same day for the same creation. */
  sameDay: string | null;
  /** Classes of the International Patent Classification, as H04L12/28. */
  ipc: string[];
  /** Whole months in force from the business date on; null: not known. */
  remainingMonths: number | null;
  /** Share of its value that may be lent, in parts per million; null: none. */
  pledgeRatePpm: number | null;
  scores: PatentScores | null;
  /** One of each provider that was asked about it. */
  evidence: Evidence[];
  /** Credit codes of the owners it was judged by, the name of one without. */
  owners: string[];
  /** False: another patent of the bundle bears its value. */
  valued: boolean;
}

/** A value with what it may fall to and rise to. */
export interface ValueRange {
  low: Money;
  base: Money;
  high: Money;
}

/** A value of the usable patents by one method. */
export interface MethodValue {
  /** RELIEF_FROM_ROYALTY, PROFIT_SPLIT, COST or MARKET. */
  method: string;
  /** Null: its inputs make no value. */
  value: Money | null;
  reason: string;
}

/** What an officer has to know of the bundle; leads to a referral. */
export interface BundleNote {
  /** As INTERNAL_VALUE_UNKNOWN or SAME_DAY_PAIR. */
  code: string;
  patents: string[];
  zh: string;
  en: string;
}

/** The patents of an application, judged together. */
export interface Bundle {
  findings: PatentFinding[];
  /** Numbers of the patents that can be pledged. */
  usable: string[];
  /** Appraised value of the usable ones. */
  usableAppraised: Money | null;
  /** Our own value, by relief from royalty. */
  internalValue: Money | null;
  /** The lower of the two; what may be lent on. */
  lendingValue: Money | null;
  /** LOWER_OF_BOTH, APPRAISAL_LESS_HAIRCUT, INTERNAL or NOTHING_USABLE; null: no value. */
  valueBasis: string | null;
  /** Taken off the appraisal where it stands alone, in parts per million. */
  haircutPpm: number | null;
  /** Our own value with rates less and more favourable; base is internalValue. */
  internalRange: ValueRange | null;
  /** What may be lent on the usable patents by the pledge rates of verification’s policy. */
  pledgeable: ValueRange | null;
  methods: MethodValue[];
  notes: BundleNote[];
  /** Of the usable patents. */
  shortestRemainingMonths: number | null;
  /** Id, version and digest of the valuation policy. */
  policy: string | null;
}

/** What the register says of the patents, and what they are worth. */
export interface PatentsVerified {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  productId: string;
  /** Asia/Shanghai, YYYY-MM-DD. */
  businessDate: string;
  enterprise: Enterprise;
  request: LoanRequest;
  bundle: Bundle;
  /** True: the product needs a pledge, scoring waits for its lock. */
  pledgeRequested: boolean;
  market: MarketOutlook | null;
  /** Epoch milliseconds: asked again afterwards. */
  validUntil: bigint | null;
  /** 1 for the first verification of this revision, 2 for the next … */
  round: number;
  /** Reference of the pledge contract; null: drawn from the lender’s template. */
  contract: string | null;
}

/** A patent that cannot be pledged. */
export interface PledgeRefusal {
  number: string;
  /** PL01 to PL12. */
  ground: string;
  reason: string;
}

/** Patents are kept for this application; no other can take them. */
export interface PledgeLocked {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  patents: string[];
  /** Those that were not free. */
  refused: PledgeRefusal[];
  /** Of the looks at the register just before. */
  evidence: Evidence[];
}

/** LOCK: taken by another application here; REGISTRATION: refused by the pledge office. */
export type PledgeStage = 'LOCK' | 'REGISTRATION' | 'UNKNOWN';

/** No pledge for this application. */
export interface PledgeRefused {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  /** At stage REGISTRATION: what it would have been registered for. Null at LOCK. */
  authorisationId: string | null;
  stage: PledgeStage;
  refused: PledgeRefusal[];
  /** Of the looks at register and fees just before. */
  evidence: Evidence[];
}

/** The pledge right exists from here on. */
export interface PledgeRegistered {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  authorisationId: string;
  patents: string[];
  registrationNumber: string;
  /** Epoch milliseconds. */
  registeredAt: bigint;
  /** Reference of the pledge contract. */
  contract: string;
  /** Of the looks at register and fees after the registration. */
  evidence: Evidence[];
}

/** The register was asked again and nothing stands against the pledge. */
export interface PledgeConfirmed {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  authorisationId: string;
  patents: string[];
  registrationNumber: string;
  /** Epoch milliseconds. */
  confirmedAt: bigint;
  /** Epoch milliseconds: not to be paid on afterwards. */
  validUntil: bigint;
  evidence: Evidence[];
}

/** The patents are free again. */
export interface PledgeReleased {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  patents: string[];
  /** Event type that released them. */
  cause: string;
}

/** What changed about one patent. */
export interface CollateralChange {
  number: string;
  /** PL01 to PL12. */
  ground: string;
  result: Finding;
  reason: string;
  /** Whose answers say so. */
  evidence: Evidence[];
}

/** The register says otherwise of patents that are kept or pledged. */
export interface CollateralChanged {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  /** What it is pledged for; null: kept only. */
  authorisationId: string | null;
  /** LOCK: kept; REGISTRATION: pledged. */
  stage: PledgeStage;
  changes: CollateralChange[];
  /** Epoch milliseconds. */
  observedAt: bigint;
}

/** One factor of a score. */
export interface Factor {
  code: string;
  /** Group of factors it counts in. */
  family: string;
  /** What was found, as text; null: missing. */
  value: string | null;
  /** Hundredths of a point. */
  points: number;
  /** Hundredths of a point. */
  maxPoints: number;
  /** True lowers coverage, not the grade. */
  missing: boolean;
  reason: string;
  /** The reason in Chinese. */
  reasonZh: string | null;
  /** Where the value came from: application, register, enterprise-registry or patent-verification, which reckons it of these; null: missing. */
  source: string | null;
  /** Weight at the stage of the firm, in parts per million. */
  weightPpm: number | null;
}

/** One fact of the input of a decision, as a rule read it. */
export interface Fact {
  /** As in docs/decisions-explained.md. */
  name: string;
  /** Canonical JSON. */
  value: string;
}

/** A coded reason of a decision, in both languages. */
export interface Reason {
  code: string;
  /** Larger weighs more; reasons come heaviest first. */
  weight: number;
  zh: string;
  en: string;
  /** The figures behind it. */
  detail: string | null;
  /** Facts of the input that it stands on; of a score’s own reasons none. */
  facts: Fact[];
}

/** Points of the technology-SME evaluation, computed. */
export interface TechnologySme {
  staffPoints: number;
  researchPoints: number;
  propertyPoints: number;
  /** Of 100. */
  points: number;
  /** yes, no or unknown. */
  passes: string;
}

/** Facts computed from what was supplied and verified, never taken from the applicant. */
export interface DerivedFacts {
  /** micro, small, medium, large or unknown; by the registry’s class of industry where it says one. */
  sizeClass: string;
  technologySme: TechnologySme | null;
  /** R&D test of a high-tech enterprise: passes, fails or unknown. */
  highTechResearch: string;
  /** Definitions of inclusive lending met: nfra_1000w, pbc_2000w, s71_3000w. */
  inclusive: string[];
  /** Credit counted for that: loans as the credit bureau has them, else as declared, and the amount asked for; null: neither says. */
  creditLine: Money | null;
  /** By the formula; null: not known. */
  workingCapitalNeed: Money | null;
  /** Need less own funds and loans; null: not known, or nothing may be derived. */
  newLimit: Money | null;
  /** start-up, growth or stable. */
  stage: string;
  /** Branches of strategic industry of the firm and its patents, as 1.5; a hint, not official. */
  tracks: string[];
  /** Credit code of the head of the enterprise’s group, by the registry; null: none, or not known. */
  groupHead: string | null;
  /** Division of GB/T 2260, six digits: the registry’s, else that in the credit code. */
  regionCode: string | null;
}

/** From how much of its points a score has a grade. */
export interface GradeFloor {
  grade: string;
  /** Share of the points, in parts per million. */
  fromPpm: number;
}

/** The score with every factor. */
export interface EnterpriseScored {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  productId: string;
  /** Asia/Shanghai, YYYY-MM-DD. */
  businessDate: string;
  cardId: string;
  cardVersion: number;
  /** SHA-256 of the scorecard data, hex. */
  cardDigest: string;
  /** Hundredths of a point. */
  points: number;
  /** Hundredths of a point. */
  maxPoints: number;
  /** Share of the points whose data were supplied, in parts per million. */
  coveragePpm: number;
  grade: string;
  factors: Factor[];
  bundle: Bundle;
  guarantee: GuaranteeFinding | null;
  pledgeRequested: boolean;
  /** 1 for the first score of this revision, 2 for the next … */
  round: number;
  /** VERIFIED or COLLATERAL_CHANGED. */
  cause: string;
  /** SHA-256 of all that was scored, of the model and of the tables of derived facts, hex. */
  inputHash: string;
  /** start-up, growth or stable: whose weights were taken. */
  stage: string | null;
  /** 1 to 5. */
  stars: number;
  /** Codes of the factors without a value. */
  missing: string[];
  /** Of all others those that got the most points, four at most. */
  reasonsFor: Reason[];
  /** Those that lost the most points, four at most. */
  reasonsAgainst: Reason[];
  derived: DerivedFacts | null;
  /** From EnterpriseChecked. */
  checks: EnterpriseCheck[];
  /** Epoch milliseconds: the evidence is asked for again afterwards. */
  validUntil: bigint | null;
  /** From the best grade down. */
  gradeFloors: GradeFloor[];
}

/** What a challenger model said; decides nothing. */
export interface ShadowScored {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  /** As in EnterpriseScored. */
  round: number;
  modelId: string;
  modelVersion: number;
  /** SHA-256 of the model, hex; of one that runs elsewhere that of its description. */
  modelDigest: string;
  /** onnx or http; a card has to have the facts themselves, which no challenger is told. */
  kind: string;
  /** scored, failed, timed-out or nonsense. */
  outcome: string;
  /** Hundredths of a point, of 100 points. */
  points: number | null;
  grade: string | null;
  /** What went wrong. */
  detail: string | null;
  /** The champion’s share of the points known, in hundredths of a point. */
  championPoints: number;
  championGrade: string;
}

/** The population scored lately differs from the model’s reference by more than its bound. */
export interface ModelDrifted {
  modelId: string;
  modelVersion: number;
  modelDigest: string;
  lenderId: string;
  /** score, or the code of a factor. */
  subject: string;
  /** Population stability index, in parts per million. */
  psiPpm: number;
  boundPpm: number;
  /** How many were compared. */
  scores: number;
  /** Epoch milliseconds of the first of them. */
  from: bigint;
  /** Epoch milliseconds of the last. */
  to: bigint;
}

/** An officer takes a referred application from the queue. */
export interface ReviewClaimed {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  officer: string;
  /** officer, senior-officer, committee or operator; null: not stated, which is an officer. */
  role: string | null;
}

/** Whoever holds the claim gives it back. */
export interface ReviewReturned {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  officer: string;
  /** officer, senior-officer, committee or operator; null: not stated, which is an officer. */
  role: string | null;
  reason: string;
}

/** The claim goes to another officer. */
export interface ReviewReassigned {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  officer: string;
  /** officer, senior-officer, committee or operator; null: not stated, which is an officer. */
  role: string | null;
  /** The officer who is to hold the claim. */
  to: string;
  toRole: string | null;
  reason: string;
}

/** An officer proposes other terms; approvals so far fall. */
export interface ReviewAmended {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  officer: string;
  /** officer, senior-officer, committee or operator; null: not stated, which is an officer. */
  role: string | null;
  amount: Money;
  termMonths: number;
  reasonCode: string;
  reason: string;
}

/** A document kept elsewhere; only its hash is here. */
export interface Attachment {
  name: string;
  mediaType: string;
  /** Its length. */
  bytes: bigint;
  /** Hex. */
  sha256: string;
}

/** A note for the file. */
export interface ReviewNoted {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  officer: string;
  /** officer, senior-officer, committee or operator; null: not stated, which is an officer. */
  role: string | null;
  /** No personal data. */
  text: string;
  attachments: Attachment[];
}

/** What the officer concludes. */
export type Verdict = 'APPROVE' | 'DECLINE' | 'UNKNOWN';

/** An officer's verdict on a referred application. */
export interface ReviewSubmitted {
  /** UUIDv7. */
  applicationId: string;
  /** What the officer judged: 1 + amendments. A verdict on another revision does nothing. */
  revision: number;
  lenderId: string;
  officer: string;
  verdict: Verdict;
  reason: string;
  reasonCode: string | null;
  /** officer, senior-officer, committee or operator; null: not stated, which is an officer. */
  role: string | null;
  /** Why an officer decides otherwise than policy would; needed where that is so. */
  overrideCode: string | null;
  /** What the officer looked at: where another amount is up by now, approving it does nothing. Null: not stated. */
  amount: Money | null;
  /** As amount. */
  termMonths: number | null;
}

/** An approval is to be undone before money is paid. */
export interface UndoRequested {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  officer: string;
  /** officer, senior-officer, committee or operator; null: not stated, which is an officer. */
  role: string | null;
  reasonCode: string;
  reason: string;
}

/** The terms of a loan. */
export interface LoanTerms {
  amount: Money;
  termMonths: number;
  /** Yearly rate, in parts per million: 34500 is 3.45 %. */
  ratePpm: number;
  /** Loan prime rate it stands on, in parts per million. */
  lprPpm: number;
  /** Day that rate was published, YYYY-MM-DD. */
  lprDate: string;
  /** Added to it, in parts per million; may be negative. */
  addOnPpm: number;
  /** As in LoanRequest. */
  repayment: string;
  /** What the money is for; as in LoanRequest. */
  purpose: string;
  payees: Payee[];
  /** Name of the borrower. */
  beneficiary: string;
  beneficiaryUscc: string;
  /** True: paid to the payees, not to the borrower. */
  entrusted: boolean;
  /** True: no payout before the pledge is registered. */
  pledgeRequired: boolean;
  pledgedPatents: string[];
  guarantee: Guarantee | null;
  /** To be met before money is paid: PLEDGE_REGISTERED, GUARANTEE_CONFIRMED, ENTRUSTED_PAYMENT. */
  conditions: string[];
}

/** One cap on the amount. */
export interface Limit {
  name: string;
  /** Null: does not apply. */
  amount: Money | null;
  /** True for the one that set the amount. */
  binding: boolean;
}

/** A rule that took part in the decision. */
export interface RuleFired {
  table: string;
  rule: string;
  output: string;
  /** What its conditions read. */
  inputs: Fact[];
}

/** A finding that the decision weighed and that is not clear. */
export interface DecisionFinding {
  /** A patent’s number, or the enterprise’s credit code. */
  subject: string;
  /** PL01 to PL12, or the code of a check. */
  code: string;
  result: Finding;
  reason: string;
  /** True: it stems from data of natural persons. */
  naturalPersons: boolean;
}

/** The smallest change found by which the outcome would be a better one; found by search over the same rules. */
export interface Counterfactual {
  /** AMOUNT, TERM, COLLATERAL or FACTOR. */
  kind: string;
  /** What is changed: request.amount, request.termMonths, security.pledge, security.guaranteeShare, factor.RESEARCH_INTENSITY … */
  subject: string;
  /** Canonical JSON of what it is. */
  from: string;
  /** Canonical JSON of what it would have to be. */
  to: string;
  /** What would then be decided: APPROVED or REFERRED. */
  outcome: string;
  zh: string;
  en: string;
}

/** All that the decision stood on; replaying it gives the same decision. */
export interface DecisionBasis {
  policyId: string;
  policyVersion: number;
  /** SHA-256 of the policy data, hex. */
  policyDigest: string;
  /** SHA-256 of the inputs, hex. */
  inputHash: string;
  scoreCard: string | null;
  /** Hundredths of a point. */
  scorePoints: number | null;
  grade: string | null;
  /** Share of the score's points whose data were supplied, in parts per million. */
  coveragePpm: number | null;
  sizeClass: string;
  /** Definitions of inclusive lending that the whole credit line meets with what policy proposes. */
  inclusive: string[];
  need: Money | null;
  limits: Limit[];
  proposedLimit: Money | null;
  rules: RuleFired[];
  /** champion or challenger; null: there is no policy. */
  policyRole: string | null;
  productVersion: number | null;
  /** Day on which it was judged, YYYY-MM-DD. */
  businessDate: string | null;
  /** SHA-256 of the scorecard, hex. */
  scoreDigest: string | null;
  /** SHA-256 of what was scored, hex. */
  scoreInputHash: string | null;
  /** All facts that rules could read. */
  facts: Fact[];
  findings: DecisionFinding[];
  /** Promised or lent to the enterprise’s group by this lender, without this application. */
  exposure: Money | null;
  /** Who may decide it: policy, officer, senior-officer or committee. */
  tier: string | null;
  /** Rules that an approval by officers would override. */
  overrides: string[];
  /** True: data of natural persons stand against it, so a person decides. */
  naturalPersons: boolean;
  /** Smallest first; empty: none was found, or none is needed. */
  counterfactuals: Counterfactual[];
}

/** What the decision is about, so that nobody has to look it up. */
export interface DecisionSubject {
  productId: string;
  /** Name. */
  enterprise: string;
  uscc: string;
  /** GB/T 2260, six digits. */
  regionCode: string | null;
  sizeClass: string | null;
  channel: string;
  /** The channel’s own name for the application. */
  reference: string;
  asked: Money;
  termMonths: number;
  purpose: string;
  /** Business date, YYYY-MM-DD. */
  receivedOn: string;
}

/** Officers decided otherwise than policy would. */
export interface Override {
  code: string;
  by: string;
  /** The tier it needed. */
  tier: string;
  /** Rules that were overridden. */
  rules: string[];
}

/** An offer stands until it is accepted, declined, undone or expired. */
export interface LoanApproved {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  approvalId: string;
  terms: LoanTerms;
  basis: DecisionBasis;
  reasons: Reason[];
  /** Officers; empty: by policy. */
  approvers: string[];
  /** Epoch milliseconds. */
  offerExpiresAt: bigint;
  /** Null: an event of the time before it was carried. */
  about: DecisionSubject | null;
  override: Override | null;
  /** Definitions of inclusive lending that the whole credit line meets with these terms. */
  inclusive: string[];
}

/** Officers must decide. */
export interface LoanReferred {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  basis: DecisionBasis;
  reasons: Reason[];
  /** Null: an event of the time before it was carried. */
  about: DecisionSubject | null;
}

/** Declined, with at least one reason. */
export interface LoanDeclined {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  basis: DecisionBasis;
  reasons: Reason[];
  /** Officers; empty: by policy. */
  decidedBy: string[];
  /** Null: an event of the time before it was carried. */
  about: DecisionSubject | null;
  override: Override | null;
}

/** Nobody accepted in time. */
export interface OfferExpired {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  approvalId: string;
  /** Null: an event of the time before it was carried. */
  about: DecisionSubject | null;
  terms: LoanTerms | null;
}

/** The ledger may book and pay; from here on the outcome is the ledger's. */
export interface DisbursementAuthorised {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  authorisationId: string;
  approvalId: string;
  terms: LoanTerms;
  /** Asia/Shanghai, YYYY-MM-DD. */
  businessDate: string;
  /** Null: an event of the time before it was carried. */
  about: DecisionSubject | null;
  /** What the approval is for; null: the terms’ amount. */
  approved: Money | null;
  /** Checks stand until then, epoch milliseconds; null: they have no end. */
  verifiedUntil: bigint | null;
  /** What the guarantor said; null: not asked. */
  guaranteed: GuaranteeFinding | null;
  /** Definitions of inclusive lending that it counts for, as the approval said. */
  inclusive: string[];
}

/** Asks the ledger to cancel an authorisation; it answers. */
export interface CancellationRequested {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  authorisationId: string;
  cause: string;
  /** Null: an event of the time before it was carried. */
  about: DecisionSubject | null;
  /** Officers; empty: the applicant. */
  requestedBy: string[];
}

/** The approval no longer stands. */
export interface ApprovalUndone {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  approvalId: string;
  cause: string;
  /** Null: an event of the time before it was carried. */
  about: DecisionSubject | null;
  terms: LoanTerms | null;
  /** Officers; empty: by policy, the applicant or the ledger. */
  undoneBy: string[];
  reasonCode: string | null;
}

/** Why the application ended without a loan. */
export type CloseCause = 'WITHDRAWN' | 'OFFER_DECLINED' | 'UNKNOWN';

/** Ended before authorisation. */
export interface ApplicationClosed {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  cause: CloseCause;
  /** Null: an event of the time before it was carried. */
  about: DecisionSubject | null;
}

/** How often officers decide otherwise than policy would, this lender’s this month. */
export interface OverrideRate {
  /** YYYY-MM, by business date. */
  month: string;
  /** Last verdicts by officers. */
  verdicts: number;
  overrides: number;
  /** In parts per million. */
  ratePpm: number;
}

/** An officer’s action that was taken, the lapse of a claim, or that nothing could be undone any more. */
export interface ReviewRecorded {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  /** CLAIMED, LAPSED, RETURNED, REASSIGNED, AMENDED, NOTED, APPROVED_FIRST, APPROVED, DECLINED, UNDO_REQUESTED or UNDO_REFUSED. */
  action: string;
  /** The action’s message id; of a lapse the timer’s, of a refused undoing that of the event which says so. */
  actionId: string;
  /** Null: nobody, a claim lapsed or the ledger refused. */
  officer: string | null;
  role: string | null;
  /** Who may give the last approval: officer, senior-officer or committee. */
  tier: string | null;
  /** Who holds the claim now. */
  claimedBy: string | null;
  /** Epoch milliseconds. */
  claimedUntil: bigint | null;
  /** Officers who have approved the present terms. */
  approvers: string[];
  /** What is up for approval; null: nothing can be. */
  terms: LoanTerms | null;
  /** True: decided otherwise than policy would. */
  override: boolean;
  overrideCode: string | null;
  reasonCode: string | null;
  reason: string | null;
  attachments: Attachment[];
  /** With last verdicts only. */
  overrideRate: OverrideRate | null;
  /** Null: an event of the time before it was carried. */
  about: DecisionSubject | null;
}

/** An officer’s action of which nothing came, and why. */
export interface ReviewRefused {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  /** The event’s name, as ReviewSubmitted. */
  action: string;
  /** The action’s message id. */
  actionId: string;
  officer: string;
  /** As SAME_OFFICER or ALREADY_DECIDED. */
  cause: string;
  zh: string;
  en: string;
  /** Null: an event of the time before it was carried. */
  about: DecisionSubject | null;
}

/** The present state of an application, for risk teams; the newest replaces the rest. */
export interface LatestDecision {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  productId: string;
  status: string;
  amount: Money | null;
  /** Yearly rate, in parts per million. */
  ratePpm: number | null;
  reasons: Reason[];
  /** Number of the last event on decisions; ignore a lower one. */
  sequence: bigint;
  /** Epoch milliseconds. */
  decidedAt: bigint;
  /** Null: an event of the time before it was carried. */
  about: DecisionSubject | null;
  terms: LoanTerms | null;
  tier: string | null;
  /** As czb-hz@1. */
  policy: string | null;
  /** Epoch milliseconds. */
  offerExpiresAt: bigint | null;
}

/** Money came in for a loan; booked once for its source and reference. */
export interface RepaymentReceived {
  /** UUIDv7. */
  applicationId: string;
  lenderId: string;
  loanId: string;
  /** Who tells of it: a bank file, a channel, an officer, the guarantor. */
  source: string;
  /** The source’s own name for the payment; one booking for both. */
  reference: string;
  amount: Money;
  /** The day from which it counts. Business date in Asia/Shanghai, YYYY-MM-DD. */
  valueDate: string;
  /** An enterprise. */
  payer: string | null;
  /** What a part beyond what is due does: SCHEDULED (kept in suspense), SHORTEN (fewer instalments), LOWER (lower ones), GUARANTEE (the guarantor’s payment of its share). */
  effect: string;
}

/** A part of the limit is to be paid out. */
export interface DrawdownRequested {
  /** UUIDv7. */
  applicationId: string;
  lenderId: string;
  loanId: string;
  officer: string;
  /** As in UndoRequested. */
  role: string | null;
  amount: Money;
  payees: Payee[];
}

/** What is left of a loan is to be repaid otherwise; takes effect when a second officer asks for the same. */
export interface RescheduleRequested {
  /** UUIDv7. */
  applicationId: string;
  lenderId: string;
  loanId: string;
  officer: string;
  /** As in UndoRequested. */
  role: string | null;
  /** From this day. Business date in Asia/Shanghai, YYYY-MM-DD. */
  from: string;
  /** Months from that day. */
  termMonths: number;
  /** As in LoanRequest. */
  repayment: string;
  reason: string;
}

/** Costs of collecting that the borrower owes. */
export interface CostsCharged {
  /** UUIDv7. */
  applicationId: string;
  lenderId: string;
  loanId: string;
  officer: string;
  /** As in UndoRequested. */
  role: string | null;
  amount: Money;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  valueDate: string;
  reason: string;
}

/** The money was not used as agreed; takes effect when a second officer says the same. */
export interface MisuseFound {
  /** UUIDv7. */
  applicationId: string;
  lenderId: string;
  loanId: string;
  officer: string;
  /** As in UndoRequested. */
  role: string | null;
  /** Of the breach. Business date in Asia/Shanghai, YYYY-MM-DD. */
  from: string;
  /** Null: it goes on. Business date in Asia/Shanghai, YYYY-MM-DD. */
  until: string | null;
  reason: string;
}

/** A loan that is lost is to leave the balance sheet, the claim stays; takes effect when a second officer asks for the same. */
export interface WriteOffRequested {
  /** UUIDv7. */
  applicationId: string;
  lenderId: string;
  loanId: string;
  officer: string;
  /** As in UndoRequested. */
  role: string | null;
  reason: string;
}

/** A repayment was booked by mistake or was returned; takes effect when a second officer asks for the same. */
export interface ReversalRequested {
  /** UUIDv7. */
  applicationId: string;
  lenderId: string;
  loanId: string;
  officer: string;
  /** As in UndoRequested. */
  role: string | null;
  source: string;
  reference: string;
  reason: string;
}

/** Money that nothing is owed for is to go back to the deposit of whoever had paid it; takes effect when a second officer asks for the same. */
export interface RefundRequested {
  /** UUIDv7. */
  applicationId: string;
  lenderId: string;
  loanId: string;
  officer: string;
  /** As in UndoRequested. */
  role: string | null;
  amount: Money;
  reason: string;
  /** Of what the guarantor has paid; else of the borrower’s money in suspense. */
  toGuarantor: boolean;
}

/** The loan stands in the books and its limit is reserved; owed is what has been paid out of it. */
export interface LoanBooked {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  principal: Money;
  /** Yearly rate, in parts per million. */
  ratePpm: number;
  termMonths: number;
  repayment: string;
  /** Business date, YYYY-MM-DD. */
  bookedOn: string;
  /** Business date, YYYY-MM-DD. */
  maturesOn: string;
  productId: string | null;
  guarantee: Guarantee | null;
  /** Not instructed yet: drawn in tranches. */
  undrawn: Money | null;
}

/** Pay this payee once. */
export interface PayoutInstructed {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  /** Idempotency key at the rail. */
  payoutId: string;
  payee: string;
  amount: Money;
  purpose: string;
  entrusted: boolean;
}

/** Every payout that was instructed is settled; the amount is what was paid. */
export interface LoanDisbursed {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  amount: Money;
  /** Epoch milliseconds. */
  disbursedAt: bigint;
}

/** The rail refused a payout. */
export interface PayoutFailed {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  payoutId: string;
  cause: string;
}

/** Nothing will be paid on this authorisation. */
export interface AuthorisationCancelled {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  authorisationId: string;
  cause: string;
}

/** Too late to cancel. */
export interface CancellationRefused {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  authorisationId: string;
  cause: string;
}

/** A part of the limit that was reserved will not be drawn. */
export interface LimitReleased {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  amount: Money;
  cause: string;
}

/** A loan is booked, and its money has not reached the payees in time. */
export interface LoanUnpaid {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  unpaid: Money;
  /** Epoch milliseconds. */
  bookedAt: bigint;
  /** Ids of those that are open. */
  payouts: string[];
}

/** Nothing of the loan waits to be paid any more. */
export interface LoanUnpaidCleared {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  /** PAID or REJECTED. */
  cause: string;
}

/** One instalment of a schedule. */
export interface InstalmentDue {
  /** From 1. */
  number: number;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  dueOn: string;
  principal: Money;
  interest: Money;
}

/** What is due when, from now on. */
export interface LoanScheduled {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  /** DRAWN, RATE_RESET, EARLY_REPAYMENT, RESCHEDULED or REVERSED. */
  cause: string;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  asOf: string;
  instalments: InstalmentDue[];
}

/** What a repayment was taken for. */
export interface RepaymentParts {
  costs: Money;
  penalty: Money;
  compound: Money;
  interest: Money;
  principal: Money;
  suspense: Money;
}

/** A repayment stands in the books. */
export interface RepaymentBooked {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  amount: Money;
  /** Left of the principal afterwards. */
  principalBalance: Money;
  /** Business date, YYYY-MM-DD. */
  bookedOn: string;
  source: string | null;
  reference: string | null;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  valueDate: string | null;
  parts: RepaymentParts | null;
  /** Of the limit, still to be drawn. */
  undrawn: Money | null;
}

/** A repayment that was booked is taken back by reversing entries. */
export interface RepaymentReversed {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  source: string;
  reference: string;
  amount: Money;
  principalBalance: Money;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  reversedOn: string;
  reason: string;
  /** Of the limit, still to be drawn. */
  undrawn: Money | null;
}

/** Money that nothing was owed for went back to the deposit of whoever had paid it. */
export interface SuspenseRefunded {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  amount: Money;
  /** Of its money, still kept. */
  left: Money;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  refundedOn: string;
  reason: string;
  /** Of what the guarantor has paid; else of the borrower’s money in suspense. */
  toGuarantor: boolean;
}

/** The loan is repaid in full: what secured it can be let go. */
export interface LoanRepaid {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  authorisationId: string;
  loanId: string;
  /** Business date, YYYY-MM-DD. */
  repaidOn: string;
}

/** The tier of a loan, or whether its interest is accrued, has changed. */
export interface LoanReclassified {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  asOf: string;
  /** normal, special-mention, substandard, doubtful, loss. */
  fromTier: string;
  tier: string;
  daysPastDue: number;
  /** OWN or DEBTOR: by the debtor’s other loans. */
  cause: string;
  nonAccrual: boolean;
  allowance: Money;
  principalBalance: Money;
}

/** A lost loan left the balance sheet; the claim stays. */
export interface LoanWrittenOff {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  amount: Money;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  writtenOffOn: string;
}

/** Money came in for a loan that was written off. */
export interface RecoveryBooked {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  amount: Money;
  source: string;
  reference: string;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  bookedOn: string;
  /** Of the amount, for what was written off; this and the next two are null if told by an older release. */
  recovered: Money | null;
  /** Of the amount, for principal that was not written off: it lowers the claim on the guarantor. */
  principal: Money | null;
  /** Of the amount, for nothing that is owed. */
  suspense: Money | null;
}

/** The guarantor is asked for its share of a loan in default. */
export interface GuaranteeClaimed {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  institution: string;
  /** In parts per million. */
  sharePpm: number;
  amount: Money;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  claimedOn: string;
}

/** The guarantor is asked for nothing after all: by what was told late the loan was never so long past due. */
export interface GuaranteeClaimWithdrawn {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  institution: string;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  withdrawnOn: string;
}

/** The guarantor paid, in whole or in part. */
export interface GuaranteePaid {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  institution: string;
  amount: Money;
  /** Of the claim. */
  left: Money;
  source: string;
  reference: string;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  bookedOn: string;
  /** Left of the principal afterwards. */
  principalBalance: Money;
  /** Of the limit, still to be drawn. */
  undrawn: Money | null;
  /** Of the guarantor’s money: it is not asked for, and is kept until it is or given back. Null: told by an older release. */
  held: Money | null;
}

/** What came of an action on a loan. */
export interface LoanActionRecorded {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  authorisationId: string;
  /** The message id of the action. */
  actionId: string;
  /** The action’s name, as WriteOffRequested. */
  action: string;
  officer: string;
  /** PROPOSED: a second officer is needed; TAKEN; REFUSED. */
  status: string;
  cause: string | null;
}

/** The rail called to say what became of a payout; its word is checked by asking. */
export interface PayoutCalledBack {
  /** UUIDv7. */
  applicationId: string;
  lenderId: string;
  payoutId: string;
  /** The rail’s id of the call: the same for each delivery. */
  webhookId: string;
  /** paid or rejected. */
  status: string;
  amount: Money | null;
  railReference: string | null;
  /** Epoch milliseconds. */
  paidAt: bigint | null;
  cause: string | null;
}

/** The rail paid. */
export interface PayoutConfirmed {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  payoutId: string;
  amount: Money;
  railReference: string;
  /** Epoch milliseconds. */
  paidAt: bigint;
}

/** The rail did not pay, for certain. */
export interface PayoutRejected {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  payoutId: string;
  cause: string;
}

/** Not known whether the rail paid; asked again by timer, neither cancelled nor released. */
export interface PayoutUnknown {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  loanId: string;
  payoutId: string;
  attempts: number;
}

/** A day of a lender is over: interest, days past due and tiers are reckoned for it, once for each partition. */
export interface BusinessDayClosed {
  lenderId: string;
  /** Business date in Asia/Shanghai, YYYY-MM-DD. */
  businessDate: string;
  /** Whose loans; also the partition of this record. */
  partition: number;
  closedBy: string;
}

/** A timer of this line is due; its ce_time is the due time. */
export interface TimerDue {
  /** UUIDv7. */
  applicationId: string;
  /** The state's revision when the timer was set; an older one than the state's does nothing. */
  revision: number;
  lenderId: string;
  /** Id of the timer's row; also the message id. */
  timerId: string;
  name: string;
  /** Epoch milliseconds. */
  dueAt: bigint;
  /** JSON, written by the line that set the timer. */
  detail: string;
}

/** REPLAY takes a dead letter again, DISCARD gives it up; REDELIVER takes what was never met. */
export type ReplayAction = 'REPLAY' | 'DISCARD' | 'REDELIVER' | 'UNKNOWN';

/** A Kafka header, bytes as met. */
export interface RecordHeader {
  name: string;
  value: Buffer;
}

/** An operator asks a line to take a dead letter again, or to give it up. */
export interface ReplayRequested {
  action: ReplayAction;
  actor: string;
  reason: string;
  /** Where the original was met. */
  topic: string;
  partition: number;
  offset: bigint;
  /** Its number on a numbered topic. */
  number: bigint | null;
  /** Its message id on a door topic. */
  messageId: string | null;
  key: Buffer | null;
  value: Buffer | null;
  /** Broker append time of the original, epoch milliseconds. */
  timestamp: bigint;
  headers: RecordHeader[];
}

/** What a watchlist says of an enterprise. */
export interface EnterpriseScreened {
  /** UUIDv7. */
  applicationId: string;
  /** 1 + amendments taken. */
  revision: number;
  lenderId: string;
  result: Finding;
  lists: string[];
}

export interface EventMap {
  ApplicationSubmitted: ApplicationSubmitted;
  AmendmentSubmitted: AmendmentSubmitted;
  WithdrawalSubmitted: WithdrawalSubmitted;
  OfferAcceptanceSubmitted: OfferAcceptanceSubmitted;
  OfferDeclineSubmitted: OfferDeclineSubmitted;
  ApplicationReceived: ApplicationReceived;
  ApplicationAmended: ApplicationAmended;
  ApplicationWithdrawn: ApplicationWithdrawn;
  OfferAccepted: OfferAccepted;
  OfferDeclined: OfferDeclined;
  SubmissionRejected: SubmissionRejected;
  EnterpriseChecked: EnterpriseChecked;
  PatentsVerified: PatentsVerified;
  PledgeLocked: PledgeLocked;
  PledgeRefused: PledgeRefused;
  PledgeRegistered: PledgeRegistered;
  PledgeConfirmed: PledgeConfirmed;
  PledgeReleased: PledgeReleased;
  CollateralChanged: CollateralChanged;
  EnterpriseScored: EnterpriseScored;
  ShadowScored: ShadowScored;
  ModelDrifted: ModelDrifted;
  ReviewClaimed: ReviewClaimed;
  ReviewReturned: ReviewReturned;
  ReviewReassigned: ReviewReassigned;
  ReviewAmended: ReviewAmended;
  ReviewNoted: ReviewNoted;
  ReviewSubmitted: ReviewSubmitted;
  UndoRequested: UndoRequested;
  LoanApproved: LoanApproved;
  LoanReferred: LoanReferred;
  LoanDeclined: LoanDeclined;
  OfferExpired: OfferExpired;
  DisbursementAuthorised: DisbursementAuthorised;
  CancellationRequested: CancellationRequested;
  ApprovalUndone: ApprovalUndone;
  ApplicationClosed: ApplicationClosed;
  ReviewRecorded: ReviewRecorded;
  ReviewRefused: ReviewRefused;
  LatestDecision: LatestDecision;
  RepaymentReceived: RepaymentReceived;
  DrawdownRequested: DrawdownRequested;
  RescheduleRequested: RescheduleRequested;
  CostsCharged: CostsCharged;
  MisuseFound: MisuseFound;
  WriteOffRequested: WriteOffRequested;
  ReversalRequested: ReversalRequested;
  RefundRequested: RefundRequested;
  LoanBooked: LoanBooked;
  PayoutInstructed: PayoutInstructed;
  LoanDisbursed: LoanDisbursed;
  PayoutFailed: PayoutFailed;
  AuthorisationCancelled: AuthorisationCancelled;
  CancellationRefused: CancellationRefused;
  LimitReleased: LimitReleased;
  LoanUnpaid: LoanUnpaid;
  LoanUnpaidCleared: LoanUnpaidCleared;
  LoanScheduled: LoanScheduled;
  RepaymentBooked: RepaymentBooked;
  RepaymentReversed: RepaymentReversed;
  SuspenseRefunded: SuspenseRefunded;
  LoanRepaid: LoanRepaid;
  LoanReclassified: LoanReclassified;
  LoanWrittenOff: LoanWrittenOff;
  RecoveryBooked: RecoveryBooked;
  GuaranteeClaimed: GuaranteeClaimed;
  GuaranteeClaimWithdrawn: GuaranteeClaimWithdrawn;
  GuaranteePaid: GuaranteePaid;
  LoanActionRecorded: LoanActionRecorded;
  PayoutCalledBack: PayoutCalledBack;
  PayoutConfirmed: PayoutConfirmed;
  PayoutRejected: PayoutRejected;
  PayoutUnknown: PayoutUnknown;
  BusinessDayClosed: BusinessDayClosed;
  TimerDue: TimerDue;
  ReplayRequested: ReplayRequested;
  EnterpriseScreened: EnterpriseScreened;
}

export type EventName = keyof EventMap;

/** An event with its type beside it; narrows by `type`. */
export type EventOf<N extends EventName = EventName> = {
  [K in N]: { type: K; data: EventMap[K] };
}[N];
