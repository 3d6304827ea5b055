// What the door of webhooks takes and shows.
import { topics } from '@saidao/schemas';
import { Type, type Static } from '@saidao/worker';
import type { DeliveryRecord, Webhook } from './ports.ts';

const orNull = <S extends ReturnType<typeof Type.String>>(schema: S) =>
  Type.Union([schema, Type.Null()]);
const Instant = Type.String({ description: 'As 2026-11-20T02:00:00.000Z.' });
const Word = Type.String({ minLength: 1, maxLength: 64 });
const Url = Type.String({
  minLength: 1,
  maxLength: 2_048,
  description: 'https, a public address, no user, no fragment.',
});
const Types = Type.Array(Type.Union(topics.decisions.events.map((event) => Type.Literal(event))), {
  minItems: 1,
  uniqueItems: true,
  description: 'Only these events.',
});

export const FEED_NUMBER = Type.String({
  pattern: '^(?:0|[1-9]\\d{0,17})$',
  description: 'A number of the lender’s feed.',
});

export const NewWebhook = Type.Object(
  {
    lender: Type.Optional(
      Type.String({ ...Word, description: 'Left out: the only lender of the principal.' }),
    ),
    url: Url,
    types: Type.Optional(Types),
    product: Type.Optional(Word),
    applicationId: Type.Optional(Word),
  },
  {
    additionalProperties: false,
    examples: [
      { url: 'https://risk.bank.example/saidao', types: ['LoanApproved', 'LoanDeclined'] },
    ],
  },
);

export const ChangedWebhook = Type.Object(
  {
    url: Type.Optional(Url),
    types: Type.Optional(Type.Union([Types, Type.Null()])),
    product: Type.Optional(orNull(Word)),
    applicationId: Type.Optional(orNull(Word)),
    enabled: Type.Optional(
      Type.Boolean({ description: 'True: goes on where it stood, with what has failed too.' }),
    ),
  },
  { additionalProperties: false, minProperties: 1, examples: [{ enabled: true }] },
);

export const Replay = Type.Object(
  {
    from: Type.Optional(FEED_NUMBER),
    since: Type.Optional(Type.String({ format: 'date-time', description: 'As it was recorded.' })),
    number: Type.Optional(FEED_NUMBER),
    failed: Type.Optional(Type.Literal(true, { description: 'What was given up.' })),
  },
  { additionalProperties: false, minProperties: 1, maxProperties: 1, examples: [{ failed: true }] },
);

const fields = {
  id: Type.String(),
  lender: Type.String(),
  url: Type.String(),
  types: Type.Union([Type.Array(Type.String()), Type.Null()], { description: 'Null: all.' }),
  product: orNull(Type.String()),
  applicationId: orNull(Type.String()),
  enabled: Type.Boolean(),
  disabledBecause: orNull(
    Type.String({
      description:
        'OFF: its owner wants it so. GONE: it answered 410. FAILING: nothing has succeeded.',
    }),
  ),
  failingSince: orNull(Instant),
  previousSecretUntil: orNull(Instant),
  createdBy: Type.String(),
  createdAt: Instant,
};
const secret = Type.String({ description: 'Shown this once: `whsec_` and 32 bytes in base64.' });

export const WebhookView = Type.Object(fields, { description: 'A webhook.' });
export const WebhookWithSecret = Type.Object(
  { ...fields, secret },
  { description: 'With secret.' },
);

export const DeliveryView = Type.Object({
  number: Type.String({ description: 'The event’s number in the feed.' }),
  eventId: Type.String(),
  type: Type.String(),
  applicationId: Type.String(),
  status: Type.String({ description: 'pending, delivered or failed.' }),
  attempts: Type.Integer(),
  attemptedAt: orNull(Instant),
  code: Type.Union([Type.Integer(), Type.Null()], { description: 'Of the last answer.' }),
  answer: orNull(Type.String({ description: 'The first 256 characters of it.' })),
  fault: orNull(Type.String({ description: 'Why there was none.' })),
  nextTryAt: orNull(Instant),
});

export const Trial = Type.Object(
  {
    delivered: Type.Boolean(),
    messageId: Type.String(),
    code: Type.Union([Type.Integer(), Type.Null()]),
    answer: orNull(Type.String()),
    fault: orNull(Type.String()),
  },
  { description: 'What became of the test event.' },
);

export function webhookView(webhook: Webhook): Static<typeof WebhookView> {
  return {
    id: webhook.id,
    lender: webhook.lenderId,
    url: webhook.url,
    types: webhook.types === null ? null : [...webhook.types],
    product: webhook.productId,
    applicationId: webhook.applicationId,
    enabled: webhook.disabled === null,
    disabledBecause: webhook.disabled,
    failingSince: instantOf(webhook.failingSinceMs),
    previousSecretUntil: instantOf(webhook.previousUntilMs),
    createdBy: webhook.createdBy,
    createdAt: new Date(webhook.createdAtMs).toISOString(),
  };
}

export function deliveryView(delivery: DeliveryRecord): Static<typeof DeliveryView> {
  const { number, attemptedAtMs, nextTryAtMs, ...same } = delivery;
  return {
    ...same,
    number: String(number),
    attemptedAt: instantOf(attemptedAtMs),
    nextTryAt: instantOf(nextTryAtMs),
  };
}

const instantOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
