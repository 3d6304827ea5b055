// The values that each fact of a rule table can have, and which of them let an application pass.
import type { Facts } from '../assessment/facts.ts';

/**
 * `passes`: on it alone no row of the knock-outs or referrals fires; `fails`: one has to, with the
 * facts that go with it; `either`: that is the policy's choice.
 */
export type Says =
  'passes' | 'fails' | 'either' | { readonly failsWith: readonly Partial<Facts>[] };

/** What a fact can be, and what passes: of two values the one, of a list the empty one. */
export type FactValues<T> = [T] extends [boolean]
  ? { readonly passes: boolean }
  : [T] extends [string]
    ? string extends T
      ? { readonly open: readonly string[] }
      : { readonly states: Readonly<Record<T, Says>> }
    : [T] extends [number]
      ? { readonly amount: true }
      : { readonly members: readonly string[] };

const passes = 'passes' as const;
const fails = 'fails' as const;
const either = 'either' as const;

/** What only makes the amount or the price another one passes. */
export const factValues: { readonly [K in keyof Facts]: FactValues<Facts[K]> } = {
  productId: { open: [] },
  productOffered: { passes: true },
  purposeBarred: { passes: false },
  purposeDoubtful: { passes: false },
  termInRange: { passes: true },
  repaymentOffered: { passes: true },
  amountReachesLeast: { passes: true },
  sizeInScope: { states: { yes: passes, no: fails, unknown: fails } },
  sizeClass: { open: ['micro', 'small', 'medium', 'large', 'unknown'] },
  usccValid: { passes: true },
  bureauConsent: { states: { given: passes, missing: fails } },
  personsConsent: { states: { given: passes, missing: fails } },
  kycState: {
    states: {
      clear: passes,
      adverse: { failsWith: [{ kycAdverse: ['OTHER'] }] },
      unknown: fails,
      missing: fails,
    },
  },
  kycAdverse: {
    members: [
      'LICENCE',
      'LEGAL_REPRESENTATIVE',
      'BENEFICIAL_OWNERS',
      'AUTHORITY_TO_SIGN',
      'PERSONS_LISTS',
      'PERSONS_BUREAU',
      'TALENTS',
      'OTHER',
    ],
  },
  enterpriseEnded: { passes: false },
  adverseChecks: {
    members: ['REGISTRY', 'DISHONEST_DEBTORS', 'SERIOUS_VIOLATIONS', 'CREDIT_BUREAU', 'OTHER'],
  },
  unknownFacts: { passes: false },
  relatedParty: { passes: false },
  adverseGrounds: {
    members: Array.from({ length: 12 }, (_, at) => `PL${String(at + 1).padStart(2, '0')}`),
  },
  bundleNotes: {
    members: [
      'GROUND_WAIVED',
      'SAME_DAY_PAIR',
      'INVALIDATED_IN_PART',
      'EXCLUSIVE_LICENCE',
      'COLLATERAL_CHANGED',
      'APPRAISAL_MISSING',
      'APPRAISAL_UNCONFIRMED',
      'APPRAISAL_OUT_OF_DATE',
      'INTERNAL_VALUE_UNKNOWN',
    ],
  },
  lifeState: { states: { none: passes, enough: passes, short: fails } },
  coverageEnough: { passes: true },
  grade: { open: [] },
  gradeGate: { states: { none: passes, met: passes, below: fails, 'far-below': fails } },
  talentGate: { states: { none: passes, met: passes, unmet: fails, missing: fails } },
  talentGrade: { open: ['none', 'missing'] },
  researchGate: {
    states: {
      none: passes,
      met: passes,
      'low-intensity': fails,
      'no-milestone': fails,
      missing: fails,
    },
  },
  needKind: {
    states: { 'working-capital': passes, 'talent-band': passes, 'research-budget': passes },
  },
  needState: { states: { known: passes, missing: fails, 'not-positive': fails } },
  securityKind: {
    states: { pledge: passes, mixed: passes, guarantee: passes, 'risk-pool': passes, none: passes },
  },
  securityState: {
    states: {
      none: passes,
      enough: passes,
      short: either,
      // A guarantee that is missing is told by its own fact.
      missing: {
        failsWith: (['pledge', 'mixed', 'risk-pool'] as const).map((securityKind) => ({
          securityKind,
        })),
      },
    },
  },
  guaranteeState: {
    states: {
      none: passes,
      confirmed: passes,
      refused: fails,
      short: fails,
      unknown: fails,
      missing: fails,
    },
  },
  exposureState: { states: { enough: passes, short: passes, none: fails } },
  payeesState: { states: { none: passes, fit: passes, unfit: fails, missing: fails } },
  lprKnown: { passes: true },
  termMonths: { amount: true },
  proposedFen: { amount: true },
  proposedReachesLeast: { passes: true },
  policyUpToFen: { amount: true },
  officerUpToFen: { amount: true },
  seniorOfficerUpToFen: { amount: true },
  standing: { states: { clear: passes, referred: passes, overridden: passes } },
};

/** Bounds that are in order in every product, from the least up. */
export const inOrder: readonly (keyof Facts)[] = [
  'policyUpToFen',
  'officerUpToFen',
  'seniorOfficerUpToFen',
];
