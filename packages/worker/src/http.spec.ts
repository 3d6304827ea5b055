// The HTTP server: health, metrics, papers, and what its doors refuse, and how.
import { request as httpRequest } from 'node:http';
import { EventLogError } from '@saidao/event-log';
import { afterEach, describe, expect, it } from 'vitest';
import { assertMayActFor, idempotencyKeyOf, principalOf } from './door.ts';
import { createHttp, Type, type Door, type HttpOptions, type HttpServer } from './http.ts';
import { HttpError } from './http-error.ts';
import { createLogger } from './logging.ts';
import { createMetrics } from './metrics.ts';
import { principalsOf } from './principals.ts';

const tokens = { web: 'token-of-the-web-channel', chen: 'token-of-the-officer-chen' };
const principals = principalsOf([
  { principal: 'web', role: 'channel', lenders: ['exim-zj'], channels: ['web'], token: tokens.web },
  { principal: 'chen', role: 'officer', lenders: ['exim-zj'], token: tokens.chen },
]);
const body = Type.Object(
  {
    reference: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Z0-9-]+$' }),
    lender: Type.Optional(Type.String()),
    amount: Type.Optional(Type.Union([Type.Null(), Type.String({ pattern: '^\\d+$' })])),
    staff: Type.Optional(Type.Integer()),
    patents: Type.Optional(
      Type.Array(Type.Object({ number: Type.String() }, { additionalProperties: false })),
    ),
    more: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);
let thrown: unknown = new Error('nothing');

const door: Door = (app) => {
  app.post(
    '/v1/things',
    { config: { roles: ['channel'] }, schema: { body, summary: 'Takes a thing.' } },
    async (request, reply) => {
      const key = idempotencyKeyOf(request);
      assertMayActFor(principalOf(request), request.body.lender ?? 'exim-zj', 'web');
      return reply.code(202).send({ reference: request.body.reference, key });
    },
  );
  app.get('/v1/broken', { config: { public: true } }, async () => {
    throw thrown;
  });
};

const open: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((http) => http.close()));
});

const health = { reason: undefined as string | undefined, reasons: [] as string[] };

async function server(options: Partial<HttpOptions> = {}) {
  const lines: string[] = [];
  const http = await createHttp({
    name: 'intake',
    logger: createLogger({
      service: 'intake',
      level: 'debug',
      destination: { write: (line: string) => void lines.push(line) },
    }),
    metrics: createMetrics({ service: 'intake', defaults: false }),
    health: { alive: () => health.reason, notReady: async () => health.reasons },
    doors: [door],
    principals,
    ...options,
  });
  open.push(http);
  const post = (payload: unknown, headers: Record<string, string> = {}) =>
    http.app.inject({
      method: 'POST',
      url: '/v1/things',
      headers: {
        authorization: `Bearer ${tokens.web}`,
        'idempotency-key': 'k-1',
        'content-type': 'application/json',
        ...headers,
      },
      payload: payload as string,
    });
  const get = (url: string) => http.app.inject({ method: 'GET', url });
  return { http, post, get, lines };
}

describe('health', () => {
  it('tells alive and ready apart, and why not', async () => {
    const { get } = await server();
    expect((await get('/livez')).json()).toEqual({ alive: true });
    expect((await get('/readyz')).json()).toEqual({ ready: true, reasons: [] });
    health.reasons = ['scoring has not joined its group'];
    expect((await get('/readyz')).statusCode).toBe(503);
    expect((await get('/readyz')).json().reasons).toEqual(['scoring has not joined its group']);
    expect((await get('/livez')).statusCode).toBe(200);
    health.reasons = [];
    health.reason = 'a turn hangs';
    expect((await get('/livez')).statusCode).toBe(503);
    health.reason = undefined;
  });

  it('stays while draining, not ready, and the doors refuse', async () => {
    const { http, get, post } = await server();
    http.drain();
    expect((await get('/livez')).statusCode).toBe(200);
    expect((await get('/readyz')).json()).toEqual({
      ready: false,
      reasons: ['the worker is stopping'],
    });
    const refused = await post({ reference: 'A' });
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('2');
    expect(refused.json().error.code).toBe('SAIDAO_HTTP_UNAVAILABLE');
  });

  it('is all there is without doors', async () => {
    const { get } = await server({ doors: [] });
    expect((await get('/docs/json')).statusCode).toBe(404);
    expect((await get('/metrics')).headers['content-type']).toContain('text/plain');
  });
});

describe('papers', () => {
  it('describe what the process answers, without a token', async () => {
    const { get } = await server();
    const papers = await get('/openapi.json');
    expect(papers.headers['content-type']).toBe('application/json; charset=utf-8');
    const { paths } = papers.json();
    const operations = ['/livez', '/readyz', '/metrics'];
    expect(Object.keys(paths)).toEqual([...operations, '/v1/things', '/v1/broken']);
    const { post } = paths['/v1/things'];
    expect(post.summary).toBe('Takes a thing.');
    expect(Object.keys(post.responses)).toEqual([
      '400',
      '401',
      '403',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ]);
    expect(Object.keys(paths['/livez'].get.responses)).toEqual(['200', '503']);
    expect((await get('/docs/json')).json()).toEqual(papers.json());
  });

  it('are a page that takes nothing from elsewhere', async () => {
    const { get } = await server();
    const page = await get('/docs');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'",
    );
    expect(page.body).not.toMatch(/(?:src|href)="https?:/);
    const [, script] = /src="\.?([^"]*swagger-ui-bundle\.js)"/.exec(page.body) ?? [];
    expect((await get(`/docs${script?.replace(/^\/docs/, '')}`)).statusCode).toBe(200);
  });

  it('are not measured', async () => {
    const { get } = await server();
    for (const path of ['/docs', '/docs/json', '/openapi.json', '/livez']) await get(path);
    const measured = (await get('/metrics')).body;
    expect(measured).toContain('route="/livez"');
    expect(measured).not.toMatch(/route="[^"]*(?:docs|openapi)/);
  });
});

describe('a request', () => {
  it('that is right is taken, with ids that come back', async () => {
    const { post, lines } = await server();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const taken = await post({ reference: 'A-1' }, { 'x-request-id': 'r-1', traceparent });
    expect(taken.statusCode).toBe(202);
    expect(taken.headers['x-request-id']).toBe('r-1');
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({
      msg: 'request answered',
      requestId: 'r-1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      route: '/v1/things',
      statusCode: 202,
      principal: 'web',
    });
  });

  it('with a strange request id gets one of ours', async () => {
    const { post } = await server();
    const taken = await post({ reference: 'A' }, { 'x-request-id': 'a b\u00e9' });
    expect(taken.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['nothing', undefined, 401],
    ['a basic login', 'Basic d2ViOng=', 401],
    ['an unknown token', 'Bearer token-of-nobody-at-all', 401],
    ['the token of another role', `Bearer ${tokens.chen}`, 403],
  ])('with %s as its authorization is refused', async (_what, authorization, status) => {
    const { http } = await server();
    const refused = await http.app.inject({
      method: 'POST',
      url: '/v1/things',
      headers: authorization === undefined ? {} : { authorization },
      payload: { reference: 'A' },
    });
    expect(refused.statusCode).toBe(status);
    expect(refused.json().error.code).toBe(
      status === 401 ? 'SAIDAO_HTTP_UNAUTHENTICATED' : 'SAIDAO_HTTP_FORBIDDEN',
    );
  });

  it('for a lender that is not the principal’s is refused', async () => {
    const { post } = await server();
    expect((await post({ reference: 'A', lender: 'boc-zj' })).statusCode).toBe(403);
  });

  it('without a good Idempotency-Key is refused', async () => {
    const { post } = await server();
    for (const key of ['', 'a b', 'x'.repeat(129)]) {
      const refused = await post({ reference: 'A' }, { 'idempotency-key': key });
      expect(refused.statusCode).toBe(400);
      expect(refused.json().error.faults[0].path).toBe('headers.idempotency-key');
    }
  });

  it('to a route that names no roles cannot be', async () => {
    const careless: Door = (app) => void app.get('/v1/open', async () => 'everything');
    await expect(server({ doors: [careless] })).rejects.toThrow(/\/v1\/open names no roles/);
  });
});

describe('a body', () => {
  const refusedFor = async (payload: unknown, headers?: Record<string, string>) => {
    const { post } = await server();
    const refused = await post(payload, headers);
    return {
      status: refused.statusCode,
      ...(refused.json().error as { code: string; faults: [] }),
    };
  };

  it('is told all its faults with their paths', async () => {
    const refused = await refusedFor({
      reference: '',
      amount: 12,
      staff: '7',
      colour: 'red',
      patents: [{ number: 'x' }, { nummer: 'y' }],
    });
    expect(refused).toMatchObject({ status: 422, code: 'SAIDAO_HTTP_INVALID' });
    expect(
      refused.faults
        .map(({ path, code }: { path: string; code: string }) => `${path} ${code}`)
        .sort(),
    ).toEqual([
      'amount TYPE',
      'colour UNKNOWN_FIELD',
      'patents[1].number REQUIRED',
      'patents[1].nummer UNKNOWN_FIELD',
      'reference FORM',
      'reference LENGTH',
      'staff TYPE',
    ]);
  });

  it.each([
    ['no JSON', '{"reference":', 'SAIDAO_HTTP_BODY'],
    ['nothing', '', 'SAIDAO_HTTP_BODY'],
    ['__proto__', '{"reference":"A","__proto__":{"role":"officer"}}', 'SAIDAO_HTTP_BODY'],
    ['constructor.prototype', '{"constructor":{"prototype":{"x":1}}}', 'SAIDAO_HTTP_BODY'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'SAIDAO_HTTP_BODY'],
    ['U+0000', '{"reference":"A","more":["a\\u0000"]}', 'SAIDAO_HTTP_INVALID'],
    ['half a surrogate pair', '{"reference":"A","more":"\\ud800"}', 'SAIDAO_HTTP_INVALID'],
    ['a number beyond 2^53', '{"reference":"A","more":9007199254740993}', 'SAIDAO_HTTP_INVALID'],
    ['a number without end', '{"reference":"A","more":1e999}', 'SAIDAO_HTTP_INVALID'],
    ['deep nesting', `{"more":${'['.repeat(9e4)}${']'.repeat(9e4)}}`, 'SAIDAO_HTTP_INVALID'],
    ['no object', '[]', 'SAIDAO_HTTP_INVALID'],
  ])('of %s is refused', async (_what, payload, code) => {
    const status = code === 'SAIDAO_HTTP_BODY' ? 400 : 422;
    expect(await refusedFor(payload)).toMatchObject({ status, code });
  });

  it('that is too large, or of another type, is refused', async () => {
    const large = await refusedFor(JSON.stringify({ reference: 'A'.repeat(300_000) }));
    expect(large).toMatchObject({ status: 413, code: 'SAIDAO_HTTP_TOO_LARGE' });
    const other = await refusedFor('reference=A', { 'content-type': 'text/plain' });
    expect(other).toMatchObject({ status: 415, code: 'SAIDAO_HTTP_MEDIA_TYPE' });
  });

  it('is quoted by no refusal and no log line', async () => {
    const { post, lines } = await server();
    const canary = '13800138000';
    const answers = await Promise.all([
      post({ reference: canary.repeat(9), colour: canary, patents: [canary] }),
      post(`{"reference":"${canary}"`),
    ]);
    for (const answer of answers) expect(answer.body).not.toContain(canary);
    expect(lines.join('')).not.toContain(canary);
  });
});

describe('what a route throws', () => {
  it.each([
    ['a refusal', new HttpError(409, 'SAIDAO_HTTP_CONFLICT', 'Another body.'), 409],
    ['the log is gone', new EventLogError('SAIDAO_LOG_UNAVAILABLE', 'no broker'), 503],
    ['the database is gone', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 503],
    ['the database stops', Object.assign(new Error('x'), { code: '57P01' }), 503],
    ['the pool is empty', new Error('timeout exceeded when trying to connect'), 503],
    ['a mistake', new TypeError('x is undefined'), 500],
    ['no error at all', 'a string', 500],
  ])('becomes an answer: %s', async (_what, error, status) => {
    thrown = error;
    const { get, lines } = await server();
    const answer = await get('/v1/broken');
    expect(answer.statusCode).toBe(status);
    expect(answer.json().error).toEqual({
      code: expect.stringMatching(/^SAIDAO_HTTP_/),
      message: expect.stringMatching(/\.$/),
      faults: [],
    });
    if (status === 503) expect(answer.headers['retry-after']).toBe('2');
    if (status === 500) expect(lines.join('')).toContain('SAIDAO_HTTP_INTERNAL');
  });

  it('and an unknown address has the same form', async () => {
    const { get } = await server();
    expect((await get('/v2')).json().error.code).toBe('SAIDAO_HTTP_NOT_FOUND');
    expect((await get('/v1/%zz')).json().error.code).toMatch(/^SAIDAO_HTTP_/);
  });
});

describe('closing', () => {
  it('lets the request that runs be answered', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const slow: Door = (app) =>
      void app.get('/v1/slow', { config: { public: true } }, async () => {
        entered.resolve();
        await promise;
        return { done: true };
      });
    const { http } = await server({ doors: [slow] });
    const address = new URL(await http.listen('127.0.0.1', 0));
    const answered = new Promise<number>((answer, fail) => {
      httpRequest(new URL('/v1/slow', address), (response) => {
        response.resume();
        answer(response.statusCode ?? 0);
      })
        .on('error', fail)
        .end();
    });
    await entered.promise;
    const closing = http.close();
    resolve();
    expect(await answered).toBe(200);
    await closing;
  });
});
