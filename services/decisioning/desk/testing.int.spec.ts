// A policy tried on past applications in a real database: what flips, and what was known then.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cny, fenOfMoney } from '@saidao/values';
import { expect, inject, it, onTestFinished } from 'vitest';
import { policyFolder, sha256 } from '../adapters/policy-files.ts';
import { caseNamed, cases } from '../cases.fixture.ts';
import { applicationOf, decisioningDatabase, idOf, keepJudged } from './past.fixture.ts';
import { isWhole } from './simulation/test-run.ts';
import { testOf, type Conversation, type TestQuestion } from './testing.ts';

const nobody: Conversation = {
  lines: { next: () => Promise.resolve({ done: true, value: undefined }) },
  say: () => undefined,
};

async function open() {
  const tables = await decisioningDatabase(inject('databaseUrl'));
  onTestFinished(() => tables.close());
  const question: TestQuestion = {
    databaseUrl: tables.url,
    policy: 'czb-hz@1',
    card: null,
    since: '2026-11-01',
    until: '2026-11-30',
    lenders: ['exim-zj', 'boc-zj', 'czb-hz'],
    threads: 2,
  };
  const ask = (change: Partial<TestQuestion> = {}, conversation = nobody) =>
    testOf({ ...question, ...change }, conversation);
  return {
    database: tables.database,
    ask,
    test: async (...asked: Parameters<typeof ask>) => (await ask(...asked)).run,
  };
}

/** A draft of czb-hz in a folder of its own, which lends nothing to talents beyond a month. */
function draftFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'policies-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(policyFolder, folder, { recursive: true });
  const edit = (file: string, change: (json: Record<string, unknown>) => object) => {
    const path = join(folder, file);
    const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...json, ...change(json) }));
  };
  cpSync(join(folder, 'czb-hz.v1.json'), join(folder, 'czb-hz.v2.json'));
  edit('czb-hz.v2.json', () => ({ version: 2 }));
  edit('products/talent.czb-hz.v1.json', () => ({ termMonths: { least: 1, most: 1 } }));
  return folder;
}

const talent = cases.filter(({ product }) => product === 'TALENT')[0]!;
const pledge = caseNamed('smart-lock-ip-pledge');

it('the version that decided flips nothing, and gives the very bytes', async () => {
  const { database, test } = await open();
  await keepJudged(
    database,
    cases.map((sample, at) => ({ at, application: applicationOf(sample, at) })),
  );
  for (const policy of ['exim-zj@1', 'boc-zj@1', 'czb-hz@1']) {
    const { figures, lenders } = await test({ policy });
    const own = cases.filter(({ lender }) => lender === policy.slice(0, -2)).length;
    expect(lenders).toEqual([policy.slice(0, -2)]);
    expect(figures).toMatchObject({ flipped: 0, sameVersion: own, otherBytes: 0, otherTerms: 0 });
    expect(figures.total.applications).toBe(own);
  }
});

it('a draft is tried on what was known then, and the run says what flips by which reason', async () => {
  const { database, ask, test } = await open();
  const application = applicationOf(talent, 1);
  const smaller = {
    ...application.content,
    request: {
      ...application.content.request,
      amount: cny(fenOfMoney(application.content.request.amount) / 2n),
    },
  };
  await keepJudged(database, [
    { at: 1, application },
    { at: 2, application: applicationOf(talent, 2) },
    // Amended and judged again, after the days that are looked at.
    {
      at: 1,
      revision: 2,
      application: { ...application, content: smaller, businessDate: '2026-12-01' },
    },
    { at: 3, application: applicationOf(talent, 3, { businessDate: '2026-10-31' }) },
    { at: 4, application: applicationOf(pledge, 4) },
  ]);
  const folder = draftFolder();
  const run = await test({ policy: join(folder, 'czb-hz.v2.json') });
  expect(run).toMatchObject({ policy: { ref: 'czb-hz@2' }, lenders: ['czb-hz'] });
  const { figures } = run;
  expect(figures.total.applications).toBe(2);
  expect(figures.flips).toMatchObject([
    { to: 'decline', count: 2, came: [{ code: 'S04', count: 2 }], examples: [idOf(1), idOf(2)] },
  ]);
  const asked = fenOfMoney(application.content.request.amount) * 2n;
  expect(BigInt(figures.total.before.proposedFen)).toBeLessThanOrEqual(asked);
  expect(figures.total.before.medianFen).not.toBeNull();
  expect(figures.total.after).toMatchObject({ proposedFen: '0', price: null, medianFen: null });
  expect(figures.groups.product.map(({ group }) => group)).toEqual(['TALENT']);
  const answer = await ask({ policy: join(folder, 'czb-hz.v2.json'), isPageWanted: true });
  expect(answer.page).toContain('S04 × 2 期限');
  expect(answer.texts['S04']?.en).toMatch(/term/i);
  // The whole past: the amended application counts once, as it was judged last.
  const later = await test({ policy: join(folder, 'czb-hz.v2.json'), until: '2026-12-31' });
  expect(later.figures.total.applications).toBe(2);
  expect(later.figures.total.before.proposedFen).not.toBe(figures.total.before.proposedFen);
});

it('without a word on lenders is tried on its own, which need have no past', async () => {
  const { database, test } = await open();
  await keepJudged(database, [{ at: 4, application: applicationOf(pledge, 4) }]);
  const run = await test({ lenders: null });
  expect(run).toMatchObject({ lenders: ['czb-hz'], figures: { total: { applications: 0 } } });
});

it('of a draft whose tables leave a gap says so, on the page too', async () => {
  const { ask } = await open();
  const folder = draftFolder();
  const path = join(folder, 'tables/authority.v1.json');
  const table = JSON.parse(readFileSync(path, 'utf8')) as {
    nodes: { content?: { rules?: object[] } }[];
  };
  for (const { content } of table.nodes) content?.rules?.splice(1);
  writeFileSync(path, JSON.stringify(table));
  const { method, page } = await ask({
    policy: join(folder, 'czb-hz.v2.json'),
    isPageWanted: true,
  });
  expect(method[0]).toMatch(/^The policy is not whole.*authority: no row fires/);
  expect(page).toContain('The policy is not whole');
});

it('is the same run however many threads make it, and shows where it was touched', async () => {
  const { database, test } = await open();
  await keepJudged(
    database,
    Array.from({ length: 500 }, (_, at) => ({ at, application: applicationOf(talent, at) })),
  );
  const policy = join(draftFolder(), 'czb-hz.v2.json');
  const one = await test({ policy, threads: 1 });
  const three = await test({ policy, threads: 3 });
  expect(three).toEqual(one);
  expect(one.figures.total.applications).toBe(500);
  expect(isWhole(one, sha256)).toBe(true);
  expect(isWhole({ ...one, figures: { ...one.figures, flipped: 0 } }, sha256)).toBe(false);
});

it('another card is asked for the scores, and what was not kept is left out and counted', async () => {
  const { database, test } = await open();
  await keepJudged(
    database,
    [1, 2, 3].map((at) => ({ at, application: applicationOf(talent, at) })),
  );
  const asked: unknown[] = [];
  let answer = Promise.withResolvers<string>();
  const scores = [{ grade: 'C', points: 0 }, { grade: 'C', points: 0 }, null];
  const conversation: Conversation = {
    lines: {
      next: async () => ({ done: false, value: await answer.promise }),
    },
    say: (said) => {
      asked.push(said);
      answer.resolve(JSON.stringify({ id: 1, scores }));
    },
  };
  const card = { ref: 'soft-power@3', digest: 'abc' };
  const run = await test({ policy: null, card }, conversation);
  expect(asked).toMatchObject([{ rescore: { given: [1, 2, 3].map(givenOf) } }]);
  expect(run).toMatchObject({ policy: null, card, figures: { withoutInputs: 1, sameVersion: 0 } });
  expect(run.figures.total.applications).toBe(2);
  answer = Promise.withResolvers<string>();
});

const givenOf = (at: number) => ({ applicationId: idOf(at), revision: 1, round: 1 });

it.each([
  [{ policy: 'czb-hz@9' }, /There is no policy czb-hz@9, and no such file; there are .*czb-hz@1/],
  [{ policy: null }, /a policy or a scorecard/],
  [{ lenders: ['boc-zj'] }, /The policy is czb-hz's, which is none of boc-zj/],
  [{ since: '2026-11-31' }, /2026-11-31 is no date/],
  [{ since: '2026-12-01' }, /2026-12-01 comes after 2026-11-30/],
])('%o is refused in a sentence', async (change, says) => {
  const { test } = await open();
  await expect(test(change)).rejects.toThrow(says);
});
