// A test run as one page that opens anywhere: nothing in it is fetched from elsewhere.
import type { ReasonTexts } from '../../assessment/policy.ts';
import type { CodeCount, Figures, FlipFigures } from '../simulation/figures.ts';
import type { TestRun } from '../simulation/test-run.ts';
import { barChart, intervalChart, type Interval, type PairRow } from './charts.ts';
import { escaped } from './escaped.ts';
import { methodOf } from './method.ts';
import {
  difference,
  millions,
  millionsDifference,
  millionsOf,
  percent,
  price,
  priceDifference,
  rate,
} from './spelled.ts';

export type Texts = ReasonTexts['reasons'];

const GROUPS_SHOWN_MAX = 25;
const groupTitles = {
  product: 'By product 按产品',
  lender: 'By lender 按贷款机构',
  size: 'By size of the enterprise 按企业规模',
  region: 'By city 按城市 (first four digits of GB/T 2260)',
} as const;

/** Faults: what of the policy that was tried is not whole. */
export function pageOf(run: TestRun, texts: Texts, faults: readonly string[] = []): string {
  const { figures } = run;
  const title = `${triedOf(run)}, ${run.since} to ${run.until}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p class="about">Test run <code>${run.id}</code> of ${run.at}, over ${figures.total.applications}
applications of ${escaped(run.lenders.join(', '))}, each as it was judged last in these days and on
what was known then. <span class="before">Before</span> is what was decided,
<span class="after">after</span> what would be.</p>
${wholeOf(run)}
<h2>What flips, and why 结果改变及其理由</h2>
${flipsOf(figures.flips, texts)}
${Object.entries(groupTitles)
  .map(([name, heading]) => groupOf(heading, figures.groups[name as keyof typeof groupTitles]))
  .join('\n')}
<h2>How to read it 说明</h2>
<ul>${methodOf(run, faults)
    .map((sentence) => `<li>${escaped(sentence)}</li>`)
    .join('\n')}</ul>
<p class="about">Policy ${escaped(run.policy?.digest ?? 'as it was')}, scorecard
${escaped(run.card?.digest ?? 'as it was')}, run ${run.digest}.</p>
</main>
</body>
</html>
`;
}

export function triedOf({ policy, card }: Pick<TestRun, 'policy' | 'card'>): string {
  return [policy?.ref, card?.ref].filter((ref) => ref !== undefined).join(' with ');
}

function wholeOf({ figures }: TestRun): string {
  const { total, flipped } = figures;
  const { before, after, proposedDifference: sum } = total;
  const rows: [string, string, string, string][] = [
    [
      'Approved by policy 自动批准',
      rate(before.approved),
      rate(after.approved),
      difference(total.approvedDifference),
    ],
    [
      'Before officers 转人工审批',
      rate(before.referred),
      rate(after.referred),
      difference(total.referredDifference),
    ],
    [
      'Declined 拒绝',
      rate(before.declined),
      rate(after.declined),
      difference(total.declinedDifference),
    ],
    [
      'Approved, million yuan 批准金额（百万元）',
      millions(before.approvedFen),
      millions(after.approvedFen),
      '',
    ],
    [
      'Proposed, million yuan 拟贷金额（百万元）',
      millions(before.proposedFen),
      millions(after.proposedFen),
      millionsDifference(sum),
    ],
    [
      'Median, million yuan 中位数（百万元）',
      millions(before.medianFen),
      millions(after.medianFen),
      '',
    ],
    [
      'Price, mean by amount 加权平均利率',
      price(before.price),
      price(after.price),
      priceDifference(total.priceDifference),
    ],
  ];
  return `<p><b>${flipped}</b> of ${total.applications} outcomes flip; of the others
${figures.otherTerms} have other terms, ${figures.otherTier} another tier, ${figures.otherReasons}
other reasons.</p>
${tableOf(['', 'before 原决策', 'after 新决策', 'difference 差异'], rows)}`;
}

function flipsOf(flips: readonly FlipFigures[], texts: Texts): string {
  if (flips.length === 0) return '<p>No outcome flips.</p>';
  const rows = flips.map(({ from, to, count, share, came, went, examples }) => [
    `${from} → ${to}`,
    String(count),
    rate(share),
    codesOf(came, texts),
    codesOf(went, texts),
    examples.join('\n'),
  ]);
  const bars = flips.map(({ from, to, count }) => ({
    label: `${from} → ${to}`,
    before: null,
    after: { value: count, low: count, high: count },
  }));
  const counts = { format: (value: number) => value.toFixed(0), fromZero: true };
  return [
    figureOf(
      'Applications that flip 结果改变的申请',
      barChart(bars, { title: 'Flips', ...counts }),
    ),
    figureOf(
      'Reasons that went (before) and came (after) with them 随之消失与新增的理由',
      barChart(reasonRows(flips), { title: 'Reasons of flips', ...counts }),
    ),
    tableOf(
      [
        'flip 变化',
        'applications 笔数',
        'of all 占比',
        'reasons that came 新增理由',
        'reasons that went 消失理由',
        'such as 例如',
      ],
      rows,
      'texts',
    ),
  ].join('\n');
}

/** Of all flips together, by code; the most frequent first. */
function reasonRows(flips: readonly FlipFigures[]): PairRow[] {
  const counted = (of: (flip: FlipFigures) => readonly CodeCount[], code: string) =>
    flips.flatMap(of).reduce((sum, one) => sum + (one.code === code ? one.count : 0), 0);
  const codes = new Set(flips.flatMap(({ came, went }) => [...came, ...went]).map(codeOf));
  return [...codes]
    .map((code) => ({
      code,
      went: counted(({ went }) => went, code),
      came: counted(({ came }) => came, code),
    }))
    .sort((a, b) => b.went + b.came - a.went - a.came || (a.code < b.code ? -1 : 1))
    .slice(0, GROUPS_SHOWN_MAX)
    .map(({ code, went, came }) => ({ label: code, before: alone(went), after: alone(came) }));
}

const codeOf = ({ code }: CodeCount): string => code;

function codesOf(codes: readonly CodeCount[], texts: Texts): string {
  return codes
    .map(({ code, count }) => {
      const text = texts[code];
      return `${code} × ${count}${text === undefined ? '' : ` ${text.zh} / ${text.en}`}`;
    })
    .join('; ');
}

function groupOf(
  heading: string,
  groups: readonly (Figures & { readonly group: string })[],
): string {
  const shown = [...groups]
    .sort((a, b) => b.applications - a.applications)
    .slice(0, GROUPS_SHOWN_MAX);
  const rows = shown.map((group) => [
    group.group,
    String(group.applications),
    rate(group.before.approved),
    rate(group.after.approved),
    difference(group.approvedDifference),
    millions(group.before.proposedFen),
    millions(group.after.proposedFen),
    millionsDifference(group.proposedDifference),
    price(group.before.price),
    price(group.after.price),
  ]);
  const head = [
    'group',
    'applications 笔数',
    'approved 批准率 before',
    'after',
    'difference',
    'proposed 拟贷 before',
    'after',
    'difference',
    'price 利率 before',
    'after',
  ];
  const pairs = (pick: (side: Figures['before']) => Interval | null): PairRow[] =>
    shown.map(({ group, before, after }) => ({
      label: group,
      before: pick(before),
      after: pick(after),
    }));
  const charts = [
    figureOf(
      'Approved by policy 自动批准',
      intervalChart(
        pairs(({ approved }) => approved && interval(approved)),
        { title: `${heading}: approved by policy`, format: (ppm) => percent(ppm), fromZero: true },
      ),
    ),
    figureOf(
      'Proposed, million yuan 拟贷金额（百万元）',
      barChart(
        pairs(({ proposedFen }) => alone(millionsOf(proposedFen))),
        { title: `${heading}: proposed`, format: (value) => value.toFixed(1), fromZero: true },
      ),
    ),
    figureOf(
      'Price 利率',
      intervalChart(
        pairs(({ price: of }) => of && interval(of)),
        { title: `${heading}: price`, format: (ppm) => percent(ppm, 3), fromZero: false },
      ),
    ),
  ];
  const more = groups.length - shown.length;
  const rest =
    more > 0 ? `<p class="about">And ${more} smaller groups, in the run's JSON.</p>` : '';
  return `<h2>${escaped(heading)}</h2>\n${charts.join('\n')}\n${tableOf(head, rows)}\n${rest}`;
}

function interval(of: { ppm: number; lowPpm: number; highPpm: number }): Interval {
  return { value: of.ppm, low: of.lowPpm, high: of.highPpm };
}

function alone(value: number): Interval {
  return { value, low: value, high: value };
}

function figureOf(caption: string, svg: string): string {
  return `<figure><figcaption>${escaped(caption)}</figcaption>\n${svg}</figure>`;
}

function tableOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  kind: 'figures' | 'texts' = 'figures',
): string {
  const cells = (tag: string, row: readonly string[]) =>
    row.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n');
  return `<div class="wide"><table class="${kind}"><thead><tr>${cells('th', head)}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5c6675; --line: #d8dde5; --paper: #fff;
  --before: #8a94a6; --after: #c2410c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf0; --soft: #a3adbb; --line: #3a4352; --paper: #161b22; --before: #8a94a6;
    --after: #fb923c; } }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
main { max-width: 1320px; margin: 0 auto; padding: 24px; }
h1 { font-size: 24px; } h2 { font-size: 19px; margin-top: 36px; }
.about { color: var(--soft); }
span.before { color: var(--before); font-weight: 600; }
span.after { color: var(--after); font-weight: 600; }
.wide { overflow-x: auto; }
table.figures td, table.texts td:nth-child(-n+3) { white-space: nowrap; }
table.texts td:last-child { white-space: pre; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
figure { margin: 16px 0; } figcaption { color: var(--soft); }
svg { width: 100%; height: auto; max-width: 860px; }
svg line { stroke-width: 1.6; } svg line.before, svg circle.before { stroke: var(--before); }
svg line.after, svg circle.after { stroke: var(--after); }
svg .before { fill: var(--before); } svg .after { fill: var(--after); }
svg line.grid { stroke: var(--line); stroke-width: 1; }
svg text { fill: var(--ink); font-size: 13px; }
svg text.label { text-anchor: end; } svg text.tick { fill: var(--soft); text-anchor: middle; }
`;
