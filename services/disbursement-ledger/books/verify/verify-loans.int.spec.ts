// A loan's rows that somebody with every right has changed, one at a time: each is found and named.
import { randomUUID } from 'node:crypto';
import type { EventMap, EventName } from '@saidao/schemas';
import { eventually, recordOf as written } from '@saidao/testkit';
import { addDays, businessDateOf, cny, fenOfYuan } from '@saidao/values';
import { systemClock } from '@saidao/worker';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { LENDER, plain } from '../../book.fixture.ts';
import {
  application,
  openLedger,
  PARTITIONS,
  recordOf,
  TOKENS,
  type Ledger,
} from '../../ledger.fixture.ts';
import { tamperIn } from '../books.fixture.ts';
import { developmentSigner } from '../signing.ts';
import { verifyBooks } from './verify.ts';

const DAY_MS = 86_400_000;
const AHEAD_DAYS = 60;
const MUTABLE = ['shared_rows', 'loans', 'positions', 'repayments', 'payouts'];

let ledger: Ledger;
let address: string;
/** Late, and then repaid in part; a repayment of it bounced, and it was charged costs. */
let loanId: string;

beforeAll(async () => {
  ledger = await openLedger(inject('databaseUrl'));
  await live();
  await ledger.stop();
  const { database } = ledger.db;
  await database.query('create schema kept');
  for (const table of MUTABLE) {
    await database.query(`create table kept.${table} as table book.${table}`);
  }
});

afterAll(() => ledger.close());

afterEach(() =>
  tamper(
    ...MUTABLE.flatMap((table) => [
      `delete from book.${table}`,
      `insert into book.${table} table kept.${table}`,
    ]),
  ),
);

const tamper = (...statements: readonly string[]) =>
  tamperIn(ledger.db.database, `set local session_replication_role = 'replica'`, ...statements);

async function live(): Promise<void> {
  await ledger.start();
  const today = businessDateOf(Date.now());
  const terms = plain({ repayment: 'EQUAL_INSTALMENT', termMonths: 12, amount: cny(100_000_000n) });
  const { applicationId, authorised } = application(terms, { terms, businessDate: today });
  loanId = `${applicationId}-L1`;
  await ledger.log.send([recordOf('DisbursementAuthorised', authorised)]);
  await ledger.told(applicationId, 'LoanDisbursed');
  await ledger.stop();
  const nowMs = () => Date.now() + AHEAD_DAYS * DAY_MS;
  ({ address } = await ledger.start(undefined, {}, { ...systemClock, nowMs }));
  await closeDay(addDays(today, 45));

  const about = { applicationId, lenderId: LENDER, loanId };
  const repay = (reference: string, yuan: string) =>
    message('RepaymentReceived', {
      ...{ ...about, source: 'bank', reference, amount: cny(fenOfYuan(yuan)) },
      ...{ valueDate: addDays(today, 46), payer: 'somebody', effect: 'SCHEDULED' },
    });
  const reversal = (officer: string, role: string) =>
    message('ReversalRequested', {
      ...{ ...about, officer, role, reason: 'it bounced', source: 'bank', reference: 'bounced' },
    });
  await ledger.log.send([repay('late', '200000.00'), repay('bounced', '1000.00')]);
  await ledger.told(applicationId, 'RepaymentBooked', 2);
  await ledger.log.send([reversal('w.li', 'officer'), reversal('h.chen', 'senior-officer')]);
  await ledger.told(applicationId, 'RepaymentReversed');
  await closeDay(addDays(today, 50));
}

function message<N extends EventName>(type: N, data: EventMap[N]) {
  return written(type, data, { partitions: PARTITIONS, id: randomUUID(), timeMs: Date.now() });
}

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

/** Every fault, in few words; each is of the lender and the loan. */
async function faults(): Promise<string[]> {
  const trustedKeys = [developmentSigner.publicKey];
  const found = await verifyBooks(ledger.db.database, { lenders: [LENDER], trustedKeys });
  for (const { lenderId, says } of found.faults) {
    expect(lenderId).toBe(LENDER);
    expect(says).toContain(loanId);
  }
  return found.faults.map(({ kind, says }) => `${kind}: ${says.replaceAll(loanId, 'L')}`);
}

test('a loan that nobody has changed has no fault', async () => {
  expect(await faults()).toEqual([]);
});

describe('a position that says something else', () => {
  test.each([
    ['claimed_fen = 1', /claimed_fen in book.positions is 0.01, it has to be 0.00/],
    ['guarantee_paid_fen = 1', /guarantee_paid_fen in book.positions is 0.01/],
    ['written_off_fen = 1', /written_off_fen in book.positions is 0.01, it has to be 0.00/],
    ['recovered_fen = 1', /recovered_fen in book.positions is 0.01/],
    [`own_tier = 'loss'`, /own_tier in book.positions is loss, it has to be /],
    [`tier = 'loss'`, /tier in book.positions is loss, it has to be /],
    ['days_past_due = 400', /days_past_due in book.positions is 400, it has to be \d+/],
    ['non_accrual = true', /non_accrual in book.positions is true, it has to be false/],
    ['overdue_fen = overdue_fen + 1', /overdue_fen in book.positions is /],
    ['drawn_fen = 1', /drawn_fen in book.positions is 0.01, it has to be 1000000.00/],
    ['limit_fen = 1', /limit_fen in book.positions is 0.01, it has to be 1000000.00/],
    ['principal_fen = 1', /told with principal_fen 0.01, its postings on /],
    ['interest_fen = interest_fen + 1', /told with interest_fen /],
    ['allowance_fen = 0', /told with allowance_fen 0.00/],
    ['suspense_fen = suspense_fen + 1', /told with suspense_fen /],
    ['reserved_fen = 1', /told with reserved_fen 0.01/],
    [`closed_on = '2026-01-01'`, /closed_on in book.positions is 2026-01-01/],
    [`status = 'settled'`, /status in book.positions is settled, it has to be open/],
    [`debtor_uscc = 'x'`, /debtor_uscc in book.positions is x/],
    [`product_id = 'x'`, /product_id in book.positions is x/],
    [`inclusive = '{x}'`, /inclusive in book.positions is \["x"\]/],
    [`matures_on = '2036-01-01'`, /matures_on in book.positions is 2036-01-01/],
    ['lane = lane + 1', /lane in book.positions is /],
    [`application_id = 'x'`, /application_id in book.positions is x/],
    [`lender_id = 'x'`, /lender_id in book.positions is x, it has to be exim-zj/],
  ])('as by %s is named', async (set, says) => {
    await tamper(`update book.positions set ${set}`);
    const found = await faults();
    expect(found[0]).toMatch(/^position-differs: Loan L/);
    expect(found[0]).toMatch(says);
  });
});

describe('terms that were changed', () => {
  test.each([
    ['rate_ppm = 1', /rate_ppm in book.loans is 1, it has to be 30000/],
    ['term_months = 99', /term_months in book.loans is 99, it has to be 12/],
    ['principal_fen = 1', /principal_fen in book.loans is 0.01, it has to be 1000000.00/],
    [`repayment = 'BULLET'`, /repayment in book.loans is BULLET, it has to be EQUAL_INSTALMENT/],
    [`booked_on = '2026-01-01'`, /booked_on in book.loans is 2026-01-01/],
    [`matures_on = '2036-01-01'`, /matures_on in book.loans is 2036-01-01/],
    [`borrower = 'another'`, /borrower in book.loans is another, it has to be /],
    [`borrower_uscc = 'x'`, /borrower_uscc in book.loans is x/],
    [`approval_id = 'x'`, /approval_id in book.loans is x/],
    [`authorisation_id = 'x'`, /authorisation_id in book.loans is x/],
    [`product_id = 'x'`, /product_id in book.loans is x/],
    ['entrusted = true', /entrusted in book.loans is true, it has to be false/],
    [`available_until = available_until + interval '1 day'`, /available_until in book.loans is /],
    [`booked_at = booked_at + interval '1 ms'`, /booked_at in book.loans is /],
  ])('in book.loans by %s are named', async (set, says) => {
    await tamper(`update book.loans set ${set}`);
    const [first] = await faults();
    expect(first).toMatch(/^terms-changed: Loan L: /);
    expect(first).toMatch(says);
  });

  test.each([
    ['"ratePpm":30000', '"ratePpm":1', /contract.ratePpm in .* is 1, it was booked with 30000/],
    ['"termMonths":12', '"termMonths":13', /contract.termMonths in .* is 13, .* with 12/],
    ['"graceDays":', '"graceDays":9', /contract.penalty.graceDays in /],
    ['"revision":1', '"revision":2', /identity.revision in book.shared_rows is 2, .* with 1/],
  ])('in its account, %s to %s, are named', async (from, to, says) => {
    await tamperAccount(from, to);
    expect((await faults())[0] ?? '').toMatch(says);
  });
});

describe('facts that were changed', () => {
  const changes: readonly [string, string, RegExp][] = [
    ['"amountFen":{"$bigint":"20000000"}', '"amountFen":{"$bigint":"20000001"}', /^fact-changed/],
    [
      '"effect":"SCHEDULED"',
      '"effect":"SHORTEN"',
      /fact 2 is .*SHORTEN.*, its entry names .*SCHED/,
    ],
    ['"id":"bank/late"', '"id":"bank/earlier"', /fact 2 is .*bank\/earlier.* names .*bank\/late/],
    ['"kind":"REVERSED"', '"kind":"COSTS"', /fact 4 is .*COSTS.*, its entry names .*REVERSED/],
    ['"debtorTier":"normal"', '"debtorTier":"loss"', /posted.\w+ in book.shared_rows is /],
    [
      '"claimedFen":{"$bigint":"0"}',
      '"claimedFen":{"$bigint":"5"}',
      /posted.claimedFen in .* is 5/,
    ],
    ['"named":4', '"named":3', /3 facts are said to be named by entries, they name 4/],
  ];
  test.each(changes)('%s to %s are named', async (from, to, says) => {
    await tamperAccount(from, to);
    const [first] = await faults();
    expect(first).toMatch(/^fact-changed: Loan L: /);
    expect(first).toMatch(says);
  });

  test('are missed where they were taken out, with the account or without', async () => {
    await tamper(
      `update book.shared_rows set content = regexp_replace(content,
         ',[{][^{]*[{][^}]*[}][^}]*"id":"bank/bounced"[^}]*[}]', '')
       where name like 'loan/%'`,
    );
    expect((await faults())[0]).toMatch(
      /^fact-changed: Loan L: fact 3 is .*, its entry names .*boun/,
    );
    await tamper(`delete from book.shared_rows where name like 'loan/%'`);
    expect((await faults())[0]).toMatch(/^loan-missing: Loan L has no row in book.shared_rows/);
  });

  test('are found where they were put in', async () => {
    const fact =
      '{"amountFen":{"$bigint":"7"},"effect":"SHORTEN","id":"bank/x","kind":"REPAID","on":"2026-12-31"}';
    await tamperAccount('"facts":[', `"facts":[${fact},`);
    expect((await faults())[0]).toMatch(/^fact-changed: Loan L: fact 1 is .*bank\/x/);
  });

  test('are told from a receipt that would take back something else', async () => {
    await tamperAccount('"receivedFen":{"$bigint":"100000"}', '"receivedFen":{"$bigint":"90000"}');
    expect((await faults())[0]).toMatch(
      /^fact-changed: Loan L: repayment bank\/bounced is kept as .*900.00.*, booked was .*1000.00/,
    );
  });
});

describe('a repayment that says something else', () => {
  test.each([
    ['amount_fen = 1', /amount_fen in book.repayments of bank\/late is 0.01, .* 200000.00/],
    [`value_date = '2026-01-01'`, /value_date in book.repayments of bank\/late is 2026-01-01/],
    [`booked_on = '2026-01-01'`, /booked_on in book.repayments of bank\/late is 2026-01-01/],
    [`effect = 'LOWER'`, /effect in book.repayments of bank\/late is LOWER, .* SCHEDULED/],
    [`payer = 'another'`, /payer in book.repayments of bank\/late is another, .* somebody/],
    [
      `reversed_on = '2026-01-01'`,
      /reversed_on in book.repayments of bank\/late is 2026-01-01, .*no/,
    ],
    [`reference = 'x'`, /book.repayments of bank\/late has no such row/],
    [`source = 'x'`, /book.repayments of bank\/late has no such row/],
    [`loan_id = 'x'`, /book.repayments of bank\/late has no such row/],
    [`lender_id = 'x'`, /lender_id in book.repayments of bank\/late is x/],
  ])('as by %s is named', async (set, says) => {
    await tamper(`update book.repayments set ${set} where reference = 'late'`);
    const [first] = await faults();
    expect(first).toMatch(/^repayment-differs: Loan L: /);
    expect(first).toMatch(says);
  });

  test('is missed, or found where nobody paid', async () => {
    await tamper(`delete from book.repayments where reference = 'bounced'`);
    expect((await faults())[0]).toMatch(/^repayment-differs: .* of bank\/bounced has no such row/);
    await tamper(
      `insert into book.repayments
       select lender_id, source, 'other', loan_id, amount_fen, currency, value_date, booked_on,
         effect, payer, reversed_on
       from book.repayments where reference = 'late'`,
      'insert into book.repayments table kept.repayments on conflict do nothing',
    );
    expect(await faults()).toEqual([
      'repayment-differs: Loan L: book.repayments has bank/other, which is none of its facts.',
    ]);
  });

  test('that was not taken back, and was, is named', async () => {
    await tamper(`update book.repayments set reversed_on = null where reference = 'bounced'`);
    expect((await faults())[0]).toMatch(
      /reversed_on in book.repayments of bank\/bounced is nothing, it has to be 20/,
    );
  });
});

describe('payouts that say something else', () => {
  test.each([
    ['update book.payouts set amount_fen = 1', /is paid with 0.01, drawn were 1000000.00/],
    [
      `update book.payouts set status = 'unknown', rail_reference = null, paid_at = null`,
      /unknown/,
    ],
    ['delete from book.payouts', /is not there, drawn were 1000000.00/],
    ['update book.loans set undrawn_fen = 5', /undrawn_fen in book.loans is 0.05, .* be 0.00/],
  ])('by %s are named', async (statement, says) => {
    await tamper(statement);
    const [first] = await faults();
    expect(first).toMatch(/^payout-differs: Loan L: /);
    expect(first).toMatch(says);
  });
});

describe('a row that was taken out', () => {
  test('of positions is missed', async () => {
    await tamper('delete from book.positions');
    expect(await faults()).toEqual(['loan-missing: Loan L has no row in book.positions.']);
  });

  test('of loans is missed', async () => {
    await tamper('delete from book.loans');
    const found = await faults();
    expect(found.at(-1)).toBe('loan-missing: Loan L has no row in book.loans.');
  });
});

async function tamperAccount(from: string, to: string): Promise<void> {
  const quoted = [from, to].map((text) => `'${text.replaceAll("'", "''")}'`);
  await tamper(
    `update book.shared_rows set content = replace(content, ${quoted.join(', ')})
     where name like 'loan/%'`,
  );
}
