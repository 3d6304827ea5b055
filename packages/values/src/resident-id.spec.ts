// The check character of a resident identity card's number.
import { expect, it } from 'vitest';
import { residentIdWithCheck } from './resident-id.ts';

it.each(['11010519491231002X', '440524188001010014'])('is as in the standard’s %s', (example) => {
  expect(residentIdWithCheck(example.slice(0, 17))).toBe(example);
});

it.each(['1101051949123100', '1101051949123100a', '110105194912310020'])('refuses %s', (digits) => {
  expect(() => residentIdWithCheck(digits)).toThrow(RangeError);
});
