// Signed tokens: whom they name, and each way in which one is refused.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issuersOf } from './issuers.ts';
import { isSigned, Tokens } from './tokens.ts';

const ISSUER = 'https://login.bank.example';

interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly secret: CryptoKey;
  readonly open: JWK;
}

async function newKey(kid: string, alg = 'EdDSA'): Promise<Key> {
  const { privateKey: secret, publicKey } = await generateKeyPair(alg);
  return { kid, alg, secret, open: { ...(await exportJWK(publicKey)), kid, alg } };
}

interface Words {
  readonly claims?: Record<string, unknown>;
  readonly issuer?: string;
  readonly audience?: string | null;
  readonly expiresInS?: number | null;
  readonly notBeforeInS?: number;
}

function tokenBy(key: Key, { claims = {}, issuer = ISSUER, ...words }: Words = {}) {
  const nowS = Math.floor(Date.now() / 1000);
  const { audience = 'saidao', expiresInS = 60, notBeforeInS } = words;
  const token = new SignJWT({ sub: 'chen', role: 'officer', branch: ['hangzhou'], ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid })
    .setIssuer(issuer);
  if (audience !== null) token.setAudience(audience);
  if (expiresInS !== null) token.setExpirationTime(nowS + expiresInS);
  if (notBeforeInS !== undefined) token.setNotBefore(nowS + notBeforeInS);
  return token.sign(key.secret);
}

let first: Key;
let second: Key;
let server: Server;
let jwksUrl: string;
/** What the issuer publishes; null: it answers 500. */
let published: readonly JWK[] | null;
let fetches: number;

beforeAll(async () => {
  first = await newKey('first');
  second = await newKey('second');
  server = createServer((_request, response) => {
    fetches += 1;
    response.writeHead(published === null ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: published }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  published = [first.open];
  fetches = 0;
});

const entry = (more: object = {}) => ({
  issuer: ISSUER,
  audience: 'saidao',
  lendersClaim: 'branch',
  lenders: { hangzhou: ['exim-zj'], ningbo: ['boc-zj'] },
  ...more,
});

const tokensOf = (...entries: object[]) => new Tokens(issuersOf(entries));
const near = () => tokensOf(entry({ jwks: { keys: [first.open] } }));
const refused = (statusCode: number) => ({ statusCode });

describe('a signed token', () => {
  it('names principal, role and lenders by its claims', async () => {
    const token = await tokenBy(first, { claims: { branch: ['hangzhou', 'ningbo', 'beijing'] } });
    expect(isSigned(token)).toBe(true);
    expect(await near().principalOf(token)).toEqual({
      principal: 'chen',
      role: 'officer',
      lenders: ['exim-zj', 'boc-zj'],
    });
  });

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('may be signed by %s', async (alg) => {
    const key = await newKey('k', alg);
    const tokens = tokensOf(entry({ jwks: { keys: [key.open] } }));
    expect(await tokens.principalOf(await tokenBy(key))).toMatchObject({ principal: 'chen' });
  });

  it('may name them otherwise: other claims, other words, a prefix', async () => {
    const tokens = tokensOf({
      issuer: ISSUER,
      audience: 'saidao',
      jwks: { keys: [first.open] },
      principalClaim: 'https://bank.example/staff',
      roleClaim: 'realm_access.roles',
      roles: { 'credit-committee': 'committee', 'loan-officer': 'officer' },
      lenders: ['czb-hz'],
      prefix: 'czb.',
    });
    const claims = {
      'https://bank.example/staff': 'w.li',
      realm_access: { roles: ['offline_access', 'credit-committee'] },
    };
    expect(await tokens.principalOf(await tokenBy(first, { claims }))).toEqual({
      principal: 'czb.w.li',
      role: 'committee',
      lenders: ['czb-hz'],
    });
  });

  it('names nobody of another issuer, whose prefix it might write itself', async () => {
    const other = 'https://login.other.example';
    const jwks = { keys: [first.open] };
    const tokens = tokensOf(entry({ jwks }), entry({ issuer: other, jwks, prefix: 'other.' }));
    const claims = { sub: 'other.chen' };
    const posing = tokens.principalOf(await tokenBy(first, { claims }));
    await expect(posing).rejects.toMatchObject(refused(403));
    const own = await tokens.principalOf(await tokenBy(first, { issuer: other }));
    expect(own).toMatchObject({ principal: 'other.chen' });
  });

  it.each<readonly [string, number, Words]>([
    ['that is stale', 401, { expiresInS: -31 }],
    ['that never ends', 401, { expiresInS: null }],
    ['of tomorrow', 401, { notBeforeInS: 86_400 }],
    ['of another issuer', 401, { issuer: 'https://other.example' }],
    ['for another audience', 403, { audience: 'payroll' }],
    ['for nobody', 403, { audience: null }],
    ['of nobody', 403, { claims: { sub: '' } }],
    ['of a name that is none', 403, { claims: { sub: 'a b\n' } }],
    ['without a role', 403, { claims: { role: null } }],
    ['of an unknown role', 403, { claims: { role: 'king' } }],
    ['of two roles', 403, { claims: { role: ['officer', 'committee'] } }],
    ['of no lender', 403, { claims: { branch: [] } }],
    ['of a lender that its issuer may not name', 403, { claims: { branch: ['beijing'] } }],
    ['of what an object inherits', 403, { claims: { branch: ['__proto__', 'constructor'] } }],
  ])('%s is refused with %i', async (_what, status, words) => {
    const token = await tokenBy(first, words);
    await expect(near().principalOf(token)).rejects.toMatchObject(refused(status));
  });

  it('is taken for a moment after its end: clocks differ', async () => {
    const token = await tokenBy(first, { expiresInS: -5, notBeforeInS: 5 });
    expect(await near().principalOf(token)).toMatchObject({ principal: 'chen' });
  });

  it('without a signature, or with a shared secret’s, is refused', async () => {
    const nowS = Math.floor(Date.now() / 1000);
    const claims = { sub: 'chen', role: 'officer', branch: ['hangzhou'] };
    const bare = new UnsecuredJWT(claims).setIssuer(ISSUER).setAudience('saidao');
    const none = bare.setExpirationTime(nowS + 60).encode();
    expect(isSigned(none)).toBe(true);
    // The open key's own bytes as the secret: the old confusion of algorithms.
    const shared = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .setIssuer(ISSUER)
      .setAudience('saidao')
      .setExpirationTime(nowS + 60)
      .sign(Buffer.from(String(first.open.x).padEnd(64, '0')));
    const header = Buffer.from('{"alg":"NONE"}').toString('base64url');
    const louder = `${header}.${none.split('.')[1]}.`;
    for (const token of [none, shared, louder]) {
      await expect(near().principalOf(token)).rejects.toMatchObject(refused(401));
    }
  });

  it('that was changed, or signed by a key that is not the issuer’s, is refused', async () => {
    const token = await tokenBy(first);
    const [header, , signature] = token.split('.');
    const other = await tokenBy(first, { claims: { role: 'committee' } });
    const forged = await tokenBy({ ...second, kid: 'first' });
    const unknown = await tokenBy(second);
    const changed = [header, other.split('.')[1], signature].join('.');
    for (const one of [changed, forged, unknown, 'a.b.c', `${header}..${signature}`]) {
      await expect(near().principalOf(one)).rejects.toMatchObject(refused(401));
    }
  });
});

describe('whatever is sent as a token', () => {
  const segment = fc.oneof(
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
    fc.stringMatching(/^[\w-]{0,40}$/),
    fc.constant(Buffer.from(JSON.stringify({ iss: ISSUER, aud: 'saidao' })).toString('base64url')),
    fc.constant(Buffer.from('{"alg":"EdDSA","kid":"first","crit":["b64"]}').toString('base64url')),
    fc.constant(Buffer.from('{"alg":"EdDSA","jwk":{"kty":"OKP"}}').toString('base64url')),
  );
  const parts = fc.tuple(segment, segment, segment).map((three) => three.join('.'));

  test.prop([fc.oneof(parts, fc.string())])('is a principal’s or 401', async (token) => {
    await expect(near().principalOf(token)).rejects.toMatchObject({ statusCode: 401 });
  });
});

describe('the keys of an issuer', () => {
  const far = () => tokensOf(entry({ jwksUrl }));

  it('are fetched once, when first needed', async () => {
    const tokens = far();
    const token = await tokenBy(first);
    await Promise.all(Array.from({ length: 20 }, () => tokens.principalOf(token)));
    expect(fetches).toBe(1);
  });

  it('may change: a new one is found, but not looked for at every strange token', async () => {
    published = [second.open];
    const tokens = far();
    await tokens.principalOf(await tokenBy(second));
    for (let time = 0; time < 20; time += 1) {
      const strange = tokens.principalOf(await tokenBy(first));
      await expect(strange).rejects.toMatchObject(refused(401));
    }
    expect(fetches).toBe(1);
    published = [first.open, second.open];
    const anew = far();
    expect(await anew.principalOf(await tokenBy(first))).toMatchObject({ principal: 'chen' });
    expect(await anew.principalOf(await tokenBy(second))).toMatchObject({ principal: 'chen' });
  });

  it('that cannot be had are answered with 503, and asked for again after a while', async () => {
    published = null;
    const tokens = far();
    for (let time = 0; time < 20; time += 1) {
      const token = await tokenBy(first);
      await expect(tokens.principalOf(token)).rejects.toMatchObject({
        statusCode: 503,
        retryAfterS: 2,
      });
    }
    expect(fetches).toBe(1);
    const gone = tokensOf(entry({ jwksUrl: 'http://127.0.0.1:1/keys' }));
    await expect(gone.principalOf(await tokenBy(first))).rejects.toMatchObject(refused(503));
  });
});
