// Broken books: their lane stops, their lender is paid nothing, and all others go on.
import { eventually } from '@saidao/testkit';
import type { BuiltWorker } from '@saidao/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { LENDER, plain, rules } from './book.fixture.ts';
import { bookLine } from './book.worker.ts';
import {
  application,
  laneOf,
  openLedger,
  OTHER_LENDER,
  recordOf,
  type Ledger,
} from './ledger.fixture.ts';

let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger(inject('databaseUrl'));
});

afterAll(() => ledger.close());

/** A loan without a pledge whose application is, or is not, of the lane. */
function loanOf(lenderId: string, isWanted: (lane: number) => boolean) {
  for (;;) {
    const one = application(plain({ beneficiary: `borrower of ${lenderId}` }), { lenderId });
    if (isWanted(laneOf(one.applicationId))) return one;
  }
}

/** A release that forgets the credit side of one application's entries. */
function forgettingCreditsOf(applicationId: string): (built: BuiltWorker) => BuiltWorker {
  const line = bookLine(rules);
  const faulty: typeof line = {
    ...line,
    decide(input) {
      const decision = line.decide(input);
      if (input.applicationId !== applicationId) return decision;
      const rows = decision.rows?.map((row) =>
        row.kind !== 'entry'
          ? row
          : { ...row, entry: { ...row.entry, postings: row.entry.postings.slice(0, 1) } },
      );
      return { ...decision, ...(rows !== undefined && { rows }) };
    },
  };
  return (built) => ({ ...built, lines: [faulty, ...built.lines.slice(1)] });
}

const authorise = (...loans: readonly ReturnType<typeof application>[]) =>
  ledger.log.send(loans.map(({ authorised }) => recordOf('DisbursementAuthorised', authorised)));

async function payoutOf(applicationId: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await ledger.db.database.query(
    'select status, attempts, asked_first_at, cause from payout.payouts where application_id = $1',
    [applicationId],
  );
  return rows[0];
}

async function alarms(address: string): Promise<string | undefined> {
  const text = await (await fetch(`${address}/metrics`)).text();
  return /saidao_alarms_total\{[^}]*kind="broken-invariant"[^}]*\} (\d+)/.exec(text)?.[1];
}

async function halted(address: string): Promise<string | undefined> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const line = `saidao_ledger_halted\\{lender="${LENDER}",kind="BROKEN"[^}]*\\} (\\d+)`;
  return new RegExp(line).exec(text)?.[1];
}

test('an entry that is not balanced halts its lender until an operator says otherwise', async () => {
  const bad = loanOf(LENDER, () => true);
  const stopped = laneOf(bad.applicationId);
  const behind = loanOf(OTHER_LENDER, (lane) => lane === stopped);
  const held = loanOf(LENDER, (lane) => lane !== stopped);
  const free = loanOf(OTHER_LENDER, (lane) => lane !== stopped);
  const before = loanOf(LENDER, (lane) => lane !== stopped);
  const { address } = await ledger.start(forgettingCreditsOf(bad.applicationId));

  await authorise(before);
  await ledger.told(before.applicationId, 'LoanDisbursed');

  await authorise(bad);
  const [halt] = await eventually('the lender is halted', async () => {
    const { rows } = await ledger.db.database.query('select * from book.halts');
    return rows.length > 0 && rows;
  });
  expect(halt).toMatchObject({
    lender_id: LENDER,
    application_id: bad.applicationId,
    lane: stopped,
    reason: expect.stringMatching(/^entry reservation\/.+ is not balanced/),
  });

  await authorise(behind, held, free);
  await ledger.told(free.applicationId, 'LoanDisbursed');
  const payout = await eventually('the payout is held', () => payoutOf(held.applicationId));
  expect(payout).toMatchObject({ status: 'held', attempts: 0, asked_first_at: null });
  expect(payout['cause']).toContain('book.halts');
  expect(await ledger.typesOf(held.applicationId)).toEqual(['LoanBooked', 'PayoutInstructed']);
  expect(await ledger.moved(held.applicationId)).toEqual([]);
  expect(await ledger.moved(free.applicationId)).toHaveLength(1);
  // Of the broken turn nothing was kept, told or buried; what lies behind it waits.
  expect(await ledger.typesOf(bad.applicationId)).toEqual([]);
  expect(await ledger.typesOf(behind.applicationId)).toEqual([]);
  const { rows } = await ledger.db.database.query('select * from book.loans where loan_id = $1', [
    `${bad.applicationId}-L1`,
  ]);
  expect(rows).toEqual([]);
  const dead: string[] = [];
  await ledger.log.scan(['book.dead-letter.v1'], ({ topic }) => dead.push(topic));
  expect(dead).toEqual([]);

  expect(await ledger.get('/readyz')).toMatchObject({
    status: 503,
    body: { reasons: [`lane ${stopped} of book is stopped by a broken invariant`] },
  });
  expect(await alarms(address)).toBe('1');
  expect(await halted(address)).toBe('1');

  // The operator has looked: the lender's other payouts may go, the lane still stands.
  await ledger.db.database.query('delete from book.halts where lender_id = $1', [LENDER]);
  expect(await halted(address)).toBe('0');
  await ledger.told(held.applicationId, 'LoanDisbursed');
  expect(await ledger.moved(held.applicationId)).toHaveLength(1);
  expect(await ledger.typesOf(held.applicationId)).not.toContain('PayoutUnknown');
  expect(await ledger.typesOf(bad.applicationId)).toEqual([]);

  // A mended release takes the lane up where it stood.
  await ledger.stop();
  await ledger.start();
  await ledger.told(bad.applicationId, 'LoanDisbursed');
  await ledger.told(behind.applicationId, 'LoanDisbursed');
  expect(await ledger.get('/readyz')).toMatchObject({ status: 200 });
});
