// The development issuer of this home: signs tokens for people of the local system, and nowhere else.
import { createPublicKey, generateKeyPairSync, randomUUID, type JsonWebKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importJWK, SignJWT } from 'jose';
import { PRINCIPALS, type LocalPrincipal } from './access.ts';

/** Doors that others can reach refuse to start with it. */
export const ISSUER = 'urn:saidao:development';
export const AUDIENCE = 'saidao';
const ALGORITHM = 'EdDSA';

interface SigningKey {
  readonly kid: string;
  readonly secret: JsonWebKey;
}

export function issuerFile(home: string): string {
  return join(home, 'issuer.json');
}

function readKey(home: string): SigningKey | null {
  const file = issuerFile(home);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SigningKey) : null;
}

/** Made once for each home, readable to its owner only. */
function ensureKey(home: string): SigningKey {
  const known = readKey(home);
  if (known) return known;
  const { privateKey } = generateKeyPairSync('ed25519');
  const key: SigningKey = { kid: randomUUID(), secret: privateKey.export({ format: 'jwk' }) };
  mkdirSync(home, { recursive: true });
  writeFileSync(issuerFile(home), `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600 });
  return key;
}

/** The value of OIDC_ISSUERS for the local system's doors: open keys only. */
export function issuersSetting(home: string, lenders: readonly string[]): string {
  const { kid, secret } = ensureKey(home);
  const open = createPublicKey({ key: secret, format: 'jwk' }).export({ format: 'jwk' });
  return JSON.stringify([
    {
      issuer: ISSUER,
      audience: AUDIENCE,
      jwks: { keys: [{ ...open, kid, alg: ALGORITHM, use: 'sig' }] },
      lendersClaim: 'lenders',
      lenders,
    },
  ]);
}

export interface TokenRequest {
  readonly as: LocalPrincipal;
  readonly lenders: readonly string[];
  readonly minutes: number;
  readonly nowMs: number;
}

/** Null: nothing has been started in this home yet, so nobody would trust it. */
export async function signToken(
  home: string,
  { as, lenders, minutes, nowMs }: TokenRequest,
): Promise<string | null> {
  const key = readKey(home);
  if (key === null) return null;
  const { role } = PRINCIPALS.find(({ principal }) => principal === as)!;
  const nowS = Math.floor(nowMs / 1000);
  return new SignJWT({ role, lenders })
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(as)
    .setIssuedAt(nowS)
    .setNotBefore(nowS)
    .setExpirationTime(nowS + minutes * 60)
    .sign(await importJWK({ ...key.secret } as Parameters<typeof importJWK>[0], ALGORITHM));
}
