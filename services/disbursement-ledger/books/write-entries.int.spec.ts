// Entries on a real PostgreSQL: balanced at commit, append-only also for the owner, each thing once.
import { brokenInvariantOf, isDataError } from '@saidao/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { chart, reversalOf, type Entry } from '../postings.ts';
import {
  LENDER,
  OTHER_LENDER,
  openBooks,
  refusalIn,
  refusalOf,
  wild,
  type Books,
  type WildPosting,
} from './books.fixture.ts';
import { writeEntries } from './write-entries.ts';

let books: Books;

beforeAll(async () => {
  books = await openBooks(inject('databaseUrl'));
});

afterAll(() => books.close());

const AT = {
  eventId: 'event of the reversal',
  bookingDate: '2026-11-21',
  bookedAtMs: 2_000,
} as const;

async function booked(change: Partial<Entry> = {}): Promise<Entry> {
  const entry = books.entry(await books.loan(), 'DISBURSEMENT', 10_000n, change);
  await books.write(entry);
  return entry;
}

const placeOf = async ({ id }: Entry) => {
  const { rows } = await books.db.database.query<{ lender_id: string; lane: number; seq: bigint }>(
    'select lender_id, lane, seq from book.entries where id = $1',
    [id],
  );
  return rows[0]!;
};

async function addPosting(to: Entry, place: number, side: string, amountFen = 1n): Promise<void> {
  const { lender_id, lane, seq } = await placeOf(to);
  await books.within(async (transaction) => {
    await transaction.query(postingAt(lender_id, lane, seq, place, side, amountFen));
  });
}

const postingAt = (
  lenderId: string,
  lane: number,
  seq: bigint,
  place: number,
  side: string,
  amountFen: bigint,
) => `insert into book.postings (lender_id, lane, seq, place, account, side, amount_fen, currency)
  values ('${lenderId}', ${lane}, ${seq}, ${place}, '2011', '${side}', ${amountFen}, 'CNY')`;

describe('an entry', () => {
  test('is taken when its debits are its credits, however many', async () => {
    const entry = books.entry(await books.loan(), 'PAYOUT', [
      wild('2011', 'debit', 700n),
      wild('1003', 'credit', 300n),
      wild('2241', 'credit', 400n),
    ]);
    await books.write(entry);
    const { seq } = await placeOf(entry);
    expect(await books.count(`book.postings where lane = 0 and seq = ${seq}`)).toBe(3);
  });

  test('that is not balanced is refused at commit, not before', async () => {
    const reached: string[] = [];
    const entry = books.entry(await books.loan(), 'PAYOUT', [
      wild('2011', 'debit', 700n),
      wild('1003', 'credit', 699n),
    ]);
    const work = books.within(async (transaction) => {
      await writeEntries(transaction, [entry]);
      reached.push('commit');
    });
    expect(await refusalOf(work)).toBe('SD001 saidao_ledger_entry_unbalanced');
    expect(reached).toEqual(['commit']);
    expect(await books.count(`book.entries where id = '${entry.id}'`)).toBe(0);
  });

  test('has to balance in each currency', async () => {
    await booked();
    await books.db.database.query(
      `insert into book.accounts (lender_id, code, name, nature, grows, currency)
       values ('${LENDER}', '2012', 'deposits in dollars', 'liability', 'credit', 'USD')`,
    );
    const entry = books.entry(await books.loan(), 'PAYOUT', [
      wild('2011', 'debit', 700n),
      wild('2012', 'credit', 700n, 'USD'),
    ]);
    expect(await refusalOf(books.write(entry))).toBe('SD001 saidao_ledger_entry_unbalanced');
  });

  test('without postings is refused', async () => {
    const entry = books.entry(await books.loan(), 'PAYOUT', []);
    expect(await refusalOf(books.write(entry))).toBe('SD001 saidao_ledger_entry_empty');
  });

  test('takes no postings after its transaction, balanced or not', async () => {
    const entry = await booked();
    expect(await refusalOf(addPosting(entry, 3, 'debit'))).toBe(
      'SD001 saidao_ledger_entry_complete',
    );
    const { lender_id, lane, seq } = await placeOf(entry);
    const both = books.within(async (transaction) => {
      const one = postingAt(lender_id, lane, seq, 3, 'debit', 1n);
      await transaction.query(`${one}, ('${lender_id}', ${lane}, ${seq}, 4, '2011', 'credit', 1,
        'CNY')`);
    });
    expect(await refusalOf(both)).toBe('SD001 saidao_ledger_entry_complete');
  });

  test('takes none after a check that was hastened either', async () => {
    const entry = books.entry(await books.loan(), 'PAYOUT');
    const work = books.within(async (transaction) => {
      await writeEntries(transaction, [entry]);
      await transaction.query('set constraints all immediate');
      await transaction.query('set constraints all deferred');
      const { rows } = await transaction.query<{ seq: bigint }>(
        'select seq from book.entries where id = $1',
        [entry.id],
      );
      await transaction.query(postingAt(LENDER, 0, rows[0]!.seq, 3, 'credit', 1n));
    });
    expect(await refusalOf(work)).toBe('SD001 saidao_ledger_entry_complete');
  });

  const MAX = 10n ** 15n;
  const refusals: readonly [string, readonly WildPosting[], string][] = [
    ['of nothing', pair(0n), '23514 saidao_ledger_amount_not_positive'],
    ['below nothing', pair(-5n), '23514 saidao_ledger_amount_not_positive'],
    ['above the largest amount', pair(MAX + 1n), '23514 saidao_ledger_amount_too_large'],
    ['that no column holds', pair(2n ** 63n), '23514 saidao_ledger_amount_too_large'],
    [
      'far below what a column holds',
      pair(-(2n ** 70n)),
      '23514 saidao_ledger_amount_not_positive',
    ],
    [
      'on an account that the lender does not have',
      [wild('9999', 'debit', 5n), wild('2011', 'credit', 5n)],
      '23503 saidao_ledger_account_unknown',
    ],
    [
      'in another currency',
      [wild('1003', 'debit', 5n, 'USD'), wild('2011', 'credit', 5n, 'USD')],
      '23514 saidao_ledger_currency_wrong',
    ],
    ['on no side', [wild('1003', 'both', 5n)], '23514 postings_side_check'],
  ];
  test.each(refusals)('takes no posting %s', async (_what, postings, refusal) => {
    const entry = books.entry(await books.loan(), 'PAYOUT', postings);
    const error = await books.write(entry).catch((thrown: unknown) => thrown);
    expect(refusalIn(error)).toBe(refusal);
    expect(isDataError(error)).toBe(true);
    expect(brokenInvariantOf(error)).toBeUndefined();
  });

  test('takes an amount as large as there is, to the fen', async () => {
    await books.write(books.entry(await books.loan(), 'PAYOUT', MAX));
    expect(await books.count(`book.postings where amount_fen = ${MAX}`)).toBe(2);
  });

  test('is booked once for its business key', async () => {
    const entry = await booked();
    expect(await refusalOf(books.write(entry))).toBe('23505 saidao_ledger_entry_exists');
  });

  test('may be one of several of an event', async () => {
    const loan = await books.loan();
    const eventId = 'one event';
    await books.write(
      books.entry(loan, 'DISBURSEMENT', 5n, { eventId }),
      books.entry(loan, 'PAYOUT', 5n, { eventId }),
    );
    expect(await books.count(`book.entries where event_id = '${eventId}'`)).toBe(2);
  });
});

function pair(amountFen: bigint): readonly WildPosting[] {
  return [wild('2011', 'debit', amountFen), wild('1003', 'credit', amountFen)];
}

describe('the books of two lenders', () => {
  test('never mix: nothing is booked for one on a loan of the other', async () => {
    const own = await books.loan({ lenderId: OTHER_LENDER });
    await books.write(books.entry(own, 'DISBURSEMENT'));
    for (const stray of [{ lenderId: LENDER }, { applicationId: 'another' }, { loanId: 'none' }]) {
      const entry = books.entry({ ...own, ...stray }, 'PAYOUT');
      expect(await refusalOf(books.write(entry))).toBe('23503 saidao_ledger_loan_unknown');
    }
  });

  test('take no posting of the other: it belongs to the entry of its own chain', async () => {
    const entry = await booked();
    const { lane, seq } = await placeOf(entry);
    const work = books.within(async (transaction) => {
      await transaction.query(postingAt('nobody', lane, seq, 1, 'debit', 1n));
    });
    expect(await refusalOf(work)).toBe('SD001 saidao_ledger_entry_complete');
  });

  test('have chains and charts of their own', async () => {
    const lanes = [await books.loan(), await books.loan({ lenderId: 'czb-hz' })];
    await books.write(...lanes.map((loan) => books.entry(loan, 'DISBURSEMENT')));
    const { rows } = await books.db.database.query<{ seq: bigint }>(
      `select seq from book.chain_heads where lender_id = 'czb-hz'`,
    );
    expect(rows).toEqual([{ seq: 1n }]);
    expect(await books.count(`book.accounts where lender_id = 'czb-hz'`)).toBe(chart.length);
  });

  test('take back nothing of each other', async () => {
    const entry = await booked();
    const other = await books.loan({ lenderId: OTHER_LENDER });
    const stray = { ...reversalOf(entry, AT), ...other };
    expect(await refusalOf(books.write(stray))).toBe('23503 saidao_ledger_reversal_wrong');
  });
});

describe('a reversal', () => {
  test('names what it takes back, once', async () => {
    const entry = await booked();
    await books.write(reversalOf(entry, AT));
    const again = { ...reversalOf(entry, AT), id: 'reversal/again' };
    expect(await refusalOf(books.write(again))).toBe('23505 saidao_ledger_reversed_already');
  });

  test('takes back an entry that is there, and no reversal', async () => {
    const entry = await booked();
    const reversal = reversalOf(entry, AT);
    await books.write(reversal);
    const ofReversal = { ...reversal, id: 'reversal/of-it', reverses: reversal.id };
    const ofNothing = { ...reversal, id: 'reversal/of-nothing', reverses: 'payout/none' };
    const ofNoName = { ...reversal, id: 'reversal/of-no-name', reverses: null };
    for (const wrong of [ofReversal, ofNothing]) {
      expect(await refusalOf(books.write(wrong))).toBe('23503 saidao_ledger_reversal_wrong');
    }
    expect(await refusalOf(books.write(ofNoName))).toBe('23514 saidao_ledger_reversal_wrong');
    const named = { ...books.entry(await books.loan(), 'PAYOUT'), reverses: entry.id };
    expect(await refusalOf(books.write(named))).toBe('23514 saidao_ledger_reversal_wrong');
  });

  test.each<[string, (postings: Entry['postings']) => readonly WildPosting[]]>([
    ['the same side', (all) => all],
    ['half of it', () => [wild('1303', 'credit', 5_000n), wild('2011', 'debit', 5_000n)]],
    ['another account', () => [wild('13031', 'credit', 10_000n), wild('2011', 'debit', 10_000n)]],
    [
      'a posting more on each side',
      () => [
        ...[wild('1303', 'credit', 10_000n), wild('2011', 'debit', 10_000n)],
        ...[wild('1003', 'credit', 1n), wild('2011', 'debit', 1n)],
      ],
    ],
  ])('with %s is refused at commit: it has to be the mirror of what it names', async (_, made) => {
    const entry = await booked();
    const postings = made(entry.postings) as Entry['postings'];
    const wrong = { ...reversalOf(entry, AT), postings };
    expect(await refusalOf(books.write(wrong))).toBe('23514 saidao_ledger_reversal_wrong');
    const behind = books.entry(await books.loan(), 'PAYOUT');
    expect(await refusalOf(books.write(behind, wrong))).toBe('23514 saidao_ledger_reversal_wrong');
    await books.write(reversalOf(entry, AT));
  });

  test('may have its postings in any order', async () => {
    const entry = await booked();
    const reversal = reversalOf(entry, AT);
    await books.write({ ...reversal, postings: reversal.postings.toReversed() });
    expect(await books.count(`book.entries where reverses = '${entry.id}'`)).toBe(1);
  });

  test('may come in the transaction of what it takes back', async () => {
    const entry = books.entry(await books.loan(), 'PAYOUT');
    await books.write(entry, reversalOf(entry, AT));
    expect(await books.count(`book.entries where reverses = '${entry.id}'`)).toBe(1);
  });
});

describe('a chain', () => {
  test('has no gaps, whoever writes at once', async () => {
    const loans = await Promise.all([1, 2, 3, 4].map(() => books.loan({ lane: 7 })));
    await Promise.all(
      loans.flatMap((loan) =>
        [1, 2, 3].map(() =>
          books.write(books.entry(loan, 'DISBURSEMENT'), books.entry(loan, 'PAYOUT')),
        ),
      ),
    );
    const { rows } = await books.db.database.query<{ seq: bigint; follows: boolean }>(
      `select seq, coalesce(prev_hash = lag(hash) over (order by seq), seq = 1) as follows
       from book.entries where lender_id = $1 and lane = 7 order by seq`,
      [LENDER],
    );
    expect(rows).toEqual(
      Array.from({ length: 24 }, (_, index) => ({ seq: BigInt(index + 1), follows: true })),
    );
  });

  test('never waits for another that waits for it: a deadlock would be tried again', async () => {
    const loans = await Promise.all(
      [LENDER, OTHER_LENDER].flatMap((lenderId) =>
        [8, 9].map((lane) => books.loan({ lenderId, lane })),
      ),
    );
    let tries = 0;
    const turns = Array.from({ length: 24 }, (_, turn) => {
      const order = turn % 2 === 0 ? loans : loans.toReversed();
      const entries = order.map((loan) => books.entry(loan, 'DISBURSEMENT'));
      return books.within((transaction) => {
        tries += 1;
        return writeEntries(transaction, entries);
      });
    });
    await Promise.all(turns);
    expect(tries).toBe(turns.length);
    expect(await books.count('book.entries where lane in (8, 9)')).toBe(4 * turns.length);
  });

  test.each([
    ['behind a gap', 'seq + 2', 'hash'],
    ['with another hash before it', 'seq + 1', `decode(repeat('ab', 32), 'hex')`],
  ])('is not continued %s', async (_what, seq, prevHash) => {
    const entry = await booked();
    const work = books.within((transaction) =>
      transaction.query(
        `insert into book.entries select lender_id, lane, ${seq}, 'forged', movement, event_id,
           application_id, loan_id, value_date, booking_date, booked_at, reverses, ${prevHash}, hash
         from book.entries where id = $1`,
        [entry.id],
      ),
    );
    expect(await refusalOf(work)).toBe('SD001 saidao_ledger_chain_broken');
  });

  test('takes no second entry at a place', async () => {
    const entry = await booked();
    const work = books.within((transaction) =>
      transaction.query(
        `insert into book.entries select lender_id, lane, seq, 'forged', movement, event_id,
           application_id, loan_id, value_date, booking_date, booked_at, reverses, prev_hash, hash
         from book.entries where id = $1`,
        [entry.id],
      ),
    );
    const error = await work.catch((thrown: unknown) => thrown);
    expect(brokenInvariantOf(error)?.code).toBe('SAIDAO_LEDGER_CHAIN_BROKEN');
  });

  test('does not take its head from anybody but its entries', async () => {
    await booked();
    const { database } = books.db;
    const forged = `insert into book.chain_heads (lender_id, lane, seq) values ('forged', 1, 5)`;
    const moved = 'update book.chain_heads set seq = seq + 1, complete_seq = complete_seq + 1';
    for (const statement of [forged, moved]) {
      expect(await refusalOf(database.query(statement))).toBe('SD001 saidao_ledger_append_only');
    }
  });
});

describe('the books', () => {
  const tables = ['entries', 'postings', 'accounts', 'chain_heads', 'periods', 'period_balances'];
  test.each([...tables, 'lane_days', 'day_digests'])(
    '%s are never changed or emptied, by their owner either',
    async (name) => {
      await booked();
      const table = `book.${name}`;
      const before = await books.count(table);
      const { rows } = await books.db.database.query<{ owner: boolean }>(
        `select pg_get_userbyid(relowner) = current_user as owner from pg_class
         where oid = $1::regclass`,
        [table],
      );
      expect(rows[0]?.owner).toBe(true);
      const statements = [
        `update ${table} set lender_id = lender_id`,
        `delete from ${table}`,
        `delete from ${table} where false`,
        `truncate ${table} cascade`,
      ];
      for (const statement of statements) {
        expect(await refusalOf(books.db.database.query(statement)), statement).toBe(
          'SD001 saidao_ledger_append_only',
        );
        const asReplica = books.within(async (transaction) => {
          await transaction.query("set local session_replication_role = 'replica'");
          await transaction.query(statement);
        });
        expect(await refusalOf(asReplica), statement).toBe('SD001 saidao_ledger_append_only');
      }
      expect(await books.count(table)).toBe(before);
    },
  );

  test('are balanced for a session that calls itself a replica too', async () => {
    const entry = books.entry(await books.loan(), 'PAYOUT', [wild('2011', 'debit', 700n)]);
    const work = books.within(async (transaction) => {
      await transaction.query("set local session_replication_role = 'replica'");
      await writeEntries(transaction, [entry]);
    });
    expect(await refusalOf(work)).toBe('SD001 saidao_ledger_entry_unbalanced');
  });

  test.each(['repeatable read', 'serializable'])(
    'take nothing of a %s transaction, which may see a period as it was before it was closed',
    async (isolation) => {
      const lenderId = `snapshot of ${isolation}`;
      const entry = books.entry(await books.loan({ lenderId }), 'PAYOUT');
      const closing = `insert into book.periods (lender_id, closed_through, closed_at)
        values ('${lenderId}', '2026-11-30', now())`;
      const late = books.within(async (transaction) => {
        await transaction.query(`set transaction isolation level ${isolation}`);
        await transaction.query('select from book.periods');
        await books.db.database.query(closing);
        await writeEntries(transaction, [entry]);
      });
      await expect(late).rejects.toThrow(`a ${isolation} transaction: use read committed`);
      expect(await books.count(`book.entries where lender_id = '${lenderId}'`)).toBe(0);
      const period = books.within(async (transaction) => {
        await transaction.query(`set transaction isolation level ${isolation}`);
        await transaction.query(closing.replace('11-30', '12-31'));
      });
      await expect(period).rejects.toThrow('use read committed');
    },
  );

  test('are not lost with the loans that they are about', async () => {
    await booked();
    for (const statement of [
      'truncate book.loans cascade',
      'delete from book.loans',
      `update book.loans set lender_id = 'another'`,
    ]) {
      expect(await refusalOf(books.db.database.query(statement))).toBe(
        'SD001 saidao_ledger_append_only',
      );
    }
    await books.db.database.query('update book.loans set status = status');
  });

  test('that break say whose they are, where an entry says it', async () => {
    const entry = await booked();
    const { applicationId } = entry;
    const off = books.entry(entry, 'PAYOUT', [wild('2011', 'debit', 700n)]);
    const empty = books.entry(entry, 'PAYOUT', []);
    const broken = [
      () => books.write(off),
      () => books.write(empty),
      () => addPosting(entry, 3, 'debit'),
    ];
    for (const work of broken) {
      const error = await work().catch((thrown: unknown) => thrown);
      expect(brokenInvariantOf(error)).toMatchObject({ lenderId: LENDER, applicationId });
    }
    const deleted = await books.db.database
      .query('delete from book.entries')
      .catch((thrown: unknown) => thrown);
    expect(brokenInvariantOf(deleted)).toMatchObject({
      code: 'SAIDAO_LEDGER_APPEND_ONLY',
      lenderId: undefined,
    });
  });
});
