// Heads in PostgreSQL, by the suite of all stores, and together with what a team writes itself.
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { headsConformance } from './heads.conformance.ts';
import { postgresHeads, type PostgresHeads } from './postgres-heads.ts';

const place = { topic: 'saidao.decisions.czb-hz.v1', applicationId: 'a' };
let database: TestDatabase;
let pool: pg.Pool;
let stores = 0;

beforeAll(async () => {
  database = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  pool = new pg.Pool({ connectionString: database.url, max: 4 });
  pool.on('error', () => undefined);
  await postgresHeads(pool, 'any').createTables();
});

afterAll(async () => {
  await pool?.end();
  await database?.close();
});

/** Those of a subscription that nobody has had before. */
const newHeads = (): PostgresHeads => postgresHeads(pool, `risk-team-${(stores += 1)}`);

describe('heads in PostgreSQL', () => {
  headsConformance(() => Promise.resolve(newHeads()));

  it('are written with the effect, or neither is', async () => {
    const heads = newHeads();
    await pool.query('create table effects (number int)');
    const apply = (number: number, fails: boolean) =>
      heads.hold(place, async ({ tx, moveTo }) => {
        await tx.query('insert into effects values ($1)', [number]);
        await moveTo(number);
        if (fails) throw new Error('after both');
      });
    await apply(1, false);
    await expect(apply(2, true)).rejects.toThrow('after both');
    const { rows } = await pool.query<{ number: number }>('select number from effects');
    expect(rows).toEqual([{ number: 1 }]);
    expect(await heads.read(place.topic, ['a'])).toEqual(new Map([['a', 1]]));
  });

  it('keep a subscription apart from others, and its tables when they are there', async () => {
    const heads = newHeads();
    await heads.hold(place, (held) => held.moveTo(5));
    const others = newHeads();
    await others.createTables();
    expect(await others.read(place.topic, ['a'])).toEqual(new Map());
    await others.hold(place, (held) => held.moveTo(1));
    expect(await heads.read(place.topic, ['a'])).toEqual(new Map([['a', 5]]));
  });

  it('give the connection back when the server has cut it', async () => {
    const heads = newHeads();
    const cut = heads.hold(place, async ({ tx }) => {
      await tx.query('select pg_terminate_backend(pg_backend_pid())');
    });
    await expect(cut).rejects.toThrow(/terminat/);
    await heads.hold(place, (held) => held.moveTo(1));
    expect(await heads.read(place.topic, ['a'])).toEqual(new Map([['a', 1]]));
  });
});
