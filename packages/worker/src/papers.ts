// A process's papers: the OpenAPI document of its doors at /openapi.json, and as a page at /docs.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import { errors, type ErrorCode } from './errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Refusals that the route's form does not show: 404 of what is not there, 409 of a conflict. */
    refuses?: readonly Refusal[];
    /** What the document says beside what Fastify checks requests and writes answers by. */
    documents?: FastifySchema;
    /** About the process, not its work: not measured. */
    papers?: boolean;
  }
}

export interface PapersOptions {
  /** The process, as `intake`. */
  readonly name: string;
  readonly description: string;
  /** Which of the house's refusals a route has; left out: routes document their own. */
  readonly refusals?: (route: RouteOptions) => readonly Refusal[];
  readonly securitySchemes?: Readonly<Record<string, object>>;
}

const REFUSALS = {
  400: { name: 'BadRequest', codes: ['SAIDAO_HTTP_BODY', 'SAIDAO_HTTP_INVALID'] },
  401: { name: 'Unauthenticated', codes: ['SAIDAO_HTTP_UNAUTHENTICATED'] },
  403: { name: 'Forbidden', codes: ['SAIDAO_HTTP_FORBIDDEN'] },
  404: { name: 'NotFound', codes: ['SAIDAO_HTTP_NOT_FOUND'] },
  409: { name: 'Conflict', codes: ['SAIDAO_WEBHOOKS_FULL', 'SAIDAO_HTTP_CONFLICT'] },
  410: { name: 'Gone', codes: ['SAIDAO_FEED_GONE'] },
  413: { name: 'TooLarge', codes: ['SAIDAO_HTTP_TOO_LARGE'] },
  415: { name: 'MediaType', codes: ['SAIDAO_HTTP_MEDIA_TYPE'] },
  422: { name: 'Invalid', codes: ['SAIDAO_HTTP_INVALID'] },
  429: { name: 'TooMany', codes: ['SAIDAO_HTTP_TOO_MANY'] },
  500: { name: 'Internal', codes: ['SAIDAO_HTTP_INTERNAL'] },
  503: { name: 'Unavailable', codes: ['SAIDAO_HTTP_UNAVAILABLE'] },
} as const satisfies Record<number, { name: string; codes: readonly ErrorCode[] }>;

export type Refusal = keyof typeof REFUSALS;

const text = (description?: string) => ({ type: 'string', ...(description && { description }) });
const required = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  required: Object.keys(properties),
  additionalProperties: false,
  properties,
});
const ErrorBody = {
  ...required({
    error: required({
      code: text('A stable code; docs/errors.md says what each means.'),
      message: text('For people; quotes nothing of what was sent.'),
      faults: {
        type: 'array',
        items: required({
          path: text('As `enterprise.revenue[2].amount`.'),
          code: text(),
          message: text(),
        }),
      },
    }),
  }),
  description: 'Why a request was refused.',
};

const HEADERS: Readonly<Partial<Record<Refusal, object>>> = {
  401: { 'www-authenticate': { schema: { type: 'string', const: 'Bearer' } } },
  429: { 'retry-after': { description: 'Seconds.', schema: { type: 'string' } } },
  503: { 'retry-after': { description: 'Seconds.', schema: { type: 'string' } } },
};

const FAULT = { path: 'request.amount', code: 'FORM', message: 'must match pattern' };

/** An answer with its codes and one of them as example, as OpenAPI's `components.responses`. */
function responseOf([status, { codes }]: [string, (typeof REFUSALS)[Refusal]]): object {
  const [code] = codes.toReversed() as [ErrorCode];
  const faults = status === '400' || status === '422' ? [FAULT] : [];
  const headers = HEADERS[Number(status) as Refusal];
  return {
    description: codes.map((one) => `\`${one}\`: ${errors[one].means}`).join(' '),
    ...(headers && { headers }),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/ErrorBody' },
        example: { error: { code, message: errors[code].means, faults } },
      },
    },
  };
}

const responses = Object.fromEntries(
  Object.entries(REFUSALS).map((entry) => [entry[1].name, responseOf(entry)]),
);

/** Carries a route's refusals through the document's making, and is not in what is made. */
const CARRIED = 'x-refusals';

type Operation = Record<string, unknown> & { responses?: Record<string, unknown> };

/**
 * Documents the routes that are added to `app` once its plugins are there (`app.after()`), unless their schema has `hide`. The
 * papers are for everyone, quiet in the log, not measured, and take nothing from elsewhere.
 */
export function addPapers(app: FastifyInstance, options: PapersOptions): void {
  const { name, description, refusals, securitySchemes } = options;
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: `Saidao: ${name}`, version: '1', description, license: LICENSE },
      servers: [{ url: '/', description: 'Where this document comes from.' }],
      components: {
        ...(refusals && { schemas: { ErrorBody }, responses }),
        ...(securitySchemes && { securitySchemes }),
      } as object,
      ...(securitySchemes && {
        security: Object.keys(securitySchemes).map((one) => ({ [one]: [] })),
      }),
    },
    transform: ({ schema, url, route }) => {
      const { documents } = route.config ?? {};
      const carried = refusals?.(route) ?? [];
      // Answers, too, are those that Fastify writes by and those that it only tells of.
      const answers = { ...Object(schema?.response), ...Object(documents?.response) } as object;
      const response = Object.fromEntries(
        Object.entries(answers).map(([status, told]: [string, object]) => [
          status,
          'description' in told ? told : { ...told, 'x-response-description': schema?.summary },
        ]),
      );
      return { schema: { ...schema, ...documents, response, [CARRIED]: carried }, url };
    },
    transformObject: (made) => {
      const document = 'openapiObject' in made ? made.openapiObject : made.swaggerObject;
      for (const path of Object.values(document.paths ?? {})) {
        for (const operation of Object.values(path as Record<string, Operation>)) {
          const carried = (operation[CARRIED] ?? []) as readonly Refusal[];
          delete operation[CARRIED];
          for (const status of carried) {
            const reference = { $ref: `#/components/responses/${REFUSALS[status].name}` };
            operation.responses = { [status]: reference, ...operation.responses };
          }
        }
      }
      return document;
    },
  });
  app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, public: true, operations: true, papers: true };
    });
    scope.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
      reply.type('application/json; charset=utf-8').send(JSON.stringify(app.swagger())),
    );
    scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: PAGE_POLICY,
      uiConfig: { deepLinking: true, validatorUrl: null },
    });
  });
}

const LICENSE = { name: 'Apache-2.0', identifier: 'Apache-2.0' };

/** The page takes everything from its own door; its script writes styles into it. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The papers of a worker with doors. */
export function doorPapers(name: string): PapersOptions {
  const token = 'Opaque, or a signed JWT; docs/doors.md says of whom.';
  return {
    name,
    description: 'What the door takes and answers. Who may do what is in docs/doors.md.',
    refusals: refusalsOf,
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: token } },
  };
}

/** What any route of such a form refuses, and what this one says that it does. */
function refusalsOf({ method, schema, config = {} }: RouteOptions): readonly Refusal[] {
  if (config.operations === true) return [];
  const hasBody = schema?.body !== undefined || config.documents?.body !== undefined;
  return [
    400,
    ...(config.public === true ? [] : ([401, 403, 429] as const)),
    ...(method === 'GET' ? [] : ([413, 415] as const)),
    ...(hasBody ? ([422] as const) : []),
    ...(config.refuses ?? []),
    ...([500, 503] as const),
  ];
}

const operation = (operationId: string, summary: string, response: object) => ({
  config: { operations: true, documents: { response } },
  schema: { operationId, summary, tags: ['operations'], security: [] },
});
const reasons = { type: 'array', items: text() };
const Alive = required({ alive: { type: 'boolean' } });
const Ready = required({ ready: { type: 'boolean' }, reasons });

/** Health and metrics as routes: documented only, so that they are written as they always were. */
export const OPERATIONS = {
  livez: operation('isAlive', 'Whether the process should be started again', {
    200: { ...Alive, description: 'It is alive.' },
    503: { ...required({ alive: { type: 'boolean' }, reason: text() }), description: 'It is not.' },
  }),
  readyz: operation('isReady', 'Whether work should be given to the process', {
    200: { ...Ready, description: 'It is ready.' },
    503: { ...Ready, description: 'It is not, and why.' },
  }),
  metrics: operation('readMetrics', 'Metrics in the text format of Prometheus', {
    200: { description: 'Metrics.', content: { 'text/plain': { schema: text() } } },
  }),
};
