// What is in the books as the desk tells it: balances, statements, entries and the journal.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { LENDER, openBooks, OTHER_LENDER, type Books } from '../../books/books.fixture.ts';
import { reversalOf, type Entry } from '../../postings.ts';
import { listener } from '../conversation.fixture.ts';
import type { EntryFilter } from './asked.ts';
import { entriesTold } from './entries.ts';
import type { EntryForm } from './entry-lines.ts';
import { exported } from './export.ts';
import { periodClosed } from './period.ts';
import { statementAnswer } from './statement.ts';
import { trialBalances, type TrialBalanceQuestion } from './trial-balance.ts';

let books: Books;
let databaseUrl: string;
let first: Entry;

const ANY: EntryFilter = {
  ...{ lender: null, loan: null, account: null, since: null, until: null, asOf: null },
};
const LATER = { valueDate: '2026-11-20', bookingDate: '2026-11-22' } as const;

beforeAll(async () => {
  books = await openBooks(inject('databaseUrl'));
  databaseUrl = books.db.url;
  const one = await books.loan({ loanId: 'one' });
  const two = await books.loan({ loanId: 'two', lane: 2 });
  first = books.entry(one, 'DISBURSEMENT', 1_000n);
  await books.write(first, books.entry(one, 'PAYOUT', 1_000n));
  const wrong = books.entry(two, 'DISBURSEMENT', 7n, { bookingDate: '2026-11-21' });
  await books.write(wrong, books.entry(two, 'DISBURSEMENT', 500n, LATER));
  const at = { eventId: 'e', bookingDate: '2026-11-22', bookedAtMs: Date.parse('2026-11-22') };
  await books.write(reversalOf(wrong, at));
  const other = await books.loan({ lenderId: OTHER_LENDER, loanId: 'other' });
  await books.write(books.entry(other, 'DISBURSEMENT', 99n));
});

afterAll(() => books?.close());

const balances = async (change: Partial<TrialBalanceQuestion> = {}) => {
  const answers = await trialBalances({
    ...{ databaseUrl, lender: LENDER, asOf: null, valueDate: null },
    ...change,
  });
  return answers.map(({ lender, accounts, totals }) => ({
    lender,
    held: Object.fromEntries(
      accounts
        .filter(({ debits, credits }) => debits !== '0.00' || credits !== '0.00')
        .map(({ account, balance }) => [account, balance]),
    ),
    totals,
  }));
};

describe('a trial balance', () => {
  it('is of every lender by itself, with debits that are the credits', async () => {
    expect(await balances({ lender: null })).toEqual([
      {
        lender: OTHER_LENDER,
        held: { '1303': '0.99', '2011': '0.99' },
        totals: [{ currency: 'CNY', debits: '0.99', credits: '0.99', difference: '0.00' }],
      },
      {
        lender: LENDER,
        held: { '1003': '-10.00', '1303': '15.00', '2011': '5.00' },
        totals: [{ currency: 'CNY', debits: '25.14', credits: '25.14', difference: '0.00' }],
      },
    ]);
  });

  it('is as of a day of the books, an instant, or a value date', async () => {
    const held = async (change: Partial<TrialBalanceQuestion>) =>
      (await balances(change))[0]?.held['1303'];
    expect(await held({ asOf: '2026-11-19' })).toBeUndefined();
    expect(await held({ asOf: '2026-11-20' })).toBe('10.00');
    expect(await held({ asOf: '2026-11-21' })).toBe('10.07');
    expect(await held({ asOf: '2026-11-20T02:00:00.122Z' })).toBeUndefined();
    expect(await held({ asOf: '2026-11-20T10:00:00.123+08:00' })).toBe('15.07');
    expect(await held({ asOf: '2026-11-21', valueDate: '2026-11-19' })).toBeUndefined();
  });

  it.each([
    [{ lender: 'nobody' }, 'There are no books of nobody; there are those of boc-zj, exim-zj.'],
    [{ asOf: 'today' }, 'today is no date'],
    [{ valueDate: '2026-02-30' }, '2026-02-30 is no date'],
  ])('%o is refused in a sentence', async (change, says) => {
    await expect(balances(change)).rejects.toThrow(says);
  });
});

describe('a statement', () => {
  const asked = (change: object = {}) =>
    statementAnswer({
      ...{ databaseUrl, lender: LENDER, account: '1303', loan: null },
      ...{ since: '2026-11-21', until: '2026-11-22', asOf: null, ...change },
    });

  it('has what was there, what came, and what is left', async () => {
    expect(await asked()).toMatchObject({
      ...{ name: 'loans: principal', grows: 'debit', opening: '10.00', closing: '15.00' },
      lines: [
        { bookingDate: '2026-11-21', side: 'debit', amount: '0.07', balance: '10.07' },
        { bookingDate: '2026-11-22', valueDate: '2026-11-20', balance: '15.07' },
        { movement: 'REVERSAL', side: 'credit', amount: '0.07', balance: '15.00' },
      ],
    });
  });

  it('may be of one loan; a month is what is told where nothing is said', async () => {
    expect(await asked({ loan: 'one' })).toMatchObject({ opening: '10.00', lines: [] });
    const { since, until } = await asked({ since: null, until: '2026-11-22' });
    expect([since, until]).toEqual(['2026-10-23', '2026-11-22']);
  });

  it('is as of a day of the books, or an instant', async () => {
    expect(await asked({ asOf: '2026-11-21' })).toMatchObject({
      ...{ until: '2026-11-21', opening: '10.00', closing: '10.07' },
      lines: [{ bookingDate: '2026-11-21' }],
    });
    expect(await asked({ since: null, until: null, asOf: '2026-11-21' })).toMatchObject({
      ...{ since: '2026-10-22', until: '2026-11-21', opening: '0.00', closing: '10.07' },
    });
    const early = { asOf: '2026-11-20T02:00:00.122Z' };
    expect(await asked(early)).toMatchObject({ opening: '0.00', lines: [], closing: '0.00' });
    // The reversal was booked a day later than the entries of the same days.
    const before = { asOf: '2026-11-21T23:00:00Z' };
    expect(await asked(before)).toMatchObject({ opening: '10.00', closing: '15.07' });
    expect(await asked({ until: null, ...before })).toMatchObject({ until: '2026-11-22' });
    await expect(asked({ asOf: 'x' })).rejects.toThrow('x is no date');
  });

  it('of an account that is not there names those that are', async () => {
    await expect(asked({ account: '1304x' })).rejects.toThrow(
      /no account 1304x: it has 1003, 1132/,
    );
    await expect(asked({ since: '2026-11-23' })).rejects.toThrow('comes after');
  });
});

describe('entries', () => {
  const asked = async (form: EntryForm, filter: Partial<EntryFilter> = {}) => {
    const { lines, conversation } = listener();
    const { entries } = await entriesTold({ databaseUrl, form, ...ANY, ...filter }, conversation);
    return { lines, entries };
  };

  it('are lines of JSON in the order of the chains', async () => {
    const { lines, entries } = await asked('json', { lender: LENDER });
    expect(entries).toBe(5);
    const all = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(all.map(({ lane, seq }) => `${String(lane)}/${String(seq)}`)).toEqual([
      ...['0/1', '0/2', '2/1', '2/2', '2/3'],
    ]);
    expect(all[0]).toMatchObject({
      ...{ lender: LENDER, id: first.id, movement: 'DISBURSEMENT', loanId: 'one' },
      ...{ bookedAt: '2026-11-20T02:00:00.123Z', prevHash: '0'.repeat(64), reverses: null },
      postings: [
        { account: '1303', side: 'debit', amount: '10.00', currency: 'CNY' },
        { account: '2011', side: 'credit', amount: '10.00', currency: 'CNY' },
      ],
    });
  });

  it('are rows of CSV, one for each posting, or a text', async () => {
    const { lines: csv } = await asked('csv', { loan: 'one' });
    expect(csv).toHaveLength(1 + 4);
    expect(csv[1]).toMatch(/^exim-zj,0,1,disbursement\/.*,1303,debit,10\.00,CNY$/);
    const { lines: text } = await asked('text', { loan: 'two' });
    expect(text).toHaveLength(9);
    expect(text[3]).toMatch(/^2026-11-22, value 2026-11-20 {2}DISBURSEMENT/);
    expect(text[6]).toMatch(/, takes back disbursement\//);
  });

  it('are chosen by account and by days', async () => {
    expect((await asked('json', { account: '1003' })).entries).toBe(1);
    expect((await asked('json', { since: '2026-11-21', until: '2026-11-21' })).entries).toBe(1);
    expect((await asked('json', { loan: 'none' })).lines).toEqual([]);
    expect((await asked('json', { lender: LENDER, asOf: '2026-11-20' })).entries).toBe(2);
    const within = { lender: LENDER, since: '2026-11-21', until: '2026-11-22' };
    expect((await asked('json', { ...within, asOf: '2026-11-21' })).entries).toBe(1);
    expect((await asked('json', { ...within, asOf: '2026-11-20T02:00:00Z' })).entries).toBe(0);
    await expect(asked('json', { since: 'x' })).rejects.toThrow('x is no date');
  });
});

it('the journal has accounts first, and then every entry of one moment', async () => {
  const { lines, conversation } = listener();
  const told = await exported({ databaseUrl, ...ANY }, conversation);
  expect(told).toEqual({ entries: 6, lines: lines.length });
  expect(lines).toContain('account exim-zj:1303 loans - principal  ; type:A');
  expect(lines).toContain('account boc-zj:9099 memo - contra');
  const at = lines.findIndex((line) => line.includes(`(${first.id})`));
  expect(lines.slice(at, at + 7)).toEqual([
    `2026-11-20=2026-11-20 * (${first.id}) DISBURSEMENT`,
    `    ; loan:one, application:${first.applicationId}`,
    `    ; event:${first.eventId}, booked:2026-11-20T02:00:00.123Z`,
    expect.stringMatching(/^ {4}; chain:exim-zj\/0\/1, hash:[0-9a-f]{64}$/),
    '    exim-zj:1303 loans - principal  10.00 CNY',
    '    exim-zj:2011 customer deposits  -10.00 CNY',
    '',
  ]);
  const nobody = exported({ databaseUrl, ...ANY, lender: 'nobody' }, listener().conversation);
  await expect(nobody).rejects.toThrow('There are no books of nobody');
});

it('a period whose days are not closed is not closed either', async () => {
  const asked = { databaseUrl, lender: LENDER, through: '2026-11-20' };
  await expect(periodClosed(asked, Date.now())).rejects.toThrow('Close the days first.');
  await expect(periodClosed({ ...asked, through: 'x' }, 0)).rejects.toThrow('x is no date');
});
