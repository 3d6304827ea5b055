// The ledger as a process would run it: both lines, its door, a real PostgreSQL, the real payout rail.
import type { EventLog } from '@saidao/event-log';
import type { EventName } from '@saidao/schemas';
import { eventually, type TestDatabase } from '@saidao/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { LENDER, PATENTS, payee, plain } from './book.fixture.ts';
import { contradictionsOf } from './config.ts';
import { application, openLedger, recordOf, TOKENS, type Ledger } from './ledger.fixture.ts';
import type { World } from './rail.fixture.ts';

let ledger: Ledger;
let db: TestDatabase;
let log: EventLog;
let world: World;

beforeAll(async () => {
  ledger = await openLedger(inject('databaseUrl'));
  ({ db, log, world } = ledger);
  await ledger.start();
});

afterAll(() => ledger.close());

afterEach(() => world.behave({ provider: 'rail', mode: 'normal' }));

const get = (path: string, token?: string) => ledger.get(path, token);
const told = (applicationId: string, type: EventName, times = 1) =>
  ledger.told(applicationId, type, times);
const typesOf = (applicationId: string) => ledger.typesOf(applicationId);
const eventsOf = (applicationId: string) => ledger.eventsOf(applicationId);
const moved = (applicationId: string) => ledger.moved(applicationId);

function pledgeOf({ applicationId, authorisationId }: ReturnType<typeof application>) {
  const common = {
    applicationId,
    revision: 1,
    lenderId: LENDER,
    authorisationId,
    patents: PATENTS,
    registrationNumber: 'Y2026330000001',
  };
  const confirmedAt = BigInt(Date.now());
  const confirmedUntil = (validUntil: bigint, number: number) =>
    recordOf('PledgeConfirmed', { ...common, confirmedAt, validUntil, evidence: [] }, number);
  return {
    registered: recordOf('PledgeRegistered', {
      ...common,
      registeredAt: 1n,
      contract: 'c-1',
      evidence: [],
    }),
    confirmed: (number = 2) => confirmedUntil(confirmedAt + 3_600_000n, number),
    over: () => confirmedUntil(1n, 2),
  };
}

describe('a loan', () => {
  test('is booked once its pledge is registered and stands, paid to its payees, and disbursed', async () => {
    const one = application();
    const { registered, confirmed } = pledgeOf(one);
    const authorised = recordOf('DisbursementAuthorised', one.authorised);
    await log.send([authorised, registered, confirmed()]);
    await told(one.applicationId, 'LoanDisbursed');
    expect([...new Set(await typesOf(one.applicationId))]).toEqual([
      ...['LoanBooked', 'LoanDisbursed', 'LoanScheduled', 'PayoutConfirmed', 'PayoutInstructed'],
    ]);
    expect(await moved(one.applicationId)).toEqual([
      `${one.names[1]}: 3800000000`,
      `${one.names[0]}: 6200000000`,
    ]);

    const { status, body } = await get(`/v1/loans/${one.applicationId}-L1`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      applicationId: one.applicationId,
      lender: LENDER,
      borrower: { name: '浙江示例智能锁科技有限公司', uscc: '91330100MA2H000142' },
      principal: '100000000.00',
      currency: 'CNY',
      rate: '0.03',
      bookedOn: '2026-11-20',
      maturesOn: '2028-11-20',
      status: 'disbursed',
      payouts: [
        { payee: one.names[0], amount: '62000000.00', status: 'paid' },
        { payee: one.names[1], amount: '38000000.00', status: 'paid' },
      ],
      undrawn: '0.00',
      unpaidSince: null,
      balances: [
        { account: '1003', balance: '-100000000.00' },
        { account: '1303', balance: '100000000.00' },
        { account: '2011', debits: '100000000.00', credits: '100000000.00', balance: '0.00' },
        { account: '9001', balance: '0.00' },
        { account: '9099', balance: '0.00' },
      ],
    });
    const entries = body['entries'] as unknown as { entryId: string; postings: object[] }[];
    expect(entries.find(({ entryId }) => entryId.startsWith('reservation/'))).toMatchObject({
      entryId: `reservation/${one.authorisationId}`,
      valueDate: '2026-11-20',
      postings: [
        { account: '9001', side: 'debit', amount: '100000000.00', currency: 'CNY' },
        { account: '9099', side: 'credit', amount: '100000000.00', currency: 'CNY' },
      ],
    });
    expect(entries.map(({ entryId }) => entryId.slice(0, entryId.indexOf('/'))).sort()).toEqual([
      ...['disbursement', 'disbursement', 'payout', 'payout', 'release', 'release', 'reservation'],
    ]);
  });

  test('is the same one after every event has come again', async () => {
    const one = application();
    const { registered, confirmed } = pledgeOf(one);
    const authorised = recordOf('DisbursementAuthorised', one.authorised);
    const records = [authorised, registered, confirmed()];
    await log.send(records);
    await told(one.applicationId, 'LoanDisbursed');
    const before = await eventsOf(one.applicationId);
    // Another number: the same authorisation under a new identity, as a faulty writer would do.
    await log.send([...records, recordOf('DisbursementAuthorised', one.authorised, 2)]);
    await eventually('both lines have read all', async () => {
      const { rows } = await db.database.query<{ heads: Record<string, number> }>(
        'select heads from book.applications where application_id = $1',
        [one.applicationId],
      );
      return rows[0]?.heads[`saidao.decisions.${LENDER}.v1`] === 2;
    });
    // The journal publishes the first outputs again: the same bytes under the same identity.
    const unique = (events: object[]) =>
      new Set(
        events.map((event) =>
          JSON.stringify(event, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
        ),
      );
    expect(unique(await eventsOf(one.applicationId))).toEqual(unique(before));
    expect(await moved(one.applicationId)).toHaveLength(2);
    const { body } = await get(`/v1/loans?applicationId=${one.applicationId}`);
    expect(body['loans']).toHaveLength(1);
  });

  test('is not booked on a confirmation that is over, and is on the next', async () => {
    const one = application();
    const { registered, confirmed, over } = pledgeOf(one);
    const authorised = recordOf('DisbursementAuthorised', one.authorised);
    await log.send([authorised, registered, over()]);
    const heads = async () => {
      const { rows } = await db.database.query<{ heads: Record<string, number> }>(
        'select heads from book.applications where application_id = $1',
        [one.applicationId],
      );
      return rows[0]?.heads['saidao.pledges.v1'] === 2;
    };
    await eventually('the confirmation was read', heads);
    expect(await typesOf(one.applicationId)).toEqual([]);
    await log.send([confirmed(3)]);
    await told(one.applicationId, 'LoanDisbursed');
  });

  test('is not booked when its collateral changes first', async () => {
    const one = application();
    const { registered, confirmed } = pledgeOf(one);
    const { applicationId, authorisationId } = one;
    const change = { number: PATENTS[0]!, ground: 'PL05', reason: 'preserved', evidence: [] };
    const changed = recordOf(
      'CollateralChanged',
      {
        applicationId,
        revision: 1,
        lenderId: LENDER,
        authorisationId,
        stage: 'REGISTRATION',
        changes: [{ ...change, result: 'ADVERSE' }],
        observedAt: 1n,
      },
      2,
    );
    const authorised = recordOf('DisbursementAuthorised', one.authorised);
    await log.send([authorised, registered, changed, confirmed(3)]);
    await told(applicationId, 'AuthorisationCancelled');
    expect(await typesOf(applicationId)).toEqual(['AuthorisationCancelled']);
    expect(await moved(applicationId)).toEqual([]);
  });

  test('whose payees get more than it is cancelled, and nothing is booked or paid', async () => {
    const one = application({ payees: [payee('alone', '100000001')], pledgeRequired: false });
    await log.send([recordOf('DisbursementAuthorised', one.authorised)]);
    await told(one.applicationId, 'AuthorisationCancelled');
    expect(await moved(one.applicationId)).toEqual([]);
    const { body } = await get(`/v1/loans?applicationId=${one.applicationId}`);
    expect(body['loans']).toEqual([]);
  });
});

describe('a payout', () => {
  test.each(['paid-then-silent', 'paid-then-500'] as const)(
    'by a rail that is %s moves the money once and is confirmed in the end',
    async (mode) => {
      const one = application({ pledgeRequired: false });
      await world.behave({ provider: 'rail', subject: one.names[0], mode, times: 1 });
      await log.send([recordOf('DisbursementAuthorised', one.authorised)]);
      await told(one.applicationId, 'PayoutUnknown');
      await told(one.applicationId, 'LoanDisbursed');
      const types = await typesOf(one.applicationId);
      expect(types.filter((type) => type.startsWith('PayoutConf'))).toHaveLength(2);
      expect(types.filter((type) => type === 'PayoutUnknown')).toHaveLength(1);
      expect(await moved(one.applicationId)).toHaveLength(2);
      const { body } = await get(`/v1/loans/${one.applicationId}-L1`);
      expect(body).toMatchObject({ status: 'disbursed' });
      expect(balanceOf(body, '2011')).toBe('0.00');
      expect(balanceOf(body, '1303')).toBe('100000000.00');
    },
  );

  test('by a rail that stays silent is unknown, and paid when the rail is back', async () => {
    const one = application(plain());
    const subject = one.authorised.terms.beneficiary;
    await world.behave({ provider: 'rail', subject, mode: 'silent' });
    await log.send([recordOf('DisbursementAuthorised', one.authorised)]);
    await told(one.applicationId, 'PayoutUnknown');
    await eventually('it was asked about again', async () => {
      const { rows } = await db.database.query<{ attempts: number; status: string }>(
        'select attempts, status from payout.payouts where application_id = $1',
        [one.applicationId],
      );
      return (rows[0]?.attempts ?? 0) >= 2 && rows[0]?.status === 'unknown';
    });
    const { body } = await get(`/v1/loans/${one.applicationId}-L1`);
    expect(body).toMatchObject({ status: 'booked', payouts: [{ status: 'unknown' }] });
    expect(await moved(one.applicationId)).toEqual([]);

    await world.behave({ provider: 'rail', subject, mode: 'normal' });
    await told(one.applicationId, 'LoanDisbursed');
    expect(await moved(one.applicationId)).toEqual([`${subject}: 1000000000`]);
  });

  test('that is unknown survives a restart of the worker', async () => {
    const one = application(plain({ beneficiary: 'restarted' }));
    await world.behave({
      provider: 'rail',
      subject: 'restarted',
      mode: 'paid-then-silent',
      times: 1,
    });
    await log.send([recordOf('DisbursementAuthorised', one.authorised)]);
    await told(one.applicationId, 'PayoutUnknown');
    await ledger.stop();
    await ledger.start();
    await told(one.applicationId, 'LoanDisbursed');
    expect(await moved(one.applicationId)).toEqual(['restarted: 1000000000']);
  });

  test('that the rail rejects gives its part of the limit back, and the rest is lent', async () => {
    const one = application({ pledgeRequired: false });
    const [subject] = one.names;
    await world.behave({ provider: 'rail', subject, mode: 'rejecting', times: 1 });
    await log.send([recordOf('DisbursementAuthorised', one.authorised)]);
    await told(one.applicationId, 'PayoutFailed');
    await told(one.applicationId, 'LimitReleased');
    await told(one.applicationId, 'LoanDisbursed');
    const { body } = await get(`/v1/loans/${one.applicationId}-L1`);
    expect(body).toMatchObject({
      status: 'disbursed',
      payouts: [{ status: 'rejected', cause: 'the rail was told to reject' }, { status: 'paid' }],
    });
    expect(balanceOf(body, '1303')).toBe('38000000.00');
    expect(balanceOf(body, '2011')).toBe('0.00');
    expect(balanceOf(body, '9001')).toBe('0.00');
  });

  test('that is all there is and is rejected ends the loan and its authorisation', async () => {
    const one = application(plain({ beneficiary: 'rejected' }));
    await world.behave({ provider: 'rail', subject: 'rejected', mode: 'rejecting', times: 1 });
    await log.send([recordOf('DisbursementAuthorised', one.authorised)]);
    await told(one.applicationId, 'AuthorisationCancelled');
    expect(await typesOf(one.applicationId)).not.toContain('LoanDisbursed');
    expect(await moved(one.applicationId)).toEqual([]);
  });
});

/** What the loan adds to an account; undefined where it has nothing there. */
function balanceOf(body: Record<string, never>, account: string): string | undefined {
  const balances = body['balances'] as unknown as { account: string; balance: string }[];
  return balances.find((one) => one.account === account)?.balance;
}

describe('the door', () => {
  test('shows a loan to its own lender only, and to no channel that is held to some', async () => {
    const one = application({ pledgeRequired: false });
    await log.send([recordOf('DisbursementAuthorised', one.authorised)]);
    await told(one.applicationId, 'LoanDisbursed');
    const loan = `/v1/loans/${one.applicationId}-L1`;
    const list = `/v1/loans?applicationId=${one.applicationId}`;
    expect((await get(loan)).status).toBe(200);
    expect((await get(list)).body).toMatchObject({
      loans: [{ loanId: `${one.applicationId}-L1`, principal: '100000000.00' }],
    });
    for (const token of [TOKENS.other, TOKENS.app]) {
      expect(await get(loan, token)).toMatchObject({
        status: 404,
        body: { error: { code: 'SAIDAO_HTTP_NOT_FOUND' } },
      });
      expect((await get(list, token)).body).toEqual({ loans: [] });
    }
    expect((await get(loan, 'a-token-of-nobody')).status).toBe(401);
  });

  test('answers what is not there or not asked well', async () => {
    expect((await get('/v1/loans/nothing')).status).toBe(404);
    expect((await get('/v1/loans')).body).toMatchObject({
      error: { code: 'SAIDAO_HTTP_INVALID', faults: [{ path: 'querystring.applicationId' }] },
    });
    expect((await get('/v1/loans?applicationId=x&lender=boc-zj')).status).toBe(400);
  });

  test('keeps health and metrics beside it', async () => {
    expect((await get('/readyz')).body).toEqual({ ready: true, reasons: [] });
  });
});

describe('the settings', () => {
  const read = {
    sessionTimeoutMs: 10_000,
    payoutRailDeadlineMs: 2_000,
    payoutRailUrl: 'http://localhost:18090/rail',
    outsideWorldUrl: undefined,
  } as never;

  test('want a rail, and a deadline that fits into a turn', () => {
    expect(contradictionsOf(read)).toEqual([]);
    expect(contradictionsOf({ ...(read as object), payoutRailUrl: undefined } as never)).toEqual([
      expect.stringContaining('PAYOUT_RAIL_URL'),
    ]);
    expect(contradictionsOf({ ...(read as object), sessionTimeoutMs: 6_000 } as never)).toEqual([
      expect.stringContaining('SESSION_TIMEOUT_MS'),
    ]);
  });
});
