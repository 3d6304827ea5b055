// The sample cases as the events that reach scoring, for tests.
import { readFileSync } from 'node:fs';
import { addYears, cny, fenOfYuan, ppmOf } from '@saidao/values';
import type {
  Enterprise,
  GroundFinding,
  LoanRequest,
  PatentFinding,
  PatentsVerified,
  YearAmount,
} from '@saidao/schemas';

interface CasePatent {
  number: string;
  kind: 'invention' | 'utility-model' | 'design';
  filed: string;
  pledged: boolean;
  appraised?: number;
}

export interface SampleCase {
  id: string;
  lender: string;
  product: string;
  enterprise: {
    name: string;
    uscc: string;
    sector: string;
    industry: string;
    staff?: number;
    scienceStaff?: number;
    founded?: string;
    revenue?: Record<string, number>;
    rd?: Record<string, number>;
    qualifications?: { kind: string; validFrom: string; validTo: string }[];
    subsidies?: { year: number; amount: number; level: string }[];
    exports?: Record<string, number>;
    talents?: { grade: string; holds: string; recognised: boolean }[];
  };
  request: {
    amount: number;
    termMonths: number;
    purpose: string;
    repayment: string;
    payees?: { name: string; amount: number }[];
  };
  patents: CasePatent[];
}

const file = JSON.parse(
  readFileSync(new URL('./fixtures/cases.json', import.meta.url), 'utf8'),
) as { asOf: string; cases: SampleCase[] };

export const asOf = file.asOf;
export const cases = file.cases;

export function caseNamed(id: string): SampleCase {
  const found = cases.find((one) => one.id === id);
  if (found === undefined) throw new Error(`cases.json has no case ${id}.`);
  return found;
}

export const yuan = (amount: number) => cny(fenOfYuan(String(amount)));

function yearAmounts(amounts: Record<string, number> | undefined): YearAmount[] | null {
  if (amounts === undefined) return null;
  return Object.entries(amounts).map(([year, amount]) => ({
    year: Number(year),
    amount: yuan(amount),
  }));
}

export function enterpriseOf({ enterprise }: SampleCase): Enterprise {
  return {
    name: enterprise.name,
    uscc: enterprise.uscc,
    usccValid: true,
    sector: enterprise.sector,
    industry: enterprise.industry,
    staff: enterprise.staff ?? null,
    scienceStaff: enterprise.scienceStaff ?? null,
    founded: enterprise.founded ?? null,
    revenue: yearAmounts(enterprise.revenue),
    rd: yearAmounts(enterprise.rd),
    qualifications: enterprise.qualifications ?? null,
    subsidies:
      enterprise.subsidies?.map((subsidy) => ({ ...subsidy, amount: yuan(subsidy.amount) })) ??
      null,
    exports: yearAmounts(enterprise.exports),
    talents:
      enterprise.talents?.map(({ grade, holds, recognised }) => ({
        grade,
        holdsPpm: ppmOf(holds),
        recognised,
      })) ?? null,
    equityRaised: null,
    nextYearRdBudget: null,
    workingCapital: null,
  };
}

const years = { invention: 20, 'utility-model': 10, design: 15 };

export function findingOf(
  patent: CasePatent,
  results: Record<string, GroundFinding['result']> = {},
): PatentFinding {
  const grounds = ['PL01', 'PL02', 'PL03', 'PL04', 'PL05', 'PL06', 'PL08', 'PL09'].map((code) => ({
    code,
    result: results[code] ?? (code === 'PL09' && patent.pledged ? 'ADVERSE' : ('CLEAR' as const)),
    reason: 'as the case says',
  }));
  return {
    number: patent.number,
    kind: patent.kind,
    filed: patent.filed,
    expires: addYears(patent.filed, years[patent.kind]),
    grounds,
    usable: grounds.every(({ result }) => result === 'CLEAR'),
    appraised: patent.appraised === undefined ? null : yuan(patent.appraised),
    evidence: null,
  };
}

export function patentsVerified(
  sample: SampleCase,
  change: Partial<PatentsVerified> = {},
): PatentsVerified {
  const findings = sample.patents.map((patent) => findingOf(patent));
  const request: LoanRequest = {
    amount: yuan(sample.request.amount),
    termMonths: sample.request.termMonths,
    purpose: sample.request.purpose,
    repayment: sample.request.repayment,
    payees: [],
  };
  return {
    applicationId: '01919d2c-1a00-7000-8000-000000000001',
    revision: 1,
    lenderId: sample.lender,
    productId: sample.product,
    businessDate: asOf,
    enterprise: enterpriseOf(sample),
    request,
    bundle: {
      findings,
      usable: findings.filter(({ usable }) => usable).map(({ number }) => number),
      usableAppraised: null,
      internalValue: null,
      lendingValue: null,
    },
    pledgeRequested: sample.product === 'IP_PLEDGE',
    ...change,
  };
}
