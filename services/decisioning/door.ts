// Decisioning's HTTP door: an officer's verdict on a referred application.
import { partitionOf, type EventLog } from '@saidao/event-log';
import { topicName, topics, type ReviewSubmitted } from '@saidao/schemas';
import {
  HttpError,
  idempotencyKeyOf,
  mayActFor,
  messageIdOf,
  principalOf,
  publishDoor,
  Type,
  type Door,
  type DoorApp,
} from '@saidao/worker';
import { toJson } from '@saidao/values';
import type { FastifyRequest } from 'fastify';
import type { AnsweredKeys, LatestDecisions } from './ports.ts';

export interface DecisioningDoorOptions {
  readonly log: EventLog;
  readonly partitions: number;
  readonly decisions: LatestDecisions;
  readonly answeredKeys: AnsweredKeys;
  /** Codes that an officer may give when declining. */
  readonly reasonCodes: readonly string[];
  readonly clock: () => number;
}

const REVIEWS = topicName(topics.reviewActions);
const text = { minLength: 1, maxLength: 500 };

const reviewBody = Type.Object(
  {
    who: Type.String({ ...text, description: 'The officer: the principal of the token.' }),
    verdict: Type.Union([Type.Literal('APPROVE'), Type.Literal('DECLINE')]),
    revision: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'What was judged, 1 + amendments; left out: the revision decided last.',
      }),
    ),
    reason: Type.String({ ...text, description: 'For the file; no personal data.' }),
    reasonCode: Type.Optional(Type.String({ description: 'Needed to decline.' })),
  },
  { additionalProperties: false },
);

/** Routes below /v1/reviews. */
export function decisioningDoor(options: DecisioningDoorOptions): Door {
  const { log, partitions, decisions, answeredKeys, reasonCodes, clock } = options;

  return (app: DoorApp) => {
    app.post(
      '/v1/reviews/:applicationId',
      {
        config: { roles: ['officer'] as const },
        schema: {
          summary: 'Approve or decline a referred application',
          description:
            'Two different officers approve, one declines. What comes of it is on the decisions ' +
            'topic: a verdict that is late, repeated or without anything to approve changes nothing.',
          tags: ['reviews'],
          headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String()) }),
          params: Type.Object({ applicationId: Type.String({ maxLength: 64 }) }),
          body: reviewBody,
          response: {
            202: Type.Object(
              { applicationId: Type.String(), status: Type.String() },
              { description: 'The log has it.' },
            ),
          },
        },
      },
      async (request, reply) => {
        const { applicationId } = request.params;
        const { who, verdict, reason, reasonCode } = request.body;
        const principal = principalOf(request);
        const latest = await decisions.find(applicationId);
        // What the officer may not see is answered like what is not there.
        if (latest === undefined || !mayActFor(principal, latest.lenderId)) {
          const message = 'There is no decision on such an application.';
          throw new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', message);
        }
        if (who !== principal.principal) {
          const message = 'An officer speaks for nobody else: who has to be your own name.';
          throw new HttpError(403, 'SAIDAO_HTTP_FORBIDDEN', message);
        }
        assertReasonCode(verdict, reasonCode);
        const { lenderId, revision } = latest;
        if (request.body.revision !== undefined && request.body.revision !== revision) {
          const message = `The application has been amended: revision ${revision} is to be judged.`;
          throw new HttpError(409, 'SAIDAO_HTTP_CONFLICT', message);
        }
        const data: ReviewSubmitted = {
          applicationId,
          revision,
          lenderId,
          officer: who,
          verdict,
          reason,
          reasonCode: reasonCode ?? null,
          role: null,
          overrideCode: null,
        };
        await publish(request, data);
        reply.code(202);
        return { applicationId, status: 'received' };
      },
    );
  };

  async function publish(request: FastifyRequest, data: ReviewSubmitted): Promise<void> {
    const { applicationId, lenderId, officer } = data;
    const asked = toJson(data);
    // Without a key the verdict itself is the request's identity, on the revision it was given on.
    const named = request.headers['idempotency-key'] !== undefined;
    const messageId = messageIdOf(officer, named ? idempotencyKeyOf(request) : asked);
    const before = named ? await answeredKeys.askedOf(messageId) : undefined;
    if (before !== undefined && before !== asked) {
      const message = 'This Idempotency-Key has been used for another request.';
      throw new HttpError(409, 'SAIDAO_HTTP_CONFLICT', message);
    }
    await publishDoor(log, {
      topic: REVIEWS,
      partition: partitionOf(Buffer.from(applicationId), partitions),
      key: applicationId,
      type: 'ReviewSubmitted',
      data,
      lenderId,
      messageId,
      correlationId: applicationId,
      source: 'decisioning',
      applicationId,
      traceparent: request.traceparent,
      answerByMs: request.answerByMs,
      nowMs: clock(),
    });
    if (named) await answeredKeys.keep(messageId, asked);
  }

  function assertReasonCode(verdict: string, code: string | undefined): void {
    const needed = verdict === 'DECLINE' && code === undefined;
    const unknown = code !== undefined && !reasonCodes.includes(code);
    if (!needed && !unknown) return;
    const message = needed
      ? 'has to be given to decline'
      : `has to be one of ${reasonCodes.join(', ')}`;
    throw new HttpError(422, 'SAIDAO_HTTP_INVALID', 'The verdict is not as it must be.', {
      faults: [{ path: 'reasonCode', code: needed ? 'REQUIRED' : 'UNKNOWN', message }],
    });
  }
}
