// A score as the shadow line is given it, for specs.
import { blankBundle, blankScore } from '@saidao/testkit';
import type { EnterpriseScored, Factor } from '@saidao/schemas';

export function factor(code: string, points: number, change: Partial<Factor> = {}): Factor {
  return {
    code,
    family: 'PATENTS',
    value: 'something',
    points,
    maxPoints: 1_000,
    missing: false,
    reason: 'as the spec says',
    reasonZh: null,
    source: 'application',
    weightPpm: null,
    ...change,
  };
}

export function enterpriseScored(change: Partial<EnterpriseScored> = {}): EnterpriseScored {
  return {
    ...blankScore,
    applicationId: '01919d2c-1a00-7000-8000-000000000001',
    revision: 1,
    lenderId: 'exim-zj',
    productId: 'NEW_QUALITY',
    businessDate: '2026-11-20',
    cardId: 'soft-power',
    cardVersion: 2,
    cardDigest: 'digest',
    points: 6_000,
    maxPoints: 8_000,
    coveragePpm: 800_000,
    grade: 'AA',
    factors: [factor('RESEARCH_INTENSITY', 800), factor('EXPORT_SHARE', 0)],
    bundle: blankBundle,
    pledgeRequested: false,
    ...change,
  };
}

/** Ten grades of ten points each, by name: G0 to G9. */
export const tenths = (_scored: EnterpriseScored, points: number): string =>
  `G${Math.min(9, Math.floor(points / 1_000))}`;
