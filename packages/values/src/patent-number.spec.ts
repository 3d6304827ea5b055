// Patent application numbers: the vectors of the fixtures, spellings, every one-digit error.
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import identifiers from '../fixtures/identifiers.json' with { type: 'json' };
import { parsePatentNumber, patentNumberWithCheck } from './patent-number.ts';

const { valid, invalid, sameNumberOtherSpelling } = identifiers.patentApplicationNumbers;

describe('vectors', () => {
  test.each(valid)('%s is valid', (number) => {
    expect(parsePatentNumber(number)).toMatchObject({ ok: true, number });
  });

  test.each(invalid)('$number wants $expectedCheck', ({ number, expectedCheck }) => {
    expect(parsePatentNumber(number)).toEqual({ ok: false, fault: 'check', expectedCheck });
  });

  test.each(
    Object.entries(sameNumberOtherSpelling).flatMap(([number, spellings]) =>
      spellings.map((spelling) => [spelling, number]),
    ),
  )('%j is %s', (spelling, number) => {
    expect(parsePatentNumber(spelling)).toMatchObject({ ok: true, number });
  });
});

describe('the check', () => {
  const newForm = valid.filter((number) => number.length === 14);

  test.each(newForm)('of %s is found again', (number) => {
    expect(patentNumberWithCheck(number.slice(0, 12))).toBe(number);
  });

  test.each(['', '95115608', '200110018477', '202040018477', '20241001847A'])(
    'is given to 12 digits of a number alone: %j',
    (first12) => expect(() => patentNumberWithCheck(first12)).toThrow(RangeError),
  );
});

describe('spellings', () => {
  test.each([
    ['zl201710601862.3', '201710601862.3'],
    ['ＺＬ２０１７１０６０１８６２．３', '201710601862.3'],
    ['201811564288.x', '201811564288.X'],
    ['ZL 95 1 15608.X', '95115608.X'],
    ['CN95115608X', '95115608.X'],
    [' 201710601862.3\t', '201710601862.3'],
    ['85100001', '85100001'],
    ['ZL 88 2 12345', '88212345'],
  ])('%j is %s', (spelling, number) => {
    expect(parsePatentNumber(spelling)).toMatchObject({ ok: true, number });
  });

  test.each([
    ['', 'nothing'],
    ['201710601862', 'no check character'],
    ['89103229', 'no check character, though it had to have one'],
    ['20171060186.2', 'a digit too few'],
    ['2017106018622.3', 'a digit too many'],
    ['2017.10601862.3', 'the dot elsewhere'],
    ['201710601862-3', 'a hyphen'],
    ['201740601862.3', 'a type that does not exist'],
    ['200210601862.3', 'the new form before 2003'],
    ['52115608.X', 'a year without patents'],
    ['CN101234567A', 'a document number'],
    ['CN107654321B', 'a document number'],
    ['US201710601862.3', 'another office'],
    ['ZLZL201710601862.3', 'the prefix twice'],
    ['201710601862.Y', 'another letter'],
    [`201710601862.3${' '.repeat(100)}`, 'very long'],
    ['201710601862\u0000.3', 'a control character'],
  ])('%j is refused (%s)', (spelling) => {
    expect(parsePatentNumber(spelling)).toEqual({ ok: false, fault: 'form' });
  });

  it('of a document number never pass for an old application number', () => {
    for (let serial = 0; serial < 300; serial += 1) {
      const digits = `${1 + (serial % 3)}${(serial * 7_919_231).toString().padStart(8, '0')}`;
      expect(parsePatentNumber(`CN${digits.slice(0, 9)}`).ok, digits).toBe(false);
    }
  });
});

test.each([
  ['201710601862.3', 'invention'],
  ['201320372262.1', 'utility-model'],
  ['201930267772.5', 'design'],
  ['201680019204.7', 'invention'],
  ['95115608.X', 'invention'],
  ['201590000001', 'form'],
])('%s is of kind %s', (number, kind) => {
  const parsed = parsePatentNumber(number);
  expect(parsed.ok ? parsed.kind : parsed.fault).toBe(kind);
});

it('knows an international utility model by its 9', () => {
  const first = parsePatentNumber('201590000001.0');
  const check = first.ok ? '0' : first.fault === 'check' ? first.expectedCheck : '';
  expect(parsePatentNumber(`201590000001.${check}`)).toMatchObject({ kind: 'utility-model' });
});

describe('errors', () => {
  it('of one digit are all detected', () => {
    for (const number of valid) {
      const dot = number.indexOf('.');
      for (let at = 0; at < number.length; at += 1) {
        if (at === dot) continue;
        for (const char of '0123456789X'.replace(number.charAt(at), '')) {
          const wrong = number.slice(0, at) + char + number.slice(at + 1);
          expect(parsePatentNumber(wrong).ok, wrong).toBe(false);
        }
      }
    }
  });

  test.prop([
    fc.integer({ min: 2003, max: 2099 }),
    fc.constantFrom('1', '2', '3', '8', '9'),
    fc.integer({ min: 0, max: 9_999_999 }),
    fc.nat(12),
    fc.constantFrom(...'0123456789X'),
  ])('of one character of any number are found', (year, type, serial, at, char) => {
    const digits = `${year}${type}${String(serial).padStart(7, '0')}`;
    const right = patentNumberWithCheck(digits).replace('.', '');
    if (right[at] === char) return;
    const wrong = right.slice(0, at) + char + right.slice(at + 1);
    expect(parsePatentNumber(wrong).ok).toBe(false);
  });

  it('of neighbours swapped are all detected', () => {
    for (const number of valid) {
      for (let at = 0; at < number.length - 3; at += 1) {
        const [first, second] = [number.charAt(at), number.charAt(at + 1)];
        if (first === second) continue;
        const wrong = number.slice(0, at) + second + first + number.slice(at + 2);
        expect(parsePatentNumber(wrong).ok, wrong).toBe(false);
      }
    }
  });
});
