// Scores of late and drifts in PostgreSQL, and the lock by which one process watches at a time.
import { fromJson, toJson } from '@saidao/values';
import type { ModelDrifted } from '@saidao/schemas';
import type { Database } from '@saidao/worker';
import type { ParityCase } from '../parity.ts';
import type { NamedModel, WatchStore } from '../ports.ts';
import type { WatchedScore } from '../reference.ts';

const LOCK = 'saidao scoring watch';

interface ScoreRow {
  readonly points: number;
  readonly max_points: number;
  /** In per cent; null: missing. */
  readonly factor_shares: Readonly<Record<string, number | null>>;
  readonly scored_at: Date;
}

export function watchStore(database: Database): WatchStore {
  return {
    async scoresOf({ id, version }: NamedModel, lenderId, scoresMax) {
      const { rows } = await database.query<ScoreRow>(
        `select points, max_points, factor_shares, scored_at from scoring.scores
         where lender_id = $1 and model_id = $2 and model_version = $3
         order by scored_at desc limit $4`,
        [lenderId, id, version, scoresMax],
      );
      const times = rows.map(({ scored_at }) => scored_at.getTime());
      return {
        scores: rows.map(watchedScore),
        fromMs: times.at(-1) ?? 0,
        toMs: times[0] ?? 0,
      };
    },
    async note(id, drift) {
      await database.query(
        `insert into scoring.model_drifts (id, drift) values ($1, $2) on conflict do nothing`,
        [id, toJson(drift)],
      );
    },
    async unsaid() {
      const { rows } = await database.query<{ id: string; drift: string }>(
        `select id, drift from scoring.model_drifts where said_at is null order by noted_at, id`,
      );
      return rows.map(({ id, drift }) => ({ id, drift: fromJson(drift) as ModelDrifted }));
    },
    async said(ids) {
      await database.query(
        `update scoring.model_drifts set said_at = now() where id = any($1::text[])`,
        [ids],
      );
    },
    alone: (work) =>
      // On one connection: should the process die, the lock goes with it.
      database.together(async (held) => {
        const { rows } = await held.query<{ mine: boolean }>(
          'select pg_try_advisory_lock(hashtext($1)) as mine',
          [LOCK],
        );
        if (rows[0]?.mine !== true) return false;
        try {
          await work();
          return true;
        } finally {
          await held.query('select pg_advisory_unlock(hashtext($1))', [LOCK]);
        }
      }),
  };
}

/** The first so many scores by a model, by lender: those its reference may be made of. */
export async function firstScoresIn(
  database: Database,
  { id, version }: NamedModel,
  scoresMax: number,
): Promise<Map<string, WatchedScore[]>> {
  const { rows } = await database.query<ScoreRow & { readonly lender_id: string }>(
    `select lender_id, points, max_points, factor_shares, scored_at from scoring.scores
     where model_id = $1 and model_version = $2 order by scored_at limit $3`,
    [id, version, scoresMax],
  );
  const byLender = Map.groupBy(rows, ({ lender_id }) => lender_id);
  return new Map([...byLender].map(([lenderId, found]) => [lenderId, found.map(watchedScore)]));
}

/** As the newest scores show them: so many applications at most. */
const PARITY_CASES_MAX = 100_000;

/** Each application of a lender as it was last scored, with what became of it. */
export async function parityCasesIn(
  database: Database,
  lenderId: string,
  approvals: ReadonlyMap<string, boolean>,
): Promise<ParityCase[]> {
  const { rows } = await database.query<{
    application_id: string;
    points: number;
    max_points: number;
    size_class: string;
    region_code: string;
    founded_year: number | null;
    scored_year: number;
  }>(
    `select distinct on (application_id) application_id, points, max_points, size_class,
       region_code, founded_year, extract(year from business_date)::int as scored_year
     from (
       select * from scoring.scores where lender_id = $1 order by scored_at desc limit $2
     ) as newest
     order by application_id, revision desc, round desc`,
    [lenderId, PARITY_CASES_MAX],
  );
  return rows.map((row) => ({
    sizeClass: row.size_class,
    regionCode: row.region_code,
    foundedYear: row.founded_year,
    scoredYear: row.scored_year,
    sharePpm: sharePpmOf(row.points, row.max_points),
    approved: approvals.get(row.application_id) ?? null,
  }));
}

const PPM_PER_PERCENT = 10_000;

function watchedScore({ points, max_points, factor_shares }: ScoreRow): WatchedScore {
  const factors = Object.entries(factor_shares).map(
    ([code, share]) => [code, share === null ? null : Math.round(share * PPM_PER_PERCENT)] as const,
  );
  return { sharePpm: sharePpmOf(points, max_points), factors: Object.fromEntries(factors) };
}

/** With nothing known there are no points. */
function sharePpmOf(points: number, maxPoints: number): number {
  return maxPoints <= 0 ? 0 : Math.floor((points * 1_000_000) / maxPoints);
}
