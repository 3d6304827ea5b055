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
const coarse = trackFinder([
  { prefix: 'H04L12', branch: '1.1', weak: false },
  { prefix: 'G06F', branch: '1.3', weak: true },
]);

describe('the class of a patent', () => {
  it.each(cases)('$ipc is of $branch by $ipcPrefix', ({ ipc, ipcPrefix, branch }) => {
    const found = ofPatent(ipc);
    if (ipcPrefix === null) expect(found).toBeUndefined();
    else expect(found).toMatchObject({ prefix: ipcPrefix, branch });
  });

  it('is found with spaces in it', () => {
    expect(ofPatent('H04W 72/04')).toMatchObject({ branch: '1.1' });
  });

  it('that is too coarse is open, and leaves all open but a sure one', () => {
    expect(coarse('H04L')).toBe('open');
    for (const codes of [
      ['H04L', 'G06F9/50'],
      ['G06F9/50', 'H04L'],
      ['A47J31/00', 'H04L'],
    ]) {
      expect(bestTrack(coarse, codes)).toBe('open');
    }
    expect(bestTrack(coarse, ['H04L', 'H04L12/24'])).toMatchObject({ branch: '1.1' });
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

  it.each(['H6110', 'C1310'])('%s has no track', (code) => {
    expect(ofFirm(code)).toBeUndefined();
  });

  it.each(['C', 'C39', 'M', ''])('%s is too coarse to say', (code) => {
    expect(ofFirm(code)).toBe('open');
  });
});
