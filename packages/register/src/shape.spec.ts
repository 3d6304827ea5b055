// Shapes of documents: each place that cannot be so is told by its path, all of them together.
import { expect, it } from 'vitest';
import { count, faultsOfShape, oneOf, share, text, type Shape } from './shape.ts';

const shape: Shape = {
  only: {
    id: text,
    size: { orNull: count },
    parts: { some: { of: { code: text, share } } },
    names: { byName: text },
    rule: { kinds: { least: { only: { kind: text, count } }, none: { only: { kind: text } } } },
    tags: { each: oneOf('a', 'b') },
  },
};
const whole = {
  ...{ id: 'x', size: null, parts: [{ code: 'P', share: '0.5', more: 1 }] },
  ...{ names: { en: 'X' }, rule: { kind: 'least', count: 3 }, tags: [] },
};
const faults = (change: object) => faultsOfShape('a thing', { ...whole, ...change }, shape);

it('that fits is told nothing', () => {
  expect(faults({})).toEqual([]);
  expect(faults({ size: 3, tags: ['a'], rule: { kind: 'none' } })).toEqual([]);
});

it.each<[object, string[]]>([
  [{ id: ' ' }, ['id: has to be a text']],
  [{ id: undefined }, ['id: has to be a text']],
  [{ size: -1 }, ['size: has to be a whole number']],
  [{ parts: [] }, ['parts: has to be a list of one at least']],
  [{ parts: 'P' }, ['parts: has to be a list']],
  [{ parts: [{ code: 'P', share: '2' }] }, ['parts.P.share: is no share: write one from 0 to 1']],
  [{ parts: [{ code: 'P', share: 0.5 }] }, ['parts.P.share: has to be a text']],
  [{ names: { en: 1 } }, ['names.en: has to be a text']],
  [{ rule: { kind: 'toString' } }, ['rule.kind: has to be one of least, none']],
  [{ rule: { kind: 'none', count: 1 } }, ['rule.count: is none of its fields']],
  [{ rule: null }, ['rule: has to be an object']],
  [{ tags: ['c'], more: 1 }, ['tags.0: has to be one of a, b', 'more: is none of its fields']],
])('with %j is told where it does not', (change, told) => {
  expect(faults(change)).toEqual(told);
});

it('names the document where it is none at all', () => {
  expect(faultsOfShape('a thing', [], shape)).toEqual(['a thing has to be an object']);
});
