// The median of any number of amounts in little memory: to three figures.

/** How many amounts begin with the same three figures and are as long. */
export type Amounts = Map<number, number>;

const FIGURES = 3;
const HEADS = 10 ** FIGURES;

export function countAmount(amounts: Amounts, fen: bigint, count = 1): void {
  const text = fen.toString();
  const key = text.length * HEADS + Number(text.slice(0, FIGURES));
  amounts.set(key, (amounts.get(key) ?? 0) + count);
}

export function addAmounts(to: Amounts, from: Amounts): void {
  for (const [key, count] of from) to.set(key, (to.get(key) ?? 0) + count);
}

/** The lower of the middle two, its figures after the third taken as 0; null: there is none. */
export function medianFen(amounts: Amounts): bigint | null {
  const keys = [...amounts.keys()].sort((a, b) => a - b);
  const total = keys.reduce((sum, key) => sum + (amounts.get(key) ?? 0), 0);
  let seen = 0;
  for (const key of keys) {
    seen += amounts.get(key) ?? 0;
    if (seen * 2 >= total) return amountOf(key);
  }
  return null;
}

function amountOf(key: number): bigint {
  const length = Math.floor(key / HEADS);
  const head = BigInt(key % HEADS);
  return length > FIGURES ? head * 10n ** BigInt(length - FIGURES) : head;
}
