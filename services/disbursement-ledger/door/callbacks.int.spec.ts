// The rail calls back to the running ledger, in every way it can: each payout is settled once.
import { eventually } from '@saidao/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { plain } from '../book.fixture.ts';
import {
  application,
  CALLBACK_SECRET,
  openLedger,
  recordOf,
  type Ledger,
} from '../ledger.fixture.ts';
import { signed } from './webhooks.fixture.ts';

let ledger: Ledger;
let address: string;

beforeAll(async () => {
  ledger = await openLedger(inject('databaseUrl'));
  ({ address } = await ledger.start());
});

afterAll(() => ledger.close());

afterEach(async () => {
  await ledger.world.behave({ provider: 'rail', mode: 'normal' });
  await ledger.world.behave({ provider: 'rail-callbacks', mode: 'normal' });
});

let serial = 0;

/** A loan to a borrower with a name of its own, for the rail's behaviours. */
function loan() {
  serial += 1;
  const beneficiary = `called back ${serial}`;
  return { beneficiary, ...application(plain({ beneficiary })) };
}

const authorise = ({ authorised }: ReturnType<typeof loan>) =>
  ledger.log.send([recordOf('DisbursementAuthorised', authorised)]);

/** How many calls the payout line has read of an application. */
async function callsRead(applicationId: string): Promise<number> {
  const { rows } = await ledger.db.database.query<{ n: bigint }>(
    `select count(*) as n from payout.journal where key = $1
     and topic = 'saidao.payout-callbacks.v1'`,
    [applicationId],
  );
  return Number(rows[0]?.n);
}

async function settledOnce({ applicationId, beneficiary }: ReturnType<typeof loan>) {
  await ledger.told(applicationId, 'LoanDisbursed');
  await eventually('the call was read', async () => (await callsRead(applicationId)) === 1);
  const types = await ledger.typesOf(applicationId);
  expect(types.filter((type) => type === 'PayoutConfirmed')).toHaveLength(1);
  expect(types.filter((type) => type === 'LoanDisbursed')).toHaveLength(1);
  expect(await ledger.moved(applicationId)).toEqual([`${beneficiary}: 1000000000`]);
}

describe('a rail that', () => {
  test.each(['normal', 'early', 'twice', 'forged', 'stale'] as const)(
    'calls back %s settles the payout once',
    async (mode) => {
      const one = loan();
      await ledger.world.behave({
        ...{ provider: 'rail-callbacks', subject: one.beneficiary, mode, times: 1 },
        ...(mode === 'early' && { delayMs: 150 }),
      });
      await authorise(one);
      await settledOnce(one);
    },
  );

  test('calls back late settles the payout once', async () => {
    const one = loan();
    const { beneficiary: subject } = one;
    await ledger.world.behave({ provider: 'rail-callbacks', subject, mode: 'late', delayMs: 400 });
    await authorise(one);
    await ledger.told(one.applicationId, 'LoanDisbursed');
    expect(await callsRead(one.applicationId)).toBe(0);
    await settledOnce(one);
  });

  test('calls back out of order settles each payout once', async () => {
    const [first, second] = [loan(), loan()];
    await ledger.world.behave({
      ...{ provider: 'rail-callbacks', subject: first.beneficiary },
      ...{ mode: 'out-of-order', delayMs: 10_000 },
    });
    await authorise(first);
    await ledger.told(first.applicationId, 'LoanDisbursed');
    await authorise(second);
    await settledOnce(second);
    await settledOnce(first);
  });

  test.each(['paid-then-silent', 'paid-then-500'] as const)(
    'is %s and calls back has its payout settled once',
    async (mode) => {
      const one = loan();
      await ledger.world.behave({ provider: 'rail', subject: one.beneficiary, mode, times: 1 });
      await authorise(one);
      await settledOnce(one);
    },
  );
});

test('what is signed and not so moves nothing: the rail is asked', async () => {
  const one = loan();
  const { applicationId, authorisationId, beneficiary } = one;
  await ledger.world.behave({ provider: 'rail', subject: beneficiary, mode: 'silent' });
  await authorise(one);
  await ledger.told(applicationId, 'PayoutUnknown');
  const body = JSON.stringify({
    type: 'payout.paid',
    data: {
      payoutId: `${authorisationId}/1`,
      endToEndId: applicationId,
      lenderId: 'exim-zj',
      amountFen: '1000000000',
      currency: 'CNY',
      status: 'paid',
      railReference: 'R1',
      paidAt: new Date().toISOString(),
    },
  });
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const headers = signed({ id: 'msg_lie', timestamp, body, secret: CALLBACK_SECRET });
  const post = () =>
    fetch(`${address}/v1/payout-callbacks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  expect([(await post()).status, (await post()).status]).toEqual([202, 202]);
  await eventually('the call was read', async () => (await callsRead(applicationId)) === 1);
  expect(await ledger.typesOf(applicationId)).not.toContain('PayoutConfirmed');
  expect(await ledger.moved(applicationId)).toEqual([]);
  await ledger.world.behave({ provider: 'rail', subject: beneficiary, mode: 'normal' });
  await ledger.told(applicationId, 'LoanDisbursed');
});
