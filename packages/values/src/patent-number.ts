// Chinese patent application numbers: reading the spellings in use, and the check character.

export type PatentKind = 'invention' | 'utility-model' | 'design';

export type PatentNumber =
  | { ok: true; number: string; kind: PatentKind }
  | { ok: false; fault: 'form' }
  | { ok: false; fault: 'check'; expectedCheck: string };

const newForm = /^(20\d{2}[12389]\d{7})\.?([\dX])$/;
const oldForm = /^((?:8[5-9]|9\d|0[0-3])[12389]\d{5})\.?([\dX])$/;
const uncheckedForm = /^8[5-8][12389]\d{5}$/;
const weights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5] as const;
const newSchemeYear = 2003;
const inputCharsMax = 64;

/**
 * Reads an application number and spells it as `201710601862.3`.
 *
 * Accepts the prefixes ZL and CN, spaces and full-width characters, with or without the dot.
 * Source: ZC 0006-2003 from 2003-10-01 (year, type, 7 digits, check modulus 11); before that 2
 * digits of the year, type, 5 digits and check; 1985 to 1988 had no check character. Certainty:
 * found, the check verified by script. Types 8 and 9 are international applications for an
 * invention and a utility model.
 *
 * A document number (CN, 9 digits, kind letter) is something else and is refused. Never derive an
 * expiry from the number: international and divisional applications were filed before its year.
 */
export function parsePatentNumber(text: string): PatentNumber {
  if (text.length > inputCharsMax) return { ok: false, fault: 'form' };
  const bare = text
    .normalize('NFKC')
    .replace(/\s/gu, '')
    .toUpperCase()
    .replace(/^(?:ZL|CN)/, '');
  if (uncheckedForm.test(bare)) return { ok: true, number: bare, kind: kindOf(bare.charAt(2)) };
  const isNew = newForm.test(bare);
  const [, digits, check] = (isNew ? newForm : oldForm).exec(bare) ?? [];
  if (digits === undefined || check === undefined) return { ok: false, fault: 'form' };
  if (isNew && Number(digits.slice(0, 4)) < newSchemeYear) return { ok: false, fault: 'form' };
  const expectedCheck = checkOf(digits);
  if (check !== expectedCheck) return { ok: false, fault: 'check', expectedCheck };
  return { ok: true, number: `${digits}.${check}`, kind: kindOf(digits.charAt(isNew ? 4 : 2)) };
}

/** The number with these 12 digits (year, type, serial) and its check. For made-up patents. */
export function patentNumberWithCheck(first12: string): string {
  const number = `${first12}.${checkOf(first12)}`;
  if (number.length === 14 && parsePatentNumber(number).ok) return number;
  throw new RangeError(`${first12} are not the 12 digits of a patent number without its check`);
}

function checkOf(digits: string): string {
  const sum = [...digits].reduce(
    (total, digit, index) => total + Number(digit) * (weights[index] ?? 0),
    0,
  );
  const check = sum % 11;
  return check === 10 ? 'X' : check.toString();
}

function kindOf(type: string): PatentKind {
  if (type === '3') return 'design';
  return type === '2' || type === '9' ? 'utility-model' : 'invention';
}
