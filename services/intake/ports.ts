// What intake needs beside the line's tables: its own ones, how far it has read, whom it asks.
import type { FactSource } from '@saidao/worker';
import type { DecisionsRead, StatusRow, StatusView } from './decide.ts';
import type { FileSays, PersonSays, RegistrySays, TalentSays } from './kyc/facts.ts';

/** A submission's name: unique for each lender and channel. */
export interface SubmissionName {
  readonly lenderId: string;
  readonly channel: string;
  readonly reference: string;
}

export interface Claim extends SubmissionName {
  readonly applicationId: string;
  /** Digest of a body that Kafka has acknowledged, noted by the door; the line's word overrides it. */
  readonly notedHash: string | null;
}

export interface ApplicationStatus extends Omit<StatusRow, 'view'> {
  readonly view: StatusView;
}

/** Names change no state: an id is claimed once for each name, by the door or by the line. */
export interface Claims {
  /** The ids of the names, in their order; new ones are claimed. */
  claim(names: readonly SubmissionName[]): Promise<readonly string[]>;
  find(applicationId: string): Promise<Claim | undefined>;
  /** Keeps the digest of the body that was acknowledged, unless one is kept already. */
  note(applicationId: string, bodyHash: string): Promise<void>;
}

/** Idempotency keys of requests that were taken on: what body each stands for. */
export interface TakenKeys {
  bodyOf(messageId: string): Promise<string | undefined>;
  /** Returns the body that the key stands for: this one, or that of a request that came before. */
  keep(messageId: string, bodyHash: string): Promise<string>;
}

export interface Statuses {
  find(applicationId: string): Promise<ApplicationStatus | undefined>;
}

export interface Reading {
  /** Of the decisions where an application's are; null: it cannot be told now. */
  ofDecisions(lenderId: string, applicationId: string): Promise<DecisionsRead | null>;
}

/** A person is asked about as what it is said to be at one enterprise. */
export interface PersonSubject {
  readonly name: string;
  readonly idNumber: string;
  readonly uscc: string;
}

/** A file is opened on the person's own consent, and on no other. */
export interface FileSubject {
  readonly idNumber: string;
  readonly consentId: string;
}

export interface TalentSubject {
  readonly certificate: string;
  readonly idNumber: string;
}

/** All whom the line asks about papers and persons. */
export interface KycSources {
  /** By unified social credit code. */
  readonly registry: FactSource<string, RegistrySays>;
  readonly persons: FactSource<PersonSubject, PersonSays>;
  readonly files: FactSource<FileSubject, FileSays>;
  readonly talents: FactSource<TalentSubject, TalentSays>;
}
