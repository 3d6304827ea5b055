// Which errors stop a lane: those with a code that the table says so of, and none else.
import { describe, expect, it } from 'vitest';
import { brokenInvariantOf } from './broken-invariant.ts';
import { isDataError } from './database.ts';

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

  const refused = (sqlState: string, constraint: string) =>
    Object.assign(coded(sqlState), { constraint });

  it('is told by a constraint that is named like its code, whatever the SQLSTATE', () => {
    const unbalanced = refused('SD001', 'saidao_ledger_entry_unbalanced');
    expect(brokenInvariantOf(unbalanced)?.code).toBe('SAIDAO_LEDGER_ENTRY_UNBALANCED');
    const broken = refused('23505', 'saidao_ledger_chain_broken');
    expect(brokenInvariantOf(broken)?.code).toBe('SAIDAO_LEDGER_CHAIN_BROKEN');
    expect(isDataError(broken)).toBe(false);
  });

  it('is none where the constraint names a fault of the record', () => {
    const closed = refused('23514', 'saidao_ledger_period_closed');
    expect(brokenInvariantOf(closed)).toBeUndefined();
    expect(isDataError(closed)).toBe(true);
    expect(isDataError(refused('23505', 'loans_pkey'))).toBe(true);
  });
});
