// The ledger's HTTP door: loans with their payouts, entries and balances, for those of their lender.
import { formatPpm, formatYuan } from '@saidao/values';
import { HttpError, principalOf, READERS, Type, type Door, type Static } from '@saidao/worker';
import type { FastifyRequest } from 'fastify';
import type { LoanBalance, LoanInBooks, Loans, LoanSummary } from '../ports.ts';

const Yuan = Type.String({ description: 'Yuan with two decimals, as 1234.50.' });
const Day = Type.String({ description: 'Business date in Asia/Shanghai, as 2026-11-20.' });
const Instant = Type.String({ description: 'As 2026-11-20T02:00:00.000Z.' });
const orNull = <S extends ReturnType<typeof Type.String>>(schema: S) =>
  Type.Union([schema, Type.Null()]);

const summary = {
  loanId: Type.String(),
  applicationId: Type.String(),
  authorisationId: Type.String(),
  approvalId: Type.String(),
  lender: Type.String(),
  borrower: Type.Object({ name: Type.String(), uscc: Type.String() }),
  product: orNull(Type.String()),
  principal: Type.String({ description: 'The limit, in yuan; owed is what was paid of it.' }),
  undrawn: Type.String({ description: 'Of the limit, still to be drawn in tranches; yuan.' }),
  availableUntil: Instant,
  currency: Type.String(),
  rate: Type.String({ description: 'Yearly, as a fraction: 0.0345 is 3.45 %.' }),
  termMonths: Type.Integer(),
  repayment: Type.String(),
  entrusted: Type.Boolean({ description: 'Paid to the named payees, not to the borrower.' }),
  bookedOn: Day,
  maturesOn: Day,
  status: Type.String({ description: 'booked, disbursed or payout-failed.' }),
  unpaidSince: Type.Union([Instant, Type.Null()], {
    description: 'Since when it is told as booked and not paid; null: it is not.',
  }),
  changedAt: Instant,
};
const LoanSummaryView = Type.Object(summary);
const LoanView = Type.Object({
  ...summary,
  payouts: Type.Array(
    Type.Object({
      payoutId: Type.String(),
      payee: Type.String(),
      amount: Yuan,
      status: Type.String({ description: 'instructed, unknown, paid or rejected.' }),
      railReference: orNull(Type.String()),
      paidAt: orNull(Instant),
      cause: orNull(Type.String()),
    }),
  ),
  entries: Type.Array(
    Type.Object({
      entryId: Type.String(),
      movement: Type.String({ description: 'RESERVATION, DISBURSEMENT, PAYOUT, …' }),
      valueDate: Day,
      bookedAt: Instant,
      postings: Type.Array(
        Type.Object({
          account: Type.String(),
          side: Type.String({ description: 'debit or credit.' }),
          amount: Yuan,
          currency: Type.String(),
        }),
      ),
    }),
  ),
  balances: Type.Array(
    Type.Object({
      account: Type.String(),
      name: Type.String(),
      currency: Type.String(),
      debits: Yuan,
      credits: Yuan,
      balance: Type.String({
        description: 'What this loan adds to the account: yuan, negative where it takes away.',
      }),
    }),
  ),
});

const Id = Type.String({ minLength: 1, maxLength: 100 });

/** Routes below /v1/loans. */
export function ledgerDoor(loans: Loans): Door {
  return (app) => {
    app.get(
      '/v1/loans/:loanId',
      {
        config: { roles: READERS, refuses: [404] },
        schema: {
          operationId: 'readLoan',
          summary: 'A loan with its payouts, entries and balances',
          tags: ['loans'],
          params: Type.Object({ loanId: Id }),
          response: { 200: LoanView },
        },
      },
      async (request) => {
        const loan = await loans.find(request.params.loanId, lendersOf(request));
        if (loan === undefined) {
          throw new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', 'There is no such loan.');
        }
        return loanView(loan);
      },
    );

    app.get(
      '/v1/loans',
      {
        config: { roles: READERS },
        schema: {
          operationId: 'listLoans',
          summary: 'The loans of an application',
          tags: ['loans'],
          querystring: Type.Object({ applicationId: Id }, { additionalProperties: false }),
          response: { 200: Type.Object({ loans: Type.Array(LoanSummaryView) }) },
        },
      },
      async (request) => {
        const { applicationId } = request.query;
        const found = await loans.ofApplication(applicationId, lendersOf(request));
        return { loans: found.map(summaryView) };
      },
    );
  };
}

/**
 * What the principal may not see is answered like what is not there. The books know no channels, so
 * one that is held to some of a lender's channels sees no loan here, only intake's view of it.
 */
function lendersOf(request: FastifyRequest): readonly string[] {
  const { lenders, channels } = principalOf(request);
  return channels === undefined ? lenders : [];
}

function summaryView(loan: LoanSummary): Static<typeof LoanSummaryView> {
  const { loanId, applicationId, authorisationId, approvalId, termMonths, repayment } = loan;
  const { entrusted, bookedOn, maturesOn, status } = loan;
  return {
    loanId,
    applicationId,
    authorisationId,
    approvalId,
    lender: loan.lenderId,
    borrower: { name: loan.borrower, uscc: loan.borrowerUscc },
    product: loan.productId,
    principal: formatYuan(loan.principalFen),
    undrawn: formatYuan(loan.undrawnFen),
    availableUntil: instant(loan.availableUntilMs),
    currency: 'CNY',
    rate: formatPpm(loan.ratePpm),
    termMonths,
    repayment,
    entrusted,
    bookedOn,
    maturesOn,
    status,
    unpaidSince: loan.unpaidSinceMs === null ? null : instant(loan.unpaidSinceMs),
    changedAt: instant(loan.changedAtMs),
  };
}

function loanView(loan: LoanInBooks): Static<typeof LoanView> {
  return {
    ...summaryView(loan),
    payouts: loan.payouts.map(({ payoutId, payee, amountFen, status, ...payout }) => ({
      payoutId,
      payee,
      amount: formatYuan(amountFen),
      status,
      railReference: payout.railReference,
      paidAt: payout.paidAtMs === null ? null : instant(payout.paidAtMs),
      cause: payout.cause,
    })),
    entries: loan.entries.map(({ id, movement, valueDate, bookedAtMs, postings }) => ({
      entryId: id,
      movement,
      valueDate,
      bookedAt: instant(bookedAtMs),
      postings: postings.map(({ account, side, amountFen, currency }) => ({
        account,
        side,
        amount: formatYuan(amountFen),
        currency,
      })),
    })),
    balances: loan.balances.map((balance) => ({
      account: balance.account,
      name: balance.name,
      currency: balance.currency,
      debits: formatYuan(balance.debitFen),
      credits: formatYuan(balance.creditFen),
      balance: formatYuan(balanceOf(balance)),
    })),
  };
}

function balanceOf({ grows, debitFen, creditFen }: LoanBalance): bigint {
  return grows === 'debit' ? debitFen - creditFen : creditFen - debitFen;
}

const instant = (epochMs: number): string => new Date(epochMs).toISOString();
