// The card of this release, and what is refused of a card that contradicts itself.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { models } from '../cases.fixture.ts';
import { faultsOfCard, stages, type Card, type CardFactor } from './card.ts';

const { card } = models.champion('2026-11-20').ready;

function withFactor(code: string, change: Partial<CardFactor>): Partial<Card> {
  return {
    factors: card.factors.map((one) =>
      one.code === code ? ({ ...one, ...change } as CardFactor) : one,
    ),
  };
}

function bandsOf(code: string) {
  const factor = card.factors.find((one) => one.code === code);
  if (factor?.kind !== 'bands') throw new Error(`${code} has no bands.`);
  return factor.bands;
}

describe('the card', () => {
  it('has no fault, and says that it is not official and what it cannot do', () => {
    expect(faultsOfCard(card)).toEqual([]);
    expect(card.official).toBe(false);
    expect(card.limits.length).toBeGreaterThan(3);
  });

  it.each(stages)('has weights of %s that sum to 100', (stage) => {
    expect(card.factors.reduce((sum, { weights }) => sum + weights[stage], 0)).toBe(100);
  });

  it('has nine grades from AAA to C and five stars', () => {
    const grades = ['AAA', 'AA', 'A', 'BBB', 'BB', 'B', 'CCC', 'CC', 'C'];
    expect(card.grades.map(({ grade }) => grade)).toEqual(grades);
    expect(card.stars.map(({ stars }) => stars)).toEqual([5, 4, 3, 2, 1]);
  });

  it('has the four families of the report, and operations and track', () => {
    expect(Object.keys(card.families)).toEqual([
      'QUALIFICATIONS',
      'SUBSIDIES',
      'TALENT',
      'PATENTS',
      'OPERATIONS',
      'TRACK',
    ]);
    const used = new Set(card.factors.map(({ family }) => family));
    expect([...used].sort()).toEqual(Object.keys(card.families).sort());
  });
});

describe('a card', () => {
  const [first, ...others] = card.factors;
  it.each<[string, Partial<Card>, RegExp]>([
    ['weights that do not sum to 100', { factors: others }, /growth sum to 82, not to 100/],
    ['a factor that stands twice', { factors: [first!, ...card.factors] }, /stands twice/],
    ['an unknown family', { families: {} }, /unknown family QUALIFICATIONS/],
    ['the claim to be official', { official: true as never }, /official has to be false/],
    ['no source', { source: ' ' }, /source: has to be a text/],
    ['another form', { form: 1 as never }, /^its form is 1, not 2$/],
    ['no year that is over', { yearsOldMax: 0 }, /yearsOldMax leaves no year/],
    [
      'a grade twice',
      { grades: card.grades.map((one, at) => ({ ...one, grade: at === 1 ? 'AAA' : one.grade })) },
      /grade AAA stands twice/,
    ],
    [
      'six stars',
      { stars: card.stars.map((one) => ({ ...one, stars: one.stars + 1 })) },
      /6 is none of 1 to 5 stars/,
    ],
    ['no limits', { limits: [] }, /limits says nothing/],
    ['grades out of order', { grades: [...card.grades].reverse() }, /does not lie below/],
    ['grades that leave a gap', { grades: [{ grade: 'A', from: 50 }] }, /does not begin at 0/],
    ['stars that leave a gap', { stars: [{ stars: 5, from: 1 }] }, /star 5 does not begin at 0/],
    [
      'a best band below the whole',
      withFactor('EXPORT_SHARE', { bands: bandsOf('EXPORT_SHARE').slice(1) }),
      /EXPORT_SHARE: its best gives 60 of 100/,
    ],
    [
      'bands out of order',
      withFactor('EXPORT_SHARE', { bands: [...bandsOf('EXPORT_SHARE')].reverse() }),
      /EXPORT_SHARE: band 0.10 does not lie below/,
    ],
    [
      'a band that gives more than a better one',
      withFactor('EXPORT_SHARE', {
        bands: bandsOf('EXPORT_SHARE').map((band, index) => ({ ...band, share: 90 + index * 10 })),
      }),
      /gives more than 0.10/,
    ],
    [
      'a share of more than the whole',
      withFactor('TALENT_GRADE', { shares: { A: 101 } }),
      /101 is no share/,
    ],
    [
      'a weight that is no whole number',
      withFactor('EXPORT_SHARE', { weights: { 'start-up': 0.5, growth: 3, stable: 6 } }),
      /0.5 is no weight in start-up/,
    ],
    [
      'a measure that is not known',
      withFactor('EXPORT_SHARE', { measure: 'luck' as never }),
      /unknown measure luck/,
    ],
    [
      'figures judged by names',
      withFactor('TALENT_GRADE', { measure: 'exportShare' }),
      /exportShare cannot be judged by best/,
    ],
    [
      'a reason without a text',
      withFactor('EXPORT_SHARE', { none: { en: 'none', zh: '' } }),
      /factors.EXPORT_SHARE.none.zh: has to be a text/,
    ],
    ['a bound that is no decimal', { watch: { psiBound: 'much', source: '' } }, /not a fraction/],
  ])('with %s is refused', (_what, change, fault) => {
    expect(faultsOfCard({ ...card, ...change }).join('; ')).toMatch(fault);
  });

  it('of another shape is told all its faults together, and throws nothing', () => {
    const malformed = {
      ...structuredClone(card),
      id: '',
      name: { en: 'Soft power' },
      yearsOldMax: '2',
      subsidyYears: 2.5,
      marketMonthsMax: null,
      watch: undefined,
      grades: 'AAA',
      stages: { ...card.stages, startUp: { youngerThanYears: 5, revenueBelowYuan: 'few' } },
      factors: [
        { ...card.factors[0], weights: undefined },
        { ...card.factors[1], kind: 'luck' },
        { code: 'EMPTY', kind: 'bands' },
        null,
      ],
    };
    const bands = bandsOf('EXPORT_SHARE').map((band) => ({ ...band, from: 'ten' }));
    const factors = [...malformed.factors, { ...card.factors[10], bands }];
    const faults = faultsOfCard({ ...malformed, factors });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(
      expect.arrayContaining([
        'id',
        'name.zh',
        'yearsOldMax',
        'subsidyYears',
        'marketMonthsMax',
        'watch',
        'grades',
        'stages.startUp.revenueBelowYuan',
        'factors.QUALIFICATIONS_VALID.weights',
        'factors.SUBSIDY_LEVEL.kind',
        'factors.EMPTY.bands',
        'factors.EMPTY.weights',
        'factors.3',
        'factors.EXPORT_SHARE.bands.0.from',
      ]),
    );
  });

  it('is judged whatever it is', () => {
    fc.assert(fc.property(fc.anything(), (data) => faultsOfCard(data).length > 0));
    const places = Object.keys(card);
    const broken = fc.record({ place: fc.constantFrom(...places), value: fc.anything() });
    fc.assert(
      fc.property(broken, ({ place, value }) => {
        faultsOfCard({ ...card, [place]: value });
        const factors = card.factors.map((factor) => ({ ...factor, bands: value, weights: value }));
        expect(faultsOfCard({ ...card, factors }).length).toBeGreaterThan(0);
      }),
    );
  });
});
