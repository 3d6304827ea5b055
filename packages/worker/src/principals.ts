// Who may use a door: principals with a role, their lenders and the hash of their token.
import { createHash, timingSafeEqual } from 'node:crypto';

const ROLES = [
  'channel',
  'reader',
  'officer',
  'senior-officer',
  'committee',
  'auditor',
  'operator',
] as const;
export type Role = (typeof ROLES)[number];

/** Who may give a verdict; what more each may is decided, not asked at the door. */
export const REVIEWERS = ['officer', 'senior-officer', 'committee'] as const satisfies Role[];

/** Who may look at applications and loans of their lenders. */
export const READERS = ['channel', 'reader', ...REVIEWERS, 'auditor', 'operator'] as const;

export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

export interface Principal {
  readonly principal: string;
  readonly role: Role;
  readonly lenders: readonly string[];
  /** The channels in whose name it submits; left out: all of its lenders' channels. */
  readonly channels?: readonly string[];
  /** Known by an opaque token: a system, behind which several people may be. */
  readonly isSystem?: boolean;
}

/** Knows principals by their tokens; keeps only the tokens' hashes. */
export class Principals {
  readonly #entries: readonly { readonly hash: Buffer; readonly principal: Principal }[];

  constructor(entries: readonly { hash: Buffer; principal: Principal }[]) {
    this.#entries = entries;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Compares with every entry, so that the time tells nothing. */
  find(token: string): Principal | undefined {
    const hash = sha256(token);
    let found: Principal | undefined;
    for (const entry of this.#entries) {
      if (timingSafeEqual(entry.hash, hash)) found = entry.principal;
    }
    return found;
  }
}

const TOKEN_LENGTH_MIN = 16;
/** What a principal may be called, for schemas too. */
export const PRINCIPAL_NAME = '^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$';
const NAME = new RegExp(PRINCIPAL_NAME);

export function isPrincipalName(name: string): boolean {
  return NAME.test(name);
}

/**
 * Checks the value of PRINCIPALS:
 * `[{ principal, role, lenders: […], channels?: […], token or tokenSha256 }]`.
 * A fault names the entry's place, never its token.
 */
export function principalsOf(value: unknown): Principals {
  if (!Array.isArray(value)) throw new Error('it is no list');
  const names = new Set<string>();
  const hashes = new Set<string>();
  const entries = value.map((given: unknown, index) => {
    const entry = entryOf(given, `entry ${index + 1}`);
    const { principal } = entry.principal;
    if (names.has(principal)) throw new Error(`entry ${index + 1}: ${principal} is there twice`);
    const hash = entry.hash.toString('hex');
    if (hashes.has(hash)) throw new Error(`entry ${index + 1}: its token is another entry's too`);
    names.add(principal);
    hashes.add(hash);
    return entry;
  });
  return new Principals(entries);
}

function entryOf(given: unknown, place: string): { hash: Buffer; principal: Principal } {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Error(`${place} is no object`);
  }
  const { principal, role, lenders, channels, token, tokenSha256, ...rest } = given as Record<
    string,
    unknown
  >;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw new Error(`${place} has an unknown field ${unknown}`);
  if (typeof principal !== 'string' || !isPrincipalName(principal)) {
    throw new Error(`${place}: principal is not a name of letters, digits and . _ @ -`);
  }
  if (!isRole(role)) {
    throw new Error(`${place}: role is none of ${ROLES.join(', ')}`);
  }
  return {
    hash: hashOf(token, tokenSha256, place),
    principal: {
      principal,
      role,
      lenders: namesOf(lenders, `${place}: lenders`),
      isSystem: true,
      ...(channels !== undefined && { channels: namesOf(channels, `${place}: channels`) }),
    },
  };
}

function hashOf(token: unknown, tokenSha256: unknown, place: string): Buffer {
  if ((token === undefined) === (tokenSha256 === undefined)) {
    throw new Error(`${place} has to have either token or tokenSha256`);
  }
  if (token === undefined) {
    if (typeof tokenSha256 !== 'string' || !/^[0-9a-f]{64}$/.test(tokenSha256)) {
      throw new Error(`${place}: tokenSha256 is not 64 hexadecimal digits`);
    }
    return Buffer.from(tokenSha256, 'hex');
  }
  if (typeof token !== 'string' || token.length < TOKEN_LENGTH_MIN) {
    throw new Error(`${place}: token has less than ${TOKEN_LENGTH_MIN} characters`);
  }
  return sha256(token);
}

function namesOf(value: unknown, place: string): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) throw new Error(`${place} is no list of names`);
  for (const name of value) {
    if (typeof name !== 'string' || name === '') throw new Error(`${place} is no list of names`);
  }
  return value as string[];
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
