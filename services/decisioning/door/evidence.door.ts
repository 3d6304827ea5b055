// What auditors read: every decision on an application and what it was reached from, to the byte.
import { HttpError, mayActFor, principalOf, Type, type Door, type DoorApp } from '@saidao/worker';
import type { Reviews } from '../ports.ts';
import { instantOf } from './views.door.ts';

const Sha256 = Type.String({ description: 'SHA-256 of the content, hex.' });
const Json = Type.String({ description: 'Canonical JSON, to the byte as it was written.' });

const Evidence = Type.Object({
  applicationId: Type.String(),
  lender: Type.String(),
  decisions: Type.Array(
    Type.Object({
      revision: Type.Integer(),
      type: Type.String({ description: 'The event’s name.' }),
      causationId: Type.String(),
      decidedAt: Type.String(),
      reasonCodes: Type.Array(Type.String()),
      content: Json,
      digest: Sha256,
    }),
  ),
  assessments: Type.Array(
    Type.Object({
      revision: Type.Integer(),
      product: Type.String(),
      policy: Type.String(),
      policyRole: Type.String(),
      policyDigest: Type.String(),
      businessDate: Type.String(),
      judgedAt: Type.String(),
      outcome: Type.String(),
      tier: Type.String(),
      inputHash: Type.String({ description: 'SHA-256 of the input, hex.' }),
      input: Json,
      content: Json,
      digest: Sha256,
    }),
  ),
});

/** GET /v1/decisions/:applicationId. */
export function evidenceDoor(reviews: Reviews): Door {
  return (app: DoorApp) => {
    app.get(
      '/v1/decisions/:applicationId',
      {
        config: { roles: ['auditor'], refuses: [404] },
        schema: {
          operationId: 'readEvidence',
          summary: 'All evidence of the decisions on an application',
          tags: ['decisions'],
          params: Type.Object({ applicationId: Type.String({ maxLength: 64 }) }),
          response: { 200: Evidence },
        },
      },
      async (request) => {
        const { applicationId } = request.params;
        const evidence = await reviews.evidenceOf(applicationId);
        if (evidence === undefined || !mayActFor(principalOf(request), evidence.lenderId)) {
          const message = 'There is no decision on such an application.';
          throw new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', message);
        }
        const { lenderId: lender, decisions, assessments } = evidence;
        return {
          applicationId,
          lender,
          decisions: decisions.map(({ decidedAtMs, reasonCodes, ...same }) => ({
            ...same,
            reasonCodes: [...reasonCodes],
            decidedAt: instantOf(decidedAtMs),
          })),
          assessments: assessments.map(({ productId: product, judgedAtMs, ...same }) => ({
            ...same,
            product,
            judgedAt: instantOf(judgedAtMs),
          })),
        };
      },
    );
  };
}
