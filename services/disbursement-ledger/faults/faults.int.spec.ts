// Faults at every step between authorisation and settlement: money moves once, and the books agree.
import { eventually } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { LENDER } from '../book.fixture.ts';
import { application } from '../ledger.fixture.ts';
import { findingsOf, type Expected } from './audit.ts';
import { crash, crashes } from './crashes.ts';
import { openGround, type Ground } from './ground.ts';
import { meet, railFaults } from './rail-faults.ts';

/** Of each; tools/run-faults.ts does 200. */
const CRASHES = 3;
const RAIL_FAULTS = 10;

vi.setConfig({ testTimeout: 180_000 });

let ground: Ground;
const free: Ground[] = [];

beforeAll(async () => {
  ground = await openGround(inject('databaseUrl'));
});

afterAll(async () => {
  for (const one of [ground, ...free]) await one.close();
});

// Several at once, as they wait more than they work: for a rail, or until it is asked again.
describe.concurrent('a process that dies', () => {
  test.each(crashes)('$name', (point) =>
    onFreeGround(async (own) => {
      const ended: Expected[] = [];
      for (let run = 0; run < CRASHES; run += 1) ended.push(await crash(own, point));
      expect(await findingsOf(own, ended)).toEqual([]);
    }),
  );
});

describe.concurrent('a rail that is, or does', () => {
  test.each(railFaults)('$name', (fault) =>
    onFreeGround(async (own) => {
      expect(await findingsOf(own, await meet(own, fault, RAIL_FAULTS))).toEqual([]);
    }),
  );
});

describe('the audit', () => {
  test('sees money that moved once more, and a loan that nobody was told of', async () => {
    const [one, other] = [application(), application()];
    const process = await ground.start();
    await ground.authorise(one);
    await ground.told(one.applicationId, 'LoanDisbursed');
    await process.stop();
    const payoutId = `${one.authorisationId}/again`;
    await fetch(`${ground.world.url}/rail/payouts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': payoutId },
      body: JSON.stringify({
        ...{ payoutId, endToEndId: one.applicationId, lenderId: LENDER, payee: one.names[0] },
        ...{ amountFen: '6200000000', currency: 'CNY', purpose: 'again' },
      }),
    });
    const findings = await findingsOf(ground, [{ one }, { one: other }]);
    expect(findings).toContainEqual(expect.stringContaining(`${one.applicationId}: the rail has`));
    expect(findings).toContain(`${other.applicationId}: LoanBooked was told 0 times, not 1`);
    expect(findings).toContain(`${other.applicationId}: account 1303 holds 0.00, not 100000000.00`);
  });
});

describe('a log that is away', () => {
  test('holds up what was committed, and tells it once it is back', async () => {
    const one = application();
    const process = await ground.start({
      diesAt({ line, moment }) {
        if (line === 'book' && moment === 'after-commit') ground.broker.setAvailable(false);
        return false;
      },
    });
    await ground.authorise(one);
    await eventually('the loan is booked', async () => {
      const { rows } = await ground.db.database.query(
        'select 1 from book.loans where application_id = $1',
        [one.applicationId],
      );
      return rows.length === 1;
    });
    expect(await ground.typesOf(one.applicationId)).toEqual([]);
    await process.stop();
    ground.broker.setAvailable(true);
    const next = await ground.start();
    await ground.told(one.applicationId, 'LoanDisbursed');
    await next.stop();
    expect(await findingsOf(ground, [{ one }])).toEqual([]);
  });
});

describe('an alarm', () => {
  const statusOf = async (applicationId: string) => {
    const { rows } = await ground.db.database.query<{ status: string; cause: string | null }>(
      'select status, cause from payout.payouts where application_id = $1 order by payout_id',
      [applicationId],
    );
    return rows.map(({ status }) => status);
  };

  test('of a payout that is unknown, and of a loan that is unpaid, is told and ends', async () => {
    const one = application();
    const [subject] = one.names;
    await ground.world.behave({ provider: 'rail', subject, mode: 'silent' });
    const process = await ground.start({ unpaidAlarmAfterMs: 100 });
    await ground.authorise(one);
    await ground.told(one.applicationId, 'PayoutUnknown');
    await ground.told(one.applicationId, 'LoanUnpaid');
    expect(await statusOf(one.applicationId)).toContain('unknown');
    await ground.world.behave({ provider: 'rail', subject, mode: 'normal' });
    await ground.told(one.applicationId, 'LoanUnpaidCleared');
    expect(await statusOf(one.applicationId)).toEqual(['confirmed', 'confirmed']);
    await ground.told(one.applicationId, 'LoanDisbursed');
    await process.stop();
    expect(await findingsOf(ground, [{ one }])).toEqual([]);
  });

  test('of a key that stands for another payout is told, and ends with it', async () => {
    const one = application();
    const [subject] = one.names;
    await ground.world.behave({ provider: 'rail', subject, mode: 'key-taken' });
    const process = await ground.start();
    await ground.authorise(one);
    await ground.told(one.applicationId, 'PayoutUnknown');
    const taken = async () => {
      const { rows } = await ground.db.database.query<{ payee: string; cause: string }>(
        'select payee, cause from payout.payouts where application_id = $1 and key_taken',
        [one.applicationId],
      );
      return rows;
    };
    expect(await taken()).toEqual([
      { payee: subject, cause: expect.stringContaining('settle it') },
    ]);
    await ground.world.behave({ provider: 'rail', subject, mode: 'normal' });
    await ground.told(one.applicationId, 'LoanDisbursed');
    expect(await taken()).toEqual([]);
    expect(await statusOf(one.applicationId)).toEqual(['confirmed', 'confirmed']);
    await process.stop();
    expect(await findingsOf(ground, [{ one }])).toEqual([]);
  });

  test('of a lender whose payouts are halted holds its payouts until it is lifted', async () => {
    const one = application();
    const { database } = ground.db;
    await database.query(
      `insert into book.halts (lender_id, reason, lane) values ($1, 'tried', 0)`,
      [LENDER],
    );
    const process = await ground.start();
    await ground.authorise(one);
    await eventually('the payouts are held', async () => {
      const statuses = await statusOf(one.applicationId);
      return statuses.length === 2 && statuses.every((status) => status === 'held');
    });
    await database.query('delete from book.halts where lender_id = $1', [LENDER]);
    await ground.told(one.applicationId, 'LoanDisbursed');
    await process.stop();
    expect(await findingsOf(ground, [{ one }])).toEqual([]);
  });

  test('of a lender halted when a turn has paid and died holds the payout, and pays once', async () => {
    const one = application();
    const { database } = ground.db;
    const first = await ground.start({
      diesAt: ({ moment, events }) => moment === 'after-ask' && events.includes('instruct'),
    });
    await ground.authorise(one);
    await first.died;
    await database.query(
      `insert into book.halts (lender_id, reason, lane) values ($1, 'tried', 0)`,
      [LENDER],
    );
    const second = await ground.start();
    await eventually('the payouts are held', async () => {
      const statuses = await statusOf(one.applicationId);
      return statuses.length === 2 && statuses.every((status) => status === 'held');
    });
    const { payouts } = await ground.world.book();
    const isOfIt = ({ payoutId }: { readonly payoutId: string }) =>
      payoutId.startsWith(one.authorisationId);
    expect(payouts.some(isOfIt)).toBe(true);
    await database.query('delete from book.halts where lender_id = $1', [LENDER]);
    await ground.told(one.applicationId, 'LoanDisbursed');
    await second.stop();
    expect(await findingsOf(ground, [{ one }])).toEqual([]);
  });

  test('of a rail that fails everybody holds payouts, and lets them go with it', async () => {
    const all = Array.from({ length: 30 }, () => application());
    await ground.world.behave({ provider: 'rail', mode: 'failing' });
    const process = await ground.start();
    await Promise.all(all.map((one) => ground.authorise(one)));
    await eventually('payouts are held', async () => {
      const { rows } = await ground.db.database.query(
        `select 1 from payout.payouts where status = 'held' and application_id = any($1)`,
        [all.map(({ applicationId }) => applicationId)],
      );
      return rows.length > 0;
    });
    await ground.world.behave({ provider: 'rail', mode: 'normal' });
    for (const one of all) await ground.told(one.applicationId, 'LoanDisbursed');
    await process.stop();
    expect(
      await findingsOf(
        ground,
        all.map((one) => ({ one })),
      ),
    ).toEqual([]);
  });

  test('of a loan that nobody could be paid of ends with its limit given back', async () => {
    const one = application();
    for (const subject of one.names) {
      await ground.world.behave({ provider: 'rail', subject, mode: 'rejecting', times: 1 });
    }
    const process = await ground.start();
    await ground.authorise(one);
    await ground.told(one.applicationId, 'AuthorisationCancelled');
    await process.stop();
    expect(await findingsOf(ground, [{ one, rejected: one.names }])).toEqual([]);
  });
});

/** Each has one to itself while it runs; another may have it after one that went well. */
async function onFreeGround(work: (own: Ground) => Promise<void>): Promise<void> {
  const own = free.pop() ?? (await openGround(inject('databaseUrl')));
  try {
    await work(own);
    free.push(own);
  } catch (error) {
    await own.close();
    throw error;
  }
}
