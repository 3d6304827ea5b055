// The evidence that decisioning keeps, read a page at a time in the order in which it was written.
import type { Database } from '@saidao/worker';

/** Business dates, both in it; null: from the first day, or to the last. */
export interface Days {
  readonly since: string | null;
  readonly until: string | null;
}

/** What an assessment was reached from, what it said, and the columns that were drawn from it. */
export interface KeptAssessment {
  readonly id: bigint;
  readonly applicationId: string;
  readonly revision: number;
  readonly policy: string;
  readonly policyRole: string;
  readonly policyDigest: string;
  readonly inputHash: string;
  readonly input: string;
  readonly content: string;
  readonly digest: string;
  readonly columns: Columns;
}

/** By these it is found and counted. */
export interface Columns {
  readonly lenderId: string;
  readonly productId: string;
  readonly businessDate: string;
  readonly outcome: string;
  readonly tier: string;
  readonly amountFen: bigint | null;
  readonly ratePpm: number | null;
  readonly sizeClass: string;
  readonly regionCode: string | null;
}

/** An event as it was written, and the bases of its application's assessments. */
export interface KeptDecision {
  readonly id: bigint;
  readonly applicationId: string;
  readonly revision: number;
  readonly lenderId: string;
  readonly type: string;
  readonly reasonCodes: readonly string[];
  readonly content: string;
  readonly digest: string;
}

/** Which assessment a basis was drawn by; no two of an application have the same. */
export interface AssessmentKey {
  readonly applicationId: string;
  readonly revision: number;
  readonly inputHash: string;
  readonly policy: string;
}

export interface KeptEvidence {
  assessmentsAfter(id: bigint, days: Days, count: number): Promise<readonly KeptAssessment[]>;
  decisionsAfter(id: bigint, days: Days, count: number): Promise<readonly KeptDecision[]>;
  /** Content of each assessment of these applications. */
  contentsOf(
    applicationIds: readonly string[],
  ): Promise<readonly (AssessmentKey & { readonly content: string })[]>;
}

export function keptEvidenceIn(database: Database): KeptEvidence {
  return {
    async assessmentsAfter(id, { since, until }, count) {
      const { rows } = await database.prepared<{
        id: bigint;
        application_id: string;
        revision: number;
        lender_id: string;
        product_id: string;
        policy: string;
        policy_role: string;
        policy_digest: string;
        business_date: string;
        outcome: string;
        tier: string;
        amount_fen: bigint | null;
        rate_ppm: number | null;
        size_class: string;
        region_code: string | null;
        input_hash: string;
        input: string;
        content: string;
        digest: string;
      }>(
        'decisioning.evidence-assessments',
        `select id, application_id, revision, lender_id, product_id, policy, policy_role,
           policy_digest, business_date::text as business_date, outcome, tier, amount_fen, rate_ppm,
           size_class, region_code, input_hash, input, content, digest
         from decisioning.assessments
         where id > $1 and business_date >= coalesce($2::date, '-infinity')
           and business_date <= coalesce($3::date, 'infinity')
         order by id limit $4`,
        [id, since, until, count],
      );
      return rows.map((row) => ({
        id: row.id,
        applicationId: row.application_id,
        revision: row.revision,
        policy: row.policy,
        policyRole: row.policy_role,
        policyDigest: row.policy_digest,
        inputHash: row.input_hash,
        input: row.input,
        content: row.content,
        digest: row.digest,
        columns: {
          lenderId: row.lender_id,
          productId: row.product_id,
          businessDate: row.business_date,
          outcome: row.outcome,
          tier: row.tier,
          amountFen: row.amount_fen,
          ratePpm: row.rate_ppm,
          sizeClass: row.size_class,
          regionCode: row.region_code,
        },
      }));
    },
    async decisionsAfter(id, { since, until }, count) {
      const { rows } = await database.prepared<{
        id: bigint;
        application_id: string;
        revision: number;
        lender_id: string;
        type: string;
        reason_codes: string[];
        content: string;
        digest: string;
      }>(
        'decisioning.evidence-decisions',
        `select id, application_id, revision, lender_id, type, reason_codes, content, digest
         from decisioning.decisions
         where id > $1
           and (decided_at at time zone 'Asia/Shanghai')::date >= coalesce($2::date, '-infinity')
           and (decided_at at time zone 'Asia/Shanghai')::date <= coalesce($3::date, 'infinity')
         order by id limit $4`,
        [id, since, until, count],
      );
      return rows.map((row) => ({
        id: row.id,
        applicationId: row.application_id,
        revision: row.revision,
        lenderId: row.lender_id,
        type: row.type,
        reasonCodes: row.reason_codes,
        content: row.content,
        digest: row.digest,
      }));
    },
    async contentsOf(applicationIds) {
      const { rows } = await database.prepared<{
        application_id: string;
        revision: number;
        input_hash: string;
        policy: string;
        content: string;
      }>(
        'decisioning.evidence-contents',
        `select application_id, revision, input_hash, policy, content
         from decisioning.assessments where application_id = any($1::text[])`,
        [applicationIds],
      );
      return rows.map((row) => ({
        applicationId: row.application_id,
        revision: row.revision,
        inputHash: row.input_hash,
        policy: row.policy,
        content: row.content,
      }));
    },
  };
}
