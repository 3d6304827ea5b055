// What officers read: their queue, an application in full, and what came of an action.
import { fromJson } from '@saidao/values';
import {
  HttpError,
  mayActFor,
  principalOf,
  REVIEWERS,
  Type,
  type Door,
  type DoorApp,
  type Static,
} from '@saidao/worker';
import type { FastifyRequest } from 'fastify';
import type { ApplicationEvidence, QueuedReview, Reviews } from '../ports.ts';
import {
  instantOf,
  Outcome,
  outcomeOf,
  plainOf,
  Review,
  ReviewInFull,
  reviewOf,
} from './views.door.ts';

const readers = {
  config: { roles: [...REVIEWERS, 'operator', 'auditor'], refuses: [404] },
} as const;
const Word = Type.String({ minLength: 1, maxLength: 64 });
const PAGE_MAX = 100;

const question = Type.Object(
  {
    lender: Type.Optional(Word),
    product: Type.Optional(Word),
    tier: Type.Optional(
      Type.Union(
        REVIEWERS.map((role) => Type.Literal(role)),
        { description: 'Who may give the last approval.' },
      ),
    ),
    claimedBy: Type.Optional(
      Type.String({ ...Word, description: 'An officer, `me`, or `nobody`.' }),
    ),
    after: Type.Optional(
      Type.String({ maxLength: 200, description: 'The `next` of the page before.' }),
    ),
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9]\\d?|100)$', description: `1 to ${PAGE_MAX}.` }),
    ),
  },
  { additionalProperties: false },
);

/** GET /v1/reviews, /v1/reviews/:applicationId and /v1/review-outcomes/:actionId. */
export function queueDoor(reviews: Reviews): Door {
  return (app: DoorApp) => {
    app.get(
      '/v1/reviews',
      {
        ...readers,
        schema: {
          operationId: 'listReviews',
          summary: 'Referred applications, the oldest first',
          tags: ['reviews'],
          querystring: question,
          response: {
            200: Type.Object({
              reviews: Type.Array(Review),
              next: Type.Union([Type.String(), Type.Null()]),
            }),
          },
        },
      },
      async (request) => {
        const { lender, product, tier, after, limit } = request.query;
        const principal = principalOf(request);
        if (lender !== undefined && !mayActFor(principal, lender)) throw notFound();
        const claimedBy = claimedByOf(request.query.claimedBy, principal.principal);
        const page = await reviews.queue({
          lenders: lender === undefined ? principal.lenders : [lender],
          ...(product !== undefined && { productId: product }),
          ...(tier !== undefined && { tier }),
          ...(claimedBy !== undefined && { claimedBy }),
          ...(after !== undefined && { after }),
          limit: Number(limit ?? PAGE_MAX),
        });
        return { reviews: page.reviews.map(reviewOf), next: page.next };
      },
    );

    app.get(
      '/v1/reviews/:applicationId',
      {
        ...readers,
        schema: {
          operationId: 'readReview',
          summary: 'A referred application in full',
          tags: ['reviews'],
          params: Type.Object({ applicationId: Word }),
          response: { 200: ReviewInFull },
        },
      },
      async (request) => {
        const { applicationId } = request.params;
        const queued = visible(request, await reviews.reviewOf(applicationId));
        const evidence = await reviews.evidenceOf(applicationId);
        return inFull(queued, evidence);
      },
    );

    app.get(
      '/v1/review-outcomes/:actionId',
      {
        ...readers,
        schema: {
          operationId: 'readReviewOutcome',
          summary: 'What came of an action',
          tags: ['reviews'],
          params: Type.Object({ actionId: Word }),
          response: { 200: Outcome },
        },
      },
      async (request) =>
        outcomeOf(visible(request, await reviews.outcomeOf(request.params.actionId))),
    );
  };
}

/** Undefined: whoever it is; null: nobody. */
function claimedByOf(given: string | undefined, me: string): string | null | undefined {
  if (given === 'me') return me;
  return given === 'nobody' ? null : given;
}

/** What the principal may not see is answered like what is not there. */
function visible<T extends { readonly lenderId: string }>(
  request: FastifyRequest,
  found: T | undefined,
): T {
  if (found !== undefined && mayActFor(principalOf(request), found.lenderId)) return found;
  throw notFound();
}

function notFound(): HttpError {
  return new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', 'Nothing like that is under review.');
}

function inFull(
  queued: QueuedReview,
  evidence: ApplicationEvidence | undefined,
): Static<typeof ReviewInFull> {
  const ofRevision = (evidence?.decisions ?? [])
    .filter(({ revision }) => revision === queued.revision)
    .map((one) => ({ ...one, data: fromJson(one.content) as Record<string, unknown> }));
  const referral = ofRevision.findLast(({ type }) => type === 'LoanReferred')?.data;
  const history = ofRevision
    .filter(({ type }) => type === 'ReviewRecorded' || type === 'ReviewRefused')
    .map(({ type, data, decidedAtMs }) => ({
      action: type === 'ReviewRefused' ? 'REFUSED' : String(data['action']),
      officer: textOf(data['officer']),
      at: instantOf(decidedAtMs),
      reason: textOf(data['reason']),
      reasonCode: textOf(data['reasonCode']),
      overrideCode: textOf(data['overrideCode']),
      cause: textOf(data['cause']),
      attachments: plainOf(data['attachments'] ?? []),
    }));
  return {
    ...reviewOf(queued),
    about: plainOf(referral?.['about'] ?? null),
    terms: plainOf(queued.terms),
    basis: plainOf(referral?.['basis'] ?? null),
    history,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
