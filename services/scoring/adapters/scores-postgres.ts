// Scores in PostgreSQL: one row each, never changed, written with one statement a turn.
import { toJson } from '@saidao/values';
import type { ScoreRow } from '../decide.ts';
import type { ScoreStore } from '../ports.ts';

export const scoreStore: ScoreStore = {
  async record(transaction, rows) {
    const column = <K extends keyof ScoreRow>(name: K) => rows.map((row) => row[name]);
    await transaction.prepared(
      'scoring.write-scores',
      `insert into scoring.scores (application_id, revision, round, lender_id, product_id,
         business_date, cause, model_id, model_version, model_digest, input_hash, points,
         max_points, coverage_ppm, grade, stars, stage, region_code, size_class, founded_year,
         factor_shares, scored_at, inputs)
       select application_id, revision, round, lender_id, product_id, business_date::date, cause,
         model_id, model_version, model_digest, input_hash, points, max_points, coverage_ppm,
         grade, stars, stage, region_code, size_class, founded_year, factor_shares,
         to_timestamp(scored_at_ms / 1000.0), inputs
       from unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[],
         $7::text[], $8::text[], $9::int[], $10::text[], $11::text[], $12::int[], $13::int[],
         $14::int[], $15::text[], $16::int[], $17::text[], $18::text[], $19::text[], $20::int[],
         $21::jsonb[], $22::bigint[], $23::text[])
         as w (application_id, revision, round, lender_id, product_id, business_date, cause,
           model_id, model_version, model_digest, input_hash, points, max_points, coverage_ppm,
           grade, stars, stage, region_code, size_class, founded_year, factor_shares,
           scored_at_ms, inputs)`,
      [
        column('applicationId'),
        column('revision'),
        column('round'),
        column('lenderId'),
        column('productId'),
        column('businessDate'),
        column('cause'),
        column('modelId'),
        column('modelVersion'),
        column('modelDigest'),
        column('inputHash'),
        column('points'),
        column('maxPoints'),
        column('coveragePpm'),
        column('grade'),
        column('stars'),
        column('stage'),
        column('regionCode'),
        column('sizeClass'),
        column('foundedYear'),
        column('factorShares').map(toJson),
        column('scoredAtMs'),
        column('inputs'),
      ],
    );
  },
};
