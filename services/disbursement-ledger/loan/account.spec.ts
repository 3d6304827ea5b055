// A loan's account: any order of what happens ends with the same balances, and all of it is posted.
import fc from 'fast-check';
import { addDays, fenOfYuan, formatYuan } from '@saidao/values';
import { countingOf, type RepaymentEffect } from '@saidao/loans';
import { describe, expect, it } from 'vitest';
import type { AccountCode } from '../postings.ts';
import { standingAt, takeFact, tierOf } from './account.ts';
import { loanReleased } from './changes.ts';
import { Books, eveningOf, repayment, world } from './loan.fixture.ts';
import { targetOf } from './posted.ts';

const END = '2027-03-31';

interface Told {
  readonly reference: string;
  readonly yuan: string;
  readonly on: string;
  readonly lateDays: number;
  readonly effect: RepaymentEffect;
  readonly times: number;
}

const effect = fc.constantFrom<RepaymentEffect>('SCHEDULED', 'SHORTEN', 'LOWER');
const repayments = fc
  .array(
    fc.record({
      fen: fc.integer({ min: 1, max: 40_000_000 }),
      day: fc.integer({ min: 0, max: 420 }),
      lateDays: fc.constantFrom(0, 0, 1, 5, 40, 200),
      effect,
      times: fc.constantFrom(1, 1, 1, 2, 3),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((all) =>
    all.map(({ fen, day, ...one }, index): Told => ({
      reference: `R${index}`,
      yuan: formatYuan(BigInt(fen)),
      on: addDays('2026-01-05', day),
      ...one,
    })),
  );
const method = fc.constantFrom(
  'EQUAL_INSTALMENT',
  'EQUAL_PRINCIPAL',
  'INTEREST_MONTHLY_PRINCIPAL_AT_END',
  'BULLET',
);

/** Each as often as it is told, on the day that it is told, between the days that are closed. */
function told(books: Books, all: readonly Told[], closings: readonly string[]): Books {
  const deliveries = all
    .flatMap((one) =>
      Array.from({ length: one.times }, (_, again) => ({
        one,
        at: addDays(one.on, one.lateDays + again),
      })),
    )
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  const days = [...closings].sort();
  for (const { one, at } of deliveries) {
    for (const day of days.filter((one) => one < at)) close(books, day);
    const change = { effect: one.effect };
    books.when('RepaymentReceived', repayment(one.reference, one.yuan, one.on, change), at);
  }
  for (const day of [...days, END]) close(books, day);
  return books;
}

/** The day alone: what was missed before it is in its figures. */
function close(books: Books, day: string): void {
  const { closedOn } = books.account;
  if (closedOn === null || closedOn < day) books.closeDay(day);
}

describe('repayments in any order, late and told again', () => {
  it('end with the balances of those that come in time, once each, and no day between', () => {
    fc.assert(
      fc.property(
        method,
        repayments,
        fc.array(fc.integer({ min: 0, max: 440 }), { maxLength: 5 }),
        (method, all, closings) => {
          const change = { method, counting: countingOf[method] };
          const days = closings.map((day) => addDays('2026-01-05', day));
          const late = told(Books.drawn(change), all, days);
          const inTime = all.map((one) => ({ ...one, lateDays: 0, times: 1 }));
          const once = told(Books.drawn(change), inTime, []);
          expect(late.balances()).toEqual(once.balances());
          expect([...late.faults(), ...once.faults()]).toEqual([]);
          expect(late.account.posted).toEqual(once.account.posted);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leave in the books what the standing says', () => {
    fc.assert(
      fc.property(method, repayments, (method, all) => {
        const books = told(Books.drawn({ method, counting: countingOf[method] }), all, []);
        const { account } = books;
        const standing = standingAt(account, END > lastOf(all) ? END : lastOf(all), world);
        const held = (code: AccountCode) => books.balance(code);
        const receivableFen = held('1132') + held('9003');
        const { paid } = standing;
        expect(held('1303') + held('13031')).toBe(standing.principalFen);
        expect(held('2241')).toBe(standing.suspenseFen);
        expect(held('1003')).toBe(standing.receivedFen);
        expect(held('2011')).toBe(standing.drawnFen);
        expect(receivableFen).toBe(
          standing.accruedFen +
            standing.penaltyFen +
            standing.compoundFen -
            paid.interestFen -
            paid.penaltyFen -
            paid.compoundFen,
        );
        const incomeFen = held('6011') + held('2221');
        expect(incomeFen).toBe(receivableFen - held('9003') + interestPaid(paid));
        expect(held('1304')).toBe(held('6702'));
        const tier = tierOf(account, standing);
        expect(account.posted).toEqual(targetOf(account.contract, standing, standing, tier));
      }),
      { numRuns: 60 },
    );
  });
});

const interestPaid = (paid: { interestFen: bigint; penaltyFen: bigint; compoundFen: bigint }) =>
  paid.interestFen + paid.penaltyFen + paid.compoundFen;

function lastOf(all: readonly Told[]): string {
  return all.reduce((last, { on }) => (on > last ? on : last), '2026-01-05');
}

describe('a drawing', () => {
  it('is owed from its day, and takes its part off what is reserved', () => {
    const books = new Books();
    books.draw(fenOfYuan('500000.00'), '2026-01-05');
    expect(books.balances()).toEqual({ 1303: 50_000_000n, 2011: 50_000_000n });
    expect(books.account.reservedFen).toBe(70_000_000n);
    expect(books.entries.map(({ id }) => id)).toEqual([
      'disbursement/019aa000-0000-7000-8000-000000000001/authorisation/1/1',
    ]);
  });

  it('that is told again is not drawn again', () => {
    const books = Books.drawn();
    const { contract, facts } = books.account;
    const [fact] = facts;
    const booking = { eventId: 'again', nowMs: eveningOf('2026-01-06') };
    const again = takeFact(books.account, fact!, booking, world);
    expect(again.entries).toEqual([]);
    expect(again.account).toBe(books.account);
    expect(again.standing.drawnFen).toBe(contract.limitFen);
  });

  it('is provided for at the end of its day', () => {
    const books = Books.drawn();
    expect(books.balance('1304')).toBe(0n);
    books.closeDay('2026-01-05');
    // One per cent of the principal and of the interest of its first night.
    expect(books.balance('1304')).toBe(1_200_116n);
  });
});

it('takes the money of a repayment back once, however many say that it was none', () => {
  const books = Books.drawn();
  books.repay('R1', '500.00', '2026-01-10');
  const at = { eventId: 'reversal', nowMs: eveningOf('2026-01-12') };
  const reversal = { kind: 'REVERSED', on: '2026-01-12', reverses: 'bank-file/R1' } as const;
  const once = takeFact(books.account, { ...reversal, id: 'one' }, at, world);
  const again = takeFact(once.account, { ...reversal, id: 'another' }, at, world);
  expect(once.entries.some(({ reverses }) => reverses !== null)).toBe(true);
  expect(again.entries).toEqual([]);
  expect(again.account.posted).toEqual(once.account.posted);
});

describe('a limit that is given back', () => {
  const booking = { eventId: 'release', nowMs: eveningOf('2026-01-20') };

  it('leaves nothing open of a loan of which nothing was drawn', () => {
    const { account } = new Books();
    const part = loanReleased(account, 70_000_000n, booking, world);
    expect(part.rows).toMatchObject([{ position: { status: 'open', reservedFen: 50_000_000n } }]);
    const rest = loanReleased(part.account, 50_000_000n, booking, world);
    expect(rest.rows).toMatchObject([{ position: { status: 'settled', reservedFen: 0n } }]);
    expect(rest.events).toEqual([]);
  });

  it('tells that the loan is repaid where nothing is owed of it any more', () => {
    const books = new Books().draw(1_000_000n, '2026-01-05');
    const early = repayment('R1', '20000.00', '2026-01-15', { effect: 'SHORTEN' });
    books.when('RepaymentReceived', early, '2026-01-15');
    const { events, rows } = loanReleased(books.account, 119_000_000n, booking, world);
    expect(events).toMatchObject([{ type: 'LoanRepaid', data: { repaidOn: '2026-01-20' } }]);
    expect(rows).toMatchObject([{ position: { status: 'settled' } }]);
  });
});
