// Terms of patents by kind and filing date.
import { expect, it } from 'vitest';
import { expiryOf, remainingMonths } from './life.ts';

it.each([
  ['invention', '2016-05-27', '2036-05-27'],
  ['utility-model', '1999-09-06', '2009-09-06'],
  ['design', '2021-05-31', '2031-05-31'],
  ['design', '2021-06-01', '2036-06-01'],
  ['invention', '2004-02-29', '2024-02-29'],
  ['utility-model', '2004-02-29', '2014-02-28'],
] as const)('%s filed on %s ends on %s', (kind, filed, expires) => {
  expect(expiryOf(kind, filed)).toBe(expires);
});

it('adds the days by which the register extended the term', () => {
  expect(expiryOf('invention', '2016-05-27', 400)).toBe('2037-07-01');
});

it('takes the filing date of the register, not the year of the number', () => {
  // A divisional application of 2020 filed by its parent in 2014.
  expect(expiryOf('invention', '2014-03-03')).toBe('2034-03-03');
});

it('counts whole months', () => {
  expect(remainingMonths('2026-11-20', '2027-11-19')).toBe(11);
  expect(remainingMonths('2026-11-20', '2027-11-20')).toBe(12);
  expect(remainingMonths('2026-11-20', '2020-01-01')).toBe(0);
});
