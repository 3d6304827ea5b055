// Strategic industries by code: the vectors of the table, and what a weak hint is worth.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTables } from '../adapters/model-files.ts';
import { bestTrack, trackFinder } from './tracks.ts';

const { tables } = readTables();
const { cases } = JSON.parse(
  readFileSync(new URL('../data/ipc-industries.json', import.meta.url), 'utf8'),
) as { cases: { ipc: string; ipcPrefix: string | null; branch: string | null }[] };

const ofPatent = trackFinder(tables.ipcIndustries.mappings);
const ofFirm = trackFinder(tables.industryTracks.mappings);

describe('the class of a patent', () => {
  it.each(cases)('$ipc is of $branch by $ipcPrefix', ({ ipc, ipcPrefix, branch }) => {
    const found = ofPatent(ipc);
    expect([found?.prefix ?? null, found?.branch ?? null]).toEqual([ipcPrefix, branch]);
  });

  it('is found with spaces in it', () => {
    expect(ofPatent('H04W 72/04')?.branch).toBe('1.1');
  });

  it('that is sure comes before a weak hint, whichever comes first', () => {
    const codes = ['H04L12/24', 'G06N10/00'];
    for (const order of [codes, codes.toReversed()]) {
      expect(bestTrack(ofPatent, order)).toMatchObject({ branch: '1.2', weak: false });
    }
    expect(bestTrack(ofPatent, ['A47J31/00', 'H04L12/24'])).toMatchObject({ weak: true });
    expect(bestTrack(ofPatent, ['A47J31/00'])).toBeUndefined();
    expect(bestTrack(ofPatent, [])).toBeUndefined();
  });
});

describe('the industry of a firm', () => {
  it.each([
    ['C3983', '1.2', false],
    ['C3581', '4.2', false],
    ['C3589', '4.2', true],
    ['C2651', '3.3', true],
    ['I6513', '1.3', false],
    ['M7450', '9.1', true],
  ])('%s is of %s, partly: %s', (code, branch, weak) => {
    expect(ofFirm(code)).toMatchObject({ branch, weak });
  });

  it.each(['H6110', 'C1310', ''])('%s has no track', (code) => {
    expect(ofFirm(code)).toBeUndefined();
  });
});
