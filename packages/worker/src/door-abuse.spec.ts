// A door under abuse, over real sockets: each kind has its answer, and others are served meanwhile.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mayActFor, principalOf } from './door.ts';
import { createHttp, Type, type Door, type HttpServer } from './http.ts';
import { HttpError } from './http-error.ts';
import { issuersOf } from './issuers.ts';
import { createLogger } from './logging.ts';
import { createMetrics } from './metrics.ts';
import { principalsOf } from './principals.ts';

const ISSUER = 'https://login.bank.example';
const AWAY = 'https://login.away.example';
const token = 'the-token-of-officer-li';
const limits = { ofPeople: 20, ofSystems: 5_000 };

const door: Door = (app) => {
  app.post(
    '/v1/things/:lender',
    {
      config: { roles: ['officer', 'channel'] },
      schema: {
        params: Type.Object({ lender: Type.String() }),
        body: Type.Object({ note: Type.String() }, { additionalProperties: false }),
      },
    },
    async (request, reply) => {
      if (!mayActFor(principalOf(request), request.params.lender)) {
        throw new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', 'There is no such thing.');
      }
      return reply.code(202).send({ status: 'received' });
    },
  );
};

let http: HttpServer;
let address: URL;
let signing: CryptoKey;

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA');
  signing = privateKey;
  http = await createHttp({
    name: 'decisioning',
    logger: createLogger({ service: 'decisioning', level: 'silent' }),
    metrics: createMetrics({ service: 'decisioning' }),
    health: { alive: () => undefined, notReady: async () => [] },
    doors: [door],
    principals: principalsOf([
      { principal: 'li', role: 'officer', lenders: ['exim-zj'], token },
      { principal: 'web', role: 'channel', lenders: ['exim-zj'], token: 'the-token-of-web' },
    ]),
    issuers: issuersOf([
      {
        issuer: ISSUER,
        audience: 'saidao',
        jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'EdDSA' }] },
        lenders: ['exim-zj'],
      },
      {
        issuer: AWAY,
        audience: 'saidao',
        jwksUrl: 'http://127.0.0.1:1/keys',
        lenders: ['exim-zj'],
        prefix: 'away.',
      },
    ]),
    limits,
  });
  address = new URL(await http.listen('127.0.0.1', 0));
});

afterAll(() => http.close());

interface Words {
  readonly issuer?: string;
  readonly audience?: string;
  readonly role?: string;
  readonly expiresInS?: number;
}

function signed({ issuer = ISSUER, audience = 'saidao', role, expiresInS = 60 }: Words = {}) {
  return new SignJWT({ sub: 'chen', role: role ?? 'officer' })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInS)
    .sign(signing);
}

const unsigned = () =>
  new UnsecuredJWT({ sub: 'chen', role: 'officer' })
    .setIssuer(ISSUER)
    .setAudience('saidao')
    .setExpirationTime('1m')
    .encode();

interface Sent {
  readonly lender?: string;
  readonly body?: string;
  readonly type?: string;
}

function post(
  bearer: string,
  { lender = 'exim-zj', body = '{"note":"n"}', type = 'application/json' }: Sent = {},
): Promise<Response> {
  return fetch(new URL(`/v1/things/${lender}`, address), {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': type },
    body,
  });
}

const statusOf = async (answer: Promise<Response>): Promise<number> => (await answer).status;

/** The status line alone: who sends too much is answered before it has all been sent. */
function statusOfLargeBody(bytes: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = connect(Number(address.port), address.hostname);
  socket.on('data', (answer) => {
    resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer.toString('latin1'))?.[1]));
    socket.destroy();
  });
  // Whoever writes on after the answer may be cut off.
  socket.on('error', reject);
  const head = [
    'POST /v1/things/exim-zj HTTP/1.1',
    `host: ${address.host}`,
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${bytes}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  socket.write(Buffer.alloc(bytes, 0x20));
  return promise;
}

describe('a door', () => {
  it('takes a signed token, too', async () => {
    expect((await post(await signed())).status).toBe(202);
  });

  /** As docs/doors.md calls them. */
  const kinds: Readonly<Record<string, () => Promise<number>>> = {
    'a right one': () => statusOf(post(token)),
    'no token': () => statusOf(fetch(new URL('/v1/things/exim-zj', address), { method: 'POST' })),
    'an unknown token': () => statusOf(post('a-token-of-nobody-here')),
    'a stale token': async () => statusOf(post(await signed({ expiresInS: -3_600 }))),
    '`alg: none`': () => statusOf(post(unsigned())),
    'a token of 9,000 characters': () => statusOf(post(`e30.${'A'.repeat(8_992)}.e30`)),
    'a token for another audience': async () =>
      statusOf(post(await signed({ audience: 'payroll' }))),
    'a role that may not do it': async () => statusOf(post(await signed({ role: 'auditor' }))),
    'another lender’s application': () => statusOf(post(token, { lender: 'boc-zj' })),
    'a body that is no JSON': () => statusOf(post(token, { body: '{' })),
    'extra fields': () => statusOf(post(token, { body: '{"note":"n","role":"committee"}' })),
    'a body of 10 MB': () => statusOfLargeBody(10 * 1024 * 1024),
    'a body that is not sent as JSON': () => statusOf(post(token, { type: 'text/plain' })),
    'a token whose issuer’s keys cannot be had just now': async () =>
      statusOf(post(await signed({ issuer: AWAY }))),
    'more than its share of requests': async () => {
      const flood = Array.from({ length: 500 }, () => statusOf(post(token)));
      return (await Promise.all(flood)).find((status) => status !== 202) ?? 202;
    },
  };

  it('answers each request as docs/doors.md says', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/doors.md'), 'utf8');
    const [, table = ''] = /## Answers\n([^]*?)\n\nEach refusal/.exec(page) ?? [];
    const written = [...table.matchAll(/^\| (.+?) +\| (\d{3}) +\|$/gm)].map(([, kind, status]) => [
      kind?.replaceAll("'", '’'),
      Number(status),
    ]);
    const measured = [];
    for (const [kind, ask] of Object.entries(kinds)) measured.push([kind, await ask()]);
    expect(Object.fromEntries(measured)).toEqual(Object.fromEntries(written));
  });

  it('names the place of what it does not know', async () => {
    const refused = await post('the-token-of-web', { body: '{"note":"n","role":"committee"}' });
    expect(await refused.json()).toMatchObject({
      error: { faults: [{ path: 'role', code: 'UNKNOWN_FIELD' }] },
    });
  });

  it('lets one principal not have more than its share, and serves the others', async () => {
    const flood = Array.from({ length: 1_000 }, () => post(token));
    const meanwhile = await Promise.all(Array.from({ length: 50 }, () => post('the-token-of-web')));
    const answers = await Promise.all(flood);
    expect(meanwhile.every(({ status }) => status === 202)).toBe(true);
    const refused = answers.filter(({ status }) => status === 429);
    // It may have lasted some seconds, each with its own share.
    expect(refused.length).toBeGreaterThan(500);
    expect(refused.length + answers.filter(({ status }) => status === 202).length).toBe(1_000);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(await refused[0]?.json()).toMatchObject({ error: { code: 'SAIDAO_HTTP_TOO_MANY' } });
  });

  it('is alive after all that', async () => {
    expect((await fetch(new URL('/livez', address))).status).toBe(200);
    expect((await post('the-token-of-web')).status).toBe(202);
  });
});
