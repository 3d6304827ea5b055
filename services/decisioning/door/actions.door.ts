// What officers do with a referred application: each is published, and its outcome may be waited for.
import { randomUUID } from 'node:crypto';
import { partitionOf, type EventLog } from '@saidao/event-log';
import { topicName, topics, type EventMap } from '@saidao/schemas';
import { cny, fenOfYuan, toJson } from '@saidao/values';
import {
  doorWait,
  HttpError,
  idempotencyKeyOf,
  mayActFor,
  messageIdOf,
  PRINCIPAL_NAME,
  principalOf,
  publishDoor,
  publishOnceFor,
  REVIEWERS,
  Type,
  type Door,
  type DoorApp,
  type Role,
  type Static,
  type TakenKeys,
} from '@saidao/worker';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { LatestDecisions, Reviews } from '../ports.ts';
import { outcomeOf, Outcome } from './views.door.ts';

export interface ActionsOptions {
  readonly log: EventLog;
  readonly partitions: number;
  readonly decisions: LatestDecisions;
  readonly reviews: Reviews;
  readonly takenKeys: TakenKeys;
  /** Codes that an officer may give: which of them a lender's policy knows, decide asks. */
  readonly reasonCodes: readonly string[];
  readonly clock: () => number;
}

type ActionName =
  | 'ReviewClaimed'
  | 'ReviewReturned'
  | 'ReviewReassigned'
  | 'ReviewAmended'
  | 'ReviewNoted'
  | 'ReviewSubmitted'
  | 'UndoRequested';

/** What every action says: who does it, and on what. */
interface Act {
  readonly applicationId: string;
  readonly revision: number;
  readonly lenderId: string;
  readonly officer: string;
  readonly role: string;
}

interface Action<N extends ActionName, Body extends TSchema> {
  /** The last word of its address. */
  readonly path: string;
  readonly type: N;
  readonly operationId: string;
  readonly roles: readonly Role[];
  readonly summary: string;
  readonly description?: string;
  readonly body: Body;
  eventOf(body: Static<Body>, act: Act): EventMap[N];
}

const REVIEW_ACTIONS = topicName(topics.reviewActions);
const WAIT_S_MAX = 5;
/** Each asks the database now and then; beyond this many nobody is waited for. */

const reviewers: readonly Role[] = REVIEWERS;
const seniors: readonly Role[] = ['senior-officer', 'committee'];

const Reason = Type.String({
  minLength: 1,
  maxLength: 500,
  description: 'For the file; no personal data.',
});
const Code = Type.String({ minLength: 1, maxLength: 40 });
const Officer = Type.String({ pattern: PRINCIPAL_NAME });
const Amount = Type.String({ pattern: '^\\d{1,13}(\\.\\d{1,2})?$', description: 'Yuan.' });
const TermMonths = Type.Integer({ minimum: 1, maximum: 600 });
const Revision = Type.Optional(
  Type.Integer({
    minimum: 1,
    description: 'What was judged, 1 + amendments; left out: the revision decided last.',
  }),
);
const closed = { additionalProperties: false };

const claimBody = Type.Union([Type.Null(), Type.Object({ revision: Revision }, closed)], {
  examples: [{ revision: 1 }],
});
const returnBody = Type.Object(
  { reason: Reason, revision: Revision },
  { ...closed, examples: [{ reason: 'On leave from tomorrow.' }] },
);
const reassignBody = Type.Object(
  {
    to: Officer,
    toRole: Type.Union(
      REVIEWERS.map((role) => Type.Literal(role)),
      { description: 'The role of whoever is to hold the claim.' },
    ),
    reason: Reason,
    revision: Revision,
  },
  {
    ...closed,
    examples: [{ to: 'officer-b', toRole: 'officer', reason: 'The first is on leave.' }],
  },
);
const amendBody = Type.Object(
  {
    amount: Amount,
    termMonths: TermMonths,
    reasonCode: Code,
    reason: Reason,
    revision: Revision,
  },
  {
    ...closed,
    examples: [
      {
        amount: '3000000.00',
        termMonths: 24,
        reasonCode: 'L03',
        reason: 'The plant is smaller than was said.',
      },
    ],
  },
);
const notesBody = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: 2_000, description: 'No personal data.' }),
    attachments: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 200 }),
            mediaType: Type.String({ pattern: '^[a-z]+/[A-Za-z0-9.+-]{1,100}$' }),
            bytes: Type.Integer({ minimum: 0 }),
            sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
          },
          closed,
        ),
        { maxItems: 20, description: 'Kept elsewhere; only their hashes are here.' },
      ),
    ),
    revision: Revision,
  },
  {
    ...closed,
    examples: [{ text: 'Called the treasurer: the order book is as submitted.' }],
  },
);
const verdictBody = Type.Object(
  {
    verdict: Type.Union([Type.Literal('APPROVE'), Type.Literal('DECLINE')]),
    reason: Reason,
    reasonCode: Type.Optional(Type.String({ description: 'Needed to decline.', maxLength: 40 })),
    overrideCode: Type.Optional(
      Type.String({ description: 'Needed where policy would decide otherwise.', maxLength: 40 }),
    ),
    amount: Type.Optional({
      ...Amount,
      description: 'Yuan, as you looked at them: nothing comes of it where others are up by now.',
    }),
    termMonths: Type.Optional({ ...TermMonths, description: 'As amount.' }),
    revision: Revision,
  },
  {
    ...closed,
    examples: [
      {
        verdict: 'DECLINE',
        reason: 'The main customer has left.',
        reasonCode: 'F02',
        revision: 1,
      },
    ],
  },
);
const undoBody = Type.Object(
  { reasonCode: Code, reason: Reason, revision: Revision },
  { ...closed, examples: [{ reasonCode: 'K02', reason: 'A lawsuit has become known.' }] },
);

const taken = Type.Object(
  { applicationId: Type.String(), actionId: Type.String(), status: Type.Literal('received') },
  {
    description: 'The log has it; GET the Location to see what came of it.',
    headers: { location: Type.String({ description: 'Where the outcome will be.' }) },
  },
);
const refusedBody = Type.Object(
  {
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      faults: Type.Array(Type.Unknown()),
    }),
    outcome: Type.Optional(Outcome),
  },
  {
    description:
      'Nothing came of it, and the outcome has the cause; or the Idempotency-Key was used for ' +
      'another request.',
  },
);

/** POST /v1/reviews/:applicationId/… */
export function actionsDoor(options: ActionsOptions): Door {
  const { log, partitions, decisions, reviews, takenKeys, reasonCodes, clock } = options;
  const wait = doorWait();

  return (app: DoorApp) => {
    add(app, {
      path: 'claim',
      type: 'ReviewClaimed',
      operationId: 'claimReview',
      roles: reviewers,
      summary: 'Claim a referred application',
      description: 'Whoever holds the claim gives the first approval; it lapses after a while.',
      body: claimBody,
      eventOf: (_body, act) => act,
    });
    add(app, {
      path: 'return',
      type: 'ReviewReturned',
      operationId: 'returnReview',
      roles: reviewers,
      summary: 'Give a claim back',
      body: returnBody,
      eventOf: ({ reason }, act) => ({ ...act, reason }),
    });
    add(app, {
      path: 'reassign',
      type: 'ReviewReassigned',
      operationId: 'reassignReview',
      roles: [...seniors, 'operator'],
      summary: 'Give the claim to another officer',
      body: reassignBody,
      eventOf: ({ to, toRole, reason }, act) => ({ ...act, to, toRole, reason }),
    });
    add(app, {
      path: 'amend',
      type: 'ReviewAmended',
      operationId: 'amendReview',
      roles: reviewers,
      summary: 'Propose other terms',
      description: 'Approvals so far fall, and whoever amends decides nothing on these terms.',
      body: amendBody,
      eventOf: ({ amount, termMonths, reasonCode, reason }, act) => {
        assertReasonCode(reasonCode);
        return { ...act, amount: cny(fenOfYuan(amount)), termMonths, reasonCode, reason };
      },
    });
    add(app, {
      path: 'notes',
      type: 'ReviewNoted',
      operationId: 'noteReview',
      roles: reviewers,
      summary: 'Add a note to the file, with hashes of attachments',
      body: notesBody,
      eventOf: ({ text, attachments = [] }, act) => ({
        ...act,
        text,
        attachments: attachments.map((one) => ({ ...one, bytes: BigInt(one.bytes) })),
      }),
    });
    add(app, {
      path: 'verdict',
      type: 'ReviewSubmitted',
      operationId: 'submitVerdict',
      roles: reviewers,
      summary: 'Approve or decline a referred application',
      description:
        'Two different officers approve: first whoever holds the claim, then one whose role reaches ' +
        'the tier. Whoever holds the claim may decline alone.',
      body: verdictBody,
      eventOf({ verdict, reason, reasonCode, overrideCode, amount, termMonths }, act) {
        if (verdict === 'DECLINE' || reasonCode !== undefined) assertReasonCode(reasonCode);
        return {
          ...act,
          verdict,
          reason,
          reasonCode: reasonCode ?? null,
          overrideCode: overrideCode ?? null,
          amount: amount === undefined ? null : cny(fenOfYuan(amount)),
          termMonths: termMonths ?? null,
        };
      },
    });
    add(app, {
      path: 'undo',
      type: 'UndoRequested',
      operationId: 'undoApproval',
      roles: seniors,
      summary: 'Undo an approval before money is paid',
      description: 'Once the payout is authorised the ledger is asked, and answers.',
      body: undoBody,
      eventOf({ reasonCode, reason }, act) {
        assertReasonCode(reasonCode);
        return { ...act, reasonCode, reason };
      },
    });
  };

  function add<N extends ActionName, Body extends TSchema>(
    app: DoorApp,
    { path, type, operationId, roles, summary, description, body, eventOf }: Action<N, Body>,
  ): void {
    app.post(
      `/v1/reviews/:applicationId/${path}`,
      {
        config: { roles, refuses: [404] },
        schema: {
          operationId,
          summary,
          ...(description !== undefined && { description }),
          tags: ['reviews'],
          headers: Type.Object({
            'idempotency-key': Type.Optional(
              Type.String({ description: 'The same for every try of one request.' }),
            ),
            prefer: Type.Optional(
              Type.String({ description: `wait=${WAIT_S_MAX}: so long for the outcome.` }),
            ),
          }),
          params: Type.Object({ applicationId: Type.String({ maxLength: 64 }) }),
          body,
          response: { 200: Outcome, 202: taken, 409: refusedBody },
        },
      },
      async (request, reply) => {
        // The address and the body are as the schema says: Fastify has asked.
        const { applicationId } = request.params as { applicationId: string };
        const given = request.body as Static<Body>;
        const act = await actOf(request, applicationId, revisionIn(given));
        const actionId = await publish(request, type, eventOf(given, act), { path, given });
        return answer(request, reply, applicationId, actionId);
      },
    );
  }

  async function actOf(
    request: FastifyRequest,
    applicationId: string,
    revision: number | undefined,
  ): Promise<Act> {
    const principal = principalOf(request);
    const latest = await decisions.find(applicationId);
    // What the officer may not see is answered like what is not there.
    if (latest === undefined || !mayActFor(principal, latest.lenderId)) {
      const message = 'There is no decision on such an application.';
      throw new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', message);
    }
    return {
      applicationId,
      revision: revision ?? latest.revision,
      lenderId: latest.lenderId,
      officer: principal.principal,
      role: principal.role,
    };
  }

  /** Answers the message id; a request that was answered before is not published again. */
  async function publish<N extends ActionName>(
    request: FastifyRequest,
    type: N,
    data: EventMap[N],
    asked: { readonly path: string; readonly given: unknown },
  ): Promise<string> {
    const { applicationId, lenderId, officer } = data;
    const named = request.headers['idempotency-key'] !== undefined;
    // Without a key each request is an action of its own: who claims again after a return means it.
    const key = named ? idempotencyKeyOf(request) : randomUUID();
    const actionId = messageIdOf(officer, key);
    const content = toJson({ applicationId, ...asked });
    const send = () =>
      publishDoor(log, {
        topic: REVIEW_ACTIONS,
        partition: partitionOf(Buffer.from(applicationId), partitions),
        key: applicationId,
        type,
        data,
        lenderId,
        messageId: actionId,
        correlationId: applicationId,
        source: 'decisioning',
        applicationId,
        traceparent: request.traceparent,
        answerByMs: request.answerByMs,
        nowMs: clock(),
      });
    if (named) await publishOnceFor(takenKeys, actionId, content, send);
    else await send();
    return actionId;
  }

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    applicationId: string,
    actionId: string,
  ) {
    const waitMs = waitMsOf(request.headers['prefer']);
    const outcome = waitMs === 0 ? undefined : await outcomeWithin(actionId, waitMs);
    reply.header('location', `/v1/review-outcomes/${actionId}`);
    if (outcome === undefined) {
      reply.code(202);
      return { applicationId, actionId, status: 'received' as const };
    }
    reply.header('preference-applied', `wait=${waitMs / 1000}`);
    if (outcome.outcome === 'RECORDED') return outcome;
    reply.code(409);
    return { error: { code: 'SAIDAO_HTTP_REFUSED', message: outcome.en, faults: [] }, outcome };
  }

  function outcomeWithin(
    actionId: string,
    waitMs: number,
  ): Promise<Static<typeof Outcome> | undefined> {
    return wait(async () => {
      const found = await reviews.outcomeOf(actionId);
      return found === undefined ? undefined : outcomeOf(found);
    }, waitMs);
  }

  function assertReasonCode(code: string | undefined): void {
    if (code !== undefined && reasonCodes.includes(code)) return;
    const missing = code === undefined;
    const message = missing
      ? 'has to be given to decline'
      : `has to be one of ${reasonCodes.join(', ')}`;
    throw new HttpError(422, 'SAIDAO_HTTP_INVALID', 'The action is not as it must be.', {
      faults: [{ path: 'reasonCode', code: missing ? 'REQUIRED' : 'UNKNOWN', message }],
    });
  }
}

function revisionIn(body: unknown): number | undefined {
  return (body as { revision?: number } | null)?.revision;
}

/** Of `Prefer: wait=5`, as RFC 7240 has it; what is longer is taken as the longest. */
export function waitMsOf(prefer: string | string[] | undefined): number {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})/i.exec(String(prefer ?? ''))?.[1];
  return Math.min(Number(seconds ?? 0), WAIT_S_MAX) * 1000;
}
