// A statement beside real books: what is told and kept, when payouts are halted, and who lifts it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { LENDER, openBooks, OTHER_LENDER, type Books } from '../../books/books.fixture.ts';
import { haltsNow, lifted } from '../halts.ts';
import { reconciled, type ReconcileQuestion } from './reconciling.ts';
import { camtOf, csvOf } from './statement.fixture.ts';

let books: Books;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'saidao-reconcile-'));
  books = await openBooks(inject('databaseUrl'));
  for (const lenderId of [LENDER, OTHER_LENDER]) {
    await books.write(books.entry(await books.loan({ lenderId }), 'DISBURSEMENT'));
  }
  const { loanId } = await books.loan();
  const payouts = [
    ...[1, 2, 3].map(
      (n) => `('p/${n}', '${loanId}', ${n}, '甲', ${n}000, 'paid', 'R${n}',
      '2026-11-19T17:00:00Z')`,
    ),
    `('p/4', '${loanId}', 4, '甲', 4000, 'unknown', null, null)`,
    `('p/5', '${loanId}', 5, '甲', 5000, 'paid', 'R5', '2026-11-20T16:00:00Z')`,
  ];
  await books.db.database.query(
    `insert into book.payouts (payout_id, loan_id, place, payee, amount_fen, status,
       rail_reference, paid_at) values ${payouts.join(', ')}`,
  );
});

afterAll(async () => {
  await books?.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => books.db.database.query('delete from book.halts'));

let serial = 0;

function asked(text: string | Buffer, change: Partial<ReconcileQuestion> = {}) {
  serial += 1;
  const file = join(folder, `statement-${serial}`);
  writeFileSync(file, text);
  return reconciled({
    ...{ databaseUrl: books.db.url, file, lender: LENDER, since: null, until: null },
    ...{ bound: '0.00', by: 'anna', isDryRun: false },
    ...change,
  });
}

const line = (n: number, change: { amount?: number; payee?: string } = {}) => {
  const { amount = n * 1_000, payee = '甲' } = change;
  return `2026-11-20,2026-11-20,R${n},p/${n},${payee},${amount},CNY,paid`;
};
const DAY = csvOf(line(1), line(2), line(3));

const haltLog = async () =>
  (await haltsNow({ databaseUrl: books.db.url })).log.map(({ lender, what, kind, by, reason }) =>
    [lender, what, kind, by, reason].join(' '),
  );

describe('a statement that agrees', () => {
  it('is kept with its figures, and halts nobody', async () => {
    const answer = await asked(DAY);
    expect(answer).toMatchObject({
      ...{ lender: LENDER, format: 'csv', since: '2026-11-20', until: '2026-11-20' },
      counts: { lines: 3, matched: 3, missing: 0, extra: 0, differing: 0, repeated: 0, pending: 0 },
      ...{ mismatch: '0.00', halted: [], missing: [], extra: [], differing: [] },
    });
    const { rows } = await books.db.database.query(
      `select lender_id, since::text, matched, encode(sha256, 'hex') as sha256, mismatch_fen, actor
       from book.reconciliations order by id desc limit 1`,
    );
    expect(rows).toEqual([
      {
        ...{ lender_id: LENDER, since: '2026-11-20', matched: 3, sha256: answer.sha256 },
        ...{ mismatch_fen: '0', actor: 'anna' },
      },
    ]);
  });

  it('may be camt.053 by the rail’s references alone', async () => {
    const entries = [1, 2, 3].map((n) => ({ amount: `${n}0.00`, reference: `R${n}` }));
    const of = (text: string) => text.replaceAll('czb-hz', LENDER);
    expect(await asked(of(camtOf('02', entries)))).toMatchObject({
      ...{ format: 'camt.053.001.02', counts: { matched: 3 }, mismatch: '0.00' },
    });
  });
});

describe('a statement that does not', () => {
  it('names what is missing, extra and different, and halts the lender above its bound', async () => {
    const text = csvOf(line(1), line(2, { amount: 2_001 }), line(4), line(9));
    const answer = await asked(text, { bound: '120.00' });
    expect(answer).toMatchObject({
      counts: { lines: 4, matched: 1, missing: 1, extra: 1, differing: 2 },
      ...{ mismatch: '160.01', bound: '120.00' },
      halted: [
        {
          kind: 'RECONCILE',
          reason: expect.stringContaining('differs from the books by 160.01 CNY (bound 120.00)'),
        },
      ],
      missing: [{ payoutId: 'p/3', amount: '30.00', status: 'paid', paidOn: '2026-11-20' }],
      extra: [{ place: 'line 5', amount: '90.00', currency: 'CNY', references: ['p/9', 'R9'] }],
      differing: [
        {
          payout: { payoutId: 'p/2' },
          differences: [{ kind: 'amount', ours: '20.00', theirs: '20.01' }],
          mismatch: '0.01',
        },
        { differences: [{ kind: 'status', ours: 'unknown', theirs: 'paid' }], mismatch: '40.00' },
      ],
    });
    expect((await haltLog())[0]).toMatch(`${LENDER} HALTED RECONCILE anna The statement`);
  });

  it('within the bound halts nobody; above it a first halt keeps its reason', async () => {
    expect(await asked(csvOf(line(1), line(2)), { bound: '30.00' })).toMatchObject({
      ...{ mismatch: '30.00', halted: [] },
    });
    const first = await asked(csvOf(line(1), line(2)));
    const second = await asked(csvOf(line(1)));
    expect(second.halted).toEqual(first.halted);
  });

  it('asked only to look keeps nothing', async () => {
    const before = await books.count('book.reconciliations');
    expect(await asked(csvOf(line(9)), { isDryRun: true })).toMatchObject({ halted: [] });
    expect(await books.count('book.reconciliations')).toBe(before);
  });

  it('is empty: of the days that are said all is missing', async () => {
    const days = { since: '2026-11-20', until: '2026-11-21', isDryRun: true };
    const answer = await asked(csvOf(), days);
    expect(answer.missing.map(({ payoutId }) => payoutId)).toEqual(['p/1', 'p/2', 'p/3', 'p/5']);
  });
});

const DAYS = { since: '2026-11-20', until: '2026-11-20' };
it.each<[string, string | Buffer, Partial<ReconcileQuestion>, string]>([
  ['an empty statement of no days', csvOf(), {}, 'empty and does not say of which days'],
  ['a file that is none', '<x', {}, 'is no statement. It is no camt.053 at all'],
  ['bytes that are no text', Buffer.from([0x61, 0xff]), {}, 'is no text in UTF-8'],
  ['a file that is not there', '', { file: '/nowhere/at-all' }, 'cannot be read: ENOENT'],
  ['another lender’s', camtOf('08', []).replace('czb-hz', OTHER_LENDER), DAYS, 'is of boc-zj, not'],
  ['a lender without books', DAY, { lender: 'nobody' }, 'There are no books of nobody'],
  ['a bound that is none', DAY, { bound: '-1' }, 'The bound -1 is no amount'],
  ['nobody', DAY, { by: ' ' }, 'Say who reconciles'],
  ['days out of order', DAY, { since: '2026-11-21' }, '2026-11-21 comes after 2026-11-20'],
])('%s is refused in a sentence', async (_what, text, change, says) => {
  await expect(asked(text, change)).rejects.toThrow(says);
});

describe('a halt', () => {
  it('is lifted by somebody for a reason, once', async () => {
    await asked(csvOf(line(9)));
    const lift = {
      ...{ databaseUrl: books.db.url, lender: LENDER, kind: null },
      ...{ by: 'ben', reason: 'returned' },
    };
    expect(await lifted(lift)).toEqual({ lender: LENDER, kind: 'RECONCILE', left: [] });
    expect((await haltLog())[0]).toBe(`${LENDER} LIFTED RECONCILE ben returned`);
    expect((await haltsNow({ databaseUrl: books.db.url })).halts).toEqual([]);
    await expect(lifted(lift)).rejects.toThrow(`The payouts of ${LENDER} are not halted.`);
    await expect(lifted({ ...lift, reason: '' })).rejects.toThrow('Say why.');
  });

  it('of broken books is not lifted with one of a statement', async () => {
    await books.db.database.query(
      `insert into book.halts (lender_id, reason, lane) values ('${LENDER}', 'broken', 3)`,
    );
    const { halted } = await asked(csvOf(line(9)));
    expect(halted.map(({ kind }) => kind)).toEqual(['BROKEN', 'RECONCILE']);
    const lift = { databaseUrl: books.db.url, lender: LENDER, by: 'ben', reason: 'returned' };
    await expect(lifted({ ...lift, kind: null })).rejects.toThrow(
      'halted as BROKEN and RECONCILE: say which.',
    );
    expect(await lifted({ ...lift, kind: 'reconcile' })).toMatchObject({ left: ['BROKEN'] });
    await expect(lifted({ ...lift, kind: 'reconcile' })).rejects.toThrow('halted as BROKEN: say');
  });

  it('that is deleted by hand stands in the log too, and the log stays as it is', async () => {
    const { database } = books.db;
    await database.query(
      `insert into book.halts (lender_id, reason, lane) values ('${OTHER_LENDER}', 'broken', 3)`,
    );
    expect((await haltsNow({ databaseUrl: books.db.url })).halts).toMatchObject([
      { lender: OTHER_LENDER, kind: 'BROKEN', lane: 3, applicationId: null },
    ]);
    await database.query(`delete from book.halts where lender_id = '${OTHER_LENDER}'`);
    const [lift, halt] = await haltLog();
    expect(lift).toMatch(new RegExp(`^${OTHER_LENDER} LIFTED BROKEN \\w+ deleted by hand$`));
    expect(halt).toMatch(new RegExp(`^${OTHER_LENDER} HALTED BROKEN \\w+ broken$`));
    for (const table of ['halt_log', 'reconciliations']) {
      await expect(database.query(`delete from book.${table}`)).rejects.toThrow('append-only');
    }
  });
});
