// The sample cases as the events that reach scoring, for tests.
import { blankBundle, blankEnterprise, blankPatentFinding } from '@saidao/testkit';
import { readFileSync } from 'node:fs';
import { addYears, cny, fenOfYuan, ppmOf } from '@saidao/values';
import { readModels, sha256 } from './adapters/model-files.ts';
import type { Scorer } from './decide.ts';
import type { ScoreStore } from './ports.ts';
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
    equityRaised?: number;
    nextYearRdBudget?: number;
    workingCapital?: {
      margin: string;
      days: Record<'inventory' | 'receivable' | 'payable' | 'prepayment' | 'advance', number>;
      ownFunds: number;
      existingLoans: number;
    };
  };
  request: {
    amount: number;
    termMonths: number;
    purpose: string;
    repayment: string;
    payees?: { name: string; amount: number }[];
  };
  patents: CasePatent[];
  computed?: { need?: string; sizeClass?: string; inclusive?: string[] };
}

const file = JSON.parse(
  readFileSync(new URL('./fixtures/cases.json', import.meta.url), 'utf8'),
) as { asOf: string; cases: SampleCase[] };

export const models = readModels();
export const scorer: Scorer = { digest: sha256, champion: models.champion };

/** A scenario writes nothing: what the store does is tested on a real database. */
export const nowhere: ScoreStore = { record: () => Promise.resolve() };

export const asOf = file.asOf;
export const cases = file.cases;

export function caseNamed(id: string): SampleCase {
  const found = cases.find((one) => one.id === id);
  if (found === undefined) throw new Error(`cases.json has no case ${id}.`);
  return found;
}

export const yuan = (amount: number) => cny(fenOfYuan(String(amount)));

const optional = (amount: number | undefined) => (amount === undefined ? null : yuan(amount));

function yearAmounts(amounts: Record<string, number> | undefined): YearAmount[] | null {
  if (amounts === undefined) return null;
  return Object.entries(amounts).map(([year, amount]) => ({
    year: Number(year),
    amount: yuan(amount),
  }));
}

export function enterpriseOf({ enterprise }: SampleCase): Enterprise {
  return {
    ...blankEnterprise,
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
    equityRaised: optional(enterprise.equityRaised),
    nextYearRdBudget: optional(enterprise.nextYearRdBudget),
    workingCapital: capitalOf(enterprise.workingCapital),
  };
}

function capitalOf(
  capital: SampleCase['enterprise']['workingCapital'],
): Enterprise['workingCapital'] {
  if (capital === undefined) return null;
  const { days } = capital;
  return {
    marginPpm: ppmOf(capital.margin),
    inventoryDays: days.inventory,
    receivableDays: days.receivable,
    payableDays: days.payable,
    prepaymentDays: days.prepayment,
    advanceDays: days.advance,
    ownFunds: yuan(capital.ownFunds),
    existingLoans: yuan(capital.existingLoans),
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
    evidence: [],
    declarations: [],
  }));
  return {
    ...blankPatentFinding,
    number: patent.number,
    kind: patent.kind,
    filed: patent.filed,
    expires: addYears(patent.filed, years[patent.kind]),
    grounds,
    usable: grounds.every(({ result }) => result === 'CLEAR'),
    appraised: patent.appraised === undefined ? null : yuan(patent.appraised),
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
      ...blankBundle,
      findings,
      usable: findings.filter(({ usable }) => usable).map(({ number }) => number),
    },
    market: null,
    contract: null,
    validUntil: null,
    round: 1,
    pledgeRequested: sample.product === 'IP_PLEDGE',
    ...change,
  };
}
