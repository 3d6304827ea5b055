// One spelling of codes, however they were written.
import { describe, expect, it } from 'vitest';
import { readTables } from '../adapters/model-files.ts';
import { industryCodeIn, ipcSymbolOf } from './codes.ts';
import { trackFinder } from './tracks.ts';

describe('the class of an industry', () => {
  it.each([
    ['sensors (C3983)', 'C3983'],
    ['传感器（C3983）', 'C3983'],
    ['传感器（Ｃ３９８３）', 'C3983'],
    ['sensors (c3983)', 'C3983'],
    ['C3983', 'C3983'],
    [' c3983 ', 'C3983'],
    ['C3983 传感器', 'C3983'],
    ['electronics (C39)', 'C39'],
    ['C39', 'C39'],
    ['a C39 unit', null],
    ['sensors', null],
    ['sensors (3983)', null],
    ['3983', null],
    ['robots T800', null],
    ['a part called XC3983', null],
    ['a part called C39831', null],
    ['(Z3983)', null],
    ['', null],
  ])('in "%s" is %s', (text, code) => {
    expect(industryCodeIn(text)).toBe(code);
  });
});

describe('the class of a patent', () => {
  it.each([
    ['G06N3/08', 'G06N3/08'],
    ['G06N 3/08', 'G06N3/08'],
    ['g06n3/08', 'G06N3/08'],
    ['Ｇ０６Ｎ３／０８', 'G06N3/08'],
    ['G06N 3/08 (2006.01)', 'G06N3/08'],
    ['G06N 3/08（2006.01）I', 'G06N3/08'],
    ['G06N0003080000', 'G06N3/08'],
    ['G06N0003000000', 'G06N3/00'],
    ['H01M0010052500', 'H01M10/0525'],
    ['A61K0039395000', 'A61K39/395'],
    ['G06N', 'G06N'],
  ])('%s is %s', (text, symbol) => {
    expect(ipcSymbolOf(text)).toBe(symbol);
  });

  it('is found in the table in its long form too', () => {
    const find = trackFinder(readTables().tables.ipcIndustries.mappings);
    expect(find(ipcSymbolOf('G06N0010000000'))).toEqual(find('G06N10/00'));
    expect(find('G06N10/00')).toMatchObject({ branch: '1.2' });
  });
});
