// What the two lines need of the world; adapters answer, and never reject.
import type { Reply } from './asking.ts';
import type { RegisterSays } from './patents/grounds.ts';
import type { Filing, OfficeSays } from './pledge.decide.ts';
import type { GuarantorSays } from './verify.decide.ts';

/** One question, asked for a lender; the signal ends the waiting, not the deadline. */
export interface Question {
  readonly lenderId: string;
  readonly signal: AbortSignal;
}

export interface PatentRegister {
  patent(number: string, question: Question): Promise<Reply<RegisterSays>>;
  /** A question about a patent that all know: is anybody answered at all? */
  control(question: Question): Promise<void>;
  /** When anybody was last answered for this lender; null: never. */
  answeredAtMs(lenderId: string): number | null;
}

export interface GuaranteeRequest {
  readonly applicationId: string;
  readonly institution: string;
  readonly uscc: string;
  readonly sharePpm: number;
  readonly amountFen: bigint;
}

export interface Guarantor {
  /** Asked again under the same key it answers as it did the first time. */
  confirm(
    request: GuaranteeRequest,
    key: string,
    question: Question,
  ): Promise<Reply<GuarantorSays>>;
  answeredAtMs(lenderId: string): number | null;
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
