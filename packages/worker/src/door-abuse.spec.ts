// A door under abuse, over real sockets: each kind has its answer, and others are served meanwhile.
import { connect } from 'node:net';
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
    ]),
    limits,
  });
  address = new URL(await http.listen('127.0.0.1', 0));
});

afterAll(() => http.close());

const signed = (audience: string, expiresInS: number) =>
  new SignJWT({ sub: 'chen', role: 'officer' })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k' })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInS)
    .sign(signing);

const unsigned = () =>
  new UnsecuredJWT({ sub: 'chen', role: 'officer' })
    .setIssuer(ISSUER)
    .setAudience('saidao')
    .setExpirationTime('1m')
    .encode();

function post(
  bearer: string,
  { lender = 'exim-zj', body = '{"note":"n"}' as string | Buffer } = {},
) {
  return fetch(new URL(`/v1/things/${lender}`, address), {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
}

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
  it('takes what is right', async () => {
    expect((await post(token)).status).toBe(202);
    expect((await post(await signed('saidao', 60))).status).toBe(202);
  });

  it('answers each wrong request by its kind', async () => {
    const statuses = {
      stale: await post(await signed('saidao', -3_600)),
      unsigned: await post(unsigned()),
      oversized: await post(`e30.${'A'.repeat(9_000)}.e30`),
      'wrong audience': await post(await signed('payroll', 60)),
      'another lender': await post(token, { lender: 'boc-zj' }),
      'extra fields': await post(token, { body: '{"note":"n","role":"committee"}' }),
    };
    expect(
      Object.fromEntries(Object.entries(statuses).map(([what, { status }]) => [what, status])),
    ).toEqual({
      stale: 401,
      unsigned: 401,
      oversized: 401,
      'wrong audience': 403,
      'another lender': 404,
      'extra fields': 422,
    });
    expect(await statuses['extra fields'].json()).toMatchObject({
      error: { faults: [{ path: 'role', code: 'UNKNOWN_FIELD' }] },
    });
  });

  it('answers a body of 10 MB before it is there', async () => {
    expect(await statusOfLargeBody(10 * 1024 * 1024)).toBe(413);
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
