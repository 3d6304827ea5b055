// Days of the whole process: told by its door, closed by one line, and what they change told by another.
import { eventually } from '@saidao/testkit';
import { addDays, businessDateOf, cny } from '@saidao/values';
import { systemClock } from '@saidao/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { LENDER, plain } from '../book.fixture.ts';
import { application, openLedger, recordOf, TOKENS, type Ledger } from '../ledger.fixture.ts';

const DAY_MS = 86_400_000;
/** The worker lives so far ahead that an instalment is past due; the rail pays today. */
const AHEAD_DAYS = 60;

let ledger: Ledger;
let address: string;

beforeAll(async () => {
  ledger = await openLedger(inject('databaseUrl'));
});

afterAll(() => ledger.close());

async function closeDay(businessDate: string): Promise<void> {
  const response = await fetch(`${address}/v1/business-days`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKENS.operator}`, 'content-type': 'application/json' },
    body: JSON.stringify({ lenderId: LENDER, businessDate }),
  });
  expect(response.status).toBe(202);
  const path = response.headers.get('location') ?? '';
  await eventually(`${businessDate} is signed`, async () => {
    const { body } = await ledger.get(path);
    return body['digest'] !== null;
  });
}

test('a loan that is past due is told of, and told again when it is paid', async () => {
  await ledger.start();
  const terms = plain({ repayment: 'EQUAL_INSTALMENT', termMonths: 12, amount: cny(100_000_000n) });
  const today = businessDateOf(Date.now());
  const one = application(terms, { terms, businessDate: today });
  await ledger.log.send([recordOf('DisbursementAuthorised', one.authorised)]);
  await ledger.told(one.applicationId, 'LoanDisbursed');
  await ledger.stop();

  const nowMs = () => Date.now() + AHEAD_DAYS * DAY_MS;
  ({ address } = await ledger.start(undefined, {}, { ...systemClock, nowMs }));
  await closeDay(addDays(today, 45));
  await ledger.told(one.applicationId, 'LoanReclassified');
  const toldOf = async (type: string) =>
    (await ledger.eventsOf(one.applicationId)).filter((event) => event.type === type);
  expect(await toldOf('LoanReclassified')).toMatchObject([
    { data: { fromTier: 'normal', tier: 'special-mention', cause: 'OWN', nonAccrual: false } },
  ]);

  await ledger.log.send([
    recordOf('RepaymentReceived', {
      applicationId: one.applicationId,
      lenderId: LENDER,
      loanId: `${one.applicationId}-L1`,
      source: 'bank',
      reference: 'late',
      amount: cny(20_000_000n),
      valueDate: addDays(today, 46),
      payer: null,
      effect: 'SCHEDULED',
    }),
  ]);
  await ledger.told(one.applicationId, 'RepaymentBooked');
  await closeDay(addDays(today, 46));
  await ledger.told(one.applicationId, 'LoanReclassified', 2);
  expect((await toldOf('LoanReclassified'))[1]).toMatchObject({
    data: { fromTier: 'special-mention', tier: 'normal' },
  });

  const metrics = await (await fetch(`${address}/metrics`)).text();
  expect(metrics).toMatch(new RegExp(`saidao_days_loans_total.*lender="${LENDER}".* 47`));
  expect(metrics).toMatch(new RegExp(`saidao_days_behind.*lender="${LENDER}".* 13`));
});
