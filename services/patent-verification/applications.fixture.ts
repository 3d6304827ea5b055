// Builders for the specs: an application, its patents, replies of the world, decisions of lenders.
import { blankBundle, blankContent, blankEnterprise, blankAuthorised } from '@saidao/testkit';
import type {
  ApplicationContent,
  DisbursementAuthorised,
  Enterprise,
  LoanTerms,
  PatentClaim,
  PatentsVerified,
} from '@saidao/schemas';
import { cny, fenOfYuan } from '@saidao/values';
import type { Reply } from '@saidao/worker/asking';
import type { RegisterEntry, RegisterSays } from './patents/grounds.ts';

export const applicationId = '01900000-0000-7000-8000-000000000001';
export const lenderId = 'exim-zj';
export const identity = { applicationId, revision: 1, lenderId };
export const businessDate = '2026-11-20';

export const yuan = (text: string) => cny(fenOfYuan(text));

export const patentA = '201610345678.2';
export const patentB = '201810456789.X';
export const patentC = '202010567891.4';

export const enterprise: Enterprise = {
  ...blankEnterprise,
  name: '浙江示例智能锁科技有限公司',
  uscc: '91330100MA2H000142',
  usccValid: true,
  sector: 'industry',
  industry: 'smart hardware (C3569)',
  staff: 820,
  scienceStaff: 190,
  founded: '2009-03-12',
};

export const claim = (number: string, appraised: string | null = null): PatentClaim => ({
  number,
  numberValid: true,
  appraised: appraised === null ? null : yuan(appraised),
});

/** The sample case of the smart lock: three inventions, appraised at 370 million. */
export function content(change: Partial<ApplicationContent> = {}): ApplicationContent {
  return {
    ...blankContent,
    productId: 'IP_PLEDGE',
    enterprise,
    request: {
      amount: yuan('100000000'),
      termMonths: 24,
      purpose: 'raw materials and R&D',
      repayment: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
      payees: [],
    },
    patents: [claim(patentA, '150000000'), claim(patentB, '130000000'), claim(patentC, '90000000')],
    valuation: {
      attributableRevenueBase: yuan('910000000'),
      growthPpm: 150_000,
      growthYears: 5,
      years: 9,
      royaltyPpm: 60_000,
      taxPpm: 150_000,
      discountPpm: 150_000,
      timing: 'endYear',
    },
    ...change,
  };
}

const filedOn: Record<string, string> = {
  [patentA]: '2016-05-27',
  [patentB]: '2018-05-15',
  [patentC]: '2020-06-19',
};

/** What the register holds of a patent without fault. */
export function entryOf(number: string, fault: Partial<RegisterEntry> = {}): RegisterEntry {
  return {
    number,
    kind: 'invention',
    filed: filedOn[number] ?? '2019-03-11',
    granted: '2021-02-05',
    status: 'granted',
    owners: [{ name: enterprise.name, uscc: enterprise.uscc }],
    pledged: false,
    preserved: false,
    suspended: false,
    licences: [],
    coOwnersConsent: null,
    sameDay: null,
    compensationDays: 0,
    ipc: ['E05B49/00'],
    claims: 12,
    citations: 4,
    familyCountries: 1,
    bars: [],
    ...fault,
  };
}

export function answered<T>(
  value: T,
  atMs: number,
  provider = 'patent-register',
): Reply<T> & { readonly kind: 'answered' } {
  return {
    kind: 'answered',
    value,
    evidence: {
      provider,
      askedAt: BigInt(atMs),
      answeredAt: BigInt(atMs),
      answerHash: 'hash',
      keptAt: null,
      fromCache: false,
      attempts: 1,
    },
  };
}

export function says(
  number: string,
  atMs: number,
  fault: Partial<RegisterEntry> = {},
): Reply<RegisterSays> {
  return answered({ known: true, entry: entryOf(number, fault) }, atMs);
}

/** A question that was asked one second before it failed. */
export const silent = <T>(failedAtMs: number, provider = 'patent-register'): Reply<T> => ({
  kind: 'failed',
  provider,
  message: `${provider} did not answer within 1000 ms`,
  askedAtMs: failedAtMs - 1_000,
  failedAtMs,
});

export function verified(change: Partial<PatentsVerified> = {}, usable = [patentA, patentB]) {
  const data: PatentsVerified = {
    ...identity,
    productId: 'IP_PLEDGE',
    businessDate,
    enterprise,
    request: content().request,
    bundle: {
      ...blankBundle,
      usable,
    },
    pledgeRequested: true,
    market: null,
    contract: null,
    validUntil: null,
    round: 1,
    ...change,
  };
  return data;
}

export function authorised(
  change: Partial<DisbursementAuthorised> = {},
  terms: Partial<LoanTerms> = {},
): DisbursementAuthorised {
  return {
    ...identity,
    ...blankAuthorised,
    authorisationId: 'authorisation-1',
    approvalId: 'approval-1',
    businessDate,
    terms: {
      amount: yuan('100000000'),
      termMonths: 24,
      ratePpm: 30_000,
      lprPpm: 30_000,
      lprDate: '2026-09-20',
      addOnPpm: 0,
      repayment: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
      purpose: 'raw materials and R&D',
      payees: [],
      beneficiary: enterprise.name,
      beneficiaryUscc: enterprise.uscc,
      entrusted: true,
      pledgeRequired: true,
      pledgedPatents: [patentA, patentB],
      guarantee: null,
      conditions: [],
      ...terms,
    },
    ...change,
  };
}

export function timerDue(detail: unknown, revision = 1) {
  return {
    ...identity,
    revision,
    timerId: 'timer-1',
    name: 'any',
    dueAt: 0n,
    detail: JSON.stringify(detail),
  };
}
