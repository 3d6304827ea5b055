// What decisioning needs of a database: decisions, their evidence, and the officers' queue.
import type { LoanTerms, Reason } from '@saidao/schemas';
import type { Presented, Transaction } from '@saidao/worker';
import type { DecisionRow } from './rows.ts';

export interface DecisionStore {
  /** Writes the rows of a turn. */
  record(transaction: Transaction, rows: readonly DecisionRow[]): Promise<void>;
  /** The latest decision of each application, locked. */
  presents(
    transaction: Transaction,
    applicationIds: readonly string[],
  ): Promise<readonly Presented[]>;
}

/** What the door asks before it publishes an officer's action. */
export interface LatestDecisions {
  find(
    applicationId: string,
  ): Promise<{ readonly lenderId: string; readonly revision: number } | undefined>;
}

/** A referred application as its queue shows it. */
export interface QueuedReview {
  readonly applicationId: string;
  readonly lenderId: string;
  readonly productId: string;
  readonly revision: number;
  /** Who may give the last approval: officer, senior-officer or committee. */
  readonly tier: string;
  /** Of the terms that are up for approval; null: nothing can be approved. */
  readonly amountFen: bigint | null;
  readonly enterprise: string;
  readonly uscc: string;
  readonly reasons: readonly Reason[];
  readonly referredAtMs: number;
  readonly claimedBy: string | null;
  readonly claimedUntilMs: number | null;
  /** Who has approved the present terms so far. */
  readonly approvers: readonly string[];
  readonly terms: LoanTerms | null;
  /** Rules that an approval overrides: not empty, each approval needs an overrideCode. */
  readonly overrides: readonly string[];
  /** As czb-hz@1. */
  readonly policy: string;
}

export interface QueueQuestion {
  /** Left out: all lenders. */
  readonly lenders?: readonly string[];
  readonly productId?: string;
  readonly tier?: string;
  /** Null: those that nobody holds. */
  readonly claimedBy?: string | null;
  /** The `next` of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/** Oldest referral first. */
export interface QueuePage {
  readonly reviews: readonly QueuedReview[];
  /** Null: there are no more. */
  readonly next: string | null;
}

/** What became of an officer's action. */
export interface ReviewOutcome {
  /** The message id under which the action was published. */
  readonly actionId: string;
  readonly applicationId: string;
  readonly lenderId: string;
  readonly officer: string;
  /** The event's name, as ReviewSubmitted. */
  readonly action: string;
  readonly outcome: 'RECORDED' | 'REFUSED';
  /** Of a refusal; see review/refusals.ts. */
  readonly cause: string | null;
  readonly zh: string;
  readonly en: string;
  /** What the application then was: REFERRED, APPROVED, DECLINED … */
  readonly status: string;
  readonly decidedAtMs: number;
}

/** A decision as it was written: the event's data as canonical JSON, and its SHA-256. */
export interface DecisionEvidence {
  readonly revision: number;
  readonly type: string;
  readonly causationId: string;
  readonly decidedAtMs: number;
  readonly reasonCodes: readonly string[];
  readonly content: string;
  readonly digest: string;
}

/** What a decision was reached from: input and assessment as canonical JSON. */
export interface AssessmentEvidence {
  readonly revision: number;
  readonly productId: string;
  readonly policy: string;
  readonly policyRole: string;
  readonly policyDigest: string;
  readonly businessDate: string;
  readonly judgedAtMs: number;
  readonly outcome: string;
  readonly tier: string;
  readonly inputHash: string;
  readonly input: string;
  readonly content: string;
  readonly digest: string;
}

export interface ApplicationEvidence {
  readonly lenderId: string;
  readonly decisions: readonly DecisionEvidence[];
  readonly assessments: readonly AssessmentEvidence[];
}

/** What officers and auditors read. */
export interface Reviews {
  queue(asked: QueueQuestion): Promise<QueuePage>;
  reviewOf(applicationId: string): Promise<QueuedReview | undefined>;
  outcomeOf(actionId: string): Promise<ReviewOutcome | undefined>;
  /** All decisions and assessments in the order in which they were written. */
  evidenceOf(applicationId: string): Promise<ApplicationEvidence | undefined>;
}
