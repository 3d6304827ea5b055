// Intake's HTTP door: it names, checks, publishes and answers once the log has acknowledged.
import { randomUUID } from 'node:crypto';
import { partitionOf, type EventLog } from '@saidao/event-log';
import { formatYuan } from '@saidao/values';
import {
  submittedOf,
  topicName,
  topics,
  type AmendmentSubmitted,
  type ApplicationSubmitted,
  type EventMap,
} from '@saidao/schemas';
import {
  assertMayActFor,
  doorWait,
  HttpError,
  idempotencyKeyOf,
  isPrincipalName,
  mayActFor,
  messageIdOf,
  principalOf,
  publishDoor,
  READERS,
  Type,
  type Door,
  type DoorApp,
  type Static,
} from '@saidao/worker';
import { businessDateOf } from '@saidao/values';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApplicationStatus, Claim, Claims, Statuses, TakenKeys } from './ports.ts';
import { amendmentBody, submissionBody } from './submission.ts';
import { validate } from './validate.ts';
import { bodyHashOf } from './worker.ts';

export interface IntakeDoorOptions {
  readonly log: EventLog;
  readonly partitions: number;
  readonly claims: Claims;
  readonly takenKeys: TakenKeys;
  readonly statuses: Statuses;
  readonly businessDate?: string | undefined;
  /** How long a look waits for the revision that it names. */
  readonly revisionWaitMs: number;
  readonly clock: () => number;
}

type SubmissionType =
  | 'ApplicationSubmitted'
  | 'AmendmentSubmitted'
  | 'WithdrawalSubmitted'
  | 'OfferAcceptanceSubmitted'
  | 'OfferDeclineSubmitted';

const SUBMISSIONS = topicName(topics.submissions);
const idParams = Type.Object({ applicationId: Type.String({ maxLength: 64 }) });
const reasonBody = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500 }) },
  { additionalProperties: false, examples: [{ reason: 'Another bank was quicker.' }] },
);
const keyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ description: 'The same for every try of one request, 1 to 128 characters.' }),
  ),
});
const submitterHeader = Type.Object({
  ...keyHeader.properties,
  'on-behalf-of': Type.Optional(
    Type.String({
      description:
        'From a system: which person submits, by the name that officers’ tokens have; whoever it ' +
        'is decides nothing on it. Left out: the principal.',
    }),
  ),
});
const revisionQuery = Type.Object({
  revision: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{0,8}$', description: 'This revision or a later one.' }),
  ),
});
const revisionHeader = Type.Object({
  'if-match': Type.Optional(
    Type.String({ description: 'The same as `revision`, as `"2"`: an ETag of this door.' }),
  ),
});
const RETRY_AFTER_S = '1';
const accepted = Type.Object(
  { applicationId: Type.String(), status: Type.String() },
  {
    description: 'The log has it; GET the Location to see what becomes of it.',
    headers: { location: Type.String({ description: 'Where the application is.' }) },
    examples: [{ applicationId: '019aa3c5-7b10-7000-8000-000000000001', status: 'received' }],
  },
);
const roles = ['channel'] as const;
const created = { config: { roles, refuses: [409] as const } };
const changed = { config: { roles, refuses: [404, 409] as const } };

/** Routes below /v1/applications. */
export function intakeDoor(options: IntakeDoorOptions): Door {
  const { log, claims, takenKeys, statuses, revisionWaitMs } = options;
  const wait = doorWait();

  return (app: DoorApp) => {
    app.post(
      '/v1/applications',
      {
        ...created,
        schema: {
          operationId: 'submitApplication',
          summary: 'Submit an application',
          tags: ['applications'],
          headers: submitterHeader,
          body: submissionBody,
          response: { 202: accepted },
        },
      },
      async (request, reply) => {
        const { lender, channel } = request.body;
        const principal = principalOf(request);
        assertMayActFor(principal, lender, channel);
        const submitter = submitterOf(request);
        const data = eventOf(() => submittedOf(request.body, submitter));
        assertValid(data);
        const [applicationId] = await claims.claim([data]);
        const claim = { ...data, applicationId: applicationId as string };
        const bodyHash = bodyHashOf(data);
        const taken = await bodyTaken(claim.applicationId);
        if (taken !== undefined && taken !== bodyHash) throw conflict();
        await publish(request, claim, 'ApplicationSubmitted', data, bodyHash);
        await claims.note(claim.applicationId, bodyHash);
        return acknowledge(reply, claim.applicationId);
      },
    );

    app.post(
      '/v1/applications/:applicationId/amendments',
      {
        ...changed,
        schema: {
          operationId: 'amendApplication',
          summary: 'Amend an application: the whole content anew',
          tags: ['applications'],
          headers: submitterHeader,
          params: idParams,
          body: amendmentBody,
          response: { 202: accepted },
        },
      },
      async (request, reply) => {
        const claim = await claimFor(request, request.params.applicationId);
        const submitter = submitterOf(request);
        const data: AmendmentSubmitted = eventOf(() =>
          submittedOf(
            {
              ...request.body,
              lender: claim.lenderId,
              channel: claim.channel,
              reference: claim.reference,
            },
            submitter,
          ),
        );
        assertValid(data);
        await publish(request, claim, 'AmendmentSubmitted', data, bodyHashOf(data));
        return acknowledge(reply, claim.applicationId);
      },
    );

    app.post(
      '/v1/applications/:applicationId/withdrawal',
      {
        ...changed,
        schema: {
          operationId: 'withdrawApplication',
          summary: 'Withdraw an application',
          tags: ['applications'],
          headers: keyHeader,
          params: idParams,
          body: reasonBody,
          response: { 202: accepted },
        },
      },
      async (request, reply) => {
        const claim = await claimFor(request, request.params.applicationId);
        const data = { ...nameOf(claim), reason: request.body.reason };
        await publish(request, claim, 'WithdrawalSubmitted', data, bodyHashOf(data));
        return acknowledge(reply, claim.applicationId);
      },
    );

    app.post(
      '/v1/applications/:applicationId/acceptance',
      {
        ...changed,
        schema: {
          operationId: 'acceptOffer',
          summary: 'Accept the offer',
          tags: ['offers'],
          headers: keyHeader,
          params: idParams,
          response: { 202: accepted },
        },
      },
      async (request, reply) => {
        const claim = await claimFor(request, request.params.applicationId);
        const data = nameOf(claim);
        await publish(request, claim, 'OfferAcceptanceSubmitted', data, bodyHashOf(data), () =>
          assertOffered(claim.applicationId),
        );
        return acknowledge(reply, claim.applicationId);
      },
    );

    app.post(
      '/v1/applications/:applicationId/decline',
      {
        ...changed,
        schema: {
          operationId: 'declineOffer',
          summary: 'Decline the offer',
          tags: ['offers'],
          headers: keyHeader,
          params: idParams,
          body: reasonBody,
          response: { 202: accepted },
        },
      },
      async (request, reply) => {
        const claim = await claimFor(request, request.params.applicationId);
        const data = { ...nameOf(claim), reason: request.body.reason };
        await publish(request, claim, 'OfferDeclineSubmitted', data, bodyHashOf(data), () =>
          assertOffered(claim.applicationId),
        );
        return acknowledge(reply, claim.applicationId);
      },
    );

    app.get(
      '/v1/applications/:applicationId',
      {
        config: { roles: READERS, refuses: [404] },
        schema: {
          operationId: 'readApplication',
          summary: 'What has become of an application',
          tags: ['applications'],
          description:
            'Whoever has just submitted or amended names the revision that he means, and is not ' +
            'shown an older one: the answer waits for it, or is 202 with what is there now.',
          params: idParams,
          querystring: revisionQuery,
          headers: revisionHeader,
          response: {
            200: {
              ...applicationView,
              description: 'What the line knows of it.',
              headers: { etag: Type.String({ description: 'The revision, as `"2"`.' }) },
            },
            202: {
              ...applicationView,
              description: 'The revision is not there yet; this is what is there now.',
              headers: { 'retry-after': Type.String({ description: 'Seconds.' }) },
            },
          },
        },
      },
      async (request, reply) => {
        const least = leastRevisionOf(request);
        const { applicationId } = request.params;
        const claim = await claimFor(request, applicationId);
        let status = await statuses.find(applicationId);
        const isThere = () => least === undefined || (status?.revision ?? 0) >= least;
        if (!isThere() && (status !== undefined || claim.notedHash !== null)) {
          await wait(async () => {
            status = await statuses.find(applicationId);
            return isThere() ? true : undefined;
          }, revisionWaitMs);
        }
        if (!isThere()) reply.code(202).header('retry-after', RETRY_AFTER_S);
        if (status !== undefined) {
          if (status.revision > 0) reply.header('etag', `"${status.revision}"`);
          return viewOf(status);
        }
        // Claimed but not acknowledged: nobody was told that it was received.
        if (claim.notedHash === null) throw notFound();
        return { applicationId: claim.applicationId, ...namesOf(claim), status: 'received' };
      },
    );
  };

  /** The body that the reference stands for: the line's word, before it the door's own note. */
  async function bodyTaken(applicationId: string): Promise<string | undefined> {
    const status = await statuses.find(applicationId);
    // A refused submission keeps the id but frees the body.
    if (status !== undefined) return status.bodyHash === '' ? undefined : status.bodyHash;
    return (await claims.find(applicationId))?.notedHash ?? undefined;
  }

  async function claimFor(request: FastifyRequest, applicationId: string): Promise<Claim> {
    const claim = await claims.find(applicationId);
    const principal = principalOf(request);
    // What the principal may not see is answered like what is not there.
    if (claim === undefined || !mayActFor(principal, claim.lenderId, claim.channel)) {
      throw notFound();
    }
    return claim;
  }

  async function assertOffered(applicationId: string): Promise<void> {
    const status = (await statuses.find(applicationId))?.status;
    // An offer that has expired here may still be taken in time: decisioning judges that.
    if (status === 'approved' || status === 'expired' || status === 'authorised') return;
    throw new HttpError(
      409,
      'SAIDAO_HTTP_CONFLICT',
      `There is no offer to answer: the application is ${status ?? 'received'}.`,
    );
  }

  async function publish<N extends SubmissionType>(
    request: FastifyRequest,
    claim: Pick<Claim, 'applicationId' | 'lenderId' | 'channel' | 'reference'>,
    type: N,
    data: EventMap[N],
    bodyHash: string,
    assertMayBegin: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const { principal } = principalOf(request);
    const key = `${claim.lenderId}/${claim.channel}/${claim.reference}`;
    const given = request.headers['idempotency-key'];
    // Without a key every request is a message of its own, and the line tells repeats by its state:
    // who amends to and fro, or accepts a second offer, says the same words again and means them.
    const messageId = messageIdOf(
      principal,
      given === undefined ? randomUUID() : idempotencyKeyOf(request),
    );
    const body = `${type}/${bodyHash}`;
    let taken = given === undefined ? undefined : await takenKeys.bodyOf(messageId);
    if (taken === undefined) {
      await assertMayBegin();
      // Before it is published: once the log may have it, a try again must get the first answer,
      // however far the application has come since. Of several at once the first to be kept stands.
      taken = given === undefined ? body : await takenKeys.keep(messageId, body);
    }
    if (taken !== body) {
      throw new HttpError(
        409,
        'SAIDAO_HTTP_CONFLICT',
        'This Idempotency-Key has been used for another request.',
      );
    }
    await publishDoor(log, {
      topic: SUBMISSIONS,
      partition: partitionOf(Buffer.from(key), options.partitions),
      key,
      type,
      data,
      lenderId: claim.lenderId,
      messageId,
      correlationId: claim.applicationId,
      source: 'intake',
      applicationId: claim.applicationId,
      traceparent: request.traceparent,
      answerByMs: request.answerByMs,
      nowMs: options.clock(),
    });
  }

  function assertValid(data: ApplicationSubmitted | AmendmentSubmitted): void {
    const checked = validate(data, options.businessDate ?? businessDateOf(options.clock()));
    if (checked.ok) return;
    const message = 'The application is not as it must be.';
    throw new HttpError(422, 'SAIDAO_HTTP_INVALID', message, { faults: checked.faults });
  }
}

/** Behind a system's token there may be many: it says which of them, or four eyes end at it. */
function submitterOf(request: FastifyRequest): string {
  const { principal, isSystem } = principalOf(request);
  const named = request.headers['on-behalf-of'];
  if (named === undefined) return principal;
  if (isSystem !== true) {
    const message = 'Only a system submits on behalf of somebody.';
    throw new HttpError(403, 'SAIDAO_HTTP_FORBIDDEN', message);
  }
  if (typeof named === 'string' && isPrincipalName(named)) return named;
  const message = 'has to be 1 to 64 letters, digits and . _ @ -';
  throw new HttpError(400, 'SAIDAO_HTTP_INVALID', 'The request is not as it must be.', {
    faults: [{ path: 'headers.on-behalf-of', code: 'FORM', message }],
  });
}

/** Of `If-Match: "2"` or `?revision=2`; of both the later. Throws what is answered with 400. */
function leastRevisionOf(request: FastifyRequest): number | undefined {
  const { revision } = request.query as { readonly revision?: string };
  const tag = request.headers['if-match'];
  const named = revision === undefined ? [] : [Number(revision)];
  // A star says that any will do.
  if (tag !== undefined && tag !== '*') {
    const digits = /^"([1-9][0-9]{0,8})"$/.exec(tag)?.[1];
    if (digits === undefined) {
      const message = 'has to be one ETag of this door, as "2"';
      throw new HttpError(400, 'SAIDAO_HTTP_INVALID', 'The request is not as it must be.', {
        faults: [{ path: 'headers.if-match', code: 'FORM', message }],
      });
    }
    named.push(Number(digits));
  }
  return named.length === 0 ? undefined : Math.max(...named);
}

const applicationView = Type.Object({
  applicationId: Type.String(),
  lender: Type.String(),
  channel: Type.String(),
  reference: Type.String(),
  status: Type.String({
    description:
      'How far it has come. Of its money: booked, payout-failed, paid, repaid; where nothing could ' +
      'be paid it is cancelled, then undone, and may be amended.',
  }),
  revision: Type.Optional(Type.Integer()),
  product: Type.Optional(Type.String()),
  amount: Type.Optional(Type.String({ description: 'Yuan: asked for, or approved.' })),
  rate: Type.Optional(Type.String({ description: 'Yearly, as a fraction.' })),
  termMonths: Type.Optional(Type.Integer()),
  reasons: Type.Optional(
    Type.Array(Type.Object({ code: Type.String(), zh: Type.String(), en: Type.String() })),
  ),
  offerExpiresAt: Type.Optional(Type.String()),
  loanId: Type.Optional(Type.String()),
  rejection: Type.Optional(
    Type.Object({
      code: Type.String(),
      faults: Type.Array(
        Type.Object({ path: Type.String(), code: Type.String(), message: Type.String() }),
      ),
    }),
  ),
  changedAt: Type.Optional(Type.String()),
});

function viewOf(status: ApplicationStatus): Static<typeof applicationView> {
  const { view } = status;
  return {
    applicationId: status.applicationId,
    ...namesOf(status),
    status: status.status,
    revision: status.revision,
    ...(view.productId !== undefined && { product: view.productId }),
    ...(view.amountFen !== undefined && { amount: formatYuan(view.amountFen) }),
    ...(view.ratePpm !== undefined && { rate: (view.ratePpm / 1_000_000).toFixed(6) }),
    ...(view.termMonths !== undefined && { termMonths: view.termMonths }),
    ...(view.reasons !== undefined && {
      reasons: view.reasons.map(({ code, zh, en }) => ({ code, zh, en })),
    }),
    ...(view.offerExpiresAtMs !== undefined && {
      offerExpiresAt: new Date(view.offerExpiresAtMs).toISOString(),
    }),
    ...(view.loanId !== undefined && { loanId: view.loanId }),
    ...(view.rejection != null && {
      rejection: { code: view.rejection.code, faults: [...view.rejection.faults] },
    }),
    changedAt: new Date(status.atMs).toISOString(),
  };
}

function nameOf(claim: Claim): { lenderId: string; channel: string; reference: string } {
  const { lenderId, channel, reference } = claim;
  return { lenderId, channel, reference };
}

function namesOf(named: { lenderId: string; channel: string; reference: string }): {
  lender: string;
  channel: string;
  reference: string;
} {
  return { lender: named.lenderId, channel: named.channel, reference: named.reference };
}

function acknowledge(
  reply: FastifyReply,
  applicationId: string,
): { applicationId: string; status: string } {
  reply.code(202).header('location', `/v1/applications/${applicationId}`);
  return { applicationId, status: 'received' };
}

function eventOf<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) {
      throw new HttpError(422, 'SAIDAO_HTTP_INVALID', error.message);
    }
    throw error;
  }
}

function conflict(): HttpError {
  return new HttpError(
    409,
    'SAIDAO_HTTP_CONFLICT',
    'Another body has been submitted under this reference; amend the application instead.',
  );
}

function notFound(): HttpError {
  return new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', 'There is no such application.');
}
