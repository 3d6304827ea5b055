// Issuers of signed tokens that a door trusts, and how their claims name a principal here.
import type { JSONWebKeySet } from 'jose';
import { isRole, type Role } from './principals.ts';

/** What only a development system signs for; a door that others reach refuses to start with it. */
export const DEVELOPMENT_ISSUER = 'urn:saidao:development';

export interface Issuer {
  /** `iss`, to the letter. */
  readonly issuer: string;
  /** `aud` has to hold it. */
  readonly audience: string;
  readonly keys: URL | JSONWebKeySet;
  /** The claim's name, or its path with dots, as `realm_access.roles`. */
  readonly principalClaim: string;
  readonly roleClaim: string;
  /** Left out: each principal of the issuer acts for all its lenders. */
  readonly lendersClaim: string | undefined;
  /** What the role claim says, and which role that is here. */
  readonly roles: ReadonlyMap<string, Role>;
  /** What the lenders claim says, and which lenders that is here: never others than these. */
  readonly lenders: ReadonlyMap<string, readonly string[]>;
  /** Put before the principal's name, so that two issuers never name the same one. */
  readonly prefix: string;
}

/**
 * Checks the value of OIDC_ISSUERS:
 * `[{ issuer, audience, jwksUrl or jwks, lenders, … }]`; docs/doors.md says the rest.
 */
export function issuersOf(value: unknown): readonly Issuer[] {
  if (!Array.isArray(value)) throw new Error('it is no list');
  const issuers = value.map((given: unknown, index) => issuerOf(given, `entry ${index + 1}`));
  for (const [index, { issuer, prefix }] of issuers.entries()) {
    const before = issuers.slice(0, index);
    if (before.some((one) => one.issuer === issuer)) {
      throw new Error(`entry ${index + 1}: ${issuer} is there twice`);
    }
    if (before.some((one) => one.prefix === prefix)) {
      throw new Error(`entry ${index + 1}: its prefix is another entry's too`);
    }
  }
  return issuers;
}

function issuerOf(given: unknown, place: string): Issuer {
  const { issuer, audience, jwksUrl, jwks, roles, lenders, ...more } = objectOf(given, place);
  const { principalClaim = 'sub', roleClaim = 'role', lendersClaim, prefix = '', ...rest } = more;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new Error(`${place} has an unknown field ${unknown}`);
  const text = (name: string, one: unknown): string => {
    if (typeof one === 'string' && one !== '') return one;
    throw new Error(`${place}: ${name} is no text`);
  };
  if (typeof prefix !== 'string' || !/^[A-Za-z0-9._@-]{0,16}$/.test(prefix)) {
    throw new Error(`${place}: prefix is not up to 16 letters, digits and . _ @ -`);
  }
  if (lendersClaim === undefined && !Array.isArray(lenders)) {
    throw new Error(`${place}: lenders is no list of names; with lendersClaim it may be a map`);
  }
  return {
    issuer: text('issuer', issuer),
    audience: text('audience', audience),
    keys: keysOf(jwksUrl, jwks, place),
    principalClaim: text('principalClaim', principalClaim),
    roleClaim: text('roleClaim', roleClaim),
    lendersClaim: lendersClaim === undefined ? undefined : text('lendersClaim', lendersClaim),
    roles: rolesOf(roles, place),
    lenders: lendersOf(lenders, place),
    prefix,
  };
}

function keysOf(jwksUrl: unknown, jwks: unknown, place: string): URL | JSONWebKeySet {
  if ((jwksUrl === undefined) === (jwks === undefined)) {
    throw new Error(`${place} has to have either jwksUrl or jwks`);
  }
  if (jwksUrl !== undefined) {
    const url = typeof jwksUrl === 'string' ? URL.parse(jwksUrl) : null;
    const isNear = url !== null && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
    if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isNear)) return url;
    // Whoever can change the keys on their way can be anybody.
    throw new Error(`${place}: jwksUrl is no https address`);
  }
  const { keys } = objectOf(jwks, `${place}: jwks`);
  if (!Array.isArray(keys) || keys.length === 0) throw new Error(`${place}: jwks has no keys`);
  for (const key of keys) {
    const { kty, d } = objectOf(key, `${place}: jwks`);
    // What signs must not be where it is only to be verified.
    if (kty === 'oct' || d !== undefined) throw new Error(`${place}: jwks holds a private key`);
  }
  return { keys };
}

function rolesOf(given: unknown, place: string): ReadonlyMap<string, Role> {
  // Left out: the issuer speaks of roles as we do.
  if (given === undefined) return new Map();
  const entries = Object.entries(objectOf(given, `${place}: roles`)).map(([said, role]) => {
    if (!isRole(role)) throw new Error(`${place}: roles says of ${said} what is no role`);
    return [said, role] as const;
  });
  if (entries.length === 0) throw new Error(`${place}: roles is empty`);
  return new Map(entries);
}

function lendersOf(given: unknown, place: string): ReadonlyMap<string, readonly string[]> {
  const named = (names: unknown): readonly string[] => {
    const list = Array.isArray(names) ? names : [names];
    if (list.length > 0 && list.every((one) => typeof one === 'string' && one !== '')) return list;
    throw new Error(`${place}: lenders names none`);
  };
  if (Array.isArray(given)) return new Map(named(given).map((lender) => [lender, [lender]]));
  const entries = Object.entries(objectOf(given, `${place}: lenders`));
  if (entries.length === 0) throw new Error(`${place}: lenders names none`);
  return new Map(entries.map(([said, names]) => [said, named(names)]));
}

function objectOf(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new Error(`${place} is no object`);
}
