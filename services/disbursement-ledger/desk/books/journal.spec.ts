// Entries as transactions of a plain-text journal, byte by byte.
import { expect, it } from 'vitest';
import { accountName, openingLines, transactionLines, type JournalEntry } from './journal.ts';

const entry: JournalEntry = {
  id: 'reversal/payout/a/1',
  movement: 'REVERSAL',
  lenderId: 'czb-hz',
  lane: 3,
  seq: 17n,
  eventId: 'event-1',
  applicationId: 'a',
  loanId: 'a-L1',
  valueDate: '2026-11-20',
  bookingDate: '2026-11-21',
  bookedAtMs: Date.parse('2026-11-21T02:00:00.000Z'),
  reverses: 'payout/a/1',
  hash: Buffer.alloc(32, 0xab),
  postings: [
    { account: '1003', side: 'debit', amountFen: 123_456n, currency: 'CNY' },
    { account: '2011', side: 'credit', amountFen: 123_456n, currency: 'CNY' },
  ],
};
const names = (lenderId: string, code: string) => `${lenderId}:${code} of the test`;

it('an entry is a transaction with both its days, its code and where it stands', () => {
  expect(transactionLines(entry, names)).toEqual([
    '2026-11-20=2026-11-21 * (reversal/payout/a/1) REVERSAL',
    '    ; loan:a-L1, application:a',
    '    ; event:event-1, booked:2026-11-21T02:00:00.000Z',
    `    ; chain:czb-hz/3/17, hash:${'ab'.repeat(32)}`,
    '    ; reverses:payout/a/1',
    '    czb-hz:1003 of the test  1234.56 CNY',
    '    czb-hz:2011 of the test  -1234.56 CNY',
    '',
  ]);
});

it('what an id or a name may hold breaks no line and no account', () => {
  const odd = { ...entry, id: 'a) b\n(c', loanId: 'x, y:z\n', reverses: null };
  expect(transactionLines(odd, names).slice(0, 2)).toEqual([
    '2026-11-20=2026-11-21 * (a__b_(c) REVERSAL',
    '    ; loan:x_ y:z_, application:a',
  ]);
  expect(accountName({ lenderId: 'l', code: '9001', name: 'memo: a;b  c\n' })).toBe(
    'l:9001 memo - a - b c',
  );
});

it('accounts come first, with what they are; memo accounts are off balance', () => {
  const accounts = [
    { lenderId: 'l', code: '1303', name: 'loans: principal', nature: 'asset' },
    { lenderId: 'l', code: '9099', name: 'memo: contra', nature: 'memo' },
  ] as const;
  expect(openingLines(accounts).slice(3)).toEqual([
    'account l:1303 loans - principal  ; type:A',
    'account l:9099 memo - contra',
    '',
  ]);
});
