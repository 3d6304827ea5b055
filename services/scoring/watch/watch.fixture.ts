// A database with scoring's tables and made-up rows of scores, for specs that watch models.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { migrateService } from '@saidao/worker';
import type { ScoreRow } from '../decide.ts';

const folder = new URL('../migrations/', import.meta.url);

/** Cloned from a template of these very migrations. */
export function scoringDatabase(adminUrl: string): Promise<TestDatabase> {
  const migrations = createHash('sha256');
  for (const name of readdirSync(folder).sort()) {
    migrations.update(readFileSync(new URL(name, folder)));
  }
  return testDatabase({
    adminUrl,
    template: `scoring ${migrations.digest('hex')}`,
    async prepare(databaseUrl) {
      await migrateService({ databaseUrl, service: 'scoring', lines: ['scoring'], folder });
    },
  });
}

export const model = { id: 'soft-power', version: 2, digest: 'abc', boundPpm: 250_000 } as const;

const SCORED_AT_MS = Date.parse('2026-11-20T02:00:00Z');

/** The score of application number `at`, scored as many minutes after ten o'clock in Shanghai. */
export function scoreRow(at: number, change: Partial<ScoreRow> = {}): ScoreRow {
  return {
    applicationId: `01919d2c-1a00-7000-8000-${String(at).padStart(12, '0')}`,
    revision: 1,
    round: 1,
    lenderId: 'exim-zj',
    productId: 'NEW_QUALITY',
    businessDate: '2026-11-20',
    cause: 'VERIFIED',
    modelId: model.id,
    modelVersion: model.version,
    modelDigest: model.digest,
    inputHash: 'def',
    inputs: '{}',
    points: (at % 100) * 100,
    maxPoints: 10_000,
    coveragePpm: 1_000_000,
    grade: 'A',
    stars: 3,
    stage: 'growth',
    regionCode: '330100',
    sizeClass: 'small',
    foundedYear: 2018,
    factorShares: { RESEARCH: at % 101, TALENTS: at % 10 === 0 ? null : 100 },
    scoredAtMs: SCORED_AT_MS + at * 60_000,
    ...change,
  };
}

export function scoreRows(count: number, change: (at: number) => Partial<ScoreRow> = () => ({})) {
  return Array.from({ length: count }, (_, at) => scoreRow(at, change(at)));
}
