// Principals: found by their token, refused where PRINCIPALS is wrong, without naming a token.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { principalsOf } from './principals.ts';

const token = 'a-token-of-the-web-channel';
const web = { principal: 'web', role: 'channel', lenders: ['exim-zj'], channels: ['web'], token };

describe('principals', () => {
  it('are found by token or by the hash of one', () => {
    const tokenSha256 = createHash('sha256').update('another-token-0123456789').digest('hex');
    const officer = { principal: 'chen', role: 'officer', lenders: ['exim-zj'], tokenSha256 };
    const principals = principalsOf([web, officer]);
    expect(principals.find(token)).toEqual({
      principal: 'web',
      role: 'channel',
      lenders: ['exim-zj'],
      channels: ['web'],
      isSystem: true,
    });
    expect(principals.find('another-token-0123456789')).toMatchObject({ principal: 'chen' });
    expect(principals.find(tokenSha256)).toBeUndefined();
    expect(principals.find('')).toBeUndefined();
  });

  it.each([
    ['no list', {}, 'it is no list'],
    ['no object', ['web'], 'entry 1 is no object'],
    ['a name twice', [web, { ...web, token: `${token}-2` }], 'entry 2: web is there twice'],
    ['a token twice', [web, { ...web, principal: 'app' }], "entry 2: its token is another entry's"],
    ['an unknown role', [{ ...web, role: 'admin' }], 'entry 1: role is none of'],
    ['no lenders', [{ ...web, lenders: [] }], 'entry 1: lenders is no list of names'],
    ['a short token', [{ ...web, token: 'short' }], 'entry 1: token has less than 16'],
    ['two tokens', [{ ...web, tokenSha256: 'a'.repeat(64) }], 'entry 1 has to have either'],
    ['an unknown field', [{ ...web, rights: 'all' }], 'entry 1 has an unknown field rights'],
  ])('are refused with their place: %s', (_what, value, message) => {
    expect(() => principalsOf(value)).toThrow(message);
    try {
      principalsOf(value);
    } catch (error) {
      expect((error as Error).message).not.toContain(token);
    }
  });
});
