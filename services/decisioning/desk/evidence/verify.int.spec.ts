// Evidence in a real database decides again to the very bytes, and whatever is tampered with is found.
import { event, scenario } from '@saidao/testkit';
import type { Database } from '@saidao/worker';
import fc from 'fast-check';
import { expect, inject, it, onTestFinished } from 'vitest';
import { decisionStore } from '../../adapters/decisions-postgres.ts';
import { applications } from '../../assessment/counterfactual.fixture.ts';
import type { Application } from '../../assessment/figures.ts';
import { caseNamed, claim, declines, line, received, verdict } from '../../cases.fixture.ts';
import { decisioningDatabase, idOf } from '../past.fixture.ts';
import { verified } from './verify.ts';

const COUNT = 300;
const NOW_MS = Date.UTC(2026, 10, 20, 2);
const sample = caseNamed('talent-3m');

/** All rows that the line leaves of these applications; officers judge those that are referred. */
async function keep(database: Database, some: readonly Application[]): Promise<void> {
  for (const [at, { lenderId, content, score, pledge }] of some.entries()) {
    const applicationId = idOf(at);
    const said = scenario(line, { applicationId, nowMs: NOW_MS });
    const own = { applicationId, lenderId };
    const events = [
      event('ApplicationReceived', received(sample, { ...own, content })),
      event('EnterpriseScored', { ...score, ...own, pledgeRequested: pledge !== null }),
      ...(pledge === null
        ? []
        : [
            event('PledgeLocked', {
              ...{ ...own, revision: 1, evidence: [] },
              patents: [...pledge.locked],
              refused: [...pledge.refused],
            }),
          ]),
      claim(sample, 'officer-a', own),
      at % 2 === 0 ? verdict(sample, 'officer-a', own) : declines(sample, 'officer-a', own),
      verdict(sample, 'officer-b', own),
    ];
    for (const one of events) {
      const { rows = [] } = said.when(one);
      await database.transaction((transaction) => decisionStore.record(transaction, rows));
    }
  }
}

async function open(count: number) {
  const tables = await decisioningDatabase(inject('databaseUrl'));
  onTestFinished(() => tables.close());
  const { url: databaseUrl, database } = tables;
  await keep(database, fc.sample(applications, { numRuns: count, seed: 6 }));
  return {
    database,
    verify: (since: string | null = null, until: string | null = null) =>
      verified({ databaseUrl, since, until }),
    /** As whoever has the database in their hands could: the triggers are no bar to them. */
    async tamper(table: 'assessments' | 'decisions', change: string): Promise<void> {
      await database.transaction(async (transaction) => {
        await transaction.query("set local session_replication_role = 'replica'");
        await transaction.query(`update decisioning.${table} set ${change}`);
      });
    },
  };
}

it(`all evidence of ${COUNT} applications decides again to the very bytes`, async () => {
  const { database, verify } = await open(COUNT);
  const done = await verify();
  expect(done.faults).toEqual([]);
  expect(done.faulty).toBe(0);
  expect(done.assessments).toBeGreaterThanOrEqual(COUNT);
  expect(done.declined).toBeGreaterThan(COUNT / 20);
  expect(done.counterfactuals).toBeGreaterThan(COUNT / 10);
  const { rows } = await database.query<{ decisions: bigint; standing: bigint }>(
    `select count(*) as decisions, count(*) filter (where content like '%"basis":%') as standing
     from decisioning.decisions`,
  );
  expect(rows).toEqual([{ decisions: BigInt(done.decisions), standing: BigInt(done.standing) }]);
  expect(done.standing).toBeGreaterThan(done.assessments);
});

it('looks at the evidence of some days alone', async () => {
  const { verify } = await open(20);
  const all = await verify('2026-11-20', '2026-11-20');
  expect(all).toMatchObject({ assessments: (await verify()).assessments, faulty: 0 });
  expect(await verify('2026-11-21')).toMatchObject({ assessments: 0, decisions: 0 });
  expect(await verify(null, '2026-11-19')).toMatchObject({ assessments: 0, decisions: 0 });
  await expect(verify('2026-11-31')).rejects.toThrow('2026-11-31 is no date');
});

const denied = `where id = (select min(id) from decisioning.assessments where outcome = 'decline')`;
const third = `where id = (select id from decisioning.assessments order by id offset 2 limit 1)`;
const declined = `where id = (select min(id) from decisioning.decisions where type = 'LoanDeclined')`;

it.each([
  [
    'the digest of a content',
    'assessments' as const,
    `digest = repeat('0', 64) ${third}`,
    /content is not what its digest says/,
  ],
  [
    'a content, its digest too',
    'assessments' as const,
    `content = replace(content, '"zh":"', '"zh":"一'), digest = encode(sha256(convert_to(
       replace(content, '"zh":"', '"zh":"一'), 'UTF8')), 'hex') ${denied}`,
    /judged again it is another: .+\.zh/,
  ],
  [
    'an input, its hash too',
    'assessments' as const,
    `input = replace(input, '"CNY"', '"USD"') ${third}`,
    /input is not what its hash says/,
  ],
  ['an input that is none', 'assessments' as const, `input = '{}' ${third}`, /it cannot be judged/],
  [
    'the outcome that is counted',
    'assessments' as const,
    `outcome = 'approve', amount_fen = 1 ${denied}`,
    /a column is not what the evidence says: amountFen/,
  ],
  [
    'a policy that nobody has',
    'assessments' as const,
    `policy = 'czb-hz@9' ${third}`,
    /its policy czb-hz@9 is none of/,
  ],
  [
    'the reasons of a decline',
    'decisions' as const,
    `reason_codes = '{X99}' ${declined}`,
    /its codes are not its reasons/,
  ],
  [
    'what an event stands on',
    'decisions' as const,
    `content = replace(content, '"inputHash":"', '"inputHash":"0') ${declined}`,
    /it stands on no assessment/,
  ],
])('finds %s', async (_what, table, change, says) => {
  const { verify, tamper } = await open(20);
  expect((await verify()).faulty).toBe(0);
  await tamper(table, change);
  const { faulty, faults } = await verify();
  expect(faulty).toBeGreaterThan(0);
  const told = faults.map(({ what, path }) => (path === null ? what : `${what}: ${path}`));
  expect(told).toContainEqual(expect.stringMatching(says));
});
