// Which version an application is pinned to: by its day, and by the challenger's share of them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../adapters/policy-files.ts';
import { pinned } from './pin.ts';
import {
  challengerEntry,
  firstEntry,
  inForce,
  registerOf,
  waitingEntry,
} from './register.fixture.ts';
import { versionsIn, type PolicyEntry } from './register.ts';

const entry = { lenderId: 'czb-hz', applicationId: 'a-1', businessDate: '2026-11-20' };

function pin(policies: Readonly<Record<string, PolicyEntry>>, change: Partial<typeof entry> = {}) {
  return pinned(versionsIn(registerOf(policies)), { ...entry, ...change }, sha256);
}

const inTurn = {
  'czb-hz@1': inForce(firstEntry, '2026-01-01', '2026-05-31'),
  'czb-hz@2': inForce(waitingEntry, '2026-06-01'),
  'boc-zj@1': firstEntry,
};
const tried = {
  'czb-hz@1': firstEntry,
  'czb-hz@2': inForce(challengerEntry, '2026-06-01', '2026-12-31'),
};

describe('an application', () => {
  it.each([
    ['2020-01-01', 'czb-hz@1'],
    ['2026-05-31', 'czb-hz@1'],
    ['2026-06-01', 'czb-hz@2'],
    ['2030-01-01', 'czb-hz@2'],
  ])('of %s is pinned to %s', (businessDate, ref) => {
    expect(pin(inTurn, { businessDate })).toEqual({ ref, role: 'champion' });
  });

  it('of another lender is pinned to that lender’s', () => {
    expect(pin(inTurn, { lenderId: 'boc-zj' }).ref).toBe('boc-zj@1');
  });

  it('of a lender without a policy is refused by a code', () => {
    expect(() => pin(inTurn, { lenderId: 'new-bank' })).toThrow(
      expect.objectContaining({ code: 'SAIDAO_POLICY_MISSING' }),
    );
    expect(() => pin({ 'czb-hz@2': waitingEntry })).toThrow('czb-hz has no policy on 2026-11-20.');
  });

  it('goes to the challenger by its id alone, and always to the same', () => {
    fc.assert(
      fc.property(fc.uuid(), (applicationId) => {
        const once = pin(tried, { applicationId });
        expect(pin(tried, { applicationId, businessDate: '2026-06-01' })).toEqual(once);
        expect(['czb-hz@1', 'czb-hz@2']).toContain(once.ref);
        expect(once.role).toBe(once.ref === 'czb-hz@2' ? 'challenger' : 'champion');
      }),
    );
  });

  it('goes to the challenger in its share of cases, and in none when it is not in force', () => {
    const versions = versionsIn(registerOf(tried));
    const chosen = (businessDate: string) =>
      Array.from({ length: 5_000 }, (_, n) =>
        pinned(versions, { ...entry, businessDate, applicationId: `a-${n}` }, sha256),
      ).filter(({ role }) => role === 'challenger').length;
    // Of 5,000 at a tenth: 500, five standard deviations of 21 to either side.
    expect(Math.abs(chosen('2026-11-20') - 500)).toBeLessThan(106);
    expect(chosen('2026-05-31')).toBe(0);
    expect(chosen('2027-01-01')).toBe(0);
  });

  it('is drawn anew for the next challenger', () => {
    const next = { 'czb-hz@1': firstEntry, 'czb-hz@3': inForce(challengerEntry, '2027-01-01') };
    const ids = Array.from({ length: 2_000 }, (_, n) => `a-${n}`);
    const of = (policies: Record<string, PolicyEntry>, businessDate: string) =>
      ids.filter((id) => pin(policies, { businessDate, applicationId: id }).role === 'challenger');
    const before = new Set(of(tried, '2026-11-20'));
    const both = of(next, '2027-01-01').filter((id) => before.has(id));
    expect(both.length).toBeLessThan(60);
  });
});
