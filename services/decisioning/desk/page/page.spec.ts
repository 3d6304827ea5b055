// The page of a test run: whole by itself, well formed, and safe whatever a name holds.
import { expect, it } from 'vitest';
import { compare, noComparison, type Judged } from '../simulation/comparison.ts';
import { comparisonFigures } from '../simulation/figures.ts';
import { testRunOf, type TestRunContent } from '../simulation/test-run.ts';
import { pageOf } from './page.ts';

function runOf(count: number, region = '3301') {
  const comparison = noComparison();
  const approved: Judged = {
    outcome: 'approve',
    tier: 'policy',
    proposal: { amountFen: 100_000_000n, ratePpm: 34_500 },
    codes: [],
  };
  const declined: Judged = { outcome: 'decline', tier: 'policy', proposal: null, codes: ['S04'] };
  for (let at = 0; at < count; at += 1) {
    const groups = { product: 'TALENT', lender: 'czb-hz', size: 'small', region };
    const after = at % 4 === 0 ? declined : approved;
    compare(comparison, { applicationId: `id-${at}`, groups, before: approved, after });
  }
  const content: TestRunContent = {
    form: 1,
    policy: { ref: 'czb-hz@2', digest: 'abc' },
    card: null,
    since: '2026-10-01',
    until: '2026-10-31',
    lenders: ['czb-hz'],
    figures: comparisonFigures(comparison),
  };
  return testRunOf(content, '2026-11-20', (text) => String(text.length).padStart(64, '0'));
}

const texts = { S04: { zh: '期限不在范围内', en: 'Term & amount <outside>' } };
const VOID = new Set(['meta', '!doctype']);

/** Opening and closing tags that do not belong together; attributes are quoted throughout. */
function unbalanced(page: string): string[] {
  const open: string[] = [];
  const faults: string[] = [];
  for (const [, closing, name = '', rest = ''] of page.matchAll(
    /<(\/?)([a-z!][a-z0-9]*)((?:\s+[a-zA-Z0-9-]+(?:="[^"<>]*")?)*\s*\/?)>/g,
  )) {
    if (VOID.has(name) || rest.endsWith('/')) continue;
    if (closing === '') open.push(name);
    else if (open.pop() !== name) faults.push(name);
  }
  return [...faults, ...open];
}

it('is well formed, with charts, figures and reasons in both languages', () => {
  const page = pageOf(runOf(100), texts);
  expect(unbalanced(page)).toEqual([]);
  expect(page.match(/<svg /g)?.length).toBe(14);
  expect(page).toContain('<title>S04; before 0; after 25</title>');
  // At round figures: of 75 % and 82.5 % at most, not at a fifth of what is largest.
  expect(page).toMatch(/>60\.0 %<.*\n.*>80\.0 %</);
  expect(page).toContain('<b>25</b> of 100 outcomes flip');
  expect(page).toContain('S04 × 25 期限不在范围内 / Term &amp; amount &lt;outside&gt;');
  expect(page).toContain('75.0 % (65.7 – 82.5)');
  // The flip's share of all, and what less is proposed for it, each with its bounds.
  expect(page).toContain('<td>25</td><td>25.0 % (17.5 – 34.3)</td>');
  expect(page).toContain('<td>-25.00 (-33.53 – -16.47)</td>');
  expect(page).not.toMatch(/NaN|Infinity|undefined|null/);
});

it('asks nothing of elsewhere: no script, no address, no file', () => {
  const page = pageOf(runOf(40), texts);
  expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:|\bon[a-z]+=/);
});

it('holds no more than text where a name would be more', () => {
  const page = pageOf(runOf(3, '"><script>alert(1)</script>'), texts);
  expect(page).not.toContain('<script>');
  expect(unbalanced(page)).toEqual([]);
});

it('of nothing at all says so', () => {
  const page = pageOf(runOf(0), {});
  expect(unbalanced(page)).toEqual([]);
  expect(page).toContain('No outcome flips.');
  expect(page).toContain('Of 0 applications nothing can be concluded.');
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
});
