// The shape of a card's data: what is not there or of another type, each place told by its path.
import {
  count,
  decimal,
  faultsOfShape,
  flag,
  number,
  text,
  yuan,
  type Shape,
} from '@saidao/register/shape';

const texts: Shape = { of: { en: text, zh: text } };
const factor = {
  code: text,
  family: text,
  measure: text,
  kind: text,
  weights: { of: { 'start-up': number, growth: number, stable: number } },
  none: texts,
  missing: texts,
} satisfies Record<string, Shape>;
const named: Shape = { of: { ...factor, shares: { byName: number }, found: texts } };

const cardShape: Shape = {
  of: {
    form: count,
    id: text,
    version: count,
    name: texts,
    official: flag,
    source: text,
    limits: { each: text },
    data: { of: { ipcIndustries: text, industryTracks: text } },
    yearsOldMax: count,
    subsidyYears: count,
    marketMonthsMax: count,
    patentCoverageAtLeast: decimal,
    stages: {
      of: {
        source: text,
        startUp: { of: { youngerThanYears: count, revenueBelowYuan: yuan } },
        stable: { of: { yearsAtLeast: count, revenueAtLeastYuan: yuan } },
      },
    },
    families: { byName: texts },
    factors: {
      each: {
        kinds: {
          bands: {
            of: {
              ...factor,
              bands: { each: { of: { from: decimal, share: number, en: text, zh: text } } },
            },
          },
          sum: named,
          best: named,
        },
      },
    },
    grades: { each: { of: { grade: text, from: number } } },
    stars: { each: { of: { stars: number, from: number } } },
    watch: { of: { psiBound: decimal, source: text } },
  },
};

/** Every place of the data that a card cannot have so; none: it can be read as one. */
export function faultsOfCardShape(data: unknown): string[] {
  return faultsOfShape('a card', data, cardShape);
}
