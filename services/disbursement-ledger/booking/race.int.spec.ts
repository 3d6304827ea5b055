// Commit and void at once, over two topics and a real database: one of them wins, whoever is first.
import { eventually } from '@saidao/testkit';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { LENDER, PATENTS } from '../book.fixture.ts';
import { application, openLedger, recordOf, type Ledger } from '../ledger.fixture.ts';

let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger(inject('databaseUrl'));
  await ledger.start();
});

afterAll(() => ledger.close());

const RACES = 40;

/** The authorisation waits for its pledge: one topic says that it stands, the other to cancel. */
function race() {
  const one = application();
  const { applicationId, authorisationId } = one;
  const about = { applicationId, revision: 1, lenderId: LENDER, authorisationId };
  const pledge = { ...about, patents: PATENTS, registrationNumber: 'Y1', evidence: [] };
  const now = BigInt(Date.now());
  return {
    ...one,
    waits: [
      recordOf('DisbursementAuthorised', one.authorised),
      recordOf('PledgeRegistered', { ...pledge, registeredAt: 1n, contract: 'c' }),
    ],
    commit: recordOf(
      'PledgeConfirmed',
      { ...pledge, confirmedAt: now, validUntil: now + 3_600_000n },
      2,
    ),
    void: recordOf(
      'CancellationRequested',
      { ...about, cause: 'WITHDRAWN', about: null, requestedBy: [] },
      2,
    ),
  };
}

test(`of ${RACES} bookings that are cancelled at the same time each ends in one way`, async () => {
  const races = Array.from({ length: RACES }, race);
  await ledger.log.send(races.flatMap(({ waits }) => waits));
  await Promise.all(
    races.map((one, index) => {
      const both = index % 2 === 0 ? [one.commit, one.void] : [one.void, one.commit];
      return Promise.all(both.map((record) => ledger.log.send([record])));
    }),
  );
  const ends = { booked: 0, cancelled: 0 };
  for (const { applicationId } of races) {
    const types = await eventually(`the end of ${applicationId}`, async () => {
      const told = new Set(await ledger.typesOf(applicationId));
      const isOver =
        told.has('AuthorisationCancelled') ||
        (told.has('CancellationRefused') && told.has('LoanDisbursed'));
      return isOver && told;
    });
    if (types.has('LoanBooked')) {
      ends.booked += 1;
      expect(types.has('AuthorisationCancelled')).toBe(false);
      expect(await ledger.moved(applicationId)).toHaveLength(2);
    } else {
      ends.cancelled += 1;
      expect([...types]).toEqual(['AuthorisationCancelled']);
      expect(await ledger.moved(applicationId)).toEqual([]);
    }
  }
  expect(ends.booked + ends.cancelled).toBe(RACES);
  const { rows } = await ledger.db.database.query<{ off: bigint }>(
    `select (select count(*) from book.loans) - (select count(*) from book.entries
       where movement = 'RESERVATION') as off`,
  );
  expect(rows).toEqual([{ off: 0n }]);
});
