// Days on a real PostgreSQL by the real line: each loan right, each day once, in order, whatever fails.
import { addDays, type BusinessDate } from '@saidao/values';
import { eventually } from '@saidao/testkit';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { lenderDaysIn } from '../adapters/days-postgres.ts';
import { closePeriod } from '../books/periods.ts';
import {
  BOOKED_ON,
  LENDER,
  openDays,
  PARTITIONS,
  type Days,
  type SeededLoan,
} from './days.fixture.ts';

let days: Days;

beforeEach(async () => {
  days = await openDays(inject('databaseUrl'));
});

afterEach(() => days.shut());

const on = (after: number): BusinessDate => addDays(BOOKED_ON, after);

async function faultsOf(loans: readonly SeededLoan[]): Promise<string[]> {
  return (await Promise.all(loans.map((loan) => days.faultsOf(loan)))).flat();
}

const METHODS = [
  'EQUAL_INSTALMENT',
  'EQUAL_PRINCIPAL',
  'INTEREST_MONTHLY_PRINCIPAL_AT_END',
  'BULLET',
] as const;

test('how far a lender is counts from its first loan, until each lane has closed a day', async () => {
  const found = () => lenderDaysIn(days.db.database)(PARTITIONS);
  expect(await found()).toEqual([]);
  await days.loan({ bookedOn: on(3) });
  await days.loan();
  await days.loan({ lenderId: 'boc-zj', productId: 'NEW_QUALITY', bookedOn: on(2) });
  expect(await found()).toEqual([
    { lenderId: 'boc-zj', closedOn: on(1) },
    { lenderId: LENDER, closedOn: on(-1) },
  ]);
  await days.start();
  await days.close(on(0));
  await days.close(on(1));
  expect(await found()).toEqual([
    { lenderId: 'boc-zj', closedOn: on(1) },
    { lenderId: LENDER, closedOn: on(1) },
  ]);
});

describe('a day that is over', () => {
  test('has each loan accrued, provided for and signed, by the method that it has', async () => {
    const loans = [];
    for (const method of METHODS) loans.push(await days.loan({ method }));
    await days.start();
    await days.close(on(0));
    expect(await faultsOf(loans)).toEqual([]);
    // One night of 1,000,000 at 3.6 %: by days over 360, or a thirtieth of a twelfth.
    for (const loan of loans) {
      expect(await days.balancesOf(loan)).toMatchObject({
        '1132': 10_000n,
        '6011': -9_434n,
        '2221': -566n,
        '1304': -1_000_100n,
      });
      expect(await days.accountOf(loan)).toMatchObject({ closedOn: on(0) });
    }
  });

  test('is nobody’s but its lender’s', async () => {
    const other = await days.loan({ lenderId: 'boc-zj', productId: 'NEW_QUALITY' });
    await days.loan();
    await days.start();
    await days.close(on(0));
    expect(await days.accountOf(other)).toMatchObject({ closedOn: null });
    await days.close(on(0), 'boc-zj');
    expect(await days.faultsOf(other)).toEqual([]);
  });

  test('closed twice changes nothing, byte for byte', async () => {
    for (const method of METHODS) await days.loan({ method });
    await days.start();
    await days.close(on(40));
    await days.settled();
    const before = await days.everything();
    await days.tell(on(40));
    await days.tell(on(39));
    await days.settled();
    expect(await days.everything()).toEqual(before);
  });

  test('has no entry for a loan that nothing was drawn of, or that is repaid', async () => {
    const loan = await days.loan({ method: 'BULLET', termMonths: 1 });
    await days.start();
    await days.repay(loan, addDays(BOOKED_ON, 30), '1003000.00');
    await days.close(on(31));
    const { entries } = await days.everything();
    expect(await days.textOf('select status from book.positions')).toBe('(settled)');
    await days.close(on(40));
    expect((await days.everything()).entries).toBe(entries);
    expect(await days.faultsOf(loan)).toEqual([]);
  });
});

describe('days that were missed', () => {
  test('are caught up in order to the books that closing each day gives', async () => {
    const each = await openDays(inject('databaseUrl'));
    try {
      for (const method of METHODS) {
        await days.loan({ method });
        await each.loan({ method });
      }
      await each.start();
      for (let day = 0; day <= 32; day += 1) await each.close(on(day));
      await days.start();
      await days.close(on(32));
      // The clock stands still, so that hashes and signatures are the same too.
      await each.settled();
      await days.settled();
      expect(await days.everything()).toEqual(await each.everything());
    } finally {
      await each.shut();
    }
  });

  test('count a debtor’s loan that was repaid since, as it stood on them', async () => {
    const each = await openDays(inject('databaseUrl'));
    try {
      const debtorUscc = '913300000000000001';
      const seeded = async (at: Days) => ({
        bad: await at.loan({ debtorUscc, yuan: '200000.00' }),
        good: await at.loan({ debtorUscc, yuan: '500000.00', method: 'BULLET' }),
      });
      const [inTime, late] = [await seeded(each), await seeded(days)];
      // Substandard from the 121st day on, and repaid on the 124th.
      const repaid = async (at: Days, { bad }: { bad: SeededLoan }) =>
        at.repay(bad, on(124), '250000.00', undefined, 'SHORTEN');
      await each.start();
      for (let day = 119; day < 124; day += 1) await each.close(on(day));
      await repaid(each, inTime);
      for (let day = 124; day <= 126; day += 1) await each.close(on(day));
      await days.start();
      await days.close(on(119));
      await repaid(days, late);
      await days.close(on(126));
      const booksOf = async (at: Days, { good: { loanId } }: { good: SeededLoan }) => ({
        entries: await at.textOf(
          `select e.movement, e.value_date, e.booking_date, p.account, p.side, p.amount_fen
           from book.entries as e join book.postings as p using (lender_id, lane, seq)
           where e.loan_id = '${loanId}'`,
        ),
        positions: await at.textOf(`select * from book.positions where loan_id = '${loanId}'`),
      });
      const books = await booksOf(days, late);
      expect(books).toEqual(await booksOf(each, inTime));
      expect(books.entries).toContain('IMPAIRMENT');
      expect(books.positions).toContain('normal');
      expect(await days.textOf(`select status from book.positions`)).toContain('settled');
    } finally {
      await each.shut();
    }
  });

  test('of a loan that was booked late are taken by the next day', async () => {
    await days.loan();
    await days.start();
    await days.close(on(5));
    const late = await days.loan({ bookedOn: on(2) });
    await days.close(on(6));
    expect(await days.accountOf(late)).toMatchObject({ closedOn: on(6) });
    expect(await days.faultsOf(late)).toEqual([]);
  });
});

test('a period that is closed takes nothing of a loan that was booked late', async () => {
  await days.loan();
  await days.start();
  await days.close(on(3));
  await days.db.database.transaction((transaction) =>
    closePeriod(transaction, { lenderId: LENDER, through: on(3), nowMs: Date.now() }),
  );
  const late = await days.loan({ bookedOn: on(2), toldOn: on(4) });
  await days.close(on(4));
  const booked = await days.textOf(
    `select distinct booking_date from book.entries where loan_id = '${late.loanId}'`,
  );
  expect(booked).toBe(`(${on(4)})`);
  expect(await days.faultsOf(late)).toEqual([]);
});

describe('a loan that is not repaid', () => {
  const through = async (loan: SeededLoan, after: number) => {
    await days.close(on(after));
    expect(await days.faultsOf(loan)).toEqual([]);
  };

  test('bears penalty, gets worse tier by tier, leaves income, and its guarantor is asked', async () => {
    const loan = await days.loan({ guaranteed: true });
    await days.start();
    // Due on 10 July: 30 days after the booking.
    await through(loan, 31);
    const tierOf = () => days.textOf('select tier, non_accrual, days_past_due from book.positions');
    expect(await tierOf()).toBe('(special-mention,f,1)');
    await through(loan, 30 + 91);
    expect(await tierOf()).toBe('(substandard,t,91)');
    const balances = await days.balancesOf(loan);
    expect(balances).toMatchObject({ '1303': 0n, '1132': 0n, '6011': 0n, '2221': 0n });
    expect(balances['1221']).toBe(80_000_000n);
    expect(balances['9003']).toBeGreaterThan(0n);
    const movements = await days.textOf('select distinct movement from book.entries');
    for (const movement of ['PENALTY', 'NON_ACCRUAL', 'IMPAIRMENT', 'GUARANTEE_CLAIM']) {
      expect(movements).toContain(movement);
    }
    const timers = await days.textOf('select name, detail from book.timers');
    expect(timers).toContain('loan-changed');
    expect(timers).toContain(on(121));
  });

  test('takes the debtor’s other loans with it beyond a tenth, in whatever lane they are', async () => {
    const debtorUscc = '913300000000000001';
    const bad = await days.loan({ debtorUscc, yuan: '200000.00' });
    const good = await Promise.all(
      [1, 2, 3].map(() => days.loan({ debtorUscc, yuan: '500000.00', method: 'BULLET' })),
    );
    const others = await days.loan({ yuan: '500000.00', method: 'BULLET' });
    await days.start();
    await days.close(on(30 + 90));
    const tierOf = async (loan: SeededLoan) =>
      days.textOf(`select tier, own_tier from book.positions where loan_id = '${loan.loanId}'`);
    for (const loan of good) expect(await tierOf(loan)).toBe('(normal,normal)');
    await days.close(on(30 + 91));
    expect(await tierOf(bad)).toBe('(substandard,substandard)');
    for (const loan of good) expect(await tierOf(loan)).toBe('(substandard,normal)');
    expect(await tierOf(others)).toBe('(normal,normal)');
    expect(await faultsOf([bad, ...good, others])).toEqual([]);
  });
});

describe('repayments', () => {
  test('that come after their day is closed are right at once, and on the next day', async () => {
    const loan = await days.loan();
    const twin = await days.loan();
    await days.start();
    await days.close(on(29));
    await days.repay(twin, on(30), '84966.07');
    await days.close(on(33));
    await days.repay(loan, on(30), '84966.07', on(34));
    expect(await faultsOf([loan, twin])).toEqual([]);
    await days.close(on(34));
    expect(await faultsOf([loan, twin])).toEqual([]);
    const balances = await days.balancesOf(loan);
    expect(await days.balancesOf(twin)).toEqual(balances);
  });

  test('while a day is being closed are neither lost nor counted twice', async () => {
    const loans: SeededLoan[] = [];
    for (let count = 0; count < 24; count += 1) loans.push(await days.loan());
    const { stop } = await days.start();
    await days.close(on(30));
    await stop();
    await days.start({ loansMax: 3 });
    await days.tell(on(40));
    for (const loan of loans) await days.repay(loan, on(30), '84966.07', on(31));
    await days.closed(on(40));
    expect(await faultsOf(loans)).toEqual([]);
    await days.close(on(41));
    expect(await faultsOf(loans)).toEqual([]);
    expect(await days.textOf('select distinct days_past_due from book.positions')).toMatch(
      /^\(1?\d\)/,
    );
  });
});

describe('whatever fails', () => {
  test('a crash between chunks goes on at the checkpoint', async () => {
    const whole = await openDays(inject('databaseUrl'));
    try {
      for (let count = 0; count < 15; count += 1) {
        await days.loan();
        await whole.loan();
      }
      let chunks = 0;
      const dying = await days.start({
        loansMax: 2,
        before: async (rows) => {
          chunks += rows.length;
          if (chunks > 6) throw new Error('The process is dying.');
        },
      });
      await days.tell(on(1));
      await eventually('it dies', () => chunks > 6);
      await dying.stop();
      const closed = await days.textOf(
        `select count(*) > 0 from book.positions where closed_on >= '${on(0)}'`,
      );
      expect(closed).toBe('(t)');
      expect(await days.textOf('select * from book.day_digests')).toBe('');
      await days.start({ loansMax: 2 });
      await days.closed(on(1));
      await whole.start({ loansMax: 2 });
      await whole.close(on(1));
      await days.settled();
      await whole.settled();
      expect(await days.everything()).toEqual(await whole.everything());
    } finally {
      await whole.shut();
    }
  });

  test.each([
    ['that cannot be reckoned', `replace(content, '"termMonths":12', '"termMonths":0')`],
    ['without an account', 'null'],
  ])('a loan %s stops its lane, and the day is not signed without it', async (_, content) => {
    const loan = await days.loan();
    await days.db.database.query(`update book.shared_rows set content = ${content}`);
    const { alarms } = await days.start();
    await days.tell(on(0));
    await eventually('its lane is stopped', () =>
      alarms.some((message) => message.includes(`Loan ${loan.loanId}`)),
    );
    await eventually('its lender is halted, and no other', async () => {
      return (await days.textOf('select lender_id from book.halts')) === `(${LENDER})`;
    });
    expect(await days.textOf('select * from book.day_digests')).toBe('');
  });

  test('two workers and repayments in every lane never wait for each other in a ring', async () => {
    const loans: SeededLoan[] = [];
    for (let count = 0; count < 40; count += 1) {
      const debtorUscc = `91330000000000${String(count % 8).padStart(4, '0')}`;
      const lenderId = count % 2 === 0 ? LENDER : 'exim-zj';
      loans.push(await days.loan({ debtorUscc, lenderId, productId: 'ANY' }));
    }
    const members = [await days.start({ loansMax: 4 }), await days.start({ loansMax: 4 })];
    await eventually('both have lanes', () =>
      members.every(({ status }) => status().lanes.length > 0),
    );
    for (const day of [5, 31]) {
      await days.tell(on(day));
      await days.tell(on(day), 'exim-zj');
      await Promise.all(loans.map((loan) => days.repay(loan, on(day), '1000.00')));
      await days.closed(on(day));
      await days.closed(on(day), 'exim-zj');
    }
    await days.close(on(32));
    await days.close(on(32), 'exim-zj');
    expect(await faultsOf(loans)).toEqual([]);
    const { rows } = await days.db.database.query<{ deadlocks: bigint }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    expect(rows[0]?.deadlocks).toBe(0n);
    expect(members.flatMap(({ alarms }) => alarms)).toEqual([]);
  });
});
