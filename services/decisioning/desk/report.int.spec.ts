// The report over a real table: each application once, in the sample that chance put it in.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toJson } from '@saidao/values';
import { expect, inject, it, onTestFinished } from 'vitest';
import { policyFolder } from '../adapters/policy-files.ts';
import { cases, policies } from '../cases.fixture.ts';
import type { PolicyRegister } from '../policies/register.ts';
import { applicationOf, decisioningDatabase, idOf, keepJudged } from './past.fixture.ts';
import { reportOf } from './report.ts';

const talent = cases.find(({ product }) => product === 'TALENT')!;

/** The policies with a challenger of czb-hz, in force from a day of November on. */
function folderWithChallenger(): string {
  const folder = mkdtempSync(join(tmpdir(), 'policies-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(policyFolder, folder, { recursive: true });
  const path = join(folder, 'register.json');
  const register = JSON.parse(readFileSync(path, 'utf8')) as PolicyRegister;
  const challenger = {
    ...register.policies['czb-hz@1'],
    role: 'challenger',
    sharePpm: 100_000,
    validFrom: '2026-11-10',
  };
  writeFileSync(
    path,
    JSON.stringify({ ...register, policies: { ...register.policies, 'czb-hz@2': challenger } }),
  );
  return folder;
}

/** The version under another name: what it is called is all that a sample needs. */
const next = (() => {
  const first = policies.of('czb-hz@1');
  return { ...first, policy: { ...first.policy, ref: 'czb-hz@2', version: 2 } };
})();

it('compares samples of the days on which both were in force, with officers’ overrides', async () => {
  const tables = await decisioningDatabase(inject('databaseUrl'));
  onTestFinished(() => tables.close());
  const on = (at: number, businessDate: string) => applicationOf(talent, at, { businessDate });
  const challenged = { role: 'challenger', assessor: next } as const;
  await keepJudged(tables.database, [
    // Entered before there was a choice: judged again later, it is in no sample of the trial.
    { at: 1, application: on(1, '2026-11-01') },
    { at: 1, application: on(1, '2026-11-12'), revision: 2 },
    { at: 2, application: on(2, '2026-11-12') },
    { at: 3, application: on(3, '2026-11-12') },
    { at: 3, application: on(3, '2026-11-13'), revision: 2 },
    { at: 4, application: on(4, '2026-11-12'), ...challenged },
  ]);
  for (const [at, override] of [
    [2, true],
    [3, false],
    [4, false],
  ] as const) {
    await tables.database.query(
      `insert into decisioning.decisions (application_id, lender_id, revision, type, causation_id,
         decided_at, content, digest)
       values ($1, 'czb-hz', 1, 'ReviewRecorded', 'any', now(), $2, '')`,
      [idOf(at), toJson({ action: 'APPROVED', override })],
    );
  }
  const [report] = await reportOf({
    databaseUrl: tables.url,
    lenders: ['czb-hz'],
    since: '2026-01-01',
    until: '2026-11-30',
    policyFolder: folderWithChallenger(),
  });
  expect(report?.policies).toMatchObject([
    { policy: 'czb-hz@2', role: 'challenger', applications: 1 },
    { policy: 'czb-hz@1', role: 'champion', applications: 3, overridden: { hits: 1, of: 2 } },
  ]);
  expect(report?.trials).toMatchObject([
    {
      since: '2026-11-10',
      until: '2026-11-30',
      champion: { policy: 'czb-hz@1', applications: 2, overridden: { hits: 1, of: 2 } },
      challenger: { policy: 'czb-hz@2', applications: 1, overridden: { hits: 0, of: 1 } },
      says: 'Nothing can be told yet: 1 of at least 30 applications on one side.',
    },
  ]);
});

it('of a lender of whom nothing was judged says so by noughts', async () => {
  const tables = await decisioningDatabase(inject('databaseUrl'));
  onTestFinished(() => tables.close());
  const asked = { databaseUrl: tables.url, since: '2026-01-01', until: '2026-11-30' };
  expect(await reportOf({ ...asked, lenders: ['boc-zj'] })).toEqual([
    { lenderId: 'boc-zj', policies: [], trials: [] },
  ]);
  await expect(reportOf({ ...asked, lenders: [], until: '2026-11-31' })).rejects.toThrow(/no date/);
});
