// What every door does: know the principal, name the message, publish it and wait for the log.
import { createHash } from 'node:crypto';
import { EventLogError, type EventLog } from '@saidao/event-log';
import { encode, type EventMap, type EventName } from '@saidao/schemas';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { systemClock } from './clock.ts';
import { HttpError, unavailable } from './http-error.ts';
import type { Principal, Principals, Role } from './principals.ts';
import { isSigned, unauthenticated, type Tokens } from './tokens.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
  }
  interface FastifyContextConfig {
    /** Who may use the route. */
    roles?: readonly Role[];
    /** For everyone, without a token. */
    public?: boolean;
  }
}

/** A signed token with many claims has a few thousand characters. */
const BEARER = /^Bearer ([\x21-\x7e]{1,8192})$/i;

/** Whom a door knows: by tokens that it was told, and by signed ones. */
export interface Admission {
  readonly principals: Principals | undefined;
  readonly tokens: Tokens;
}

/** Every route added to `app` afterwards wants a bearer token of one of its `config.roles`. */
export function authenticate(app: FastifyInstance, admission: Admission): void {
  app.decorateRequest('principal', null);
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.public === true || (config?.roles?.length ?? 0) > 0) return;
    throw new Error(`${String(method)} ${url} names no roles: give config.roles or config.public.`);
  });
  app.addHook('onRequest', async (request) => {
    const { config } = request.routeOptions;
    if (config.public === true) return;
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw unauthenticated();
    const principal = await principalBy(token, admission);
    if (config.roles?.includes(principal.role) !== true) {
      const message = `The role ${principal.role} may not do this.`;
      throw new HttpError(403, 'SAIDAO_HTTP_FORBIDDEN', message);
    }
    request.principal = principal;
  });
}

async function principalBy(token: string, { principals, tokens }: Admission): Promise<Principal> {
  const principal = principals?.find(token);
  if (principal !== undefined) return principal;
  if (!isSigned(token)) throw unauthenticated();
  return tokens.principalOf(token);
}

/** Requests of one principal in a second, to one process. */
export interface RequestLimits {
  readonly ofPeople: number;
  readonly ofSystems: number;
}

/** Each principal has its own measure, whatever its address; beyond it the answer is 429. */
export async function limitRequests(app: FastifyInstance, limits: RequestLimits): Promise<void> {
  const quiet = {
    'x-ratelimit-limit': false,
    'x-ratelimit-remaining': false,
    'x-ratelimit-reset': false,
  };
  await app.register(rateLimit, {
    timeWindow: 1_000,
    hook: 'onRequest',
    keyGenerator: (request) => request.principal?.principal ?? '',
    allowList: (request) => request.principal === null,
    max: ({ principal }) =>
      principal?.role === 'channel' || principal?.role === 'reader'
        ? limits.ofSystems
        : limits.ofPeople,
    errorResponseBuilder: (_request, { max }) => {
      const message = `More than ${max} requests in a second; go on after a moment.`;
      return new HttpError(429, 'SAIDAO_HTTP_TOO_MANY', message, { retryAfterS: 1 });
    },
    addHeaders: { ...quiet, 'retry-after': false },
    addHeadersOnExceeding: quiet,
  });
}

/** The principal of a request to a route that has roles. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new Error('The route is public: it has no principal.');
  return request.principal;
}

/**
 * Whether a principal may act for a lender and, where given, in the name of a channel. What it may
 * not see should be answered like what is not there (404).
 */
export function mayActFor(principal: Principal, lenderId: string, channel?: string): boolean {
  if (!principal.lenders.includes(lenderId)) return false;
  if (channel === undefined || principal.channels === undefined) return true;
  return principal.channels.includes(channel);
}

/** Throws 403 where `mayActFor` says no. */
export function assertMayActFor(principal: Principal, lenderId: string, channel?: string): void {
  if (mayActFor(principal, lenderId, channel)) return;
  const message = 'The principal may not act for this lender and channel.';
  throw new HttpError(403, 'SAIDAO_HTTP_FORBIDDEN', message);
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;

/** The Idempotency-Key of a request; throws 400 without a good one. */
export function idempotencyKeyOf(request: FastifyRequest): string {
  const given = request.headers['idempotency-key'];
  if (typeof given === 'string' && IDEMPOTENCY_KEY.test(given)) return given;
  const path = 'headers.idempotency-key';
  const message = 'has to be 1 to 128 printable characters without blanks';
  throw new HttpError(400, 'SAIDAO_HTTP_INVALID', 'The request is not as it must be.', {
    faults: [{ path, code: given === undefined ? 'REQUIRED' : 'FORM', message }],
  });
}

/** The message id of what a principal sent under an Idempotency-Key: the same for every try. */
export function messageIdOf(principal: string, idempotencyKey: string): string {
  return createHash('sha256')
    .update(`${Buffer.byteLength(principal)}.${principal}.${idempotencyKey}`)
    .digest('hex');
}

export interface DoorMessage<N extends EventName> {
  /** The topic's name on the broker. */
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly type: N;
  readonly data: EventMap[N];
  readonly lenderId: string;
  readonly messageId: string;
  readonly correlationId: string;
  /** The worker whose door it is: `intake`. */
  readonly source: string;
  /** The application's id where it is known. */
  readonly applicationId?: string;
  readonly traceparent?: string;
  /** The request's `answerByMs`: what was spent before is not the log's to spend. */
  readonly answerByMs: number;
  /** Default: now. */
  readonly nowMs?: number;
}

/** Left for sending the answer itself. */
const ANSWERING_MS = 300;

/**
 * Appends a door's message and returns when the log has acknowledged it; else throws 503 with
 * Retry-After before the answer is due. It may have been appended even then: the same message id
 * makes a second try harmless.
 */
export async function publishDoor<N extends EventName>(
  log: EventLog,
  message: DoorMessage<N>,
): Promise<void> {
  const { topic, partition, type, data, answerByMs } = message;
  const record = {
    topic,
    partition,
    key: Buffer.from(message.key),
    value: encode(type, data, topic),
    headers: {
      'content-type': 'application/avro',
      ce_specversion: '1.0',
      ce_id: message.messageId,
      ce_source: `saidao/${message.source}`,
      ce_type: type,
      ce_time: new Date(message.nowMs ?? Date.now()).toISOString(),
      ...(message.applicationId !== undefined && { ce_subject: message.applicationId }),
      ce_correlationid: message.correlationId,
      ce_causationid: message.messageId,
      ce_lenderid: message.lenderId,
      ...(message.traceparent !== undefined && { traceparent: message.traceparent }),
    },
  };
  const timeoutMs = Math.floor(answerByMs - systemClock.steadyMs() - ANSWERING_MS);
  if (timeoutMs <= 0) throw unavailable('No time was left to publish; send the request again.');
  try {
    await log.send([record], { timeoutMs });
  } catch (error) {
    if (error instanceof EventLogError && error.code === 'SAIDAO_RECORD_TOO_LARGE') {
      throw new HttpError(413, 'SAIDAO_HTTP_TOO_LARGE', 'The message is too large for the log.');
    }
    if (!(error instanceof EventLogError)) throw error;
    throw unavailable('The event log has not acknowledged; send the same request again.', error);
  }
}
