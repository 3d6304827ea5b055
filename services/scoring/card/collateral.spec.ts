// What a change of collateral makes of a bundle: grounds, usable patents, and values not known.
import { describe, expect, it } from 'vitest';
import type { CollateralChange } from '@saidao/schemas';
import { caseNamed, patentsVerified, yuan } from '../cases.fixture.ts';
import { changesTogether, withChanges } from './collateral.ts';

const lock = caseNamed('smart-lock-ip-pledge');
const bundle = {
  ...patentsVerified(lock).bundle,
  lendingValue: yuan(364_549_545.81),
  valueBasis: 'LOWER_OF_BOTH',
};
const [first, second, third] = lock.patents.map(({ number }) => number) as [string, string, string];

const change = (
  number: string,
  ground = 'PL02',
  result: CollateralChange['result'] = 'ADVERSE',
): CollateralChange => ({ number, ground, result, reason: 'as the register says now' });

describe('a bundle whose collateral changed', () => {
  it('has the ground on the finding, and the patent is no longer usable', () => {
    const changed = withChanges(bundle, [change(first)]);
    expect(changed.usable).toEqual([second, third]);
    const [finding] = changed.findings;
    expect(finding).toMatchObject({ usable: false });
    expect(finding?.grounds.find(({ code }) => code === 'PL02')).toEqual({
      code: 'PL02',
      result: 'ADVERSE',
      reason: 'as the register says now',
      evidence: ['register'],
      declarations: [],
    });
    expect(changed.notes.at(-1)).toMatchObject({ code: 'COLLATERAL_CHANGED', patents: [first] });
  });

  it('has no value that was reckoned for other patents', () => {
    const changed = withChanges(bundle, [change(first)]);
    expect(changed).toMatchObject({ lendingValue: null, valueBasis: null, usableAppraised: null });
  });

  it('is worth nothing where none is usable', () => {
    const changed = withChanges(
      bundle,
      [first, second, third].map((number) => change(number)),
    );
    expect(changed).toMatchObject({ lendingValue: yuan(0), valueBasis: 'NOTHING_USABLE' });
  });

  it('keeps its value where the same patents are usable', () => {
    const changed = withChanges(bundle, [change(first, 'PL11', 'WAIVED')]);
    expect(changed).toMatchObject({ usable: bundle.usable, lendingValue: bundle.lendingValue });
  });

  it('takes the last that is said of a ground', () => {
    const twice = changesTogether([change(first)], [change(first, 'PL02', 'CLEAR'), change(third)]);
    expect(twice).toHaveLength(2);
    expect(withChanges(bundle, twice).usable).toEqual([first, second]);
  });
});
