// Reads the lines' tables and the ledger's books, by queries of its own and in pages.
import { lines } from '@saidao/schemas';
import pg from 'pg';
import type { BookEntry, BookLoan, BookPayout, PutOff, Standing } from './readings.ts';

export interface Tables {
  readonly standings: readonly Standing[];
  readonly putOff: readonly PutOff[];
  /** Lines whose tables are here, with rows or without. */
  readonly lines: readonly string[];
  /** Left out where the ledger has a database of its own. */
  readonly books?: ReadBooks;
}

interface ReadBooks {
  readonly entries: readonly BookEntry[];
  readonly loans: readonly BookLoan[];
  readonly payouts: readonly BookPayout[];
}

const PAGE = 5_000;

/** What lines have no tables here is left out: each may have a database of its own. */
export async function readTables(databaseUrl: string): Promise<Tables> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const standings: Standing[] = [];
    const putOff: PutOff[] = [];
    const there: string[] = [];
    for (const line of lines) {
      if (!(await isThere(client, `${line}.applications`))) continue;
      // Its tables are there without challengers too, and then nobody writes them.
      if (line !== 'shadow') there.push(line);
      await readStandings(client, line, standings);
      await readPutOff(client, line, putOff);
    }
    const hasBooks = await isThere(client, 'book.entries');
    const books = hasBooks ? { books: await readBooks(client) } : {};
    return { standings, putOff, lines: there, ...books };
  } finally {
    await client.end();
  }
}

async function isThere(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query('select to_regclass($1) as found', [table]);
  return (rows[0] as { found: string | null }).found !== null;
}

/** Page by page in the order of a key, so that no answer is larger than a page. */
async function paged<Row>(
  client: pg.Client,
  select: string,
  keyOf: (row: Row) => string,
  onRow: (row: Row) => void,
): Promise<void> {
  let after = '';
  for (;;) {
    const { rows } = await client.query(`${select} limit ${PAGE}`, [after]);
    for (const row of rows) onRow(row as Row);
    if (rows.length < PAGE) return;
    after = keyOf(rows.at(-1) as Row);
  }
}

async function readStandings(client: pg.Client, line: string, into: Standing[]): Promise<void> {
  await paged<{ id: string; heads: Record<string, number>; blocked: string | null; at: string }>(
    client,
    `select application_id as id, heads, blocked_topic as blocked,
       extract(epoch from changed_at) * 1000 as at
     from ${line}.applications where application_id > $1 order by application_id`,
    ({ id }) => id,
    ({ id: applicationId, heads, blocked: blockedTopic, at }) =>
      void into.push({ line, applicationId, heads, blockedTopic, changedAtMs: Number(at) }),
  );
}

async function readPutOff(client: pg.Client, line: string, into: PutOff[]): Promise<void> {
  const { rows: parked } = await client.query(
    `select application_id as id, topic as what from ${line}.parked`,
  );
  for (const { id: applicationId, what } of parked as { id: string; what: string }[]) {
    into.push({ line, applicationId, correlationId: null, kind: 'parked', what, dueAtMs: null });
  }
  await paged<TimerRow>(
    client,
    `select id, application_id as application, correlation_id as correlation, name as what,
       extract(epoch from due_at) * 1000 as due
     from ${line}.timers where id > $1 order by id`,
    ({ id }) => id,
    ({ application: applicationId, correlation: correlationId, what, due }) => {
      const dueAtMs = Number(due);
      into.push({ line, applicationId, correlationId, kind: 'timer', what, dueAtMs });
    },
  );
}

/** Of what comes after the payment only entries that are wrong by themselves. */
async function readBooks(client: pg.Client): Promise<ReadBooks> {
  const entries: BookEntry[] = [];
  await paged<EntryRow>(
    client,
    `select e.id, e.movement, e.event_id as event, e.lender_id as lender,
       e.application_id as application, count(p.place)::int as postings,
       coalesce(sum(p.amount_fen) filter (where p.side = 'debit'), 0) as debit,
       coalesce(sum(p.amount_fen) filter (where p.side = 'credit'), 0) as credit
     from book.entries e left join book.postings p using (lender_id, lane, seq)
     where e.id > $1
     group by e.lender_id, e.lane, e.seq, e.id, e.movement, e.event_id, e.application_id
     having e.movement in ('RESERVATION', 'RELEASE', 'DISBURSEMENT', 'PAYOUT')
       or count(p.place) = 0
       or coalesce(sum(p.amount_fen) filter (where p.side = 'debit'), 0)
         <> coalesce(sum(p.amount_fen) filter (where p.side = 'credit'), 0)
     order by e.id`,
    ({ id }) => id,
    (row) =>
      void entries.push({
        ...{ id: row.id, movement: row.movement, eventId: row.event, lenderId: row.lender },
        ...{ applicationId: row.application, postings: row.postings },
        ...{ debitFen: BigInt(row.debit), creditFen: BigInt(row.credit) },
      }),
  );
  const loans: BookLoan[] = [];
  await paged<{ id: string; authorisation: string; status: string; principal: string }>(
    client,
    `select loan_id as id, authorisation_id as authorisation, status, principal_fen as principal
     from book.loans where loan_id > $1 order by loan_id`,
    ({ id }) => id,
    ({ id: loanId, authorisation: authorisationId, status, principal }) =>
      void loans.push({ loanId, authorisationId, status, principalFen: BigInt(principal) }),
  );
  const payouts: BookPayout[] = [];
  await paged<{ id: string; status: string; amount: string; rail: string | null }>(
    client,
    `select payout_id as id, status, amount_fen as amount, rail_reference as rail
     from book.payouts where payout_id > $1 order by payout_id`,
    ({ id }) => id,
    ({ id: payoutId, status, amount, rail: railReference }) =>
      void payouts.push({ payoutId, status, amountFen: BigInt(amount), railReference }),
  );
  return { entries, loans, payouts };
}

interface TimerRow {
  readonly id: string;
  readonly application: string;
  readonly correlation: string;
  readonly what: string;
  readonly due: string;
}

interface EntryRow {
  readonly id: string;
  readonly movement: string;
  readonly event: string;
  readonly lender: string;
  readonly application: string;
  readonly postings: number;
  readonly debit: string;
  readonly credit: string;
}
