// Rates as integer parts per million, and the interest and penalty they make.
import { mulDivHalfUp, type Fen } from './money.ts';

/** One, in parts per million. */
export const ppmOne = 1_000_000;

const ppmMax = 2 ** 31 - 1;
const decimalForm = /^(-?)(\d{1,5})(?:\.(\d{1,6}))?$/;

/** Reads a decimal fraction with at most six decimals: `0.0345` is 34500. */
export function ppmOf(text: string): number {
  const parts = decimalForm.exec(text);
  const [, sign, whole = '0', decimals = ''] = parts ?? [];
  const ppm = Number(whole) * ppmOne + Number(decimals.padEnd(6, '0'));
  if (parts === null || ppm > ppmMax) {
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    throw new RangeError(
      `rate ${JSON.stringify(shown)} is not a fraction: ` +
        'write at most six decimals and less than 2147, as 0.0345',
    );
  }
  return sign === '-' && ppm !== 0 ? -ppm : ppm;
}

/** Prints parts per million as the shortest decimal fraction: 34500 is `0.0345`. */
export function formatPpm(ppm: number): string {
  const whole = wholePpm(ppm);
  const digits = Math.abs(whole).toString().padStart(7, '0');
  const decimals = digits.slice(-6).replace(/0+$/, '');
  const sign = whole < 0 ? '-' : '';
  return `${sign}${digits.slice(0, -6)}${decimals === '' ? '' : `.${decimals}`}`;
}

/** Prints parts per million as a percentage: 34500 is `3.45%`. */
export function formatPercent(ppm: number): string {
  const whole = wholePpm(ppm);
  const digits = Math.abs(whole).toString().padStart(5, '0');
  const decimals = digits.slice(-4).replace(/0{1,2}$/, '');
  return `${whole < 0 ? '-' : ''}${digits.slice(0, -4)}.${decimals}%`;
}

/** A share of an amount, rounded half up to the fen. */
export function shareFen(amountFen: Fen, sharePpm: number): Fen {
  return mulDivHalfUp(amountFen, BigInt(wholePpm(sharePpm)), BigInt(ppmOne));
}

/**
 * Interest of one period: principal × yearly rate × days ÷ basis days.
 *
 * Rounded half up to the fen, once for the period and never daily: 333,333.33 at 3.85% for
 * 31 days is 1,105.09, where daily rounding gives 1,105.15. Source: domain rules s. 8 (day count;
 * banks may compute by whole periods or by actual days). Certainty: the day count is found in
 * published bank rules, rounding once is ours and checked by script.
 */
export function interestFen(
  principalFen: Fen,
  ratePpm: number,
  days: number,
  basisDays: number,
): Fen {
  if (!Number.isSafeInteger(days) || days < 0) {
    throw new RangeError(`interest needs whole days from 0, not ${days}`);
  }
  if (!Number.isSafeInteger(basisDays) || basisDays <= 0) {
    throw new RangeError(`interest needs a basis of whole days above 0, not ${basisDays}`);
  }
  return mulDivHalfUp(
    principalFen,
    BigInt(wholePpm(ratePpm)) * BigInt(days),
    BigInt(ppmOne) * BigInt(basisDays),
  );
}

/** Interest of whole months at a twelfth of the yearly rate each, rounded half up once. */
export function monthlyInterestFen(principalFen: Fen, ratePpm: number, months = 1): Fen {
  if (!Number.isSafeInteger(months) || months < 0) {
    throw new RangeError(`interest needs whole months from 0, not ${months}`);
  }
  return mulDivHalfUp(
    principalFen,
    BigInt(wholePpm(ratePpm)) * BigInt(months),
    BigInt(ppmOne) * 12n,
  );
}

/**
 * Penalty interest: overdue amount × contract rate × factor × days ÷ basis days, rounded once.
 *
 * Source: 银发〔2003〕251号, overdue at 1.3–1.5 times and misuse at 1.5–2.0 times the contract
 * rate; unpaid interest compounds at the penalty rate. Certainty: found, and no repeal seen.
 */
export function penaltyFen(
  overdueFen: Fen,
  ratePpm: number,
  factorPpm: number,
  days: number,
  basisDays: number,
): Fen {
  if (!Number.isSafeInteger(days) || days < 0) {
    throw new RangeError(`penalty needs whole days from 0, not ${days}`);
  }
  if (!Number.isSafeInteger(basisDays) || basisDays <= 0) {
    throw new RangeError(`penalty needs a basis of whole days above 0, not ${basisDays}`);
  }
  return mulDivHalfUp(
    overdueFen,
    BigInt(wholePpm(ratePpm)) * BigInt(wholePpm(factorPpm)) * BigInt(days),
    BigInt(ppmOne) * BigInt(ppmOne) * BigInt(basisDays),
  );
}

function wholePpm(ppm: number): number {
  if (!Number.isSafeInteger(ppm)) {
    throw new RangeError(`rate ${ppm} is not whole parts per million: 3.45% is 34500`);
  }
  return ppm;
}
