// Signed tokens: whom a JWT of a trusted issuer names, and how every other one is refused.
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { systemClock } from './clock.ts';
import { HttpError, unavailable } from './http-error.ts';
import type { Issuer } from './issuers.ts';
import { isPrincipalName, isRole, type Principal, type Role } from './principals.ts';

/** Asymmetric ones only: with a shared secret whoever verifies could sign too. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
const CLOCK_TOLERANCE_S = 30;
/** Below the time in which a door answers. */
const KEYS_MS_MAX = 1_500;
const KEYS_AGE_MS_MAX = 600_000;
/** A key that is not known is looked for again no sooner than this. */
const KEYS_COOLDOWN_MS = 30_000;
/** An issuer that did not answer is left alone for so long. */
const KEYS_AGAIN_MS = 2_000;

/** Whether it is a JWT by its form; other tokens are looked up as they are. */
export function isSigned(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}

/** Knows the keys of the issuers; they are fetched when first needed. */
export class Tokens {
  readonly #issuers: ReadonlyMap<string, { readonly issuer: Issuer; readonly keys: Keys }>;
  readonly #prefixes: readonly string[];

  constructor(issuers: readonly Issuer[]) {
    this.#prefixes = issuers.map(({ prefix }) => prefix);
    this.#issuers = new Map(
      issuers.map((issuer) => [issuer.issuer, { issuer, keys: keysOf(issuer.keys) }]),
    );
  }

  /** The principal of a token; throws 401, 403 or, while its issuer's keys cannot be had, 503. */
  async principalOf(token: string): Promise<Principal> {
    const known = this.#issuers.get(issuerIn(token) ?? '');
    if (known === undefined) throw unauthenticated();
    const { issuer, keys } = known;
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: issuer.issuer,
        audience: issuer.audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp'],
      });
      const principal = principalIn(payload, issuer);
      this.#assertOwn(principal, issuer);
      return principal;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Nobody of an issuer with a short prefix, or none, is called like somebody of another one. */
  #assertOwn({ principal }: Principal, { prefix, principalClaim }: Issuer): void {
    const isOthers = (other: string) => other.length > prefix.length && principal.startsWith(other);
    if (!this.#prefixes.some(isOthers)) return;
    throw forbidden(`The token’s ${principalClaim} names a principal of another issuer.`);
  }
}

type Keys = JWTVerifyGetKey;

function keysOf(keys: Issuer['keys']): Keys {
  if (!(keys instanceof URL)) return createLocalJWKSet(keys);
  let failedAtMs = Number.NEGATIVE_INFINITY;
  const remote = createRemoteJWKSet(keys, {
    timeoutDuration: KEYS_MS_MAX,
    cacheMaxAge: KEYS_AGE_MS_MAX,
    cooldownDuration: KEYS_COOLDOWN_MS,
    async [customFetch](url, options) {
      // Many requests with strange tokens must not become as many to an issuer in trouble.
      if (systemClock.steadyMs() < failedAtMs + KEYS_AGAIN_MS)
        throw new Error('It failed just now.');
      failedAtMs = systemClock.steadyMs();
      const response = await fetch(url, options);
      if (response.ok) failedAtMs = Number.NEGATIVE_INFINITY;
      return response;
    },
  });
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      if (isOfToken(error)) throw error;
      throw unavailable('The keys of the token’s issuer cannot be had; send it again.', error);
    }
  };
}

/** The issuer answered, and has no key for this token. */
function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

/** Not yet verified: it only says whose keys are to be tried. */
function issuerIn(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function refusalOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof errors.JWTExpired) return unauthenticated('The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    return forbidden('The token is for another audience.');
  }
  // Whatever else is wrong with a token is wrong with the token.
  return unauthenticated();
}

function principalIn(payload: JWTPayload, issuer: Issuer): Principal {
  const name = claimOf(payload, issuer.principalClaim);
  const principal = `${issuer.prefix}${typeof name === 'string' ? name : ''}`;
  if (typeof name !== 'string' || !isPrincipalName(principal)) {
    throw forbidden(`The token’s ${issuer.principalClaim} names no principal.`);
  }
  const roles = rolesIn(payload, issuer);
  const [role] = roles;
  if (role === undefined || roles.length > 1) {
    const said = role === undefined ? 'no role that is known here' : 'more than one role';
    throw forbidden(`The token’s ${issuer.roleClaim} names ${said}.`);
  }
  const lenders = lendersIn(payload, issuer);
  if (lenders.length === 0) throw forbidden('The token names no lender that its issuer may name.');
  return { principal, role, lenders };
}

function rolesIn(payload: JWTPayload, { roleClaim, roles }: Issuer): readonly Role[] {
  const found = wordsOf(claimOf(payload, roleClaim)).flatMap((said) => {
    const role = roles.size === 0 ? said : roles.get(said);
    return isRole(role) ? [role] : [];
  });
  return [...new Set(found)];
}

function lendersIn(payload: JWTPayload, { lendersClaim, lenders }: Issuer): readonly string[] {
  const said =
    lendersClaim === undefined ? [...lenders.keys()] : wordsOf(claimOf(payload, lendersClaim));
  return [...new Set(said.flatMap((word) => lenders.get(word) ?? []))];
}

/** By its whole name first: names with dots are usual, as `https://bank.example/role`. */
function claimOf(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path];
  let value: unknown = payload;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function wordsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((one) => typeof one === 'string');
}

/** 401: the token, if there is one, says nothing about who asks. */
export function unauthenticated(message = 'A bearer token of a known principal is needed.') {
  return new HttpError(401, 'SAIDAO_HTTP_UNAUTHENTICATED', message);
}

function forbidden(message: string): HttpError {
  return new HttpError(403, 'SAIDAO_HTTP_FORBIDDEN', message);
}
