// The number of a resident identity card: its check character.

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHARACTERS = '10X98765432';

/**
 * Division, birthday and serial with their check character, by GB 11643-1999 (ISO 7064, MOD 11-2).
 * Certainty: knowledge; its two examples are in the spec.
 */
export function residentIdWithCheck(digits: string): string {
  if (!/^\d{17}$/.test(digits)) throw new RangeError('A resident id has 17 digits and a check.');
  const sum = WEIGHTS.reduce((all, weight, at) => all + weight * Number(digits.charAt(at)), 0);
  return digits + CHARACTERS.charAt(sum % 11);
}
