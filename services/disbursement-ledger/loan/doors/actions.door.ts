// The doors by which officers act on a loan, and the list of what was asked and what came of it.
import type { EventMap, EventName } from '@saidao/schemas';
import { fromJson, repaymentPlans } from '@saidao/values';
import { principalOf, REVIEWERS, Type, type Door, type DoorApp, type Static } from '@saidao/worker';
import type { TSchema } from 'typebox';
import {
  aboutLoan,
  accountFor,
  Day,
  keyHeaders,
  LoanId,
  moneyOf,
  publishOnce,
  Yuan,
  type LoanDoorOptions,
} from './publishing.ts';

type ActionName =
  | 'DrawdownRequested'
  | 'RescheduleRequested'
  | 'CostsCharged'
  | 'MisuseFound'
  | 'WriteOffRequested'
  | 'ReversalRequested'
  | 'RefundRequested';

/** What every action says: who does it, and on which loan. */
interface Act {
  readonly applicationId: string;
  readonly lenderId: string;
  readonly loanId: string;
  readonly officer: string;
  readonly role: string;
}

interface Action<N extends EventName & ActionName, Body extends TSchema> {
  /** The last word of its address. */
  readonly path: string;
  readonly type: N;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly body: Body;
  eventOf(body: Static<Body>, act: Act): EventMap[N];
}

const Reason = Type.String({
  minLength: 1,
  maxLength: 500,
  description: 'For the file; no personal data.',
});
const closed = { additionalProperties: false };
const TWO = 'Takes effect when a second officer asks for the same';

const taken = Type.Object(
  { loanId: Type.String(), actionId: Type.String(), status: Type.Literal('received') },
  {
    description: 'The log has it; GET the loan’s actions to see what came of it.',
    headers: { location: Type.String({ description: 'Where the actions are.' }) },
  },
);

/** POST /v1/loans/:loanId/… and GET /v1/loans/:loanId/actions */
export function loanActionsDoor(options: LoanDoorOptions): Door {
  return (app: DoorApp) => {
    add(app, {
      path: 'drawdowns',
      type: 'DrawdownRequested',
      operationId: 'drawDown',
      summary: 'Draw a further part of the limit',
      body: Type.Object(
        {
          amount: Yuan,
          payees: Type.Optional(
            Type.Array(
              Type.Object(
                { name: Type.String({ minLength: 1, maxLength: 200 }), amount: Yuan },
                closed,
              ),
              { maxItems: 50, description: 'Of an entrusted loan: as the terms name them.' },
            ),
          ),
        },
        { ...closed, examples: [{ amount: '1000000.00' }] },
      ),
      eventOf: ({ amount, payees = [] }, act) => ({
        ...act,
        amount: moneyOf(amount, 'amount'),
        payees: payees.map(({ name, amount }) => ({ name, amount: moneyOf(amount, 'payees') })),
      }),
    });
    add(app, {
      path: 'reschedule',
      type: 'RescheduleRequested',
      operationId: 'rescheduleLoan',
      summary: 'Have what is left repaid otherwise',
      description: `${TWO}, one of the two a senior officer or of the committee.`,
      body: Type.Object(
        {
          from: Day,
          termMonths: Type.Integer({ minimum: 1, maximum: 360 }),
          repayment: Type.Union(repaymentPlans.map((plan) => Type.Literal(plan))),
          reason: Reason,
        },
        {
          ...closed,
          examples: [
            {
              from: '2027-01-20',
              termMonths: 24,
              repayment: 'EQUAL_INSTALMENT',
              reason: 'The customer pays later.',
            },
          ],
        },
      ),
      eventOf: (body, act) => ({ ...act, ...body }),
    });
    add(app, {
      path: 'costs',
      type: 'CostsCharged',
      operationId: 'chargeCosts',
      summary: 'Charge costs of collecting',
      body: Type.Object(
        { amount: Yuan, valueDate: Day, reason: Reason },
        {
          ...closed,
          examples: [{ amount: '1200.00', valueDate: '2026-12-01', reason: 'Court fee.' }],
        },
      ),
      eventOf: ({ amount, ...rest }, act) => ({
        ...act,
        ...rest,
        amount: moneyOf(amount, 'amount'),
      }),
    });
    add(app, {
      path: 'misuse',
      type: 'MisuseFound',
      operationId: 'tellMisuse',
      summary: 'Say that the money was not used as agreed',
      description: `${TWO}, one of the two a senior officer or of the committee.`,
      body: Type.Object(
        {
          from: Day,
          until: Type.Optional(
            Type.Union([Day, Type.Null()], {
              description: 'The first day on which it no longer was; null: it goes on.',
            }),
          ),
          reason: Reason,
        },
        { ...closed, examples: [{ from: '2026-12-01', reason: 'Lent on to a related company.' }] },
      ),
      eventOf: ({ from, until, reason }, act) => ({ ...act, from, until: until ?? null, reason }),
    });
    add(app, {
      path: 'write-off',
      type: 'WriteOffRequested',
      operationId: 'writeOff',
      summary: 'Write a lost loan off',
      description: `${TWO}, one of the two of the committee. The claim stays.`,
      body: Type.Object(
        { reason: Reason },
        { ...closed, examples: [{ reason: 'The borrower is dissolved.' }] },
      ),
      eventOf: ({ reason }, act) => ({ ...act, reason }),
    });
    add(app, {
      path: 'reversals',
      type: 'ReversalRequested',
      operationId: 'reverseRepayment',
      summary: 'Take a repayment back that was booked by mistake or returned',
      description: `${TWO}, one of the two a senior officer or of the committee.`,
      body: Type.Object(
        {
          source: Type.String({ minLength: 1, maxLength: 64 }),
          reference: Type.String({ minLength: 1, maxLength: 140 }),
          reason: Reason,
        },
        {
          ...closed,
          examples: [
            {
              source: 'bank-file',
              reference: '2026-12-21/000042',
              reason: 'Booked to the wrong loan.',
            },
          ],
        },
      ),
      eventOf: (body, act) => ({ ...act, ...body }),
    });

    add(app, {
      path: 'refunds',
      type: 'RefundRequested',
      operationId: 'refundSuspense',
      summary: 'Give money that nothing is owed for back to the deposit of whoever had paid it',
      description: `${TWO}, one of the two a senior officer or of the committee.`,
      body: Type.Object(
        {
          amount: Yuan,
          toGuarantor: Type.Optional(
            Type.Boolean({ description: 'Of what the guarantor has paid; left out: it is not.' }),
          ),
          reason: Reason,
        },
        { ...closed, examples: [{ amount: '20.00', reason: 'Paid twice.' }] },
      ),
      eventOf: ({ amount, toGuarantor = false, reason }, act) => ({
        ...act,
        amount: moneyOf(amount, 'amount'),
        toGuarantor,
        reason,
      }),
    });

    app.get(
      '/v1/loans/:loanId/actions',
      {
        config: { roles: [...REVIEWERS, 'operator', 'auditor'], refuses: [404] },
        schema: {
          operationId: 'listLoanActions',
          summary: 'What was asked of a loan, and what came of it; the newest first',
          tags: ['loans'],
          params: LoanId,
          response: {
            200: Type.Object({
              actions: Type.Array(
                Type.Object({
                  actionId: Type.String(),
                  action: Type.String(),
                  officer: Type.String(),
                  status: Type.String({
                    description: 'PROPOSED: a second officer is needed; TAKEN; REFUSED.',
                  }),
                  cause: Type.Union([Type.String(), Type.Null()]),
                  asked: Type.Unknown({ description: 'As it was asked for; amounts in fen.' }),
                  at: Type.String(),
                }),
              ),
            }),
          },
        },
      },
      async (request) => {
        const { loanId } = request.params;
        await accountFor(request, options.accounts, loanId);
        const actions = await options.accounts.actionsOf(loanId);
        return {
          actions: actions.map(({ actionId, action, officer, status, cause, content, atMs }) => ({
            ...{ actionId, action, officer, status, cause },
            asked: plain(fromJson(content)),
            at: new Date(atMs).toISOString(),
          })),
        };
      },
    );
  };

  function add<N extends EventName & ActionName, Body extends TSchema>(
    app: DoorApp,
    { path, type, operationId, summary, description, body, eventOf }: Action<N, Body>,
  ): void {
    app.post(
      `/v1/loans/:loanId/${path}`,
      {
        config: { roles: [...REVIEWERS], refuses: [404, 409] },
        schema: {
          operationId,
          summary,
          ...(description !== undefined && { description }),
          tags: ['loans'],
          headers: keyHeaders,
          params: LoanId,
          body,
          response: { 202: taken },
        },
      },
      async (request, reply) => {
        // The address and the body are as the schema says: Fastify has asked.
        const { loanId } = request.params as Static<typeof LoanId>;
        const account = await accountFor(request, options.accounts, loanId);
        const { principal: officer, role } = principalOf(request);
        const act = { ...aboutLoan(account), officer, role };
        const data = eventOf(request.body as Static<Body>, act);
        const actionId = await publishOnce(options, request, type, data);
        reply.code(202).header('location', `/v1/loans/${loanId}/actions`);
        return { loanId, actionId, status: 'received' as const };
      },
    );
  }
}

/** Amounts as text, since JSON has no whole numbers of their size. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'bigint' ? one.toString() : one,
  );
  return JSON.parse(text) as unknown;
}
