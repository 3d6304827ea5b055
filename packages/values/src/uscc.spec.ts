// Unified social credit codes: the vectors of the fixtures and every one-character error.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import identifiers from '../fixtures/identifiers.json' with { type: 'json' };
import { checkUscc, usccWithChecks, type UsccCheck } from './uscc.ts';

const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const { valid, invalid } = identifiers.uscc;

describe('vectors', () => {
  test.each(valid)('%s is valid', (uscc) => expect(checkUscc(uscc)).toEqual({ ok: true, uscc }));

  test.each(invalid)('$code wants $expectedCheck', ({ code, expectedCheck }) => {
    expect(checkUscc(code)).toEqual({ ok: false, uscc: code, fault: 'check', expectedCheck });
  });
});

describe('both checks', () => {
  test.each(valid)('of %s are found again', (uscc) => {
    expect(usccWithChecks(uscc.slice(0, 16))).toBe(uscc);
  });

  test.each(['', '913301007996550', '91330100799655058', '91330100799655OO'])(
    'are given to 16 characters of the alphabet alone: %j',
    (first16) => expect(() => usccWithChecks(first16)).toThrow(RangeError),
  );
});

describe('spellings', () => {
  test.each([
    '91330100799655058b',
    ' 91330100799655058B\n',
    '9133 0100 7996 5505 8B',
    '913301-00799655058-B',
    '９１３３０１００７９９６５５０５８Ｂ',
  ])('%j is normalised', (text) => {
    expect(checkUscc(text)).toEqual({ ok: true, uscc: '91330100799655058B' });
  });

  test.each([
    ['', 'length'],
    ['9133010079965505', 'length'],
    ['91330100799655058B0', 'length'],
    ['9'.repeat(100_000), 'length'],
    ['9133010079965505\u0000B', 'alphabet'],
    ['91330100799655O58B', 'alphabet'],
    ['91330I00799655058B', 'alphabet'],
    ['9133010079965505企B', 'alphabet'],
  ])('%j is refused for its %s', (text, fault) => {
    expect(checkUscc(text)).toEqual({ ok: false, uscc: null, fault });
  });
});

describe('errors', () => {
  it('of one character are all detected', () => {
    for (const uscc of valid) {
      for (let at = 0; at < 18; at += 1) {
        for (const char of alphabet.replace(uscc.charAt(at), '')) {
          const wrong = uscc.slice(0, at) + char + uscc.slice(at + 1);
          expect(checkUscc(wrong), wrong).toMatchObject({ ok: false, uscc: wrong, fault: 'check' });
        }
      }
    }
  });

  it('of two neighbours swapped are all detected', () => {
    for (const uscc of valid) {
      for (let at = 0; at < 17; at += 1) {
        const [first, second] = [uscc.charAt(at), uscc.charAt(at + 1)];
        if (first === second) continue;
        const wrong = uscc.slice(0, at) + second + first + uscc.slice(at + 2);
        expect(checkUscc(wrong).ok, wrong).toBe(false);
      }
    }
  });

  it('in the organisation code are found behind a right last character', () => {
    const chars = fc.array(fc.constantFrom(...alphabet), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(chars, (first16) => {
        // Of the eleven characters that could end an organisation code, one is right.
        const checks = [...'0123456789X'].map((org) => withLast(`${first16.join('')}${org}`));
        const wrong = checks.filter((check) => !check.ok);
        expect(wrong).toHaveLength(10);
        const right = checks.find((check) => check.ok)?.uscc.charAt(16);
        expect(wrong.every((one) => one.fault === 'org-check')).toBe(true);
        expect(new Set(wrong.map((one) => one.expectedCheck))).toEqual(new Set([right]));
      }),
    );
  });

  it('name the character that would be right', () => {
    const char = fc.constantFrom(...alphabet);
    const any = fc.array(char, { minLength: 18, maxLength: 18 }).map((chars) => chars.join(''));
    fc.assert(
      fc.property(any, (code) => {
        const first = checkUscc(code);
        if (first.ok || first.fault !== 'check') return;
        const mended = checkUscc(code.slice(0, 17) + first.expectedCheck);
        expect(mended.ok || mended.fault === 'org-check').toBe(true);
      }),
    );
  });
});

/** Checks a code of 17 characters with the last one that is right for it. */
function withLast(first17: string): UsccCheck {
  const trial = checkUscc(`${first17}0`);
  if (trial.ok || trial.fault !== 'check') return trial;
  return checkUscc(first17 + (trial.expectedCheck ?? ''));
}
