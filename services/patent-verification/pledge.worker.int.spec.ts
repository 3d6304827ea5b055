// The table of live pledges, written for a whole turn on a real database.
import { migrateService, type Transaction } from '@saidao/worker';
import { testDatabase } from '@saidao/testkit';
import { expect, inject, it, onTestFinished } from 'vitest';
import { patentA, patentB } from './applications.fixture.ts';
import type { PledgeRow } from './pledge/state.ts';
import { recordPledges } from './pledge.worker.ts';

async function openTables() {
  const tables = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'patent-verification',
    prepare: async (databaseUrl) => {
      const folder = new URL('./migrations/', import.meta.url);
      const its = { service: 'patent-verification', lines: ['verify', 'pledge'] };
      await migrateService({ ...its, databaseUrl, folder });
    },
  });
  onTestFinished(() => tables.close());
  const { database } = tables;
  const record = (...rows: PledgeRow[]) =>
    database.transaction((transaction: Transaction) => recordPledges(transaction, rows));
  const live = async () => {
    const { rows } = await database.query<{ said: string }>(
      `select concat_ws(' ', patent_number, application_id, revision, registration_number) as said
       from pledge.live_pledges order by patent_number`,
    );
    return rows.map(({ said }) => said);
  };
  const past = async () => {
    const { rows } = await database.query<{ said: string }>(
      `select concat_ws(' ', patent_number, application_id, registration_number, cause) as said
       from pledge.past_pledges order by id`,
    );
    return rows.map(({ said }) => said);
  };
  return { record, live, past };
}

const kept = (number: string, applicationId: string, revision = 1): PledgeRow => ({
  kind: 'kept',
  number,
  applicationId,
  lenderId: 'exim-zj',
  revision,
  atMs: 1_000,
});
const freed = (number: string, applicationId: string): PledgeRow => ({
  kind: 'freed',
  number,
  applicationId,
  cause: 'OfferExpired',
  atMs: 3_000,
});
const registered = (number: string, applicationId: string): PledgeRow => ({
  kind: 'registered',
  number,
  applicationId,
  registrationNumber: 'Y1',
  atMs: 2_000,
});

it('keeps, registers and lets go', async () => {
  const { record, live, past } = await openTables();
  await record(kept(patentA, 'one'), kept(patentB, 'one'));
  await record(registered(patentA, 'one'));
  expect(await live()).toEqual([`${patentA} one 1 Y1`, `${patentB} one 1`]);
  await record(freed(patentA, 'one'), freed(patentB, 'one'));
  expect(await live()).toEqual([]);
  expect((await past()).sort()).toEqual([
    `${patentA} one Y1 OfferExpired`,
    `${patentB} one OfferExpired`,
  ]);
});

it('lets one application take in a turn what another has let go in it', async () => {
  const { record, live, past } = await openTables();
  await record(kept(patentA, 'one'));
  await record(freed(patentA, 'one'), kept(patentA, 'two'));
  expect(await live()).toEqual([`${patentA} two 1`]);
  expect(await past()).toEqual([`${patentA} one OfferExpired`]);
});

it('takes over a newer revision of its own', async () => {
  const { record, live } = await openTables();
  await record(kept(patentA, 'one'), kept(patentB, 'one'));
  await record(kept(patentA, 'one', 2), freed(patentB, 'one'));
  expect(await live()).toEqual([`${patentA} one 2`]);
});

it('keeps nothing that was let go again in the same turn', async () => {
  const { record, live } = await openTables();
  await record(kept(patentA, 'one'), registered(patentA, 'one'), freed(patentA, 'one'));
  expect(await live()).toEqual([]);
  await record(kept(patentA, 'one'), freed(patentA, 'one'), kept(patentA, 'one', 2));
  expect(await live()).toEqual([`${patentA} one 2`]);
});

it('is refused by the database where another application has the patent', async () => {
  const { record, live } = await openTables();
  await record(kept(patentA, 'one'));
  await expect(record(kept(patentB, 'two'), kept(patentA, 'two'))).rejects.toMatchObject({
    code: '23505',
  });
  await record(freed(patentA, 'two'), registered(patentA, 'two'));
  expect(await live()).toEqual([`${patentA} one 1`]);
});
