// What the two lines need of the world; adapters answer, and never reject.
import type { Reply } from './asking.ts';
import type {
  AnnuitySays,
  AppraisalSays,
  BureauSays,
  GuarantorSays,
  ListingsSays,
  RegisterSays,
  RegistrySays,
} from './facts.ts';
import type { Filing, OfficeSays } from './pledge.decide.ts';

/** One question, asked for a lender; the signal ends the waiting, not the deadline. */
export interface Question {
  readonly lenderId: string;
  /** Null where it is about no application: a control question. */
  readonly applicationId: string | null;
  /** Why it is asked, as it is written down with the call. */
  readonly purpose: string;
  /** The consent on which it is asked; null where none is needed. */
  readonly consentId: string | null;
  readonly signal: AbortSignal;
}

/** A provider of one kind of fact. */
export interface FactSource<Subject, Says> {
  ask(subject: Subject, question: Question): Promise<Reply<Says>>;
  /** A question that anybody is answered: does the provider answer at all? */
  control(question: Question): Promise<void>;
  /** When anybody was last answered for this lender; null: never. */
  answeredAtMs(lenderId: string): number | null;
}

/** Asked about by application number, as are annuities and appraisals. */
export type PatentRegister = FactSource<string, RegisterSays>;
export type AnnuitySource = FactSource<string, AnnuitySays>;
export type AppraisalSource = FactSource<string, AppraisalSays>;
/** Asked about by unified social credit code, as are the watchlists. */
export type EnterpriseRegistry = FactSource<string, RegistrySays>;
export type Watchlists = FactSource<string, ListingsSays>;

/** A file is opened on the consent that it was asked for with, and on no other. */
export interface BureauSubject {
  readonly uscc: string;
  readonly consentId: string;
}
export type CreditBureau = FactSource<BureauSubject, BureauSays>;

export interface GuaranteeRequest {
  readonly applicationId: string;
  readonly institution: string;
  readonly uscc: string;
  readonly sharePpm: number;
  readonly amountFen: bigint;
  /** Asked again under the same key the guarantor answers as it did the first time. */
  readonly key: string;
}
export type Guarantor = FactSource<GuaranteeRequest, GuarantorSays>;

/** All whom the verify line asks; most of them may answer from the cache. */
export interface FactSources {
  readonly register: PatentRegister;
  readonly annuity: AnnuitySource;
  readonly valuation: AppraisalSource;
  readonly registry: EnterpriseRegistry;
  readonly watchlists: Watchlists;
  readonly bureau: CreditBureau;
  readonly guarantor: Guarantor;
}

export interface PledgeOffice {
  /** Files, or finds what was filed under this key. */
  file(filing: Filing, question: Question): Promise<Reply<OfficeSays>>;
  registration(registrationId: string, question: Question): Promise<Reply<OfficeSays>>;
  /** Takes a registration back, pending or not; one that is not there is back already. */
  withdraw(registrationId: string, question: Question): Promise<Reply<'withdrawn'>>;
}

/** Answers kept for a while. It may forget, and must not invent. */
export interface FactCache {
  get(key: string): Promise<unknown>;
  set(key: string, fact: unknown, keepMs: number): Promise<unknown>;
}

/** A call that was really made, as it is written down. */
export interface ProviderCall {
  readonly provider: string;
  readonly lenderId: string;
  readonly applicationId: string | null;
  readonly subject: string;
  readonly purpose: string;
  readonly consentId: string | null;
  readonly askedAtMs: number;
  /** Null: no answer came. */
  readonly answeredAtMs: number | null;
  /** `answered`, or why there is no answer. */
  readonly outcome: string;
  /** Tries within the deadline. */
  readonly attempts: number;
  /** SHA-256 of the answer's bytes, hex, and the answer as it was received; null: there is none. */
  readonly answerHash: string | null;
  readonly answer: string | null;
}

export interface CallLog {
  /** Writes the call down and says where; rejects when that is impossible. */
  note(call: ProviderCall): Promise<string>;
}
