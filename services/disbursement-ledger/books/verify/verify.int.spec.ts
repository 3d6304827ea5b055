// Books that somebody with every right has tampered with, on a real PostgreSQL: it is found and named.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { reversalOf, type Entry } from '../../postings.ts';
import { openBooks, type Books } from '../books.fixture.ts';
import { hashOf } from '../chain.ts';
import { closeLaneDay } from '../day-digest.ts';
import { closePeriod } from '../periods.ts';
import { entriesIn } from '../read-entries.ts';
import { developmentSigner, signerOf } from '../signing.ts';
import { verifyBooks, type Verified } from './verify.ts';

let books: Books;

beforeAll(async () => {
  books = await openBooks(inject('databaseUrl'));
});

afterAll(() => books.close());

const NOW_MS = Date.parse('2026-11-20T15:00:00Z');
const trustedKeys = [developmentSigner.publicKey];
let serial = 0;

interface Written {
  readonly lenderId: string;
  readonly entries: readonly Entry[];
}

/** A lender with four entries in its one lane, of which three were there when a day was closed. */
async function written(): Promise<Written> {
  serial += 1;
  const lenderId = `lender-${serial}`;
  const applicationId = `A${serial}`;
  const loan = await books.loan({ lenderId, applicationId, loanId: `${applicationId}-L1` });
  const first = books.entry(loan, 'DISBURSEMENT', 70_000n);
  const second = books.entry(loan, 'PAYOUT', 70_000n);
  const entries = [
    first,
    second,
    reversalOf(second, { eventId: 'e', bookingDate: '2026-11-20', bookedAtMs: NOW_MS }),
    books.entry(loan, 'PAYOUT', 60_000n, { bookingDate: '2026-11-21' }),
  ];
  await books.write(...entries.slice(0, 3));
  await closeDay(lenderId, '2026-11-20');
  await books.write(entries[3]!);
  return { lenderId, entries };
}

const closeDay = (lenderId: string, businessDate: string, signer = developmentSigner) =>
  books.within((transaction) =>
    closeLaneDay(transaction, { lenderId, lane: 0, businessDate, lanes: 1, nowMs: NOW_MS }, signer),
  );

/** In December, when every day that is closed through is over. */
const closeThrough = (lenderId: string, through: string) =>
  books.within((transaction) =>
    closePeriod(transaction, { lenderId, through, nowMs: Date.parse('2026-12-01T15:00:00Z') }),
  );

const verified = (lenderId: string): Promise<Verified> =>
  verifyBooks(books.db.database, { lenders: [lenderId], trustedKeys });

/** The first fault, in few words. */
async function firstFault(lenderId: string): Promise<string> {
  const { faults } = await verified(lenderId);
  const [fault] = faults;
  if (fault === undefined) return 'none';
  expect(fault.lenderId).toBe(lenderId);
  return `${fault.kind} at ${fault.lane}/${fault.seq}: ${fault.says}`;
}

describe('sound books', () => {
  test('have no fault, and are added up', async () => {
    const { lenderId } = await written();
    const { lenders, faults, areMore } = await verified(lenderId);
    expect({ faults, areMore }).toEqual({ faults: [], areMore: false });
    expect(lenders).toMatchObject([
      { lenderId, chains: 1, entries: 4, postings: 8, days: 1, loans: 0 },
    ]);
    const balances = lenders[0]!.balances.filter(({ debitFen }) => debitFen > 0n);
    expect(balances).toMatchObject([
      { account: '1003', balanceFen: -60_000n },
      { account: '1303', balanceFen: 70_000n },
      { account: '2011', balanceFen: 10_000n },
    ]);
  });

  test('are read as of one instant, while others book', async () => {
    const { lenderId, entries } = await written();
    const more = Array.from({ length: 10 }, () => books.entry(entries[0]!, 'PAYOUT', 1n));
    const results = await Promise.all([
      ...more.map((entry) => books.write(entry)),
      ...[1, 2, 3].map(() => verified(lenderId)),
    ]);
    for (const result of results) if (result !== undefined) expect(result.faults).toEqual([]);
  });
});

describe('a row of entries that was changed', () => {
  // Of the second entry of four.
  const changes: readonly [string, string, RegExp][] = [
    ['lender_id', `'another'`, /^entry-missing at 0\/2/],
    ['lane', '5', /^entry-missing at 0\/2/],
    ['seq', '99', /^entry-missing at 0\/2/],
    ['id', `'payout/other'`, /^entry-changed at 0\/2: Its fields/],
    ['movement', `'RECEIPT'`, /^entry-changed at 0\/2: Its entries.movement .* was PAYOUT/],
    ['event_id', `'other'`, /^entry-changed at 0\/2: Its fields/],
    ['application_id', `'other'`, /^entry-changed at 0\/2: Its entries.application_id .* was A/],
    ['loan_id', `'other-L1'`, /^entry-changed at 0\/2: Its entries.loan_id .* was A\d+-L1/],
    ['value_date', `'2026-11-01'`, /^entry-changed at 0\/2: .*value_date .* was 2026-11-20/],
    ['booking_date', `'2026-12-24'`, /^entry-changed at 0\/2: .*booking_date .* 2026-11-20/],
    ['booked_at', `booked_at + interval '1 ms'`, /^entry-changed at 0\/2: Its fields/],
    ['evidence', `'{}'`, /^entry-changed at 0\/2: Its fields/],
    ['reverses', `'payout/x', movement = 'REVERSAL'`, /^entry-changed at 0\/2: Its fields/],
    ['prev_hash', `decode(repeat('ab', 32), 'hex')`, /^entry-changed at 0\/2: Its prev_hash/],
    ['hash', `decode(repeat('ab', 32), 'hex')`, /^entry-changed at 0\/2: Its hash was changed/],
  ];
  test.each(changes)('in %s is named', async (column, value, fault) => {
    const { lenderId } = await written();
    const row = `lender_id = '${lenderId}' and seq = 2`;
    await books.tamper(`update book.entries set ${column} = ${value} where ${row}`);
    expect(await firstFault(lenderId)).toMatch(fault);
  });

  test('has every column in this list', async () => {
    const { rows } = await books.db.database.query<{ name: string }>(
      `select attname as name from pg_attribute
       where attrelid = 'book.entries'::regclass and attnum > 0 and not attisdropped`,
    );
    expect(changes.map(([column]) => column).sort()).toEqual(rows.map(({ name }) => name).sort());
  });

  test.each([1, 2, 3, 4])('is named at each place, as at %i', async (seq) => {
    const { lenderId, entries } = await written();
    await books.tamper(
      `update book.entries set event_id = 'x' where lender_id = '${lenderId}' and seq = ${seq}`,
    );
    const { faults } = await verified(lenderId);
    expect(faults[0]).toMatchObject({
      kind: 'entry-changed',
      lane: 0,
      seq: BigInt(seq),
      entryId: entries[seq - 1]!.id,
    });
    expect(faults).toHaveLength(1);
  });

  test.each([1, 2, 3, 4])('is missed where it is taken out, as at %i', async (seq) => {
    const { lenderId } = await written();
    await books.tamper(`delete from book.entries where lender_id = '${lenderId}' and seq = ${seq}`);
    expect(await firstFault(lenderId)).toMatch(new RegExp(`^entry-missing at 0/${seq}: `));
  });

  test('is named where its hash was made to fit: the next follows another', async () => {
    const { lenderId } = await written();
    await rehash(lenderId, 2, { eventId: 'forged' });
    expect(await firstFault(lenderId)).toMatch(/^entry-replaced at 0\/2: /);
  });

  test('shows by the signed day where the whole chain behind it was made to fit', async () => {
    const { lenderId } = await written();
    await rehash(lenderId, 2, { eventId: 'forged' }, 'and all behind it');
    const { faults } = await verified(lenderId);
    expect(faults).toMatchObject([{ kind: 'day-changed', lane: 0, seq: 3n }]);
  });
});

describe('a posting that was changed', () => {
  // Of the first posting of the second entry: Dr 2011, 700.00.
  const changes: readonly [string, string, RegExp][] = [
    ['lender_id', `'another'`, /^entry-unbalanced at 0\/2/],
    ['lane', '5', /^entry-unbalanced at 0\/2/],
    ['seq', '99', /^entry-unbalanced at 0\/2/],
    ['place', '9', /^entry-changed at 0\/2: Its postings.place at place 9 .* was 1\./],
    ['account', `'2241'`, /^entry-changed at 0\/2: Its postings.account at place 1 .* was 2011\./],
    ['side', `'credit'`, /^entry-unbalanced at 0\/2: Its debits less its credits are -1400.00/],
    ['amount_fen', '1', /^entry-unbalanced at 0\/2: Its debits less its credits are -699.99/],
    ['currency', `'USD'`, /^entry-unbalanced at 0\/2/],
  ];
  test.each(changes)('in %s is named', async (column, value, fault) => {
    const { lenderId } = await written();
    const row = `lender_id = '${lenderId}' and seq = 2 and place = 1`;
    await books.tamper(`update book.postings set ${column} = ${value} where ${row}`);
    expect(await firstFault(lenderId)).toMatch(fault);
    const { faults } = await verified(lenderId);
    expect(faults.some(({ kind, seq }) => kind === 'entry-changed' && seq === 2n)).toBe(true);
  });

  test('has every column in this list', async () => {
    const { rows } = await books.db.database.query<{ name: string }>(
      `select attname as name from pg_attribute
       where attrelid = 'book.postings'::regclass and attnum > 0 and not attisdropped`,
    );
    expect(changes.map(([column]) => column).sort()).toEqual(rows.map(({ name }) => name).sort());
  });

  test('is put right by the hash alone: side, amount and currency', async () => {
    const wrong = [
      [`side = 'credit'`, 'postings.side at place 1 was changed: it was debit'],
      ['amount_fen = 1', 'postings.amount_fen at place 1 was changed: it was 700.00'],
      [`currency = 'USD'`, 'postings.currency at place 1 was changed: it was CNY'],
    ];
    for (const [set, says] of wrong) {
      const { lenderId } = await written();
      const row = `lender_id = '${lenderId}' and seq = 2 and place = 1`;
      await books.tamper(`update book.postings set ${set} where ${row}`);
      const { faults } = await verified(lenderId);
      expect(faults.map((fault) => fault.says).join('\n')).toContain(says);
    }
  });

  test('is missed where it is taken out, and found where it was put in', async () => {
    const out = await written();
    await books.tamper(`delete from book.postings where lender_id = '${out.lenderId}' and seq = 3`);
    expect(await firstFault(out.lenderId)).toMatch(/^entry-unbalanced at 0\/3: It has no postings/);
    const into = await written();
    await books.tamper(
      `insert into book.postings
       select lender_id, lane, seq, place + 2, account, side, amount_fen, currency
       from book.postings where lender_id = '${into.lenderId}' and seq = 3`,
    );
    expect(await firstFault(into.lenderId)).toMatch(/^entry-changed at 0\/3/);
    const stray = await written();
    await books.tamper(
      `insert into book.postings
       select lender_id, lane, 77, place, account, side, amount_fen, currency
       from book.postings where lender_id = '${stray.lenderId}' and seq = 3`,
    );
    expect(await firstFault(stray.lenderId)).toMatch(/^posting-stray at 0\/77: There are 2/);
  });
});

describe('a head that was changed', () => {
  test.each([
    ['lane = 8', /^head-changed at 0\/4: The chain has no head/],
    ['seq = 3, complete_seq = 3', /^head-changed at 0\/4: It is at 3, the last entry at 4/],
    ['seq = 5, complete_seq = 5', /^entry-missing at 0\/5/],
    ['complete_seq = 3', /^head-changed at 0\/4: It counts 3/],
    [`hash = decode(repeat('ab', 32), 'hex')`, /^head-changed at 0\/4: Its hash/],
    [`lender_id = 'another-' || lender_id`, /^head-changed at 0\/4: The chain has no head/],
  ])('by %s is named', async (set, fault) => {
    const { lenderId } = await written();
    await books.tamper(`update book.chain_heads set ${set} where lender_id = '${lenderId}'`);
    expect(await firstFault(lenderId)).toMatch(fault);
  });

  test('is missed where it is taken out', async () => {
    const { lenderId } = await written();
    await books.tamper(`delete from book.chain_heads where lender_id = '${lenderId}'`);
    expect(await firstFault(lenderId)).toMatch(/^head-changed at 0\/4: The chain has no head/);
  });

  test('that hides the last entries does not hide them from the signed day', async () => {
    const { lenderId } = await written();
    const of = `where lender_id = '${lenderId}'`;
    await books.tamper(
      `delete from book.postings ${of} and seq > 2`,
      `delete from book.entries ${of} and seq > 2`,
      `update book.chain_heads set seq = 2, complete_seq = 2,
         hash = (select hash from book.entries ${of} and seq = 2) ${of}`,
    );
    expect(await firstFault(lenderId)).toMatch(/^day-changed at 0\/3: .* there is no entry/);
  });
});

describe('a closed day that was changed', () => {
  const changes: readonly [string, string, RegExp][] = [
    ['lane_days', `business_date = '2026-11-19'`, /^digest-changed .* 0 lanes are noted/],
    ['lane_days', 'lane = 4', /^day-changed at 4\/3/],
    ['lane_days', 'seq = 2', /^day-changed at 0\/2/],
    ['lane_days', `hash = decode(repeat('ab', 32), 'hex')`, /^day-changed at 0\/3/],
    ['lane_days', `closed_at = closed_at + interval '1 ms'`, /^digest-changed .* not that of what/],
    ['day_digests', `business_date = '2026-11-19'`, /^digest-changed .* 0 lanes are noted/],
    ['day_digests', 'lanes = 2', /^digest-changed .* 1 lanes are noted, the digest is over 2/],
    ['day_digests', `previous = decode(repeat('ab', 32), 'hex')`, /^digest-changed .* not name/],
    ['day_digests', `digest = decode(repeat('ab', 32), 'hex')`, /^digest-changed .* not that of/],
    ['day_digests', `signature = decode(repeat('ab', 64), 'hex')`, /^signature-wrong/],
    ['day_digests', `public_key = decode(repeat('00', 32), 'hex')`, /^signature-wrong/],
    ['day_digests', `signed_at = signed_at + interval '1 ms'`, /^digest-changed .* not that of/],
  ];
  test.each(changes)('in %s by %s is named', async (table, set, fault) => {
    const { lenderId } = await written();
    await books.tamper(`update book.${table} set ${set} where lender_id = '${lenderId}'`);
    expect(await firstFault(lenderId)).toMatch(fault);
  });

  test('is missed where its digest is taken out', async () => {
    const { lenderId } = await written();
    await closeDay(lenderId, '2026-11-21');
    await closeDay(lenderId, '2026-11-22');
    for (const [date, fault] of [
      ['2026-11-22', /^digest-missing .*2026-11-22: all lanes/],
      ['2026-11-20', /^digest-changed .*2026-11-21: .* does not name/],
    ] as const) {
      await books.tamper(
        `delete from book.day_digests
         where lender_id = '${lenderId}' and business_date = '${date}'`,
      );
      expect(await firstFault(lenderId)).toMatch(fault);
    }
  });

  test('is not believed where somebody else has signed it', async () => {
    const { lenderId } = await written();
    const stranger = signerOf(Buffer.alloc(32, 7));
    await closeDay(lenderId, '2026-11-21', stranger);
    expect(await firstFault(lenderId)).toMatch(/^key-unknown .*2026-11-21/);
  });
});

describe('a closed period', () => {
  /** Two closed periods; of the second no day has been signed since, if not said. */
  async function closed({ isSigned }: { isSigned: boolean }): Promise<string> {
    const { lenderId } = await written();
    await closeDay(lenderId, '2026-11-30');
    await closeThrough(lenderId, '2026-11-20');
    await closeThrough(lenderId, '2026-11-30');
    if (isSigned) await closeDay(lenderId, '2026-12-01');
    expect(await firstFault(lenderId)).toBe('none');
    return lenderId;
  }
  // Also foreign keys are past by then.
  const asReplica = `set local session_replication_role = 'replica'`;

  test.each([
    ['last_value_date = last_value_date - 1', /^period-changed .*Through 2026-11-30: its digest/],
    [
      `last_booked_at = last_booked_at - interval '1 ms'`,
      /^period-changed .*2026-11-30: its digest/,
    ],
    [`closed_at = closed_at + interval '1 ms'`, /^period-changed .*2026-11-30: its digest/],
    [`previous = decode(repeat('ab', 32), 'hex')`, /^period-changed .*2026-11-30: .* not name/],
    [`digest = decode(repeat('ab', 32), 'hex')`, /^period-changed .*2026-11-30: its digest/],
    ['previous = null, digest = null', /^period-changed .*2026-11-30: the period has no digest/],
    [`closed_through = '2026-11-29'`, /^balance-changed .*2026-11-29: account 1003/],
  ])('that was changed by %s is named', async (set, fault) => {
    const lenderId = await closed({ isSigned: false });
    await books.tamper(
      asReplica,
      `update book.periods set ${set}
       where lender_id = '${lenderId}' and closed_through = '2026-11-30'`,
    );
    expect(await firstFault(lenderId)).toMatch(fault);
  });

  test.each(['2026-11-20', '2026-11-30'])('that was taken out, as %s, is missed', async (date) => {
    const lenderId = await closed({ isSigned: false });
    const of = `where lender_id = '${lenderId}' and closed_through = '${date}'`;
    await books.tamper(asReplica, `delete from book.periods ${of}`);
    const { faults } = await verified(lenderId);
    expect(faults).toContainEqual(
      expect.objectContaining({ kind: 'period-missing', says: expect.stringContaining(date) }),
    );
  });

  test('that was taken out with its sums is missed by the day signed behind it', async () => {
    const lenderId = await closed({ isSigned: true });
    const of = `where lender_id = '${lenderId}' and closed_through = '2026-11-30'`;
    await books.tamper(`delete from book.period_balances ${of}`, `delete from book.periods ${of}`);
    expect(await firstFault(lenderId)).toMatch(
      /^period-missing .*2026-12-01: it was signed with the books closed through 2026-11-30, but no/,
    );
  });

  test('that was moved back whole, digest and all, is not the one that was signed', async () => {
    const lenderId = await closed({ isSigned: true });
    const of = `where lender_id = '${lenderId}' and closed_through = '2026-11-30'`;
    const take = ['period_balances', 'periods'].map((table) => `delete from book.${table} ${of}`);
    await books.tamper(...take);
    await closeThrough(lenderId, '2026-11-29');
    expect(await firstFault(lenderId)).toMatch(/^period-missing .*closed through 2026-11-30/);
    await closeThrough(lenderId, '2026-11-30');
    expect(await firstFault(lenderId)).toMatch(/^period-changed .*but another is kept/);
  });

  test('is in the digest of the day, which another does not fit', async () => {
    for (const set of [
      'closed_through = null, period_digest = null',
      `closed_through = '2026-11-20'`,
    ]) {
      const lenderId = await closed({ isSigned: true });
      const row = `lender_id = '${lenderId}' and business_date = '2026-12-01'`;
      await books.tamper(`update book.day_digests set ${set} where ${row}`);
      expect(await firstFault(lenderId)).toMatch(/^digest-changed .*not that of/);
    }
  });
});

describe('what is kept beside the entries', () => {
  test('has to be their sums: of a closed period', async () => {
    const { lenderId } = await written();
    await closeDay(lenderId, '2026-11-30');
    await closeThrough(lenderId, '2026-11-30');
    expect(await firstFault(lenderId)).toBe('none');
    await books.tamper(
      `update book.period_balances set debit_fen = debit_fen + 1
       where lender_id = '${lenderId}' and account = '1303'`,
    );
    expect(await firstFault(lenderId)).toMatch(
      /^balance-changed .*Through 2026-11-30: account 1303 CNY is kept with debits 700.01/,
    );
  });

  test('has to be the chart, and the loans of the lender', async () => {
    const { lenderId, entries } = await written();
    await books.tamper(
      `update book.accounts set nature = 'expense'
       where lender_id = '${lenderId}' and code = '1303'`,
    );
    expect(await firstFault(lenderId)).toMatch(/^account-changed .*Account 1303 is asset/);
    const renamed = await written();
    await books.tamper(
      `update book.accounts set name = 'loans' where lender_id = '${renamed.lenderId}'
         and code = '1303'`,
    );
    expect(await firstFault(renamed.lenderId)).toMatch(
      /^account-changed .*“loans: principal”, not/,
    );
    const added = await written();
    await books.tamper(
      `insert into book.accounts (lender_id, code, name, nature, grows, currency)
       values ('${added.lenderId}', '6711', 'sundries', 'expense', 'debit', 'CNY')`,
    );
    expect(await firstFault(added.lenderId)).toMatch(/^account-changed .*6711 is not in the chart/);
    const other = await written();
    const { loanId } = other.entries[0]!;
    await books.tamper(
      `update book.loans set lender_id = '${lenderId}' where loan_id = '${loanId}'`,
    );
    expect(await firstFault(other.lenderId)).toMatch(/^loan-differs at 0\/1/);
    expect(entries).toHaveLength(4);
  });
});

/** Changes an entry and makes its hash fit; those behind it too, where asked. */
async function rehash(
  lenderId: string,
  seq: number,
  change: Partial<Entry>,
  behind?: 'and all behind it',
): Promise<void> {
  const pages = await Array.fromAsync(entriesIn(books.db.database, { lenderId }));
  const statements: string[] = [];
  let prevHash: Buffer | undefined;
  for (const entry of pages.flat()) {
    if (entry.seq < seq || (behind === undefined && entry.seq > seq)) continue;
    const forged = {
      ...entry,
      ...(entry.seq === BigInt(seq) ? (change as object) : {}),
      prevHash: prevHash ?? entry.prevHash,
    };
    prevHash = hashOf(forged);
    statements.push(
      `update book.entries set event_id = '${forged.eventId}',
         prev_hash = decode('${forged.prevHash.toString('hex')}', 'hex'),
         hash = decode('${prevHash.toString('hex')}', 'hex')
       where lender_id = '${lenderId}' and seq = ${entry.seq}`,
    );
  }
  if (behind !== undefined) {
    statements.push(
      `update book.chain_heads set hash = decode('${prevHash?.toString('hex')}', 'hex')
       where lender_id = '${lenderId}'`,
    );
  }
  await books.tamper(...statements);
}
