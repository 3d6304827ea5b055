// A hostile caller of a door, over real sockets: each abuse by the name that docs/doors.md gives it.
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const ISSUER = 'https://login.bank.example';
const AWAY = 'https://login.away.example';
const KID = 'k';
const FLOOD = 1_000;
/** Fewer than the share of any principal. */
const MEANWHILE = 10;

interface Words {
  readonly issuer?: string;
  readonly audience?: string;
  readonly role?: string;
  readonly expiresInS?: number;
}

export interface TestIssuer {
  /** For OIDC_ISSUERS: one whose keys a door is told, and one whose keys cannot be had. */
  readonly setting: readonly object[];
  /** A token for whoever is called chen. */
  tokenOf(words?: Words): string;
}

/** A bank's issuer, which may speak for these lenders. */
export function openIssuer(lenders: readonly string[]): TestIssuer & { unsigned(): string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const open = { ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'EdDSA' };
  const said = (header: object, words: Words): string => {
    const { issuer: iss = ISSUER, audience: aud = 'saidao', role = 'officer' } = words;
    const exp = Math.floor(Date.now() / 1000) + (words.expiresInS ?? 60);
    const claims = { iss, aud, sub: 'chen', role, exp };
    return [header, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
  };
  return {
    setting: [
      { issuer: ISSUER, audience: 'saidao', jwks: { keys: [open] }, lenders },
      {
        issuer: AWAY,
        audience: 'saidao',
        jwksUrl: 'http://127.0.0.1:1/keys',
        lenders,
        prefix: 'a.',
      },
    ],
    tokenOf(words = {}) {
      const content = said({ alg: 'EdDSA', kid: KID }, words);
      const signature = sign(null, Buffer.from(content), privateKey).toString('base64url');
      return `${content}.${signature}`;
    },
    unsigned: () => `${said({ alg: 'none' }, {})}.`,
  };
}

/** A POST of the body to the path is right, and is answered with 202. */
export interface DoorUnderTest {
  readonly address: string;
  readonly path: string;
  readonly body: Readonly<Record<string, string>>;
  /** Of a principal whose share is less than a flood has. */
  readonly token: string;
  /** Of another principal, who is served meanwhile. */
  readonly otherToken: string;
  /** The same of another lender's application. */
  readonly othersPath: string;
  readonly issuer: ReturnType<typeof openIssuer>;
  /** A role that may not do it. */
  readonly wrongRole: string;
}

interface Sent {
  readonly path?: string;
  readonly body?: string;
  readonly type?: string;
}

function callerOf({ address, path, body }: DoorUnderTest) {
  return (bearer: string, sent: Sent = {}): Promise<Response> =>
    fetch(new URL(sent.path ?? path, address), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': sent.type ?? 'application/json',
      },
      body: sent.body ?? JSON.stringify(body),
    });
}

/** What each abuse is answered with, one after the other; the flood comes last. */
export async function abused(door: DoorUnderTest): Promise<Readonly<Record<string, number>>> {
  const { token, issuer, path, othersPath, body, wrongRole: role } = door;
  const post = callerOf(door);
  const requests: Readonly<Record<string, () => Promise<Response | number>>> = {
    'a right one': () => post(token),
    'no token': () => fetch(new URL(path, door.address), { method: 'POST' }),
    'an unknown token': () => post('a-token-of-nobody-here'),
    'a stale token': () => post(issuer.tokenOf({ expiresInS: -3_600 })),
    '`alg: none`': () => post(issuer.unsigned()),
    'a token of 9,000 characters': () => post(`e30.${'A'.repeat(8_992)}.e30`),
    'a token for another audience': () => post(issuer.tokenOf({ audience: 'payroll' })),
    'a role that may not do it': () => post(issuer.tokenOf({ role })),
    'another lender’s application': () => post(token, { path: othersPath }),
    'a body that is no JSON': () => post(token, { body: '{' }),
    'extra fields': () => post(token, { body: JSON.stringify({ ...body, role: 'committee' }) }),
    'a body of 10 MB': () => statusOfLargeBody(door, 10 * 1024 * 1024),
    'a body that is not sent as JSON': () => post(token, { type: 'text/plain' }),
    'a token whose issuer’s keys cannot be had just now': () =>
      post(issuer.tokenOf({ issuer: AWAY })),
  };
  const answers: Record<string, number> = {};
  for (const [kind, ask] of Object.entries(requests)) {
    const answer = await ask();
    answers[kind] = typeof answer === 'number' ? answer : answer.status;
    if (typeof answer !== 'number') await answer.body?.cancel();
  }
  return { ...answers, 'more than its share of requests': await statusOfFlood(door) };
}

/** 429, where the others are served meanwhile and nobody gets anything else. */
async function statusOfFlood(door: DoorUnderTest): Promise<number> {
  const post = callerOf(door);
  const statusOf = async (answer: Promise<Response>): Promise<number> => {
    const { status, headers, body } = await answer;
    await body?.cancel();
    if (status === 429 && headers.get('retry-after') === null) throw new Error('Told no time.');
    return status;
  };
  const many = (count: number, bearer: string) =>
    Promise.all(Array.from({ length: count }, () => statusOf(post(bearer))));
  const flood = many(FLOOD, door.token);
  const meanwhile = new Set(await many(MEANWHILE, door.otherToken));
  const answers = new Set(await flood);
  if (meanwhile.size !== 1 || !meanwhile.has(202)) {
    throw new Error(`Others were answered with ${[...meanwhile].join(', ')}.`);
  }
  answers.delete(202);
  if (answers.size !== 1) throw new Error(`It was answered with ${[...answers].join(', ')}.`);
  return [...answers][0] as number;
}

/** The status line alone: who sends too much is answered before it has all been sent. */
function statusOfLargeBody({ address, path, token }: DoorUnderTest, bytes: number) {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const { hostname, port, host } = new URL(address);
  const socket = connect(Number(port), hostname);
  socket.on('data', (answer) => {
    resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer.toString('latin1'))?.[1]));
    socket.destroy();
  });
  // Whoever writes on after the answer may be cut off.
  socket.on('error', reject);
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${host}`,
    `authorization: Bearer ${token}`,
    'content-type: application/json',
    `content-length: ${bytes}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  socket.write(Buffer.alloc(bytes, 0x20));
  return promise;
}

/** The answers that docs/doors.md promises, by the names of the abuses. */
export function answersPromised(): Readonly<Record<string, number>> {
  const page = readFileSync(new URL('../../../docs/doors.md', import.meta.url), 'utf8');
  const [, table = ''] = /## Answers\n([^]*?)\n\nEach refusal/.exec(page) ?? [];
  const rows = [...table.matchAll(/^\| (.+?) +\| (\d{3}) +\|$/gm)];
  return Object.fromEntries(
    rows.map(([, kind = '', status]) => [kind.replaceAll("'", '’'), Number(status)]),
  );
}
