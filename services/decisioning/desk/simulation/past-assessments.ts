// Past assessments in PostgreSQL, a page at a time: the last of each application in a span of days.
import type { Database } from '@saidao/worker';
import type { PastAssessment } from './rejudge.ts';

export interface Span {
  /** Business dates, both days in it. */
  readonly since: string;
  readonly until: string;
  readonly lenders: readonly string[];
}

export interface PastAssessments {
  /** Their ids, by application after the one named; fewer than asked: these were the last. */
  idsAfter(
    applicationId: string,
    span: Span,
    count: number,
  ): Promise<readonly { readonly applicationId: string; readonly id: bigint }[]>;
  of(ids: readonly bigint[]): Promise<readonly PastAssessment[]>;
}

export function pastAssessmentsIn(database: Database): PastAssessments {
  return {
    // What was judged after the span is passed over: nobody knew it then.
    async idsAfter(applicationId, { since, until, lenders }, count) {
      const { rows } = await database.prepared<{ application_id: string; id: bigint }>(
        'decisioning.past-assessments',
        `select application_id, max(id) as id from decisioning.assessments
         where application_id > $1 and business_date between $2::date and $3::date
           and lender_id = any($4::text[])
         group by application_id order by application_id limit $5`,
        [applicationId, since, until, lenders, count],
      );
      return rows.map(({ application_id, id }) => ({ applicationId: application_id, id }));
    },
    async of(ids) {
      const { rows } = await database.prepared<{
        application_id: string;
        lender_id: string;
        product_id: string;
        policy: string;
        policy_role: string;
        size_class: string;
        region_code: string | null;
        input: string;
        content: string;
      }>(
        'decisioning.past-assessments-of',
        `select application_id, lender_id, product_id, policy, policy_role, size_class,
           region_code, input, content
         from decisioning.assessments where id = any($1::bigint[]) order by application_id`,
        [ids],
      );
      return rows.map((row) => ({
        applicationId: row.application_id,
        lenderId: row.lender_id,
        productId: row.product_id,
        policy: row.policy,
        policyRole: row.policy_role,
        sizeClass: row.size_class,
        regionCode: row.region_code,
        input: row.input,
        content: row.content,
      }));
    },
  };
}
