// Who may use the doors of the local default, and with which token: made once for each home.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names and roles as the sample cases play them. */
export const PRINCIPALS = [
  { principal: 'channels', role: 'channel' },
  { principal: 'reader', role: 'reader' },
  { principal: 'officer-a', role: 'officer' },
  { principal: 'officer-b', role: 'senior-officer' },
  { principal: 'officer-c', role: 'committee' },
  { principal: 'auditor', role: 'auditor' },
  { principal: 'operator', role: 'operator' },
] as const;

export type LocalPrincipal = (typeof PRINCIPALS)[number]['principal'];

export interface Access {
  readonly tokens: Readonly<Record<LocalPrincipal, string>>;
  /** By which workers know their own cached answers. */
  readonly cacheMacKey: string;
}

export function accessFile(home: string): string {
  return join(home, 'access.json');
}

export function readAccess(home: string): Access | null {
  const file = accessFile(home);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Access) : null;
}

export function ensureAccess(home: string): Access {
  const known = readAccess(home);
  // A home of an older release does not know all of them yet.
  if (known && PRINCIPALS.every(({ principal }) => principal in known.tokens)) return known;
  const random = () => randomBytes(24).toString('base64url');
  const tokens = Object.fromEntries(
    PRINCIPALS.map(({ principal }) => [principal, known?.tokens[principal] ?? random()]),
  );
  const access: Access = {
    tokens: tokens as Access['tokens'],
    cacheMacKey: known?.cacheMacKey ?? random(),
  };
  mkdirSync(home, { recursive: true });
  writeFileSync(accessFile(home), `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600 });
  return access;
}

/** The value of PRINCIPALS for the workers' doors. */
export function principalsSetting(access: Access, lenders: readonly string[]): string {
  return JSON.stringify(
    PRINCIPALS.map(({ principal, role }) => ({
      principal,
      role,
      lenders,
      token: access.tokens[principal],
    })),
  );
}
