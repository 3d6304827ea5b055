// Which models are watched: those that score from today on, if they have a reference.
import { expect, it } from 'vitest';
import { models } from '../cases.fixture.ts';
import { watchedAmong } from './compose.ts';

const present = models.all.find(({ ref }) => ref === 'soft-power@2')!;
const next = { ...present, ref: 'soft-power@9', version: 9, validFrom: '2026-12-01' };
const refsOf = (all: typeof models.all, today: string) => {
  const { watched, without } = watchedAmong(all, today);
  return { watched: watched.map(({ reference }) => reference.model), without };
};

it('watches the champion of this release, and neither challengers nor what never scores', () => {
  expect(refsOf(models.all, '2026-11-20')).toEqual({ watched: ['soft-power@2'], without: [] });
});

it('watches one that is to be replaced until its last day, and tells of one without a reference', () => {
  const all = [{ ...present, status: 'retired' as const, validTo: '2026-11-30' }, next];
  expect(refsOf(all, '2026-11-30')).toEqual({
    watched: ['soft-power@2'],
    without: ['soft-power@9'],
  });
  expect(refsOf(all, '2026-12-01')).toEqual({ watched: [], without: ['soft-power@9'] });
});
