// `saidao models` without a system: what is listed, shown, compared and refused, and how a report reads.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../command.fixture.ts';
import type { ModelReport, ModelSummary } from '../desk-of-models.ts';
import { activatedLines, register, reportLines } from './models.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'saidao-models-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const models = (...args: string[]) =>
  runCommand(register, { SAIDAO_HOME: home }, ['models', ...args]);

describe('models', () => {
  it('are listed for people and for programs', async () => {
    const { lines, code } = await models('list');
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/^model +kind +status +role +valid +owner +approved by +digest$/);
    expect(lines.filter((line) => / active +champion /.test(line))).toHaveLength(1);
    const [json = ''] = (await models('list', '--json')).lines;
    // The first card scores on no business date, so it is shown as champion of none.
    expect(lines.find((line) => line.startsWith('soft-power@1 '))).toMatch(
      / retired +champion +never /,
    );
    const listed = JSON.parse(json) as ModelSummary[];
    expect(listed.map(({ ref }) => ref)).toEqual(lines.slice(1).map((line) => line.split(' ')[0]));
  });

  it('are shown with their page, and compared place by place', async () => {
    const { lines } = await models('show', 'soft-power-net@1');
    expect(lines[0]).toMatch(/^soft-power-net@1: onnx, challenger, validated\n/);
    expect(lines[0]).toContain('Not official.');
    const { lines: changed } = await models('diff', 'soft-power@1', 'soft-power@2');
    expect(changed).toContain('entry.status: "retired" → "active"');
    expect((await models('diff', 'soft-power@2', 'soft-power@2')).lines).toEqual([
      'Nothing differs.',
    ]);
    const [json = ''] = (await models('diff', 'soft-power@1', 'soft-power@2', '--json')).lines;
    expect(JSON.parse(json)).toContainEqual({
      path: 'entry.status',
      before: '"retired"',
      after: '"active"',
    });
  });

  it.each([
    ['of which there is none', ['show', 'no-model@1'], /There is no model no-model@1/],
    ['that is active', ['activate', 'soft-power@2', '--by', 'anna'], /active already/],
    [
      'by what is no id',
      ['activate', 'soft-power-net@1', '--by', 'anna, bo'],
      /no id of an approver/,
    ],
    ['by nobody', ['activate', 'soft-power@2'], /required option '--by/],
    ['reported where nothing runs', ['report'], /Nothing runs here/],
  ])('%s is refused in a sentence', async (_what, args, says) => {
    await expect(models(...args)).rejects.toThrow(says);
  });
});

it('an activation says who still has to approve, or from when it scores', () => {
  const done = { ref: 'soft-power@3', outcome: 'approved', retired: null, from: null } as const;
  expect(activatedLines('wang', { ...done, approvalsNeeded: 1 })).toEqual([
    'wang has approved soft-power@3; another person still has to.',
  ]);
  const active = { ...done, outcome: 'activated', retired: 'soft-power@2' } as const;
  expect(activatedLines('shen', { ...active, from: '2026-12-01', approvalsNeeded: 0 })).toEqual([
    'soft-power@3 scores from 2026-12-01 on, in the place of soft-power@2.',
    'Start the workers of scoring anew before 2026-12-01: they read the register when they start.',
  ]);
});

it('a report shows what has to be looked at', () => {
  const group = {
    group: 'small',
    scored: 100,
    meanPoints: 7_250,
    meanRatioPpm: 1_000_000,
    decided: 80,
    approved: 60,
    approvalPpm: 750_000,
    approvalRatioPpm: 1_000_000,
    belowFourFifths: false,
  };
  const poor = {
    ...group,
    group: 'micro',
    approved: 40,
    approvalPpm: 500_000,
    approvalRatioPpm: 666_666,
    belowFourFifths: true,
  };
  const few = { ...group, group: 'large', scored: 3, meanRatioPpm: null, approvalRatioPpm: null };
  const report: ModelReport = {
    model: 'soft-power@2',
    casesMin: 30,
    lenders: [
      {
        lenderId: 'exim-zj',
        applications: 203,
        parity: [{ by: 'size', groups: [few, poor, group] }],
        stability: {
          scores: 203,
          boundPpm: 250_000,
          moved: [
            { subject: 'score', psiPpm: 12_345 },
            { subject: 'TALENT_GRADE', psiPpm: 612_000 },
          ],
        },
      },
      { lenderId: 'boc-zj', applications: 0, parity: [], stability: null },
    ],
  };
  expect(reportLines(report)).toEqual([
    'soft-power@2: parity beside the best group, and stability.',
    'A group below four fifths of the best bears a !; of fewer than 30 nothing is said.',
    '',
    'exim-zj: 203 applications',
    '  by size  scored  points  of best  decided  offers  of best',
    '  large    3       72.5    –        80       75.0 %  –',
    '  micro    100     72.5    100.0 %  80       50.0 %  66.7 %   !',
    '  small    100     72.5    100.0 %  80       75.0 %  100.0 %',
    '  stability of the last 203  index',
    '  score                      0.012',
    '  TALENT_GRADE               0.612  ! above 0.25',
    '',
    'boc-zj: nothing is scored yet.',
  ]);
});
