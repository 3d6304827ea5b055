// `saidao policy` without a system: what is listed, shown and refused, and how answers read.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../command.fixture.ts';
import type { PolicySummary, PolicyTrial, SampleFigures } from '../desk-of-policies.ts';
import { publishedLines, reportLines } from '../policy-view.ts';
import { register } from './policy.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'saidao-policy-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const policy = (...args: string[]) =>
  runCommand(register, { SAIDAO_HOME: home }, ['policy', ...args]);

describe('policies', () => {
  it('are listed for people and for programs', async () => {
    const { lines, code } = await policy('list');
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^policy +status +role +valid +owner +approved by +test run +digest$/);
    const [json = ''] = (await policy('list', '--json')).lines;
    const listed = JSON.parse(json) as PolicySummary[];
    expect(listed.map(({ ref }) => ref)).toEqual(lines.slice(1).map((line) => line.split(' ')[0]));
  });

  it('are shown, compared and told of', async () => {
    const { lines } = await policy('show', 'czb-hz@1');
    expect(lines[0]).toBe('czb-hz@1: champion, active');
    expect(lines).toContain('product TALENT v1: 人才贷, Talent loan');
    expect((await policy('diff', 'czb-hz@1', 'czb-hz@1')).lines).toEqual(['Nothing differs.']);
    const { lines: changed } = await policy('diff', 'czb-hz@1', 'boc-zj@1');
    expect(changed).toContain('products.TALENT.lenderId: "czb-hz" → nothing');
    const { lines: history } = await policy('history', 'czb-hz');
    expect(history).toContain('2026-01-01  czb-hz@1  in force as champion');
  });

  const days = ['--since', '2026-10-01', '--until', '2026-10-31'];
  it.each([
    ['of which there is none', ['show', 'czb-hz@9'], /There is no policy czb-hz@9; there are/],
    ['of no lender', ['history', 'nobody'], /no policy of nobody/],
    ['in force already', ['publish', 'czb-hz@1', '--by', 'anna'], /no test run attached/],
    ['on a run that is not there', ['publish', 'czb-hz@1', '--by', 'a', '--run', 'x'], /cannot be/],
    ['by nobody', ['publish', 'czb-hz@1'], /required option '--by/],
    ['tried where nothing runs', ['test', 'czb-hz@1', ...days], /Nothing runs here/],
    ['tried on no days', ['test', 'czb-hz@1'], /required option '--since/],
    ['reported where nothing runs', ['report'], /Nothing runs here/],
    ['entered by nobody', ['enter', 'czb-hz.v1.json'], /required option '--owner/],
    ['entered anew', ['enter', 'czb-hz.v1.json', '--owner', 'anna'], /has been approved as it was/],
    ['entered from elsewhere', ['enter', './package.json', '--owner', 'anna'], /does not lie in/],
    ['that is no challenger', ['end', 'czb-hz@1', '--by', 'anna'], /no challenger in force/],
  ])('%s is refused in a sentence', async (_what, args, says) => {
    await expect(policy(...args)).rejects.toThrow(says);
  });

  it('are refused on a run that was written by hand', async () => {
    const run = join(home, 'run.json');
    writeFileSync(run, '{}');
    await expect(policy('publish', 'czb-hz@1', '--by', 'anna', '--run', run)).rejects.toThrow(
      /not as it was written/,
    );
    writeFileSync(run, 'null');
    await expect(policy('publish', 'czb-hz@1', '--by', 'anna', '--run', run)).rejects.toThrow(
      /holds no test run/,
    );
  });
});

it('a publication says who still has to approve, or from when on it judges', () => {
  const testRun = {
    id: 'abc',
    since: '2026-10-01',
    until: '2026-10-31',
    applications: 100,
    flips: 7,
    at: '2026-11-19',
    by: 'anna',
  };
  const approved = { ref: 'czb-hz@2', outcome: 'approved', retired: null, from: null } as const;
  const run = 'test run abc, attached by anna: 2026-10-01 to 2026-10-31, 100 applications, 7 flips';
  expect(publishedLines('anna', { ...approved, approvalsNeeded: 1, testRun })).toEqual([
    'anna has approved czb-hz@2; another person still has to.',
    run,
  ]);
  const active = { ...approved, outcome: 'activated', retired: 'czb-hz@1' } as const;
  const published = { ...active, from: '2026-12-01', approvalsNeeded: 0, testRun };
  expect(publishedLines('bo', published)).toEqual([
    'czb-hz@2 judges applications that enter from 2026-12-01 on, in the place of czb-hz@1; ' +
      'those in flight keep theirs.',
    'Start the workers of decisioning anew before 2026-12-01: they read the register when they start.',
    run,
  ]);
});

it('a report shows both samples and what can be told of them', () => {
  const rate = { hits: 50, of: 100, ppm: 500_000, lowPpm: 403_832, highPpm: 596_168 };
  const champion: SampleFigures = {
    policy: 'czb-hz@1',
    role: 'champion',
    applications: 100,
    approved: rate,
    referred: rate,
    declined: rate,
    proposedFen: '100000000000',
    mean: { fen: '1000000000', lowFen: '900000000', highFen: '1100000000' },
    price: { ppm: 34_500, lowPpm: 34_000, highPpm: 35_000 },
    overridden: null,
  };
  const none = {
    ...{ policy: 'czb-hz@2', role: 'challenger', applications: 0, proposedFen: '0' },
    ...{
      approved: null,
      referred: null,
      declined: null,
      mean: null,
      price: null,
      overridden: null,
    },
  };
  const trial: PolicyTrial = {
    ...{ since: '2026-11-01', until: '2026-11-30', champion, challenger: none },
    approvedDifference: null,
    declinedDifference: { ppm: -12_000, lowPpm: -20_000, highPpm: -4_000 },
    priceDifference: null,
    overriddenDifference: null,
    says: 'Nothing can be told yet.',
  };
  const lines = reportLines([
    { lenderId: 'czb-hz', policies: [champion], trials: [trial] },
    { lenderId: 'boc-zj', policies: [], trials: [] },
  ]);
  const share = '50.0 % (40.4 – 59.6)';
  const cells = lines.map((line) => line.trim().split(/ {2,}/));
  const head = [
    ...['policy', 'role', 'sample', 'approved', 'to officers', 'declined', 'mean, million yuan'],
    ...['price', 'overridden'],
  ];
  const ofChampion = ['czb-hz@1', 'champion', '100', share, share, share, '10.00', '3.450 %', '–'];
  expect(cells).toEqual([
    ['czb-hz:'],
    head,
    ofChampion,
    [''],
    ['czb-hz@2 beside czb-hz@1, entered 2026-11-01 to 2026-11-30:'],
    head,
    ofChampion,
    ['czb-hz@2', 'challenger', '0', '–', '–', '–', '–', '–', '–'],
    ['difference', '–', '-1.2 % (-2.0 – -0.4)', '–', '–'],
    ['Nothing can be told yet.'],
    [''],
    ['boc-zj: nothing is judged yet.'],
  ]);
});
