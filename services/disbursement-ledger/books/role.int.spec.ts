// What the role of the lines may do to the books on a real PostgreSQL: add to them, and read them.
import { openDatabase, type Database } from '@saidao/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { LEDGER_ROLE } from '../adapters/tables-postgres.ts';
import { reversalOf } from '../postings.ts';
import { openBooks, refusalOf, type Books } from './books.fixture.ts';
import { closeLaneDay } from './day-digest.ts';
import { closePeriod } from './periods.ts';
import { developmentSigner } from './signing.ts';
import { verifyBooks } from './verify/verify.ts';
import { writeEntries } from './write-entries.ts';

let books: Books;
let asRole: Database;

beforeAll(async () => {
  books = await openBooks(inject('databaseUrl'));
  asRole = openDatabase({ url: books.db.url, role: LEDGER_ROLE, poolMax: 2 });
});

afterAll(async () => {
  await asRole.close();
  await books.close();
});

const NOW_MS = Date.parse('2026-11-20T15:00:00Z');
const DENIED = '42501';

async function stateOf(statement: string): Promise<string> {
  return (await refusalOf(asRole.query(statement))).slice(0, 5);
}

describe('the role of the lines', () => {
  test('is no superuser, and is taken on every connection', async () => {
    const { rows } = await asRole.query(
      `select current_user::text as name, rolsuper, rolcreaterole, rolbypassrls, rolcanlogin
       from pg_roles where rolname = current_user`,
    );
    expect(rows).toEqual([
      {
        name: 'saidao_ledger',
        rolsuper: false,
        rolcreaterole: false,
        rolbypassrls: false,
        rolcanlogin: false,
      },
    ]);
  });

  test('books, takes back, closes days and periods, and verifies', async () => {
    const lenderId = 'by-role';
    const loan = await books.loan({ lenderId });
    const entry = books.entry(loan, 'DISBURSEMENT');
    const at = { eventId: 'e', bookingDate: '2026-11-20', bookedAtMs: NOW_MS } as const;
    await asRole.transaction(async (transaction) => {
      await writeEntries(transaction, [entry, reversalOf(entry, at)]);
      const day = { lenderId, lane: 0, businessDate: '2026-11-30', lanes: 1, nowMs: NOW_MS };
      await closeLaneDay(transaction, day, developmentSigner);
      const nowMs = Date.parse('2026-12-01T15:00:00Z');
      await closePeriod(transaction, { lenderId, through: '2026-11-30', nowMs });
    });
    const trustedKeys = [developmentSigner.publicKey];
    const { faults, lenders } = await verifyBooks(asRole, { lenders: [lenderId], trustedKeys });
    expect(faults).toEqual([]);
    expect(lenders).toMatchObject([{ entries: 2, days: 1 }]);
  });

  test('is told by the books, not denied, what is wrong with an entry', async () => {
    const loan = await books.loan();
    const entry = books.entry(loan, 'PAYOUT', [], { id: 'payout/empty' });
    const work = asRole.transaction((transaction) => writeEntries(transaction, [entry]));
    expect(await refusalOf(work)).toBe('SD001 saidao_ledger_entry_empty');
  });

  const tables = ['accounts', 'entries', 'postings', 'periods', 'period_balances', 'lane_days'];
  test.each([...tables, 'day_digests', 'chain_heads'])('changes no row of %s', async (name) => {
    const table = `book.${name}`;
    for (const statement of [
      `update ${table} set lender_id = lender_id`,
      `update ${table} set lender_id = 'x' where false`,
      `delete from ${table}`,
      `truncate ${table}`,
      `select from ${table} for update`,
      `alter table ${table} disable trigger all`,
      `alter table ${table} disable trigger user`,
      `drop table ${table}`,
    ]) {
      expect(await stateOf(statement), statement).toBe(DENIED);
    }
  });

  test('goes past no trigger and makes no head', async () => {
    for (const statement of [
      `set session_replication_role = 'replica'`,
      `insert into book.chain_heads (lender_id, lane) values ('x', 1)`,
      'drop trigger entries_taken on book.entries',
      'create table book.other (a int)',
      `update book.migrations set name = 'x'`,
    ]) {
      expect(await stateOf(statement), statement).toBe(DENIED);
    }
  });

  test('halts a lender, and neither lifts that nor writes the log of it', async () => {
    const lender = 'halted-by-role';
    await asRole.query(
      `insert into book.halts (lender_id, reason, lane) values ('${lender}', 'broken', 0)`,
    );
    for (const statement of [
      `update book.halts set lender_id = 'nobody'`,
      'delete from book.halts',
      'truncate book.halts',
      `insert into book.halt_log (lender_id, what, kind, reason, actor)
       values ('${lender}', 'LIFTED', 'BROKEN', 'looked at', 'anna')`,
      `update book.halt_log set actor = 'anna'`,
      'delete from book.halt_log',
    ]) {
      expect(await stateOf(statement), statement).toBe(DENIED);
    }
    const owner = books.db.database;
    for (const statement of [`update book.halts set lender_id = 'x'`, 'truncate book.halts']) {
      expect(await refusalOf(owner.query(statement))).toBe('SD001 saidao_ledger_append_only');
    }
    await owner.query('delete from book.halts where lender_id = $1', [lender]);
    const { rows } = await owner.query('select what from book.halt_log where lender_id = $1', [
      lender,
    ]);
    expect(rows).toEqual([{ what: 'HALTED' }, { what: 'LIFTED' }]);
  });

  test('has what every later table needs by itself', async () => {
    const { rows } = await books.db.database.query<{ lacks: string }>(
      `select n.nspname || '.' || c.relname as lacks
       from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
       where n.nspname in ('book', 'payout', 'days') and c.relkind = 'r'
         and not (has_table_privilege('saidao_ledger', c.oid, 'select')
           and (has_table_privilege('saidao_ledger', c.oid, 'insert')
             or c.relname = any ($1)))`,
      [['chain_heads', 'migrations', 'halt_log', 'reconciliations', 'table_versions']],
    );
    expect(rows).toEqual([]);
  });
});
