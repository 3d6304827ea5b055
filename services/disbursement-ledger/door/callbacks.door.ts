// The door for the payout rail's calls back: signed, published once for each call, never believed.
import { partitionOf, type EventLog } from '@saidao/event-log';
import { topicName, topics } from '@saidao/schemas';
import { cny } from '@saidao/values';
import { HttpError, messageIdOf, publishDoor, Type, type Door } from '@saidao/worker';
import { Compile } from 'typebox/compile';
import { genuineId } from './webhooks.ts';

export interface CallbacksOptions {
  readonly log: EventLog;
  readonly partitions: number;
  readonly lenders: readonly string[];
  /** `whsec_` and the key in base64: the rail signs by it. */
  readonly secret: string;
  readonly clock: () => number;
}

const Id = Type.String({ minLength: 1, maxLength: 200 });
const common = {
  payoutId: Id,
  /** The application, as it was told with the instruction. */
  endToEndId: Id,
  lenderId: Id,
  amountFen: Type.String({ pattern: '^[1-9][0-9]{0,17}$' }),
  currency: Type.Literal('CNY'),
};
const Callback = Type.Object({
  type: Type.String(),
  data: Type.Union([
    Type.Object({
      ...common,
      status: Type.Literal('paid'),
      railReference: Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$' }),
      paidAt: Type.String({ pattern: '^20\\d{2}-\\d{2}-\\d{2}T', maxLength: 40 }),
    }),
    Type.Object({
      ...common,
      status: Type.Literal('rejected'),
      cause: Type.String({ minLength: 1, maxLength: 300 }),
    }),
  ]),
});
const CompiledCallback = Compile(Callback);
/** Told of only: the door checks the signature over the bytes before it looks at what they say. */
const signedCall = {
  headers: Type.Object({
    'webhook-id': Type.String({ description: 'The same for every try of one call.' }),
    'webhook-timestamp': Type.String({ description: 'Seconds since 1970, at most 5 minutes off.' }),
    'webhook-signature': Type.String({ description: '`v1,` and the HMAC in base64.' }),
  }),
  body: {
    ...Callback,
    examples: [
      {
        type: 'payout.paid',
        data: {
          payoutId: '019aa3c5-7b10-7000-8000-000000000001/payout/1',
          endToEndId: '019aa3c5-7b10-7000-8000-000000000001',
          lenderId: 'czb-hz',
          amountFen: '500000000',
          currency: 'CNY',
          status: 'paid',
          railReference: 'RAIL-000042',
          paidAt: '2026-11-20T02:00:00.000Z',
        },
      },
    ],
  },
};

const BODY_BYTES_MAX = 16 * 1024;
const CALLBACKS = topicName(topics.payoutCallbacks);

/**
 * `POST /v1/payout-callbacks` for whoever knows the secret: 202 once the log has it, 401 for a
 * signature or a time that is not right. A call that comes again is one message; what it says is
 * only a hint to ask the rail.
 */
export function callbacksDoor(options: CallbacksOptions): Door {
  const { log, partitions, lenders, secret, clock } = options;
  return (app) => {
    // Signed are the bytes as they were sent: whatever a parser makes of them is something else.
    app.removeContentTypeParser('application/json');
    app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
      done(null, body);
    });
    app.post(
      '/v1/payout-callbacks',
      {
        config: { public: true, refuses: [401], documents: signedCall },
        bodyLimit: BODY_BYTES_MAX,
        schema: {
          operationId: 'tellPayout',
          summary: 'What became of a payout, told by the rail; signed as Standard Webhooks has it',
          tags: ['payouts'],
          security: [],
          response: {
            202: Type.Object(
              { status: Type.Literal('taken') },
              { description: 'The log has it; the rail will be asked.' },
            ),
          },
        },
      },
      async (request, reply) => {
        const nowMs = clock();
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const id = genuineId(request.headers, body, { secret, nowMs });
        if (id === undefined) {
          const message = 'The signature or the time of the call is not right.';
          throw new HttpError(401, 'SAIDAO_HTTP_UNAUTHENTICATED', message);
        }
        const called = readCallback(body);
        if (called === undefined || !lenders.includes(called.lenderId)) {
          const message = 'The call is not as a call of the payout rail must be.';
          throw new HttpError(422, 'SAIDAO_HTTP_INVALID', message);
        }
        const { endToEndId: applicationId, lenderId, payoutId, amountFen, status } = called;
        const isPaid = called.status === 'paid';
        await publishDoor(log, {
          topic: CALLBACKS,
          partition: partitionOf(Buffer.from(applicationId), partitions),
          key: applicationId,
          type: 'PayoutCalledBack',
          data: {
            applicationId,
            lenderId,
            payoutId,
            webhookId: id,
            status,
            amount: cny(BigInt(amountFen)),
            railReference: isPaid ? called.railReference : null,
            paidAt: isPaid ? BigInt(Date.parse(called.paidAt)) : null,
            cause: isPaid ? null : called.cause,
          },
          lenderId,
          messageId: messageIdOf('payout-rail', id),
          correlationId: applicationId,
          source: 'disbursement-ledger',
          applicationId,
          traceparent: request.traceparent,
          answerByMs: request.answerByMs,
          nowMs,
        });
        reply.code(202);
        return { status: 'taken' as const };
      },
    );
  };
}

function readCallback(body: Buffer) {
  let said: unknown;
  try {
    said = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  if (!CompiledCallback.Check(said)) return undefined;
  const { data } = said;
  const texts = Object.values(data);
  if (texts.some((text) => text.includes('\0') || !text.isWellFormed())) return undefined;
  return data.status === 'paid' && Number.isNaN(Date.parse(data.paidAt)) ? undefined : data;
}
