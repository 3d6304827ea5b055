// What the two lines need of the world; adapters answer, and never reject.
import type { FactSource, Question, Reply } from '@saidao/worker';
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
