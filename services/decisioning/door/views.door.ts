// What the door shows of reviews: amounts as yuan, instants as text.
import { formatYuan } from '@saidao/values';
import { Type, type Static } from '@saidao/worker';
import type { QueuedReview, ReviewOutcome } from '../ports.ts';

const orNull = <S extends ReturnType<typeof Type.String>>(schema: S) =>
  Type.Union([schema, Type.Null()]);
const Yuan = Type.String({ description: 'Yuan with two decimals, as 1234.50.' });
const Instant = Type.String({ description: 'As 2026-11-20T02:00:00.000Z.' });
const Text = { zh: Type.String(), en: Type.String() };

export const Outcome = Type.Object(
  {
    actionId: Type.String(),
    applicationId: Type.String(),
    action: Type.String({ description: 'As ReviewSubmitted.' }),
    officer: Type.String(),
    outcome: Type.String({ description: 'RECORDED or REFUSED.' }),
    cause: orNull(Type.String({ description: 'Of a refusal, as SAME_OFFICER.' })),
    ...Text,
    status: Type.String({ description: 'What the application then was, as APPROVED.' }),
    decidedAt: Instant,
  },
  { description: 'What came of the action.' },
);

export function outcomeOf(outcome: ReviewOutcome): Static<typeof Outcome> {
  const { lenderId: _, decidedAtMs, ...same } = outcome;
  return { ...same, decidedAt: instantOf(decidedAtMs) };
}

const review = {
  applicationId: Type.String(),
  lender: Type.String(),
  product: Type.String(),
  revision: Type.Integer(),
  tier: Type.String({ description: 'Who may give the last approval.' }),
  amount: orNull(Yuan),
  enterprise: Type.Object({ name: Type.String(), uscc: Type.String() }),
  reasons: Type.Array(Type.Object({ code: Type.String(), ...Text })),
  referredAt: Instant,
  claimedBy: orNull(Type.String()),
  claimedUntil: orNull(Instant),
  approvers: Type.Array(Type.String(), { description: 'Who has approved the present terms.' }),
  overrides: Type.Array(Type.String(), {
    description: 'Rules that an approval overrides: not empty, it needs an overrideCode.',
  }),
  policy: Type.String({ description: 'As czb-hz@1.' }),
};

export const Review = Type.Object(review);

export const ReviewInFull = Type.Object({
  ...review,
  about: Type.Unknown({ description: 'Who asks for what.' }),
  terms: Type.Unknown({ description: 'What is up for approval; null: nothing can be.' }),
  basis: Type.Unknown({ description: 'All that policy judged by, with counterfactuals.' }),
  history: Type.Array(
    Type.Object({
      action: Type.String({ description: 'As CLAIMED or NOTED; REFUSED: nothing came of it.' }),
      officer: orNull(Type.String()),
      at: Instant,
      reason: orNull(Type.String()),
      reasonCode: orNull(Type.String()),
      overrideCode: orNull(Type.String()),
      cause: orNull(Type.String()),
      attachments: Type.Unknown(),
    }),
    { description: 'What officers have done so far, notes among it.' },
  ),
});

export function reviewOf(queued: QueuedReview): Static<typeof Review> {
  const { applicationId, revision, tier, amountFen, approvers, overrides, policy } = queued;
  return {
    applicationId,
    lender: queued.lenderId,
    product: queued.productId,
    revision,
    tier,
    amount: amountFen === null ? null : formatYuan(amountFen),
    enterprise: { name: queued.enterprise, uscc: queued.uscc },
    reasons: queued.reasons.map(({ code, zh, en }) => ({ code, zh, en })),
    referredAt: instantOf(queued.referredAtMs),
    claimedBy: queued.claimedBy,
    claimedUntil: queued.claimedUntilMs === null ? null : instantOf(queued.claimedUntilMs),
    approvers: [...approvers],
    overrides: [...overrides],
    policy,
  };
}

export function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** An event's data as JSON can hold it: money as yuan, other large numbers as text. */
export function plainOf(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== 'object' || value === null) return value;
  const { minor, currency } = value as { minor?: unknown; currency?: unknown };
  if (typeof minor === 'bigint' && currency === 'CNY') return formatYuan(minor);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plainOf(one)]));
}
