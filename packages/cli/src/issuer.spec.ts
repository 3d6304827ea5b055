// The development issuer: its tokens open the local doors, and its key stays with its owner.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEVELOPMENT_ISSUER, issuersOf, Tokens } from '@saidao/worker';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureAccess, principalsSetting } from './access.ts';
import { ISSUER, issuerFile, issuersSetting, signToken } from './issuer.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'saidao-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const lenders = ['exim-zj', 'boc-zj'];
const asked = { as: 'officer-b', lenders, minutes: 5 } as const;

it('signs tokens that the doors of this home take, for the time asked for', async () => {
  const tokens = new Tokens(issuersOf(JSON.parse(issuersSetting(home, lenders))));
  const token = await signToken(home, { ...asked, nowMs: Date.now() });
  expect(await tokens.principalOf(token ?? '')).toEqual({
    principal: 'officer-b',
    role: 'senior-officer',
    lenders,
  });
  const stale = await signToken(home, { ...asked, nowMs: Date.now() - 6 * 60_000 });
  await expect(tokens.principalOf(stale ?? '')).rejects.toMatchObject({ statusCode: 401 });
});

it('says by its name that it is for development, and shows no private key', () => {
  expect(ISSUER).toBe(DEVELOPMENT_ISSUER);
  const setting = issuersSetting(home, lenders);
  expect(setting).not.toMatch(/"d":/);
  // The same key again: a restart makes no token stale.
  expect(issuersSetting(home, lenders)).toBe(setting);
  expect(statSync(issuerFile(home)).mode & 0o777).toBe(0o600);
});

it('is trusted by nobody where nothing was started, nor by another home', async () => {
  expect(await signToken(home, { ...asked, nowMs: Date.now() })).toBeNull();
  issuersSetting(home, lenders);
  const token = await signToken(home, { ...asked, nowMs: Date.now() });
  const other = mkdtempSync(join(tmpdir(), 'saidao-home-'));
  const tokens = new Tokens(issuersOf(JSON.parse(issuersSetting(other, lenders))));
  await expect(tokens.principalOf(token ?? '')).rejects.toMatchObject({ statusCode: 401 });
  rmSync(other, { recursive: true });
});

it('goes beside opaque tokens, of which an older home gets those that it lacks', () => {
  const first = ensureAccess(home);
  expect(ensureAccess(home)).toEqual(first);
  const roles = JSON.parse(principalsSetting(first, lenders)) as {
    principal: string;
    role: string;
  }[];
  expect(roles.map(({ principal, role }) => `${principal} ${role}`)).toEqual([
    'channels channel',
    'reader reader',
    'officer-a officer',
    'officer-b senior-officer',
    'officer-c committee',
    'auditor auditor',
    'operator operator',
  ]);
});
