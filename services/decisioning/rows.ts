// Rows of decisioning's own tables, as a decision makes them.
import type { DecisionSubject, LoanTerms, Reason } from '@saidao/schemas';
import type { PolicyRole } from './policies.ts';

export type OutputName =
  | 'LoanApproved'
  | 'LoanReferred'
  | 'LoanDeclined'
  | 'OfferExpired'
  | 'DisbursementAuthorised'
  | 'CancellationRequested'
  | 'ApprovalUndone'
  | 'ApplicationClosed'
  | 'ReviewRecorded'
  | 'ReviewRefused';

interface OfApplication {
  readonly applicationId: string;
  readonly lenderId: string;
  readonly revision: number;
  readonly atMs: number;
}

/** What was decided, by whom and on what; never changed. */
export interface EvidenceRow extends OfApplication {
  readonly kind: 'evidence';
  readonly type: OutputName;
  /** Told in metrics; the content has it too. */
  readonly productId: string;
  readonly causationId: string;
  readonly reasonCodes: readonly string[];
  readonly content: string;
  readonly digest: string;
}

/** Input and result of an assessment that led to an event; never changed. */
export interface AssessmentRow extends OfApplication {
  readonly kind: 'assessment';
  readonly productId: string;
  readonly policy: string;
  readonly policyRole: PolicyRole;
  readonly policyDigest: string;
  readonly businessDate: string;
  readonly outcome: string;
  readonly tier: string;
  readonly amountFen: bigint | null;
  readonly ratePpm: number | null;
  readonly sizeClass: string;
  readonly regionCode: string | null;
  readonly inputHash: string;
  readonly input: string;
  readonly content: string;
  readonly digest: string;
}

export interface ApprovalRow extends OfApplication {
  readonly kind: 'approval';
  readonly approvalId: string;
  readonly amountFen: bigint;
  readonly live: boolean;
}

export interface LatestRow extends OfApplication {
  readonly kind: 'latest';
  readonly productId: string;
  readonly status: string;
  readonly terms: LoanTerms | null;
  readonly reasons: readonly Reason[];
  readonly tier: string | null;
  readonly policy: string | null;
  readonly about: DecisionSubject | null;
  readonly offerExpiresAtMs: number | null;
  readonly correlationId: string;
  readonly causationId: string;
}

/** The application waits for officers. */
export interface QueueRow {
  readonly kind: 'queue';
  readonly applicationId: string;
  readonly lenderId: string;
  readonly revision: number;
  readonly productId: string;
  readonly tier: string;
  readonly enterprise: string;
  readonly uscc: string;
  readonly reasons: readonly Reason[];
  readonly referredAtMs: number;
  readonly claimedBy: string | null;
  readonly claimedUntilMs: number | null;
  readonly approvers: readonly string[];
  readonly terms: LoanTerms | null;
  readonly overrides: readonly string[];
  readonly policy: string;
}

/** It does no more. */
export interface DequeueRow {
  readonly kind: 'dequeue';
  readonly applicationId: string;
}

/** What became of an officer's action. */
export interface OutcomeRow {
  readonly kind: 'outcome';
  readonly actionId: string;
  readonly applicationId: string;
  readonly lenderId: string;
  readonly officer: string;
  readonly action: string;
  readonly cause: string | null;
  readonly zh: string;
  readonly en: string;
  readonly status: string;
  /** Of a last verdict: whether it was otherwise than policy would; null: it was none. */
  readonly override: boolean | null;
  readonly atMs: number;
}

export type DecisionRow =
  EvidenceRow | AssessmentRow | ApprovalRow | LatestRow | QueueRow | DequeueRow | OutcomeRow;
