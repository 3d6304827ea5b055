// Which errors stop a lane: those with a code that the table says so of, and none else.
import { describe, expect, it } from 'vitest';
import { brokenInvariantOf } from './broken-invariant.ts';

const coded = (code: string) => Object.assign(new Error('It is so.'), { code });

describe('a broken invariant', () => {
  it.each(['SAIDAO_INVARIANT', 'SAIDAO_POLICY_UNKNOWN'])('is told by %s, and keeps it', (code) => {
    const broken = brokenInvariantOf(coded(code), { lenderId: 'czb-hz' });
    expect(broken).toMatchObject({ code, message: 'It is so.', lenderId: 'czb-hz' });
  });

  it.each(['SAIDAO_POLICY_MISSING', 'SAIDAO_CONFIG', 'SAIDAO_UNHEARD_OF', 'toString'])(
    'is none with %s',
    (code) => {
      expect(brokenInvariantOf(coded(code))).toBeUndefined();
    },
  );

  it('is told by the SQLSTATE of a trigger', () => {
    expect(brokenInvariantOf(coded('SD001'))).toMatchObject({ code: 'SAIDAO_INVARIANT' });
  });
});
