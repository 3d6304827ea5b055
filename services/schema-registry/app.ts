// The registry as one Fastify app: the routes of Confluent's that read, over the committed schemas.
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import {
  incompatibilities,
  lockedSchemas,
  normalForm,
  type AvroSchema,
  type LockedSchema,
} from '@saidao/schemas';
import { addPapers, OPERATIONS, type Logger, type Metrics } from '@saidao/worker';
import { documented } from './documented.ts';
import { referenceRoutes } from './reference.ts';
import { subjectsOf, type SchemaVersion, type Subject, type Subjects } from './subjects.ts';
import {
  readOnly,
  Refusal,
  schemaInvalid,
  schemaUnknown,
  subjectUnknown,
  versionInvalid,
  versionUnknown,
} from './refusal.ts';

export interface RegistryOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Left out: those of this release. */
  readonly schemas?: readonly LockedSchema[];
}

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
/** What packages/schemas asks of a new version: to read and be read by every earlier one. */
const COMPATIBILITY = 'FULL_TRANSITIVE';
const BODY_BYTES_MAX = 256 * 1024;
const REQUEST_MS_MAX = 15_000;
const VERSION_MAX = 2 ** 31 - 1;

interface OfSubject {
  Params: { subject: string };
}
interface OfVersion {
  Params: { subject: string; version: string };
}
interface OfId {
  Params: { id: string };
}

export function buildRegistry(options: RegistryOptions): FastifyInstance {
  const { logger, metrics, schemas = lockedSchemas } = options;
  const subjects = subjectsOf(schemas);
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // Our own line tells route and status, not the address or the query.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    // Clients put an address and a path together as they like.
    routerOptions: { maxParamLength: 400, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
  });
  takeAnyJson(app);
  app.addHook('onRequest', (request, reply, done) => {
    const { operations, papers } = request.routeOptions.config;
    if (operations !== true && papers !== true) reply.type(CONTENT_TYPE);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { url: route = 'unknown', config } = request.routeOptions;
    const { statusCode, elapsedTime: durationMs } = reply;
    if (config.papers !== true) metrics.observeHttp(request.method, route, statusCode, durationMs);
    const level = config.operations === true ? 'debug' : 'info';
    logger[level]({ method: request.method, route, statusCode, durationMs }, 'request answered');
    done();
  });
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) => {
    const { statusCode = 500 } = error;
    if (statusCode >= 500) logger.error({ err: error }, 'a request failed');
    const code = error instanceof Refusal ? error.errorCode : statusCode;
    const message = statusCode >= 500 ? 'The request failed; the log has more.' : error.message;
    return reply.code(statusCode).type(CONTENT_TYPE).send({ error_code: code, message });
  });
  app.setNotFoundHandler(() => {
    throw new Refusal(404, 'HTTP 404 Not Found');
  });

  addPapers(app, {
    name: 'schema-registry',
    description: 'The read-only registry of schemas, spoken to as Confluent’s is.',
  });
  // Once the papers are there to see the routes.
  app.register((scope, _options, done) => {
    scope.get('/livez', OPERATIONS.livez, () => ({ alive: true }));
    scope.get('/readyz', OPERATIONS.readyz, () => ({ ready: true, reasons: [] }));
    scope.get('/metrics', OPERATIONS.metrics, (_request, reply) => {
      reply.type(metrics.contentType);
      return metrics.text();
    });
    schemaRoutes(scope, subjects);
    subjectRoutes(scope, subjects);
    modeRoutes(scope, subjects);
    referenceRoutes(scope);
    done();
  });
  return app;
}

/** A client may name a subject beside the id: to a registry with one context that says nothing. */
function schemaRoutes(app: FastifyInstance, subjects: Subjects): void {
  app.get('/', documented.root, () => ({}));
  app.get('/contexts', documented.contexts, () => ['.']);
  app.get('/schemas/types', documented.types, () => ['AVRO']);
  app.get<OfId>('/schemas/ids/:id', documented.schema, ({ params }) => ({
    schema: schemaOf(subjects, params.id).text,
  }));
  app.get<OfId>('/schemas/ids/:id/schema', documented.schemaAlone, ({ params }, reply) =>
    reply.send(schemaOf(subjects, params.id).text),
  );
  app.get<OfId>('/schemas/ids/:id/subjects', documented.subjectsOfSchema, ({ params }) => [
    schemaOf(subjects, params.id).subject,
  ]);
  app.get<OfId>('/schemas/ids/:id/versions', documented.versionsOfSchema, ({ params }) => {
    const { subject, version } = schemaOf(subjects, params.id);
    return [{ subject, version }];
  });
}

function subjectRoutes(app: FastifyInstance, subjects: Subjects): void {
  app.get('/subjects', documented.subjects, () => subjects.names);
  app.get<OfSubject>('/subjects/:subject/versions', documented.versions, ({ params }) =>
    subjectOf(subjects, params.subject).versions.map(({ version }) => version),
  );
  app.get<OfVersion>('/subjects/:subject/versions/:version', documented.version, ({ params }) =>
    versionBody(params.subject, versionOf(subjectOf(subjects, params.subject), params.version)),
  );
  app.get<OfVersion>(
    '/subjects/:subject/versions/:version/schema',
    documented.versionAlone,
    ({ params }, reply) =>
      reply.send(versionOf(subjectOf(subjects, params.subject), params.version).text),
  );
  app.post<OfSubject>('/subjects/:subject', documented.lookUp, ({ params, body }) => {
    const found = sameIn(subjectOf(subjects, params.subject), candidateOf(body));
    if (found === undefined) throw schemaUnknown();
    return versionBody(params.subject, found);
  });
  app.post<OfSubject>('/subjects/:subject/versions', documented.register, ({ params, body }) => {
    const candidate = candidateOf(body);
    const subject = subjects.named(params.subject);
    const found = subject && sameIn(subject, candidate);
    const { id } = body as { id?: unknown };
    // What is there may be registered once more; under another id it would be another schema.
    if (found === undefined || (typeof id === 'number' && id > 0 && id !== found.id)) {
      throw readOnly(`Subject ${params.subject}`);
    }
    return { id: found.id };
  });
  app.post<OfVersion & { Querystring: { verbose?: string } }>(
    '/compatibility/subjects/:subject/versions/:version',
    documented.compatible,
    ({ params, body, query }) => {
      const candidate = candidateOf(body);
      const subject = subjectOf(subjects, params.subject);
      // Of a topic's events the latest is the one of the same name; a new name has none before it.
      const own = subject.mixed && !/^\d+$/.test(params.version);
      const among = own ? { ...subject, versions: namesakes(subject, candidate) } : subject;
      const against = among.versions.length === 0 ? [] : [versionOf(among, params.version)];
      return judged(candidate, against, query.verbose);
    },
  );
  app.post<OfSubject & { Querystring: { verbose?: string } }>(
    '/compatibility/subjects/:subject/versions',
    documented.compatibleWithAll,
    ({ params, body, query }) => {
      const candidate = candidateOf(body);
      const subject = subjects.named(params.subject);
      if (subject === undefined) return judged(candidate, [], query.verbose);
      const against = subject.mixed ? namesakes(subject, candidate) : subject.versions;
      return judged(candidate, against, query.verbose);
    },
  );
}

function modeRoutes(app: FastifyInstance, subjects: Subjects): void {
  app.get('/config', documented.level, () => ({ compatibilityLevel: COMPATIBILITY }));
  app.get<OfSubject>('/config/:subject', documented.levelOf, ({ params }) => {
    subjectOf(subjects, params.subject);
    return { compatibilityLevel: COMPATIBILITY };
  });
  app.get('/mode', documented.mode, () => ({ mode: 'READONLY' }));
  app.get<OfSubject>('/mode/:subject', documented.modeOf, () => ({ mode: 'READONLY' }));
  app.route({
    method: ['PUT', 'DELETE', 'PATCH'],
    url: '/*',
    schema: { hide: true },
    handler: () => {
      throw readOnly('This registry');
    },
  });
}

function schemaOf({ byId }: Subjects, given: string): SchemaVersion {
  const found = /^\d+$/.test(given) ? byId.get(Number(given)) : undefined;
  if (found === undefined) throw new Refusal(40403, `Schema ${given} not found.`);
  return found;
}

function subjectOf(subjects: Subjects, name: string): Subject {
  const subject = subjects.named(name);
  if (subject === undefined) throw subjectUnknown(name);
  return subject;
}

function versionOf({ versions }: Subject, given: string): SchemaVersion {
  const latest = given === 'latest' || given === '-1';
  const number = /^\d{1,10}$/.test(given) ? Number(given) : 0;
  if (!latest && (number < 1 || number > VERSION_MAX)) throw versionInvalid(given);
  const found = latest ? versions.at(-1) : versions.find(({ version }) => version === number);
  if (found === undefined) throw versionUnknown(given);
  return found;
}

function versionBody(subject: string, { version, id, text }: SchemaVersion) {
  return { subject, version, id, schema: text };
}

/** The schema that a client hands in. */
function candidateOf(body: unknown): AvroSchema {
  const { schema, schemaType = 'AVRO' } = (body ?? {}) as Record<string, unknown>;
  if (schemaType !== 'AVRO' && schemaType !== null) throw schemaInvalid('only AVRO is known here');
  if (typeof schema !== 'string' || schema === '') throw schemaInvalid('the body has no schema');
  try {
    return normalForm(schema);
  } catch (error) {
    throw schemaInvalid((error as Error).message);
  }
}

function sameIn({ versions }: Subject, candidate: AvroSchema): SchemaVersion | undefined {
  const formText = JSON.stringify(candidate);
  return versions.find((version) => version.formText === formText);
}

function namesakes({ versions }: Subject, candidate: AvroSchema): SchemaVersion[] {
  const { name, namespace } = Object(candidate) as Record<string, unknown>;
  return versions.filter(({ record }) => record === `${String(namespace)}.${String(name)}`);
}

function judged(candidate: AvroSchema, against: readonly SchemaVersion[], verbose?: string) {
  const messages = faultsOf(candidate, against);
  return {
    is_compatible: messages.length === 0,
    ...(verbose === 'true' && { messages }),
  };
}

/** What the house does not allow at all is told too: with itself every other schema agrees. */
function faultsOf(candidate: AvroSchema, against: readonly SchemaVersion[]): string[] {
  const older = against.length === 0 ? [candidate] : against.map(({ form }) => form);
  try {
    return [...new Set(older.flatMap((one) => incompatibilities(one, candidate)))];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** Clients send Confluent's content type, plain JSON, or none that says anything. */
function takeAnyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/(?:json|vnd\.schemaregistry(?:\.v1)?\+json|octet-stream)/,
    { parseAs: 'string' },
    parse,
  );
}
