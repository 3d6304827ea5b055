// A database with decisioning's tables, and past assessments as the line would have left them.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { fenOfMoney, toJson } from '@saidao/values';
import { migrateService, type Database } from '@saidao/worker';
import { sha256 } from '../adapters/policy-files.ts';
import { assess, type Assessor } from '../assessment/assess.ts';
import type { Application } from '../assessment/figures.ts';
import { asOf, contentOf, locked, policies, scoredOf, type SampleCase } from '../cases.fixture.ts';

const folder = new URL('../migrations/', import.meta.url);

/** Cloned from a template of these very migrations. */
export function decisioningDatabase(adminUrl: string): Promise<TestDatabase> {
  const migrations = createHash('sha256');
  for (const name of readdirSync(folder).sort()) {
    migrations.update(readFileSync(new URL(name, folder)));
  }
  return testDatabase({
    adminUrl,
    template: `decisioning ${migrations.digest('hex')}`,
    async prepare(databaseUrl) {
      await migrateService({ databaseUrl, service: 'decisioning', lines: ['decisioning'], folder });
    },
  });
}

export const idOf = (at: number) => `01919d2c-1a00-7000-8000-${String(at).padStart(12, '0')}`;

/** All that a case is judged by, as application number `at`. */
export function applicationOf(
  sample: SampleCase,
  at: number,
  change: Partial<Application> = {},
): Application {
  const { patents, refused } = locked(sample);
  return {
    lenderId: sample.lender,
    businessDate: asOf,
    content: contentOf(sample),
    score: scoredOf(sample, { applicationId: idOf(at) }),
    pledge: sample.product === 'IP_PLEDGE' ? { locked: patents, refused } : null,
    exposureFen: 0n,
    lpr: policies.lprOn(asOf),
    ...change,
  };
}

export interface PastCase {
  readonly at: number;
  readonly application: Application;
  readonly revision?: number;
  readonly role?: 'champion' | 'challenger';
  /** By another version than the lender's first. */
  readonly assessor?: Assessor;
}

/** Judges them by the lender's first version, and keeps what was judged. */
export async function keepJudged(database: Database, cases: readonly PastCase[]): Promise<void> {
  for (const { at, application, revision = 1, role = 'champion', ...by } of cases) {
    const assessor = by.assessor ?? policies.of(`${application.lenderId}@1`);
    const assessment = assess(assessor, application, role);
    const { outcome, tier, terms, basis } = assessment;
    const { ref, digest } = assessor.policy;
    const [input, content] = [toJson(application), toJson(assessment)];
    await database.query(
      `insert into decisioning.assessments (application_id, revision, lender_id, product_id,
         policy, policy_role, policy_digest, business_date, judged_at, outcome, tier, amount_fen,
         rate_ppm, size_class, region_code, input_hash, input, content, digest)
       values ($1, $2, $3, $4, $5, $6, $7, $8, now(), $9, $10, $11, $12, $13, $14, $15, $16, $17,
         $18)`,
      [
        idOf(at),
        revision,
        application.lenderId,
        application.content.productId,
        ref,
        role,
        digest,
        application.businessDate,
        outcome,
        tier,
        terms && fenOfMoney(terms.amount),
        terms?.ratePpm ?? null,
        basis.sizeClass,
        application.score.derived?.regionCode ?? null,
        basis.inputHash,
        input,
        content,
        sha256(content),
      ],
    );
  }
}
