// A rail's statement as CSV: what is read, and what is refused with its place.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvOf } from './statement.fixture.ts';
import { readCsvStatement } from './statement-csv.ts';
import { StatementFault } from './statement.ts';

const LINE = '2026-11-20,2026-11-20,R2026112000000001,a/1,浙江示例电机有限公司,6200000000,CNY,paid';

describe('a statement as CSV', () => {
  it('has a line for each movement', () => {
    const { lines, ...of } = readCsvStatement(csvOf(LINE));
    expect(of).toEqual({ format: 'csv', accounts: [], since: null, until: null });
    expect(lines).toEqual([
      {
        place: 'line 2',
        valueDate: '2026-11-20',
        bookingDate: '2026-11-20',
        railReference: 'R2026112000000001',
        references: ['a/1', 'R2026112000000001'],
        payee: '浙江示例电机有限公司',
        amountFen: 6_200_000_000n,
        currency: 'CNY',
        status: 'booked',
      },
    ]);
  });

  it('may have a byte order mark, CRLF, quotes with line breaks, and no end of its last line', () => {
    const text = `\uFEFF${csvOf(LINE.replace('浙江', '"a ""b"",\r\nc').replace('公司', '公司"'), LINE)}`;
    const { lines } = readCsvStatement(text.replaceAll('\n', '\r\n').trimEnd());
    expect(lines.map(({ place }) => place)).toEqual(['line 2', 'line 4']);
    expect(lines[0]?.payee).toMatch(/^a "b",\r\r?\nc示例/);
  });

  it('may be in the columns of the rail that comes with the project', () => {
    const header = 'railReference,payoutId,endToEndId,lenderId,payee,amount,currency,paidAt';
    const line = 'R1,a/1,a,czb-hz,甲,62000000.05,CNY,2026-11-20T16:30:00.000Z';
    const { lines, accounts } = readCsvStatement(`${header}\r\n${line}\r\n`);
    expect(accounts).toEqual(['czb-hz']);
    expect(lines).toMatchObject([
      {
        valueDate: '2026-11-21',
        amountFen: 6_200_000_005n,
        status: 'booked',
        references: ['a/1', 'R1', 'a'],
      },
    ]);
  });

  it('may have no lines, pending ones and money that came back', () => {
    expect(readCsvStatement(csvOf()).lines).toEqual([]);
    const { lines } = readCsvStatement(
      csvOf(LINE.replace('paid', 'pending'), LINE.replace('paid', 'returned')),
    );
    expect(lines).toMatchObject([
      { status: 'pending', amountFen: 6_200_000_000n },
      { status: 'booked', amountFen: -6_200_000_000n },
    ]);
  });

  it.each([
    ['nothing', '', 'The first line is no header'],
    ['another header', 'a,b\n', '"a" is no column'],
    ['no amounts', 'valueDate,payoutId,currency\n', 'amount or amountFen is left out'],
    ['a column twice', 'valueDate,valueDate,payoutId,amount,currency\n', 'is there twice'],
    [
      'a time of no zone',
      'paidAt,payoutId,amount,currency\n2026-11-20T02:00,a,1.00,CNY',
      'no instant',
    ],
    [
      'yuan as it may be said',
      'valueDate,payoutId,amount,currency\n2026-11-20,a,1,CNY',
      'as 1234.50',
    ],
    ['a field too few', csvOf('2026-11-20,2026-11-20'), 'line 2: it has 2 fields instead of 8'],
    ['an empty line', csvOf('', LINE), 'line 2: it has 1 fields'],
    [
      'a date that is none',
      csvOf(LINE.replace('11-20', '02-30')),
      'line 2: valueDate "2026-02-30"',
    ],
    ['yuan', csvOf(LINE.replace('6200000000', '62000000.00')), 'no whole number of fen'],
    ['a negative amount', csvOf(LINE.replace('6200', '-6200')), 'no whole number of fen'],
    ['nought', csvOf(LINE.replace('6200000000', '0')), 'no whole number of fen'],
    ['an amount too large', csvOf(LINE.replace('6200000000', '9'.repeat(19))), 'no whole number'],
    [
      'an amount in yuan too large',
      `valueDate,payoutId,amount,currency\n2026-11-20,a,${'9'.repeat(17)}.00,CNY`,
      'line 2: amount "99999999999999999.00" is above the largest amount',
    ],
    [
      'an instant of a day that is none',
      'paidAt,payoutId,amount,currency\n2026-02-30T00:00:00Z,a,1.00,CNY',
      'line 2: paidAt "2026-02-30T00:00:00Z" is no instant',
    ],
    [
      'the 24th hour',
      'paidAt,payoutId,amount,currency\n2026-11-20T24:00:00+08:00,a,1.00,CNY',
      'is no instant',
    ],
    ['a currency that is none', csvOf(LINE.replace('CNY', 'yuan')), 'currency "yuan" is none'],
    ['an unknown status', csvOf(LINE.replace(',paid', ',sent')), 'none of paid, pending, returned'],
    ['a status of every object', csvOf(LINE.replace(',paid', ',constructor')), 'none of paid'],
    ['a quote that does not end', csvOf(LINE.replace('浙江', '"浙江')), 'a quote stands where'],
    ['a quote amid a field', csvOf(LINE.replace('浙江', '浙"江')), 'line 2: a quote stands where'],
    ['a field without end', csvOf(LINE.replace('浙江', 'x'.repeat(501))), 'longer than 500'],
  ])('with %s is refused', (_what, text, says) => {
    expect(() => readCsvStatement(text)).toThrow(says);
    expect(() => readCsvStatement(text)).toThrow(StatementFault);
  });

  it('is read in a time that grows with its length, whatever it holds', () => {
    for (const hostile of ['"'.repeat(200_001), ','.repeat(200_000), '""'.repeat(100_000)]) {
      expect(() => readCsvStatement(`${csvOf()}${hostile}`)).toThrow(StatementFault);
    }
  });

  it('gives back any text that was quoted', () => {
    const payees = fc.string({ minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(payees, (payee) => {
        const line = LINE.replace('浙江示例电机有限公司', () => `"${payee.replaceAll('"', '""')}"`);
        expect(readCsvStatement(csvOf(line)).lines[0]?.payee).toBe(payee);
      }),
    );
  });
});
