// A chain in memory with one thing changed anywhere in it: the walk names that place first.
import { addDays } from '@saidao/values';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chart, movements, type Entry } from '../../postings.ts';
import { GENESIS, hashOf, linked } from '../chain.ts';
import type { StoredEntry } from '../read-entries.ts';
import { changedField } from './changed-field.ts';
import type { Fault } from './fault.ts';
import { walkChain, type KeptHead } from './walk-chain.ts';

const CHAIN = { lenderId: 'czb-hz', lane: 3 };

const drafts = fc
  .record({
    movement: fc.constantFrom(...movements.filter((one) => one !== 'REVERSAL')),
    account: fc.constantFrom(...chart.map(({ code }) => code)),
    other: fc.constantFrom(...chart.map(({ code }) => code)),
    amountFen: fc.bigInt({ min: 2n, max: 10n ** 15n }),
    days: fc.nat(1_000),
    bookedAtMs: fc.nat(),
  })
  .map((one, index = 0): Omit<Entry, 'id'> => {
    const date = addDays('2026-01-01', one.days + index);
    const common = { amountFen: one.amountFen, currency: 'CNY' } as const;
    return {
      ...CHAIN,
      movement: one.movement,
      eventId: 'event',
      applicationId: 'application',
      loanId: 'application-L1',
      valueDate: date,
      bookingDate: date,
      bookedAtMs: one.bookedAtMs,
      reverses: null,
      postings: [
        { ...common, account: one.account, side: 'debit' },
        { ...common, account: one.other, side: 'credit' },
      ],
    };
  });

const chains = fc
  .array(drafts, { minLength: 1, maxLength: 8 })
  .map((all) => all.map((draft, index): Entry => ({ ...draft, id: `entry/${index + 1}` })))
  .map((all): StoredEntry[] => [...linked({ seq: 0n, hash: GENESIS }, all)]);

function faultsIn(entries: readonly StoredEntry[], head: KeptHead, keptMax = Infinity): Fault[] {
  const faults: Fault[] = [];
  const walk = walkChain(CHAIN, (fault) => faults.push(fault) < keptMax);
  for (const entry of entries) walk.take(entry);
  walk.end(head);
  return faults;
}

function headOf(entries: readonly StoredEntry[]): NonNullable<KeptHead> {
  const { seq, hash } = entries.at(-1)!;
  return { seq, hash, completeSeq: seq };
}

const other = Buffer.alloc(32, 0xab);
const changes: Readonly<Record<string, (entry: StoredEntry) => StoredEntry>> = {
  'its event': (entry) => ({ ...entry, eventId: 'another' }),
  'its id': (entry) => ({ ...entry, id: 'entry/another' }),
  'its instant': (entry) => ({ ...entry, bookedAtMs: entry.bookedAtMs + 1 }),
  'its value date': (entry) => ({ ...entry, valueDate: addDays(entry.valueDate, 7) }),
  'its hash': (entry) => ({ ...entry, hash: other }),
  'the hash before it': (entry) => ({ ...entry, prevHash: other }),
  'both hashes': (entry) => ({ ...entry, prevHash: other, hash: other }),
  'its postings': (entry) => ({ ...entry, postings: entry.postings.toReversed() }),
  'an amount of both its postings': (entry) => ({
    ...entry,
    postings: entry.postings.map((one) => ({ ...one, amountFen: one.amountFen - 1n })),
  }),
};

describe('a chain', () => {
  it('that nobody changed has no fault', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        expect(faultsIn(chain, headOf(chain))).toEqual([]);
      }),
    );
  });

  it.each(Object.entries(changes))(
    'with %s changed is broken there, and there only',
    (_, change) => {
      fc.assert(
        fc.property(chains, fc.nat(7), (chain, index) => {
          const at = index % chain.length;
          const faults = faultsIn(chain.with(at, change(chain[at]!)), headOf(chain));
          expect(faults).toMatchObject([{ kind: 'entry-changed', seq: BigInt(at + 1) }]);
        }),
        { numRuns: 25 },
      );
    },
  );

  it('with an entry changed and made to fit is broken there, or at its head', () => {
    fc.assert(
      fc.property(chains, fc.nat(7), (chain, index) => {
        const at = index % chain.length;
        const forged = { ...chain[at]!, eventId: 'another' };
        const fitting = { ...forged, hash: hashOf(forged) };
        const faults = faultsIn(chain.with(at, fitting), headOf(chain));
        const kind = at === chain.length - 1 ? 'head-changed' : 'entry-replaced';
        expect(faults).toMatchObject([{ kind, seq: BigInt(at + 1) }]);
      }),
    );
  });

  it('is not puzzled over any more once nobody keeps what is found', () => {
    fc.assert(
      fc.property(chains, (entries) => {
        fc.pre(entries.length > 1);
        const late = entries.map((one) => ({ ...one, valueDate: addDays(one.valueDate, 7) }));
        const [first, ...others] = faultsIn(late, headOf(entries), 1);
        expect(first?.says).toMatch('entries.value_date was changed');
        for (const { says } of others) expect(says).not.toMatch('value_date');
      }),
      { numRuns: 20 },
    );
  });

  it('without one of its entries misses it', () => {
    fc.assert(
      fc.property(chains, fc.nat(7), (chain, index) => {
        const at = index % chain.length;
        const [fault] = faultsIn(chain.toSpliced(at, 1), headOf(chain));
        expect(fault).toMatchObject({ kind: 'entry-missing', seq: BigInt(at + 1) });
      }),
    );
  });
});

describe('a field that was changed alone', () => {
  const guessed: Readonly<Record<string, (entry: StoredEntry) => StoredEntry>> = {
    'entries.movement': (entry) => ({ ...entry, movement: 'another' }),
    'entries.application_id': (entry) => ({ ...entry, applicationId: 'another' }),
    'entries.loan_id': (entry) => ({ ...entry, loanId: 'another' }),
    'entries.reverses': (entry) => ({ ...entry, reverses: 'another' }),
    'entries.value_date': (entry) => ({ ...entry, valueDate: addDays(entry.valueDate, -99) }),
    'entries.booking_date': (entry) => ({ ...entry, bookingDate: addDays(entry.bookingDate, 99) }),
    'postings.account at place 2': (entry) => posting(entry, { account: '7777' }),
    'postings.side at place 2': (entry) => posting(entry, { side: 'debit' }),
    'postings.currency at place 2': (entry) => posting(entry, { currency: 'USD' }),
    'postings.amount_fen at place 2': (entry) => posting(entry, { amountFen: 1n }),
    'postings.place at place 5': (entry) => posting(entry, { place: 5 }),
  };
  const posting = (entry: StoredEntry, change: object): StoredEntry => ({
    ...entry,
    postings: [entry.postings[0]!, { ...entry.postings[1]!, ...change }],
  });

  it.each(Object.entries(guessed))('is found by the hash: %s', (column, change) => {
    fc.assert(
      fc.property(chains, ([entry]) => {
        expect(changedField(change(entry!), entry!.hash)?.column).toBe(column);
      }),
      { numRuns: 20 },
    );
  });

  it('is not named where it cannot be guessed', () => {
    fc.assert(
      fc.property(chains, ([entry]) => {
        expect(changedField({ ...entry!, eventId: 'another' }, entry!.hash)).toBeUndefined();
      }),
      { numRuns: 5 },
    );
  });
});
