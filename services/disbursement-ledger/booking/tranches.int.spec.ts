// A limit that is drawn in tranches: by the door, the book line and the rail, up to the limit.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { payee } from '../book.fixture.ts';
import { application, openLedger, recordOf, TOKENS, type Ledger } from '../ledger.fixture.ts';

let ledger: Ledger;
let address: string;

beforeAll(async () => {
  ledger = await openLedger(inject('databaseUrl'));
  ({ address } = await ledger.start());
});

afterAll(() => ledger.close());

async function draw(loanId: string, amount: string, name: string): Promise<number> {
  const response = await fetch(`${address}/v1/loans/${loanId}/drawdowns`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TOKENS.officer}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify({ amount, payees: [{ name, amount }] }),
  });
  await response.body?.cancel();
  return response.status;
}

test('a loan is drawn part by part, each owed when it is paid, and never beyond its limit', async () => {
  const name = 'motors in parts';
  const one = application({ pledgeRequired: false, payees: [payee(name, '60000000')] });
  const loanId = `${one.applicationId}-L1`;
  const { applicationId } = one;
  await ledger.log.send([recordOf('DisbursementAuthorised', one.authorised)]);
  await ledger.told(applicationId, 'LoanDisbursed');
  expect((await ledger.get(`/v1/loans/${loanId}`)).body).toMatchObject({
    status: 'disbursed',
    principal: '100000000.00',
    undrawn: '40000000.00',
  });

  expect(await draw(loanId, '40000000.00', name)).toBe(202);
  await ledger.told(applicationId, 'LoanDisbursed', 2);
  expect(await draw(loanId, '0.01', name)).toBe(202);
  await ledger.told(applicationId, 'LoanActionRecorded', 2);

  const events = await ledger.eventsOf(applicationId);
  const answers = events.filter(({ type }) => type === 'LoanActionRecorded');
  expect(answers.map(({ data }) => data)).toMatchObject([
    { status: 'TAKEN', cause: null },
    { status: 'REFUSED', cause: 'ABOVE_LIMIT' },
  ]);
  expect(await ledger.moved(applicationId)).toEqual([`${name}: 4000000000`, `${name}: 6000000000`]);
  const { body } = await ledger.get(`/v1/loans/${loanId}`);
  expect(body).toMatchObject({
    undrawn: '0.00',
    payouts: [{ status: 'paid' }, { status: 'paid' }],
  });
  expect(body['balances']).toMatchObject([
    { account: '1003', balance: '-100000000.00' },
    { account: '1303', balance: '100000000.00' },
    { account: '2011', balance: '0.00' },
    { account: '9001', balance: '0.00' },
    { account: '9099', balance: '0.00' },
  ]);
});
