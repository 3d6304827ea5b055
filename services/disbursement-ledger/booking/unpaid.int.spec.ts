// Booked but unpaid, as an operator sees it: the alarm rings, by event and metric, and clears.
import { eventually } from '@saidao/testkit';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { LENDER, plain } from '../book.fixture.ts';
import { application, openLedger, recordOf, type Ledger } from '../ledger.fixture.ts';

let ledger: Ledger;
let address: string;

beforeAll(async () => {
  ledger = await openLedger(inject('databaseUrl'));
  const settings = { UNPAID_ALARM_AFTER_MS: '200ms' };
  ({ address } = await ledger.start(undefined, settings));
});

afterAll(() => ledger.close());

async function gauge(name: string, lender = LENDER): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const line = text
    .split('\n')
    .find((one) => one.startsWith(`${name}{`) && one.includes(`lender="${lender}"`));
  return Number(line?.split(' ').at(-1));
}

test.each([
  ['paid', 'normal', 'PAID'],
  ['rejected', 'rejecting', 'REJECTED'],
] as const)('a late payout is told, and cleared when it is %s', async (_, mode, cause) => {
  const beneficiary = `late ${mode}`;
  const one = application(plain({ beneficiary }));
  const { applicationId } = one;
  await ledger.world.behave({ provider: 'rail', subject: beneficiary, mode: 'silent' });
  await ledger.log.send([recordOf('DisbursementAuthorised', one.authorised)]);
  await ledger.told(applicationId, 'LoanUnpaid');
  await eventually(
    'the gauge shows it',
    async () => (await gauge('saidao_ledger_unpaid_loans')) === 1,
  );
  expect(await gauge('saidao_ledger_unpaid_oldest_seconds')).toBeGreaterThan(0);
  expect(await gauge('saidao_ledger_unpaid_loans', 'boc-zj')).toBe(0);
  const { body } = await ledger.get(`/v1/loans/${applicationId}-L1`);
  expect(body['unpaidSince']).not.toBeNull();

  await ledger.world.behave({ provider: 'rail', subject: beneficiary, mode });
  await ledger.told(applicationId, 'LoanUnpaidCleared');
  const cleared = (await ledger.eventsOf(applicationId)).find(
    ({ type }) => type === 'LoanUnpaidCleared',
  );
  expect(cleared?.data).toMatchObject({ loanId: `${applicationId}-L1`, cause });
  await eventually(
    'the gauge is clear',
    async () => (await gauge('saidao_ledger_unpaid_loans')) === 0,
  );
  expect(await gauge('saidao_ledger_unpaid_oldest_seconds')).toBe(0);
});
