// The door by which a repayment comes in: published, and booked by the line for its reference once.
import { repaymentEffects } from '@saidao/loans';
import { isBusinessDate } from '@saidao/values';
import { REVIEWERS, Type, type Door } from '@saidao/worker';
import {
  aboutLoan,
  accountFor,
  Day,
  invalid,
  keyHeaders,
  LoanId,
  moneyOf,
  publishOnce,
  Yuan,
  type LoanDoorOptions,
} from './publishing.ts';

const body = Type.Object(
  {
    source: Type.String({
      pattern: '^[A-Za-z0-9._-]{1,64}$',
      description: 'Who tells of it: a bank file, a channel, the guarantor.',
    }),
    reference: Type.String({
      pattern: '^[!-~]([ -~]{0,138}[!-~])?$',
      description: 'The source’s own name for the payment: one booking for both.',
    }),
    amount: Yuan,
    valueDate: Day,
    payer: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'An enterprise.' }),
    ),
    effect: Type.Optional(
      Type.Union(
        repaymentEffects.map((one) => Type.Literal(one)),
        { description: 'What a part beyond what is due does; default SCHEDULED.' },
      ),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      {
        source: 'bank-file',
        reference: '2026-12-21/000042',
        amount: '150000.00',
        valueDate: '2026-12-21',
      },
    ],
  },
);

/** POST /v1/loans/:loanId/repayments */
export function repaymentsDoor(options: LoanDoorOptions): Door {
  return (app) => {
    app.post(
      '/v1/loans/:loanId/repayments',
      {
        config: { roles: [...REVIEWERS, 'operator'], refuses: [404, 409] },
        schema: {
          operationId: 'tellRepayment',
          summary: 'Say that money came in for a loan',
          description: 'Booked once for source and reference, however often it is said.',
          tags: ['loans'],
          headers: keyHeaders,
          params: LoanId,
          body,
          response: {
            202: Type.Object(
              { loanId: Type.String(), messageId: Type.String(), status: Type.Literal('received') },
              {
                description: 'The log has it; GET the loan’s standing to see what came of it.',
                headers: { location: Type.String({ description: 'Where the standing is.' }) },
              },
            ),
          },
        },
      },
      async (request, reply) => {
        const { source, reference, amount, valueDate, payer, effect } = request.body;
        if (!isBusinessDate(valueDate)) throw invalid('valueDate', 'FORM', 'does not exist');
        const account = await accountFor(request, options.accounts, request.params.loanId);
        const about = aboutLoan(account);
        const messageId = await publishOnce(options, request, 'RepaymentReceived', {
          ...about,
          source,
          reference,
          amount: moneyOf(amount, 'amount'),
          valueDate,
          payer: payer ?? null,
          effect: effect ?? 'SCHEDULED',
        });
        reply.code(202).header('location', `/v1/loans/${about.loanId}/standing`);
        return { loanId: about.loanId, messageId, status: 'received' as const };
      },
    );
  };
}
