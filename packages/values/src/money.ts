// Money as bigint fen: parsing, printing, adding and the one rounding rule of the house.

/** An amount in fen (1/100 yuan). Never a float, never a number. */
export type Fen = bigint;

/** The money record that events carry: minor units and an ISO 4217 currency. */
export interface MoneyRecord {
  minor: bigint;
  currency: string;
}

/** The largest amount an Avro long and a PostgreSQL bigint can both hold. */
export const fenMax: Fen = 2n ** 63n - 1n;

const yuanForm = /^(-?)(\d{1,17})(?:\.(\d{1,2}))?$/;

/** Reads yuan with at most two decimals, such as `1234.5`; anything else is a RangeError. */
export function fenOfYuan(text: string): Fen {
  const parts = yuanForm.exec(text);
  if (parts === null) {
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    throw new RangeError(
      `amount ${JSON.stringify(shown)} is not yuan: write digits with at most two decimals, as 1234.50`,
    );
  }
  const [, sign, whole = '0', decimals = ''] = parts;
  const fen = BigInt(whole) * 100n + BigInt(decimals.padEnd(2, '0'));
  if (fen > fenMax) {
    throw new RangeError(`amount ${text} is above the largest amount, ${formatYuan(fenMax)}`);
  }
  return sign === '-' ? -fen : fen;
}

/** Prints fen as yuan with two decimals and no separators: `1234.50`. */
export function formatYuan(fen: Fen): string {
  const digits = (fen < 0n ? -fen : fen).toString().padStart(3, '0');
  return `${fen < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** `a × b ÷ divisor`, exact, rounded once, halves away from zero. */
export function mulDivHalfUp(a: bigint, b: bigint, divisor: bigint): bigint {
  if (divisor === 0n) throw new RangeError('mulDivHalfUp cannot divide by zero');
  const product = a * b;
  const negative = product < 0n !== divisor < 0n;
  const dividend = product < 0n ? -product : product;
  const size = divisor < 0n ? -divisor : divisor;
  const rounded = (2n * dividend + size) / (2n * size);
  return negative ? -rounded : rounded;
}

/** The smallest of the amounts. */
export function minFen(first: Fen, ...others: Fen[]): Fen {
  return others.reduce((least, amount) => (amount < least ? amount : least), first);
}

/** The largest of the amounts. */
export function maxFen(first: Fen, ...others: Fen[]): Fen {
  return others.reduce((most, amount) => (amount > most ? amount : most), first);
}

/** The sum of the amounts; 0 when there are none. */
export function sumFen(amounts: Iterable<Fen>): Fen {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}

/** The money record of an amount in yuan. */
export function cny(fen: Fen): MoneyRecord {
  return { minor: fen, currency: 'CNY' };
}

/** The fen of a money record; another currency is a RangeError, as adding it would be wrong. */
export function fenOfMoney(money: MoneyRecord): Fen {
  if (money.currency !== 'CNY') {
    throw new RangeError(`currency ${JSON.stringify(money.currency)} is not CNY: convert it first`);
  }
  return money.minor;
}
