// `saidao decisions verify` without a system: how what was found reads, and what is refused.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../command.fixture.ts';
import { register, verifiedLines, type Verified } from './decisions.ts';

const whole: Verified = {
  assessments: 20_000,
  declined: 4_000,
  counterfactuals: 9_000,
  decisions: 61_000,
  standing: 24_000,
  faulty: 0,
  faults: [],
  seconds: 41.25,
  peakBytes: 150_000_000,
};

it('tells that all came out the same', () => {
  expect(verifiedLines(whole)).toEqual([
    '20000 assessments judged again in 41.3 s, 4000 of them declines, with 9000 changes that would ' +
      'flip one; 61000 events read, 24000 of them stand on an assessment.',
    'All came out the same, byte by byte.',
  ]);
});

it('of days on which nothing was judged does not say that all is well', () => {
  const nothing = { ...whole, assessments: 0, declined: 0, counterfactuals: 0, standing: 0 };
  expect(verifiedLines(nothing).at(-1)).toBe('Nothing was judged on these days.');
});

it('names each fault by its application, with the first place that differs', () => {
  const at = { table: 'assessments', id: '7', applicationId: 'id-7', revision: 2 };
  const faults = [
    { ...at, what: 'judged again it is another', path: 'tier', kept: '"policy"', found: null },
    { ...at, what: 'it cannot be judged: no', path: null, kept: null, found: null },
  ];
  expect(verifiedLines({ ...whole, faulty: 1, faults }).slice(1)).toEqual([
    'id-7 revision 2 (assessments 7): judged again it is another, first at tier: "policy" → nothing',
    'id-7 revision 2 (assessments 7): it cannot be judged: no',
    '1 rows are not as they were.',
  ]);
});

it('says where evidence is where nothing runs', async () => {
  const home = mkdtempSync(join(tmpdir(), 'saidao-decisions-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const asked = runCommand(register, { SAIDAO_HOME: home }, ['decisions', 'verify']);
  await expect(asked).rejects.toThrow('set DATABASE_URL');
});
