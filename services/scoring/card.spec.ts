// The cards of this release, and what is refused of a card that contradicts itself.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cardsFolder, readCard } from './adapters/card-file.ts';
import { faultsOfCard, type Card } from './card.ts';

const files = readdirSync(cardsFolder);
const card = readCard(`${cardsFolder}soft-power.v1.json`);

describe('cards', () => {
  it.each(files)('%s is whole, sums to 100, and says that it is not official', (file) => {
    const read = readCard(`${cardsFolder}${file}`);
    expect(file).toBe(`${read.id}.v${read.version}.json`);
    expect(read.official).toBe(false);
    expect(read.source).not.toBe('');
    expect(read.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(read.factors.reduce((sum, { pointsMax }) => sum + pointsMax, 0)).toBe(100);
  });

  const [first, ...others] = card.factors;
  it.each<[string, Partial<Card>, RegExp]>([
    ['a sum that is not 100', { factors: others }, /sum to 80, not to 100/],
    ['a factor that stands twice', { factors: [first!, ...card.factors] }, /stands twice/],
    ['an unknown family', { families: {} }, /unknown family QUALIFICATIONS/],
    ['grades out of order', { grades: [...card.grades].reverse() }, /does not lie below/],
    ['grades that leave a gap', { grades: [{ grade: 'A', from: 50 }] }, /does not begin at 0/],
    [
      'a best band below the maximum',
      { factors: card.factors.map((one) => ({ ...one, pointsMax: one.pointsMax + 1 })) },
      /its best band gives 15 points, its maximum is 16/,
    ],
    [
      'bands out of order',
      {
        factors: card.factors.map((one) =>
          one.kind === 'bands' ? { ...one, bands: [...one.bands].reverse() } : one,
        ),
      },
      /does not lie below/,
    ],
  ])('refuses %s', (_what, change, fault) => {
    expect(faultsOfCard({ ...card, ...change }).join('; ')).toMatch(fault);
  });
});
