// Technology-SME points and the research test: the vectors, every step, and what is not known.
import { describe, expect, it } from 'vitest';
import rules from '../fixtures/rules.json' with { type: 'json' };
import { fenOfYuan } from './money.ts';
import { ppmOf } from './rates.ts';
import {
  highTechResearchPasses,
  technologySmeOf,
  type TechnologySmeFigures,
} from './technology-tests.ts';

const { highTechEnterpriseRdTest, technologySme: smeVectors } = rules;

const sound: TechnologySmeFigures = {
  scienceStaffPpm: 240_000,
  researchToRevenuePpm: 55_000,
  researchToCostsPpm: 0,
  classOne: 0,
  classTwo: 2,
  staff: 100,
  revenueFen: fenOfYuan('50000000'),
  assetsFen: fenOfYuan('50000000'),
  listed: false,
};

const of = (change: Partial<TechnologySmeFigures>) => technologySmeOf({ ...sound, ...change });

describe('a technology SME', () => {
  it.each(smeVectors)('with $scienceStaffRatio and $rdToRevenue passes: $passes', (vector) => {
    const result = of({
      scienceStaffPpm: ppmOf(vector.scienceStaffRatio),
      researchToRevenuePpm: ppmOf(vector.rdToRevenue),
      classOne: vector.classOneIp ?? 0,
      classTwo: vector.classTwoIp ?? 0,
    });
    expect(result.passes).toBe(vector.passes ? 'yes' : 'no');
    if (vector.points !== undefined) expect(result.points).toBe(vector.points);
  });

  it.each([
    [300_000, 20],
    [299_999, 16],
    [250_000, 16],
    [200_000, 12],
    [150_000, 8],
    [100_000, 4],
    [99_999, 0],
  ])('with %i ppm of science staff gets %i', (scienceStaffPpm, points) => {
    expect(of({ scienceStaffPpm }).staffPoints).toBe(points);
  });

  it.each([
    [60_000, 0, 50],
    [59_999, 0, 40],
    [20_000, 0, 10],
    [19_999, 0, 0],
    [0, 300_000, 50],
    [0, 299_999, 40],
    [0, 99_999, 0],
    [50_000, 100_000, 40],
  ])('gets for %i of revenue or %i of costs %i', (revenue, costs, points) => {
    const figures = { researchToRevenuePpm: revenue, researchToCostsPpm: costs };
    expect(of(figures).researchPoints).toBe(points);
  });

  it.each([
    [1, 0, 30],
    [0, 4, 24],
    [0, 3, 18],
    [0, 2, 12],
    [0, 1, 6],
    [0, 0, 0],
  ])('with %i of class I and %i of class II gets %i', (classOne, classTwo, points) => {
    expect(of({ classOne, classTwo }).propertyPoints).toBe(points);
  });

  it.each<[string, Partial<TechnologySmeFigures>, string]>([
    ['501 staff', { staff: 501 }, 'no'],
    ['too much revenue', { revenueFen: fenOfYuan('200000000.01') }, 'no'],
    ['too many assets', { assetsFen: fenOfYuan('200000000.01') }, 'no'],
    ['a place on a list', { listed: true }, 'no'],
    ['assets not supplied', { assetsFen: null }, 'unknown'],
    ['lists not asked', { listed: null }, 'unknown'],
    ['science staff not supplied', { scienceStaffPpm: null }, 'unknown'],
    ['costs not supplied, enough without', { researchToCostsPpm: null }, 'yes'],
    ['costs not supplied', { researchToCostsPpm: null, classTwo: 1 }, 'unknown'],
    ['too few rights among those known', { classTwo: 1 }, 'unknown'],
    ['enough points but for rights', { scienceStaffPpm: 300_000, classTwo: 0 }, 'yes'],
    ['no rights known, and enough with the most there could be', { classTwo: 0 }, 'unknown'],
    ['too little though it had every right', { researchToRevenuePpm: 0, classTwo: 0 }, 'no'],
    ['no ratio to revenue, where costs say little', { researchToRevenuePpm: null }, 'unknown'],
  ])('with %s: %s', (_what, change, passes) => {
    expect(of(change).passes).toBe(passes);
  });
});

describe('the research of a high-tech enterprise', () => {
  it.each(highTechEnterpriseRdTest)('$rdRatio3y at $lastRevenue passes: $passes', (vector) => {
    const research = BigInt(ppmOf(vector.rdRatio3y));
    const last = fenOfYuan(String(vector.lastRevenue));
    expect(highTechResearchPasses(research, 1_000_000n, last)).toBe(vector.passes);
  });

  it.each([
    [39_999n, '200000000', false],
    [40_000n, '200000000', true],
    [30_000n, '200000000.01', true],
    [29_999n, '200000000.01', false],
  ])('%i at %s passes: %s', (research, last, passes) => {
    expect(highTechResearchPasses(research, 1_000_000n, fenOfYuan(last))).toBe(passes);
  });

  it('is not known where there was no revenue', () => {
    expect(highTechResearchPasses(0n, 0n, 0n)).toBeUndefined();
    expect(highTechResearchPasses(5n, 0n, 0n)).toBeUndefined();
  });
});
