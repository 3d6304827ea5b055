// Drawing further: what was drawn before has to be sound.
import { describe, expect, it } from 'vitest';
import { Books, eveningOf, repayment, said, world } from '../loan.fixture.ts';
import { drawFaultOf } from './drawing.ts';

const part = () => new Books().draw(60_000_000n, '2026-01-05').closeThrough('2026-02-04');
const faultOn = (books: Books, day: string) => drawFaultOf(books.account, eveningOf(day), world);

describe('a further part of a limit', () => {
  it('may be drawn of a loan of which nothing was, and of one that is paid as agreed', () => {
    expect(faultOn(new Books(), '2026-01-05')).toBeUndefined();
    expect(faultOn(part(), '2026-02-04')).toBeUndefined();
  });

  it('may not be drawn of one that is past due today, whether or not the day is closed', () => {
    const books = part();
    expect(faultOn(books, '2026-02-06')).toBe('TIER_NOT_NORMAL');
    books.repay('R1', '60000.00', '2026-02-06');
    expect(faultOn(books, '2026-02-06')).toBeUndefined();
  });

  it('may not be drawn of one that its debtor’s other loans make worse', () => {
    const books = part();
    books.closeDay('2026-02-05', 'substandard');
    expect(faultOn(books, '2026-02-05')).toBe('TIER_NOT_NORMAL');
    const all = repayment('R1', '650000.00', '2026-02-06', { effect: 'SHORTEN' });
    books.when('RepaymentReceived', all, '2026-02-06');
    expect(books.standing.settled).toBe(true);
    expect(faultOn(books, '2026-02-06')).toBe('TIER_NOT_NORMAL');
  });

  it('may not be drawn of one whose money was misused', () => {
    const books = part();
    const misuse = { from: '2026-01-20', until: null };
    books.when('MisuseFound', said('w.li', 'officer', misuse), '2026-02-05');
    books.when('MisuseFound', said('h.chen', 'committee', misuse), '2026-02-05');
    expect(faultOn(books, '2026-02-05')).toBe('TIER_NOT_NORMAL');
  });

  it('may not be drawn of one that was written off', () => {
    const books = part().closeThrough('2027-02-01');
    for (const officer of ['w.li', 'h.chen']) {
      books.when('WriteOffRequested', said(officer, 'committee', {}), '2027-02-02');
    }
    expect(faultOn(books, '2027-02-02')).toBe('WRITTEN_OFF');
  });
});
