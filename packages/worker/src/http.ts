// The HTTP server of a worker's process: health, metrics, and its doors with their papers.
import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify';
import { systemClock } from './clock.ts';
import { authenticate, limitRequests, type RequestLimits } from './door.ts';
import {
  faultsOfJson,
  faultsOfValidation,
  HttpError,
  unavailable,
  type RequestFault,
} from './http-error.ts';
import type { Logger } from './logging.ts';
import type { Metrics } from './metrics.ts';
import type { Issuer } from './issuers.ts';
import { addPapers, doorPapers, OPERATIONS } from './papers.ts';
import type { Principals } from './principals.ts';
import { Tokens } from './tokens.ts';
import { sqlStateOf } from './database.ts';
import { traceIdOf } from './trace-context.ts';
import { recordRequest, traceOfRequest, type Tracing } from './tracing.ts';

export { Type, type Static } from 'typebox';

/** Fastify with TypeBox: a route's schema is the type of its request. */
export type DoorApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Adds the routes of one door. Each route names `config.roles`, or `config.public`. */
export type Door = (app: DoorApp) => void | Promise<void>;

export interface Health {
  /** Why the process should be started again; undefined while it is alive. */
  alive(): string | undefined;
  /** Why no work should be given to it; empty while it is ready. */
  notReady(): Promise<readonly string[]>;
}

export interface HttpOptions {
  readonly name: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly doors?: readonly Door[];
  /** Without principals and issuers nobody may use the doors. */
  readonly principals?: Principals;
  readonly issuers?: readonly Issuer[];
  readonly limits?: RequestLimits;
  readonly tracing?: Tracing | undefined;
}

export interface HttpServer {
  /** For `inject` in tests. */
  readonly app: FastifyInstance;
  /** Answers the address it listens on. */
  listen(host: string, port: number): Promise<string>;
  /** Refuses new requests at the doors; health and metrics go on. */
  drain(): void;
  /** Ends when the requests that run have been answered. */
  close(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** W3C trace context: what came with the request, or where that is recorded its span. */
    traceparent: string;
    /** When a door must have answered, on the steady clock: 2 s after the request was here. */
    answerByMs: number;
  }
  interface FastifyContextConfig {
    /** Health, metrics, papers: no principal, quiet in the log, served while draining. */
    operations?: boolean;
    /** Its answer goes on for long: how long says nothing of how quick it is. */
    stream?: boolean;
  }
}

const BODY_BYTES_MAX = 256 * 1024;
const REQUEST_MS_MAX = 15_000;
const ANSWER_MS_MAX = 2_000;

export async function createHttp(options: HttpOptions): Promise<HttpServer> {
  const { logger, metrics, health, doors = [], tracing } = options;
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // Our own line tells route and status, not the address or the query.
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    genReqId: requestIdOf,
    // Ajv would else drop unknown fields and turn "12" into 12 without a word.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: true } },
    schemaErrorFormatter: (errors, part) =>
      invalid(part, faultsOfValidation(errors as Parameters<typeof faultsOfValidation>[0], part)),
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
  });
  let draining = false;

  app.decorateRequest('traceparent', '');
  app.addHook('onRequest', async (request, reply) => {
    request.traceparent = traceOfRequest(headerOf(request, 'traceparent'), tracing);
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    if (draining && request.routeOptions.config.operations !== true) {
      reply.header('connection', 'close');
      throw unavailable('The worker is stopping; send the request again.');
    }
  });
  app.addHook('onResponse', async (request, reply) => {
    tell(request, reply, logger, metrics);
    if (request.routeOptions.config.operations === true) return;
    const route = request.routeOptions.url ?? 'unknown';
    const { statusCode, elapsedTime: durationMs } = reply;
    const given = headerOf(request, 'traceparent');
    const { method, traceparent: trace } = request;
    recordRequest({ method, route, statusCode, durationMs, given, trace }, tracing);
  });
  app.setErrorHandler(refuse);
  app.setNotFoundHandler(async (request, reply) =>
    refuse(
      new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', 'There is no such address.'),
      request,
      reply,
    ),
  );
  takeStrictJson(app);

  if (doors.length > 0) addPapers(app, doorPapers(options.name));
  await app.after();
  app.get('/livez', OPERATIONS.livez, async (_request, reply) => {
    const reason = health.alive();
    return reply
      .code(reason === undefined ? 200 : 503)
      .send({ alive: reason === undefined, reason });
  });
  app.get('/readyz', OPERATIONS.readyz, async (_request, reply) => {
    const reasons = draining ? ['the worker is stopping'] : await health.notReady();
    const ready = reasons.length === 0;
    return reply.code(ready ? 200 : 503).send({ ready, reasons });
  });
  app.get('/metrics', OPERATIONS.metrics, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  if (doors.length > 0) await addDoors(app, options, doors);
  await app.ready();

  return {
    app,
    listen: (host, port) => app.listen({ host, port }),
    drain() {
      draining = true;
    },
    close: () => app.close(),
  };
}

async function addDoors(
  app: FastifyInstance,
  { principals, issuers = [], limits }: HttpOptions,
  doors: readonly Door[],
): Promise<void> {
  await app.register(async (scope) => {
    authenticate(scope, { principals, tokens: new Tokens(issuers) });
    if (limits !== undefined) await limitRequests(scope, limits);
    scope.decorateRequest('answerByMs', 0);
    scope.addHook('preValidation', async (request) => {
      // Not from the first byte on: a slow line's upload must not eat the log's time.
      request.answerByMs = systemClock.steadyMs() + ANSWER_MS_MAX;
      const faultsOfBody = faultsOfJson(request.body);
      if (faultsOfBody.length > 0) throw invalid('body', faultsOfBody);
      const faultsOfAddress = faultsOfJson(request.params);
      if (faultsOfAddress.length > 0) throw invalid('params', faultsOfAddress);
    });
    for (const door of doors) {
      await scope.register(async (inner) => {
        await door(inner.withTypeProvider<TypeBoxTypeProvider>() as unknown as DoorApp);
      });
    }
  });
}

/** 422 for a body that is JSON and not as it must be, 400 for an address or a header. */
function invalid(part: string, faults: readonly RequestFault[]): HttpError {
  const message = 'The request is not as it must be.';
  return new HttpError(part === 'body' ? 422 : 400, 'SAIDAO_HTTP_INVALID', message, { faults });
}

/** JSON in valid UTF-8 only: decoding would put U+FFFD in place of what is not. */
function takeStrictJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (!isUtf8(body as Buffer)) {
      done(new HttpError(400, 'SAIDAO_HTTP_BODY', 'The body is not valid UTF-8.'));
      return;
    }
    void parse(request, (body as Buffer).toString('utf8'), done);
  });
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

function requestIdOf(request: { headers: NodeJS.Dict<string | string[]> }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function tell(
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
  metrics: Metrics,
): void {
  const { method, principal } = request;
  const route = request.routeOptions.url ?? 'unknown';
  const { statusCode, elapsedTime: durationMs } = reply;
  const { papers, stream } = request.routeOptions.config;
  const isMeasured = papers !== true && !(stream === true && statusCode === 200);
  if (isMeasured) metrics.observeHttp(method, route, statusCode, durationMs);
  const level = request.routeOptions.config.operations === true ? 'debug' : 'info';
  logger[level](
    {
      requestId: request.id,
      traceId: traceIdOf(request.traceparent) || undefined,
      method,
      route,
      statusCode,
      durationMs: Math.round(durationMs * 10) / 10,
      principal: principal?.principal,
    },
    'request answered',
  );
}

function refuse(given: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = httpErrorOf(given);
  if (error.statusCode >= 500) {
    const fields = { requestId: request.id, traceId: traceIdOf(request.traceparent) || undefined };
    request.log.error({ ...fields, code: error.code, err: error.cause }, error.message);
  }
  if (error.retryAfterS !== undefined) reply.header('retry-after', String(error.retryAfterS));
  if (error.statusCode === 401) reply.header('www-authenticate', 'Bearer');
  const { code, message, faults } = error;
  return reply
    .code(error.statusCode)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: { code, message, faults } }));
}

const OF_FASTIFY: Readonly<Record<string, () => HttpError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new HttpError(413, 'SAIDAO_HTTP_TOO_LARGE', `The body is larger than ${BODY_BYTES_MAX} bytes.`),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new HttpError(415, 'SAIDAO_HTTP_MEDIA_TYPE', 'The body has to be application/json.'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () =>
    new HttpError(400, 'SAIDAO_HTTP_BODY', 'The body is empty; it has to be JSON.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new HttpError(400, 'SAIDAO_HTTP_BODY', 'The body is not as long as Content-Length says.'),
};

/** Whatever was thrown, as a refusal that quotes nothing of the request. */
function httpErrorOf(given: unknown): HttpError {
  if (given instanceof HttpError) return given;
  const { code, statusCode } = (given ?? {}) as { code?: unknown; statusCode?: unknown };
  const known = OF_FASTIFY[String(code)];
  if (known !== undefined) return known();
  if (given instanceof SyntaxError || code === 'FST_ERR_CTP_INVALID_JSON_BODY') {
    return new HttpError(400, 'SAIDAO_HTTP_BODY', 'The body is not JSON, or has a forbidden key.');
  }
  if (isOutage(given)) return unavailable('A part that is needed does not answer.', given);
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new HttpError(statusCode, 'SAIDAO_HTTP_INVALID', 'The request is not as it must be.');
  }
  return new HttpError(500, 'SAIDAO_HTTP_INTERNAL', 'The request failed; the log has more.', {
    cause: given,
  });
}

const OUTAGES = new Set([
  'SAIDAO_LOG_UNAVAILABLE',
  'SAIDAO_LOG_CLOSED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
]);

/** The log or the database is gone, starting, stopping or out of connections. */
export function isOutage(error: unknown): boolean {
  const code = String((error as { code?: unknown } | null)?.code);
  if (OUTAGES.has(code)) return true;
  if (/^(?:08|53|57P)/.test(sqlStateOf(error) ?? '')) return true;
  // node-postgres gives these no code.
  const message = error instanceof Error ? error.message : '';
  return /^(?:timeout exceeded when trying to connect|Connection terminated)/.test(message);
}
