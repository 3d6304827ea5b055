// `saidao policy test` over both desks and a real database: kept runs, pages, and other scorecards.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnterpriseScored } from '@saidao/schemas';
import { blankContent, blankEnterprise, blankScore, testDatabase } from '@saidao/testkit';
import type { TestDatabase } from '@saidao/testkit';
import { cny, toJson } from '@saidao/values';
import { migrateService } from '@saidao/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { runCommand } from '../command.fixture.ts';
import { PROJECT_ROOT } from '../context.ts';
import type { TestRun } from '../desk-of-policies.ts';
import { register } from './policy.ts';

let home: string;
let db: TestDatabase;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'saidao-policy-'));
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  for (const service of ['decisioning', 'scoring'] as const) {
    const folder = join(PROJECT_ROOT, 'services', service, 'migrations');
    await migrateService({ databaseUrl: db.url, service, lines: [service], folder });
  }
  for (const at of [1, 2, 3]) await keepPast(at);
});
afterAll(async () => {
  await db?.close();
  rmSync(home, { recursive: true, force: true });
});

const DAY = '2026-11-20';
const idOf = (at: number) => `01919d2c-1a00-7000-8000-${String(at).padStart(12, '0')}`;

/** A decline of long ago with the score under it; of the third the inputs were not kept. */
async function keepPast(at: number): Promise<void> {
  const applicationId = idOf(at);
  const score: EnterpriseScored = {
    ...blankScore,
    ...{ applicationId, revision: 1, lenderId: 'czb-hz', productId: 'TALENT', businessDate: DAY },
    ...{ cardId: 'soft-power', cardVersion: 1, cardDigest: '', points: 0, maxPoints: 0 },
    ...{ coveragePpm: 0, grade: 'C', factors: [], guarantee: null, pledgeRequested: false },
    ...{ round: 1, cause: 'VERIFIED', checks: [] },
    bundle: {
      findings: [],
      usable: [],
      usableAppraised: cny(0n),
      internalValue: null,
      lendingValue: null,
    } as unknown as EnterpriseScored['bundle'],
  };
  const uscc = '91330106MA2H0C1X2Y';
  const enterprise = { ...blankEnterprise, name: '杭州某某', uscc, usccValid: true };
  const application = {
    lenderId: 'czb-hz',
    businessDate: DAY,
    content: {
      ...blankContent,
      productId: 'TALENT',
      enterprise: { ...enterprise, sector: 'industry', industry: 'C3983' },
      request: {
        amount: cny(100_000_000n),
        termMonths: 12,
        purpose: 'working capital',
        repayment: 'BULLET',
        payees: [],
      },
      patents: [],
    },
    score,
    pledge: null,
    exposureFen: 0n,
    lpr: { date: '2026-09-20', oneYearPpm: 30_000, fiveYearPpm: 35_000 },
  };
  const assessment = {
    outcome: 'decline',
    tier: 'policy',
    terms: null,
    reasons: [{ code: 'S02' }],
    basis: { policyDigest: 'of an older release', counterfactuals: [] },
  };
  await db.database.query(
    `insert into decisioning.assessments (application_id, revision, lender_id, product_id, policy,
       policy_role, policy_digest, business_date, judged_at, outcome, tier, size_class, input_hash,
       input, content, digest)
     values ($1, 1, 'czb-hz', 'TALENT', 'czb-hz@1', 'champion', '', $2, now(), 'decline', 'policy',
       'small', '', $3, $4, '')`,
    [applicationId, DAY, toJson(application), toJson(assessment)],
  );
  const inputs = at === 3 ? null : toJson(scored);
  await db.database.query(
    `insert into scoring.scores (application_id, revision, round, lender_id, product_id,
       business_date, cause, model_id, model_version, model_digest, input_hash, points, max_points,
       coverage_ppm, grade, stars, stage, region_code, size_class, factor_shares, scored_at, inputs)
     values ($1, 1, 1, 'czb-hz', 'TALENT', $2, 'VERIFIED', 'soft-power', 1, '', '', 0, 0, 0, 'C', 1,
       'growth', '330106', 'small', '{}', now(), $3)`,
    [applicationId, DAY, inputs],
  );
}

/** Inputs of which only the day and the amount are known. */
const scored = {
  businessDate: DAY,
  sector: 'industry',
  askedFen: 100_000_000n,
  qualifications: null,
  patents: [],
  ...Object.fromEntries(
    [
      ...['founded', 'industry', 'staff', 'staffCounted', 'scienceStaff', 'revenue', 'research'],
      ...['exports', 'costs', 'assetsFen', 'equityFen', 'subsidies', 'talents', 'market'],
      ...['capital', 'bureauCreditFen', 'listed', 'groupHead', 'regionCode'],
    ].map((name) => [name, null]),
  ),
};

async function policy(...args: string[]): Promise<string[]> {
  const environment = { SAIDAO_HOME: home, DATABASE_URL: db.url, LENDERS: 'czb-hz,boc-zj' };
  return (await runCommand(register, environment, ['policy', ...args])).lines;
}

const days = ['--since', '2026-11-01', '--until', '2026-11-30', '--workers', '2'];

it('keeps the run, prints it, and writes a page of it', async () => {
  const html = join(home, 'page.html');
  const lines = await policy('test', 'czb-hz@1', ...days, '--html', html);
  expect(lines[0]).toMatch(
    /^czb-hz@1 over 3 applications of czb-hz, 2026-11-01 to 2026-11-30: run [0-9a-f]{12}, /,
  );
  const [file = ''] = readdirSync(join(home, 'policy-tests'));
  expect(lines.at(-1)).toContain(file);
  const run = JSON.parse(readFileSync(join(home, 'policy-tests', file), 'utf8')) as TestRun;
  expect(`${run.id}.json`).toBe(file);
  expect(readFileSync(html, 'utf8')).toContain(run.id);
  const nowhere = join(home, 'nowhere', 'page.html');
  await expect(policy('test', 'czb-hz@1', ...days, '--html', nowhere)).rejects.toThrow(
    /page.html cannot be written/,
  );
  // The same test again is the same run, whatever it is printed as.
  const [json = ''] = await policy('test', 'czb-hz@1', ...days, '--json');
  expect(JSON.parse(json)).toEqual(run);
  await expect(policy('publish', 'czb-hz@1', '--by', 'anna', '--run', run.id)).rejects.toThrow(
    /active already/,
  );
});

it('asks the desk of models for scores by another card, of what was kept', async () => {
  const [json = ''] = await policy('test', ...days, '--card', 'soft-power@2', '--json');
  const {
    policy: none,
    card,
    figures,
  } = JSON.parse(json) as TestRun & {
    readonly figures: { readonly withoutInputs: number };
  };
  expect(none).toBeNull();
  expect(card?.ref).toBe('soft-power@2');
  expect(figures).toMatchObject({ withoutInputs: 1, total: { applications: 2 } });
  const unscored = policy('test', ...days, '--card', 'soft-power-net@1');
  await expect(unscored).rejects.toThrow(/There is no scorecard soft-power-net@1/);
});

it('reports on what was judged, and of whom nothing was', async () => {
  const lines = await policy('report', '--until', '2026-11-30');
  expect(lines.join('\n')).toMatch(/czb-hz@1 +champion +3 /);
  expect(lines).toContain('boc-zj: nothing is judged yet.');
  await expect(policy('report', '--lender', 'nobody')).rejects.toThrow(/nobody is none of/);
});
