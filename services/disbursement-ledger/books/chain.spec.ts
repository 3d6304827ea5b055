// The hash of an entry: every field and every posting is in it, and a stranger computes the same.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { addDays } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import { canonicalOf, GENESIS, hashOf, linked, type ChainedEntry, type Head } from './chain.ts';

const entry: ChainedEntry = {
  lenderId: 'czb-hz',
  lane: 3,
  seq: 7n,
  id: 'payout/019aa000-0000-7000-8000-000000000001/authorisation/1/1',
  movement: 'PAYOUT',
  eventId: '019aa000-0000-7000-8000-000000000001/saidao.payout-results.v1/1',
  applicationId: '019aa000-0000-7000-8000-000000000001',
  loanId: '019aa000-0000-7000-8000-000000000001-L1',
  valueDate: '2026-11-20',
  bookingDate: '2026-11-21',
  bookedAtMs: 1_795_140_000_123,
  reverses: null,
  prevHash: GENESIS,
  evidence: null,
  postings: [
    { account: '2011', side: 'debit', amountFen: 100_000n, currency: 'CNY' },
    { account: '1003', side: 'credit', amountFen: 100_000n, currency: 'CNY' },
  ],
};

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
const amount = fc.bigInt({ min: 1n, max: 10n ** 15n });
const day = fc.integer({ min: 0, max: 20_000 }).map((days) => addDays('2000-01-01', days));
const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array));
const posting = fc.record({
  account: text,
  side: fc.constantFrom('debit' as const, 'credit' as const),
  amountFen: amount,
  currency: text,
});
const entries = fc.record({
  lenderId: text,
  lane: fc.nat(),
  seq: amount,
  id: text,
  movement: text,
  eventId: text,
  applicationId: text,
  loanId: text,
  valueDate: day,
  bookingDate: day,
  bookedAtMs: fc.nat(),
  reverses: fc.option(text),
  prevHash: bytes,
  evidence: fc.option(text),
  postings: fc.array(posting, { minLength: 1, maxLength: 5 }),
});

describe('the hash of an entry', () => {
  it('is that of docs/ledger-books.md', () => {
    expect(canonicalOf(entry)).toBe(
      '["saidao.ledger.entry/1","czb-hz","3","7",' +
        '"payout/019aa000-0000-7000-8000-000000000001/authorisation/1/1","PAYOUT",' +
        '"019aa000-0000-7000-8000-000000000001/saidao.payout-results.v1/1",' +
        '"019aa000-0000-7000-8000-000000000001","019aa000-0000-7000-8000-000000000001-L1",' +
        '"2026-11-20","2026-11-21","1795140000123",null,' +
        '"0000000000000000000000000000000000000000000000000000000000000000",' +
        '[["1","2011","debit","100000","CNY"],["2","1003","credit","100000","CNY"]]]',
    );
    const page = readFileSync(new URL('../../../docs/ledger-books.md', import.meta.url), 'utf8');
    expect(page).toContain(canonicalOf(entry));
    expect(page).toContain(hashOf(entry).toString('hex'));
    const computed = createHash('sha256').update(canonicalOf(entry), 'utf8').digest('hex');
    expect(hashOf(entry).toString('hex')).toBe(computed);
  });

  it('has what the entry was booked upon in a text of its own, where there is any', () => {
    const based = { ...entry, evidence: '{"facts":[]}' };
    expect(canonicalOf(based)).toBe(
      canonicalOf(entry)
        .replace('entry/1', 'entry/2')
        .replace('"0000000000000000000000000000000000000000000000000000000000000000",', (prev) => {
          return `${prev}"{\\"facts\\":[]}",`;
        }),
    );
    const page = readFileSync(new URL('../../../docs/ledger-books.md', import.meta.url), 'utf8');
    expect(page).toContain('"saidao.ledger.entry/2"');
  });

  it('is another for any field that is another', () => {
    const fields = Object.keys(entry) as (keyof ChainedEntry)[];
    fc.assert(
      fc.property(entries, entries, (one, other) => {
        for (const field of fields) {
          const changed = { ...one, [field]: other[field] } as ChainedEntry;
          const isSame = JSON.stringify(other[field], plain) === JSON.stringify(one[field], plain);
          expect(hashOf(changed).equals(hashOf(one)), field).toBe(isSame);
        }
      }),
    );
  });

  it('is another for any posting that is another, is gone, or stands elsewhere', () => {
    fc.assert(
      fc.property(entries, posting, fc.nat(4), (one, other, index) => {
        const { postings } = one;
        const at = index % postings.length;
        const changes = [
          ...(['account', 'side', 'amountFen', 'currency'] as const).map((field) =>
            postings.with(at, { ...postings[at]!, [field]: other[field] }),
          ),
          postings.toSpliced(at, 1),
          [...postings, other],
          postings.toReversed(),
        ];
        for (const changed of changes) {
          const isSame = JSON.stringify(changed, plain) === JSON.stringify(postings, plain);
          expect(hashOf({ ...one, postings: changed }).equals(hashOf(one))).toBe(isSame);
        }
      }),
    );
  });

  it('does not run fields into each other', () => {
    const moved = { ...entry, lenderId: 'czb-h', id: `z${entry.id}` };
    expect(hashOf(moved).equals(hashOf(entry))).toBe(false);
    const quoted = { ...entry, lenderId: 'czb-hz","3' };
    expect(JSON.parse(canonicalOf(quoted))).toHaveLength(15);
  });
});

const plain = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);

describe('a chain', () => {
  it('gives each entry the place and the hash behind the one before it', () => {
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 6 }), bytes, amount, (all, hash, seq) => {
        const chained = linked({ seq, hash }, all);
        let last: Head = { seq, hash };
        for (const [index, one] of chained.entries()) {
          expect(one).toMatchObject({
            id: all[index]?.id,
            seq: last.seq + 1n,
            prevHash: last.hash,
          });
          expect(one.hash.equals(hashOf(one))).toBe(true);
          last = one;
        }
        expect(chained).toHaveLength(all.length);
      }),
    );
  });
});
