// What officers and auditors read in PostgreSQL: the queue, outcomes of actions, and evidence.
import type { LoanTerms, Reason } from '@saidao/schemas';
import { fromJson } from '@saidao/values';
import type { Database } from '@saidao/worker';
import type {
  ApplicationEvidence,
  QueuedReview,
  QueuePage,
  QueueQuestion,
  ReviewOutcome,
  Reviews,
} from '../ports.ts';

export function reviewsIn(database: Database): Reviews {
  return {
    queue: (asked) => queue(database, asked),
    async reviewOf(applicationId) {
      const { rows } = await database.prepared<QueueRow>(
        'decisioning.review-of',
        `select ${queueColumns} from decisioning.review_queue where application_id = $1`,
        [applicationId],
      );
      return rows[0] && reviewOf(rows[0]);
    },
    outcomeOf: (actionId) => outcomeOf(database, actionId),
    evidenceOf: (applicationId) => evidenceOf(database, applicationId),
  };
}

interface QueueRow extends Record<string, unknown> {
  readonly application_id: string;
  readonly lender_id: string;
  readonly product_id: string;
  readonly revision: number;
  readonly tier: string;
  readonly amount_fen: bigint | null;
  readonly enterprise: string;
  readonly uscc: string;
  readonly reasons: string;
  readonly referred_at_ms: bigint;
  readonly claimed_by: string | null;
  readonly claimed_until_ms: bigint | null;
  readonly approvers: string[];
  readonly terms: string | null;
  readonly overrides: string[];
  readonly policy: string;
}

const msOf = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint as ${column}_ms`;

const queueColumns = `application_id, lender_id, product_id, revision, tier, amount_fen, enterprise,
  uscc, reasons, ${msOf('referred_at')}, claimed_by, ${msOf('claimed_until')}, approvers, terms,
  overrides, policy`;

async function queue(database: Database, asked: QueueQuestion): Promise<QueuePage> {
  const { lenders, productId, tier, claimedBy, after, limit } = asked;
  const [afterMs, afterId] = after === undefined ? [null, null] : placeOf(after);
  const { rows } = await database.prepared<QueueRow>(
    'decisioning.queue',
    `select ${queueColumns} from decisioning.review_queue
     where ($1::text[] is null or lender_id = any($1::text[]))
       and ($2::text is null or product_id = $2)
       and ($3::text is null or tier = $3)
       and ($4::boolean is null or (claimed_by is null) = $4)
       and ($5::text is null or claimed_by = $5)
       and ($6::bigint is null
         or (referred_at, application_id) > (to_timestamp($6 / 1000.0), $7::text))
     order by referred_at, application_id limit $8`,
    [
      lenders ?? null,
      productId ?? null,
      tier ?? null,
      claimedBy === null ? true : null,
      claimedBy ?? null,
      afterMs,
      afterId,
      limit + 1,
    ],
  );
  const reviews = rows.slice(0, limit).map(reviewOf);
  const last = reviews.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { reviews, next: more ? `${last.referredAtMs}.${last.applicationId}` : null };
}

/** A place that nobody gave out is before the first. */
function placeOf(after: string): [afterMs: number, afterId: string] {
  const [, ms = '0', id = ''] = /^(\d{1,15})\.(.{1,64})$/.exec(after) ?? [];
  return [Number(ms), id];
}

function reviewOf(row: QueueRow): QueuedReview {
  return {
    applicationId: row.application_id,
    lenderId: row.lender_id,
    productId: row.product_id,
    revision: row.revision,
    tier: row.tier,
    amountFen: row.amount_fen,
    enterprise: row.enterprise,
    uscc: row.uscc,
    reasons: fromJson(row.reasons) as Reason[],
    referredAtMs: Number(row.referred_at_ms),
    claimedBy: row.claimed_by,
    claimedUntilMs: row.claimed_until_ms === null ? null : Number(row.claimed_until_ms),
    approvers: row.approvers,
    terms: row.terms === null ? null : (fromJson(row.terms) as LoanTerms),
    overrides: row.overrides,
    policy: row.policy,
  };
}

async function outcomeOf(database: Database, actionId: string): Promise<ReviewOutcome | undefined> {
  const { rows } = await database.prepared<{
    application_id: string;
    lender_id: string;
    officer: string;
    action: string;
    outcome: 'RECORDED' | 'REFUSED';
    cause: string | null;
    text_zh: string;
    text_en: string;
    status: string;
    decided_at_ms: bigint;
  }>(
    'decisioning.outcome-of',
    `select application_id, lender_id, officer, action, outcome, cause, text_zh, text_en, status,
       ${msOf('decided_at')}
     from decisioning.review_outcomes where action_id = $1`,
    [actionId],
  );
  const [row] = rows;
  return (
    row && {
      actionId,
      applicationId: row.application_id,
      lenderId: row.lender_id,
      officer: row.officer,
      action: row.action,
      outcome: row.outcome,
      cause: row.cause,
      zh: row.text_zh,
      en: row.text_en,
      status: row.status,
      decidedAtMs: Number(row.decided_at_ms),
    }
  );
}

async function evidenceOf(
  database: Database,
  applicationId: string,
): Promise<ApplicationEvidence | undefined> {
  const [decisions, assessments] = await database.together((statements) =>
    Promise.all([
      statements.prepared<{
        lender_id: string;
        revision: number;
        type: string;
        causation_id: string;
        decided_at_ms: bigint;
        reason_codes: string[];
        content: string;
        digest: string;
      }>(
        'decisioning.decisions-of',
        `select lender_id, revision, type, causation_id, ${msOf('decided_at')}, reason_codes,
           content, digest
         from decisioning.decisions where application_id = $1 order by id`,
        [applicationId],
      ),
      statements.prepared<{
        lender_id: string;
        revision: number;
        product_id: string;
        policy: string;
        policy_role: string;
        policy_digest: string;
        business_date: string;
        judged_at_ms: bigint;
        outcome: string;
        tier: string;
        input_hash: string;
        input: string;
        content: string;
        digest: string;
      }>(
        'decisioning.assessments-of',
        `select lender_id, revision, product_id, policy, policy_role, policy_digest,
           business_date::text, ${msOf('judged_at')}, outcome, tier, input_hash, input, content,
           digest
         from decisioning.assessments where application_id = $1 order by id`,
        [applicationId],
      ),
    ]),
  );
  const lenderId = decisions.rows[0]?.lender_id ?? assessments.rows[0]?.lender_id;
  if (lenderId === undefined) return undefined;
  return {
    lenderId,
    decisions: decisions.rows.map((row) => ({
      revision: row.revision,
      type: row.type,
      causationId: row.causation_id,
      decidedAtMs: Number(row.decided_at_ms),
      reasonCodes: row.reason_codes,
      content: row.content,
      digest: row.digest,
    })),
    assessments: assessments.rows.map((row) => ({
      revision: row.revision,
      productId: row.product_id,
      policy: row.policy,
      policyRole: row.policy_role,
      policyDigest: row.policy_digest,
      businessDate: row.business_date,
      judgedAtMs: Number(row.judged_at_ms),
      outcome: row.outcome,
      tier: row.tier,
      inputHash: row.input_hash,
      input: row.input,
      content: row.content,
      digest: row.digest,
    })),
  };
}
