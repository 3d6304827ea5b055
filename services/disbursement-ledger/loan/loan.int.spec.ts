// The life of a loan on a real PostgreSQL: through the door and the line into the books, once.
import { randomUUID } from 'node:crypto';
import type { EventMap, EventName } from '@saidao/schemas';
import { eventually, recordOf as written } from '@saidao/testkit';
import { businessDateOf, cny, type Fen } from '@saidao/values';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { LENDER, plain } from '../book.fixture.ts';
import {
  application,
  laneOf,
  openLedger,
  PARTITIONS,
  recordOf,
  TOKENS,
  type Ledger,
} from '../ledger.fixture.ts';
import { writeRepayments } from './write-repayments.ts';

let ledger: Ledger;
let address: string;

beforeAll(async () => {
  ledger = await openLedger(inject('databaseUrl'));
  ({ address } = await ledger.start());
});

afterAll(() => ledger.close());

const LIMIT_FEN = 90_000_000n;

/** A day on which the money is there: no loan begins before its business date. */
const today = () => {
  const day = businessDateOf(Date.now());
  return day > '2026-11-20' ? day : '2026-11-20';
};

interface Drawn {
  readonly applicationId: string;
  readonly loanId: string;
}

async function drawn(): Promise<Drawn> {
  const terms = plain({ amount: cny(LIMIT_FEN), repayment: 'BULLET' });
  const one = application(terms);
  const { applicationId } = one;
  await ledger.log.send([recordOf('DisbursementAuthorised', one.authorised)]);
  await ledger.told(applicationId, 'LoanDisbursed');
  return { applicationId, loanId: `${applicationId}-L1` };
}

/** A lender has each reference once: those of a loan are its own. */
const named = ({ loanId }: Drawn, reference: string) => `${reference} of ${loanId}`;

function repayment(
  loan: Drawn,
  reference: string,
  amountFen: Fen,
  change: Partial<EventMap['RepaymentReceived']> = {},
): EventMap['RepaymentReceived'] {
  return {
    ...loan,
    lenderId: LENDER,
    source: 'bank-file',
    reference,
    amount: cny(amountFen),
    valueDate: today(),
    payer: null,
    effect: 'SHORTEN',
    ...change,
  };
}

function message<N extends EventName>(type: N, data: EventMap[N]) {
  return written(type, data, { partitions: PARTITIONS, id: randomUUID(), timeMs: Date.now() });
}

async function balancesOf({ loanId }: Drawn): Promise<Record<string, string>> {
  const { body } = await ledger.get(`/v1/loans/${loanId}`);
  const balances = body['balances'] as unknown as { account: string; balance: string }[];
  return Object.fromEntries(balances.map(({ account, balance }) => [account, balance]));
}

async function causesOf({ applicationId }: Drawn): Promise<(string | null)[]> {
  const events = await ledger.eventsOf(applicationId);
  const recorded = events.filter(({ type }) => type === 'LoanActionRecorded');
  return recorded.map(({ data }) => (data as EventMap['LoanActionRecorded']).cause);
}

describe('a repayment', () => {
  test('goes through the door into the books, and is told with its parts', async () => {
    const loan = await drawn();
    const url = `${address}/v1/loans/${loan.loanId}/repayments`;
    const body = { source: 'counter', reference: 'C-1', amount: '1000.00', valueDate: today() };
    const post = () =>
      fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${TOKENS.officer}`,
          'content-type': 'application/json',
          'idempotency-key': `counter-${loan.loanId}`,
        },
        body: JSON.stringify({ ...body, effect: 'SHORTEN' }),
      });
    expect((await post()).status).toBe(202);
    expect((await post()).status).toBe(202);
    await ledger.told(loan.applicationId, 'RepaymentBooked');
    expect(await balancesOf(loan)).toMatchObject({ 1003: '-899000.00', 1303: '899000.00' });
    const { body: standing } = await ledger.get(`/v1/loans/${loan.loanId}/standing`);
    expect(standing).toMatchObject({ principal: '899000.00', received: '1000.00' });
    const { rows } = await ledger.db.database.query(
      `select source, reference, amount_fen, effect, reversed_on, drawn_fen, principal_fen, status
       from book.repayments join book.positions using (loan_id) where loan_id = $1`,
      [loan.loanId],
    );
    expect(rows).toEqual([
      {
        source: 'counter',
        reference: 'C-1',
        amount_fen: 100_000n,
        effect: 'SHORTEN',
        reversed_on: null,
        drawn_fen: LIMIT_FEN,
        principal_fen: 89_900_000n,
        status: 'open',
      },
    ]);
  });

  test('told many times at once under many identities is booked once', async () => {
    const loan = await drawn();
    const said = repayment(loan, named(loan, 'R1'), 200_000n);
    await ledger.log.send(Array.from({ length: 20 }, () => message('RepaymentReceived', said)));
    await ledger.log.send([
      message('RepaymentReceived', repayment(loan, named(loan, 'R2'), 100_000n)),
    ]);
    await ledger.told(loan.applicationId, 'RepaymentBooked', 2);
    expect(await balancesOf(loan)).toMatchObject({ 1303: '897000.00' });
    expect(await causesOf(loan)).toEqual([]);
  });

  test('for one reference is booked on one loan, whichever lane is first', async () => {
    const loans: Drawn[] = [];
    while (new Set(loans.map(({ applicationId }) => laneOf(applicationId))).size < 2) {
      loans.push(await drawn());
    }
    const [one, other] = [loans[0]!, loans.at(-1)!];
    const references = Array.from({ length: 15 }, (_, at) => `race-${one.loanId}-${at}`);
    await ledger.log.send(
      references.flatMap((reference) =>
        [one, other].map((loan) =>
          message('RepaymentReceived', repayment(loan, reference, 1_000n)),
        ),
      ),
    );
    const booked = async () => {
      const types = await Promise.all(
        [one, other].map(({ applicationId }) => ledger.typesOf(applicationId)),
      );
      return types.flat().filter((type) => type === 'RepaymentBooked').length;
    };
    const refused = async () => [...(await causesOf(one)), ...(await causesOf(other))];
    await eventually('all are decided', async () => {
      return (await booked()) + (await refused()).length === 2 * references.length;
    });
    expect(await booked()).toBe(references.length);
    expect(new Set(await refused())).toEqual(new Set(['REFERENCE_TAKEN']));
    const { rows } = await ledger.db.database.query<{ fen: string }>(
      `select sum(amount_fen)::text as fen from book.repayments
       where loan_id in ($1, $2)`,
      [one.loanId, other.loanId],
    );
    expect(rows[0]?.fen).toBe(String(1_000 * references.length));
  });

  test('that got past the line is refused by the table, with a code', async () => {
    const loan = await drawn();
    await ledger.log.send([
      message('RepaymentReceived', repayment(loan, named(loan, 'R1'), 1_000n)),
    ]);
    await ledger.told(loan.applicationId, 'RepaymentBooked');
    const { lenderId, loanId, valueDate } = repayment(loan, named(loan, 'R1'), 1_000n);
    const row = {
      ...{ lenderId, loanId, valueDate, source: 'bank-file', reference: named(loan, 'R1') },
      ...{ amountFen: 2_000n, bookedOn: valueDate, effect: 'SCHEDULED', payer: null },
    };
    await expect(
      ledger.db.database.transaction((transaction) => writeRepayments(transaction, [row])),
    ).rejects.toMatchObject({ constraint: 'saidao_ledger_reference_taken' });
  });

  test('of a loan that is not there is a dead letter, and holds nobody up', async () => {
    const loan = await drawn();
    const lost = { ...repayment(loan, named(loan, 'R1'), 1_000n), loanId: 'another' };
    await ledger.log.send([
      message('RepaymentReceived', lost),
      message('RepaymentReceived', repayment(loan, named(loan, 'R2'), 1_000n)),
    ]);
    await ledger.told(loan.applicationId, 'RepaymentBooked');
    const codes: string[] = [];
    await ledger.log.scan(['book.dead-letter.v1'], ({ key, headers }) => {
      if (key?.toString() === loan.applicationId) codes.push(String(headers['x-dlq-code']));
    });
    expect(codes).toEqual(['SAIDAO_LEDGER_LOAN_UNKNOWN']);
  });
});

describe('officers', () => {
  const said = (loan: Drawn, officer: string, role: string) => ({
    ...loan,
    ...{ lenderId: LENDER, officer, role, reason: 'returned by the bank' },
  });

  test('take a repayment back together, by entries that the books let name the others', async () => {
    const loan = await drawn();
    const before = await balancesOf(loan);
    await ledger.log.send([
      message('RepaymentReceived', repayment(loan, named(loan, 'R1'), LIMIT_FEN + 10_000n)),
    ]);
    await ledger.told(loan.applicationId, 'LoanRepaid');
    const repaid = { source: 'bank-file', reference: named(loan, 'R1') };
    await ledger.log.send([
      message('ReversalRequested', { ...said(loan, 'w.li', 'officer'), ...repaid }),
      message('ReversalRequested', { ...said(loan, 'h.chen', 'senior-officer'), ...repaid }),
    ]);
    await ledger.told(loan.applicationId, 'RepaymentReversed');
    const after = await balancesOf(loan);
    const { 1303: principal, 1003: due } = after;
    expect({ 1303: principal, 1003: due }).toEqual({ 1303: before['1303'], 1003: before['1003'] });
    const { rows } = await ledger.db.database.query<{ reverses: string }>(
      'select reverses from book.entries where loan_id = $1 and reverses is not null order by 1',
      [loan.loanId],
    );
    expect(rows.map(({ reverses }) => reverses)).toEqual([
      `receipt/${loan.loanId}/bank-file/${named(loan, 'R1')}`,
      `repayment/${loan.loanId}/bank-file/${named(loan, 'R1')}`,
    ]);
    const { body } = await ledger.get(`/v1/loans/${loan.loanId}/actions`);
    const actions = body['actions'] as unknown as { officer: string; status: string }[];
    const asked = actions.map(({ officer, status }) => `${officer} ${status}`);
    expect(asked.toSorted()).toEqual(['h.chen TAKEN', 'w.li PROPOSED']);
  });

  test('give what was paid too much back to the deposit, together and once', async () => {
    const loan = await drawn();
    const early = { effect: 'SCHEDULED', valueDate: '2026-11-20' };
    const data = repayment(loan, named(loan, 'R1'), 50_000n, early);
    await ledger.log.send([message('RepaymentReceived', data)]);
    await ledger.told(loan.applicationId, 'RepaymentBooked');
    expect(await balancesOf(loan)).toMatchObject({ 2241: '500.00' });
    const refund = { amount: cny(50_000n), toGuarantor: false };
    await ledger.log.send([
      message('RefundRequested', { ...said(loan, 'w.li', 'officer'), ...refund }),
      message('RefundRequested', { ...said(loan, 'h.chen', 'senior-officer'), ...refund }),
      message('RefundRequested', { ...said(loan, 'y.sun', 'officer'), ...refund }),
    ]);
    await ledger.told(loan.applicationId, 'LoanActionRecorded', 3);
    expect(await causesOf(loan)).toEqual([null, null, 'BEYOND_SUSPENSE']);
    await ledger.told(loan.applicationId, 'SuspenseRefunded');
    const { 2241: suspense = '0.00', 2011: deposit } = await balancesOf(loan);
    expect([suspense, deposit]).toEqual(['0.00', '500.00']);
  });

  test('of whom both ask at once in one turn or in two agree once', async () => {
    const loan = await drawn();
    await ledger.log.send(
      ['w.li', 'h.chen', 'y.sun', 'p.zhao'].map((officer) =>
        message('RescheduleRequested', {
          ...said(loan, officer, 'senior-officer'),
          ...{ from: today(), termMonths: 36, repayment: 'EQUAL_PRINCIPAL' },
        }),
      ),
    );
    await ledger.told(loan.applicationId, 'LoanActionRecorded', 4);
    const events = await ledger.eventsOf(loan.applicationId);
    const statuses = events
      .filter(({ type }) => type === 'LoanActionRecorded')
      .map(({ data }) => (data as EventMap['LoanActionRecorded']).status);
    expect(statuses).toEqual(['PROPOSED', 'TAKEN', 'PROPOSED', 'TAKEN']);
  });
});
