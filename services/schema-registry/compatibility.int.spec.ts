// Our rule of compatibility beside Java's Avro: on all schemas in pairs, and on every kind of change.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHARED_CACHE } from '@saidao/local';
import { incompatibilities, lockedSchemas, type AvroSchema } from '@saidao/schemas';
import { beforeAll, describe, expect, test } from 'vitest';
import { changes } from './changes.fixture.ts';
import { readEachOther, type Pair } from './java-avro.fixture.ts';

const FETCHED_MS = 300_000;
const earlier = join(
  import.meta.dirname,
  '../../packages/schemas/fixtures/lock-of-an-earlier-release.json',
);
const schemas = lockedSchemas.map(({ schema }) => schema);
const locks: readonly [string, readonly AvroSchema[]][] = [
  ['of this release', schemas],
  ['of a lock with two releases', lockOfAnEarlierRelease()],
];
const named = (schema: AvroSchema) => (schema as { name: string }).name;

/** Java answers for all at once: it takes longer to start than to judge. */
let readsFor: ReadonlyMap<Pair, boolean>;
const pairsOfLocks = new Map(locks.map(([which, all]) => [which, laterOnes(all)]));
const pairsOfChanges = new Map(
  changes.map(({ what, of }) => [
    what,
    schemas.flatMap((schema) => of(schema).map((changed): Pair => [schema, changed])),
  ]),
);

beforeAll(async () => {
  const pairs = [...pairsOfLocks.values(), ...pairsOfChanges.values()].flat();
  const java = { environment: { ...process.env }, cache: SHARED_CACHE };
  const verdicts = await readEachOther(pairs, java);
  readsFor = new Map(pairs.map((pair, at) => [pair, verdicts[at]!]));
}, FETCHED_MS);

/** Each with itself and with all after it: a version is held against the earlier ones. */
function laterOnes(all: readonly AvroSchema[]): Pair[] {
  return all.flatMap((one, at) => all.slice(at).map((other): Pair => [one, other]));
}

function lockOfAnEarlierRelease(): AvroSchema[] {
  const lock = JSON.parse(readFileSync(earlier, 'utf8')) as { schemas: { schema: AvroSchema }[] };
  return lock.schemas.map(({ schema }) => schema);
}

function weAllow([older, newer]: Pair): boolean {
  try {
    return incompatibilities(older, newer).length === 0;
  } catch {
    // A schema that the house does not allow at all.
    return false;
  }
}

test.each(locks)('schemas %s, in pairs, read each other for Java where they do for us', (which) => {
  const pairs = pairsOfLocks.get(which)!;
  const differing = pairs.filter((pair) => weAllow(pair) !== readsFor.get(pair));
  expect(differing.map((pair) => pair.map(named).join(' and '))).toEqual([]);
  const same = pairs.filter(([one, other]) => named(one) === named(other));
  expect(pairs.filter((pair) => readsFor.get(pair))).toEqual(same);
});

describe.each(changes)('$what', ({ what, ours, java, because }) => {
  test(`is ${ours ? 'taken' : 'refused'} by us and ${java ? 'taken' : 'refused'} by Java`, () => {
    const pairs = pairsOfChanges.get(what)!;
    expect(pairs.length).toBeGreaterThan(0);
    const told = pairs.map((pair) => ({
      of: named(pair[0]),
      ours: weAllow(pair),
      java: readsFor.get(pair),
    }));
    expect(told.filter((one) => one.ours !== ours || one.java !== java)).toEqual([]);
  });

  test('is refused by us alone only for a reason, and by Java alone never', () => {
    expect(ours && !java).toBe(false);
    expect(because !== undefined).toBe(ours !== java);
  });
});
