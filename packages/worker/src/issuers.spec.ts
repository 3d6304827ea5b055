// Issuers: read from OIDC_ISSUERS, refused where it is wrong or would let anybody in.
import { describe, expect, it } from 'vitest';
import { issuersOf } from './issuers.ts';

const one = {
  issuer: 'https://login.bank.example',
  audience: 'saidao',
  jwksUrl: 'https://login.bank.example/keys',
  lenders: ['exim-zj'],
};

describe('issuers', () => {
  it('have their claims named as usual, unless they are told', () => {
    expect(issuersOf([one])).toEqual([
      {
        issuer: one.issuer,
        audience: 'saidao',
        keys: new URL(one.jwksUrl),
        principalClaim: 'sub',
        roleClaim: 'role',
        lendersClaim: undefined,
        roles: new Map(),
        lenders: new Map([['exim-zj', ['exim-zj']]]),
        prefix: '',
      },
    ]);
    const told = {
      ...one,
      roleClaim: 'realm_access.roles',
      lendersClaim: 'branch',
      roles: { 'loan-officer': 'officer' },
      lenders: { hangzhou: ['exim-zj', 'boc-zj'], ningbo: 'boc-zj' },
    };
    expect(issuersOf([told])[0]).toMatchObject({
      roles: new Map([['loan-officer', 'officer']]),
      lenders: new Map([
        ['hangzhou', ['exim-zj', 'boc-zj']],
        ['ningbo', ['boc-zj']],
      ]),
    });
  });

  const { jwksUrl: _, ...without } = one;
  it.each([
    ['no list', {}, 'it is no list'],
    ['no object', ['x'], 'entry 1 is no object'],
    ['no audience', [{ ...one, audience: '' }], 'entry 1: audience is no text'],
    ['no keys', [without], 'entry 1 has to have either jwksUrl or jwks'],
    ['keys that anybody may change', [{ ...one, jwksUrl: 'http://a.example/k' }], 'no https'],
    ['a shared secret', [{ ...without, jwks: { keys: [{ kty: 'oct', k: 'x' }] } }], 'private key'],
    ['a private key', [{ ...without, jwks: { keys: [{ kty: 'OKP', d: 'x' }] } }], 'private key'],
    ['empty keys', [{ ...without, jwks: { keys: [] } }], 'entry 1: jwks has no keys'],
    ['no lenders', [{ ...one, lenders: [] }], 'entry 1: lenders names none'],
    ['a map without its claim', [{ ...one, lenders: { a: ['b'] } }], 'lenders is no list'],
    ['an unknown role', [{ ...one, roles: { boss: 'king' } }], 'says of boss what is no role'],
    ['an unknown field', [{ ...one, secret: 'x' }], 'entry 1 has an unknown field secret'],
    ['one twice', [one, { ...one, prefix: 'b:' }], 'prefix is not up to 16'],
    ['an issuer twice', [one, { ...one, prefix: 'b.' }], 'login.bank.example is there twice'],
    ['one name for two', [one, { ...one, issuer: 'https://b' }], "prefix is another entry's too"],
  ])('are refused with their place: %s', (_what, value, message) => {
    expect(() => issuersOf(value)).toThrow(message);
  });
});
