// The sample cases as the events that reach decisioning, for tests.
import { readFileSync } from 'node:fs';
import {
  addYears,
  checkUscc,
  cny,
  fenOfMoney,
  fenOfYuan,
  minFen,
  ppmOf,
  sumFen,
} from '@saidao/values';
import type {
  ApplicationContent,
  ApplicationReceived,
  Bundle,
  EnterpriseScored,
  EventMap,
  Finding,
  PatentFinding,
  PledgeLocked,
  YearAmount,
} from '@saidao/schemas';
import {
  blankBundle,
  blankContent,
  blankEnterprise,
  blankPatentFinding,
  blankScore,
  event,
  scenario,
} from '@saidao/testkit';
import { readPolicies } from './adapters/policy-files.ts';
import type { DecisionStore } from './ports.ts';
import type { Action } from './review/answers.ts';
import type { ActionName } from './transitions.ts';
import { decisioning } from './worker.ts';

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
  guarantee?: { institution: string; share: string; confirmed: boolean };
  patents: CasePatent[];
  computed?: {
    internal?: string;
    at30Percent?: string;
    need?: string;
    sizeClass?: string;
    inclusive?: string[];
  };
}

const file = JSON.parse(
  readFileSync(new URL('./fixtures/cases.json', import.meta.url), 'utf8'),
) as { asOf: string; cases: SampleCase[] };

export const asOf = file.asOf;
export const cases = file.cases;
export const applicationId = '01919d2c-1a00-7000-8000-000000000001';
export const policies = readPolicies();
/** By the first version of the lender's policy. */
export const assessorOf = (lenderId: string) => policies.of(`${lenderId}@1`);

export function caseNamed(id: string): SampleCase {
  const found = cases.find((one) => one.id === id);
  if (found === undefined) throw new Error(`cases.json has no case ${id}.`);
  return found;
}

export const yuan = (amount: number | string) => cny(fenOfYuan(String(amount)));

const yearAmounts = (amounts: Record<string, number> | undefined): YearAmount[] | null =>
  amounts === undefined
    ? null
    : Object.entries(amounts).map(([year, amount]) => ({
        year: Number(year),
        amount: yuan(amount),
      }));

const optional = (amount: number | undefined) => (amount === undefined ? null : yuan(amount));

/** Who the applicant is and who acts for it is known, and nothing is against them. */
export const clearKyc: NonNullable<ApplicationContent['kyc']> = [
  'LICENCE',
  'LEGAL_REPRESENTATIVE',
  'BENEFICIAL_OWNERS',
  'AUTHORITY_TO_SIGN',
  'PERSONS_LISTS',
  'PERSONS_BUREAU',
  'TALENTS',
].map((code) => ({
  code,
  result: 'CLEAR',
  reason: 'as the case says',
  naturalPersons: code !== 'LICENCE',
  consentId: code === 'PERSONS_BUREAU' ? 'consent-2' : null,
  evidence: null,
}));

export function contentOf(sample: SampleCase): ApplicationContent {
  const { enterprise, request, guarantee } = sample;
  const capital = enterprise.workingCapital;
  return {
    productId: sample.product,
    ...blankContent,
    kyc: clearKyc,
    enterprise: {
      ...blankEnterprise,
      name: enterprise.name,
      uscc: enterprise.uscc,
      usccValid: checkUscc(enterprise.uscc).ok,
      sector: enterprise.sector,
      industry: enterprise.industry,
      staff: enterprise.staff ?? null,
      scienceStaff: enterprise.scienceStaff ?? null,
      founded: enterprise.founded ?? null,
      revenue: yearAmounts(enterprise.revenue),
      rd: yearAmounts(enterprise.rd),
      talents:
        enterprise.talents?.map(({ grade, holds, recognised }) => ({
          grade,
          holdsPpm: ppmOf(holds),
          recognised,
        })) ?? null,
      equityRaised: optional(enterprise.equityRaised),
      nextYearRdBudget: optional(enterprise.nextYearRdBudget),
      workingCapital:
        capital === undefined
          ? null
          : {
              marginPpm: ppmOf(capital.margin),
              inventoryDays: capital.days.inventory,
              receivableDays: capital.days.receivable,
              payableDays: capital.days.payable,
              prepaymentDays: capital.days.prepayment,
              advanceDays: capital.days.advance,
              ownFunds: yuan(capital.ownFunds),
              existingLoans: yuan(capital.existingLoans),
            },
    },
    request: {
      amount: yuan(request.amount),
      termMonths: request.termMonths,
      purpose: request.purpose,
      repayment: request.repayment,
      payees: (request.payees ?? []).map(({ name, amount }) => ({ name, amount: yuan(amount) })),
    },
    patents: sample.patents.map(({ number, appraised }) => ({
      number,
      numberValid: true,
      appraised: optional(appraised),
    })),
    guarantee:
      guarantee === undefined
        ? null
        : { institution: guarantee.institution, sharePpm: ppmOf(guarantee.share) },
  };
}

const years = { invention: 20, 'utility-model': 10, design: 15 };

export function findingOf(
  patent: CasePatent,
  results: Record<string, Finding> = {},
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
    appraised: optional(patent.appraised),
  };
}

/** The bundle, with the internal value in the share that the usable patents have of all. */
export function bundleOf(sample: SampleCase, findings: PatentFinding[]): Bundle {
  const usable = findings.filter((finding) => finding.usable);
  const of = (some: PatentFinding[]) =>
    sumFen(some.map(({ appraised }) => (appraised === null ? 0n : fenOfMoney(appraised))));
  const [appraised, whole] = [of(usable), of(findings)];
  const internal = fenOfYuan(sample.computed?.internal ?? '364549545.81');
  const numbers = usable.map(({ number }) => number);
  if (whole === 0n) {
    return { ...blankBundle, findings, usable: numbers };
  }
  const internalValue = (internal * appraised) / whole;
  return {
    ...blankBundle,
    findings,
    usable: numbers,
    usableAppraised: cny(appraised),
    internalValue: cny(internalValue),
    lendingValue: cny(minFen(appraised, internalValue)),
  };
}

const identity = { applicationId, revision: 1 };

export function received(
  sample: SampleCase,
  change: Partial<ApplicationReceived> = {},
): ApplicationReceived {
  return {
    ...identity,
    lenderId: sample.lender,
    channel: 'portal',
    reference: sample.id,
    submittedBy: null,
    businessDate: asOf,
    content: contentOf(sample),
    ...change,
  };
}

/** Points and grade as the soft-power card gives them for the cases. */
const scores: Readonly<Record<string, readonly [points: number, most: number, grade: string]>> = {
  IP_PLEDGE: [7400, 9000, 'AA'],
  NEW_QUALITY: [6900, 9000, 'AA'],
  TALENT: [5000, 9500, 'BB'],
  INNOVATION: [3100, 8000, 'B'],
};

/** Everybody was asked about the enterprise, and nothing is against it. */
export const clearChecks: EnterpriseScored['checks'] = [
  'REGISTRY',
  'DISHONEST_DEBTORS',
  'SERIOUS_VIOLATIONS',
  'CREDIT_BUREAU',
].map((code) => ({
  code,
  result: 'CLEAR',
  reason: 'as the case says',
  status: code === 'REGISTRY' ? 'in-business' : null,
  consentId: code === 'CREDIT_BUREAU' ? 'consent-1' : null,
  evidence: null,
}));

export function scoredOf(
  sample: SampleCase,
  change: Partial<EnterpriseScored> = {},
): EnterpriseScored {
  const [points = 0, maxPoints = 0, grade = ''] = scores[sample.product] ?? [];
  const { guarantee } = sample;
  return {
    ...identity,
    lenderId: sample.lender,
    productId: sample.product,
    businessDate: asOf,
    ...blankScore,
    gradeFloors: [],
    checks: clearChecks,
    cardId: 'soft-power',
    cardVersion: 1,
    cardDigest: '0'.repeat(64),
    points,
    maxPoints,
    coveragePpm: maxPoints * 100,
    grade,
    factors: [
      factor('QUALIFICATIONS_VALID', 800, 2000, 'HIGH_TECH_ENTERPRISE'),
      factor('SCIENCE_STAFF_SHARE', 600, 1500, '0.17'),
      factor('RESEARCH_INTENSITY', 200, 1000, '0.025'),
      { ...factor('EXPORT_SHARE', 0, 500, null), missing: true, reason: 'exports not supplied' },
    ],
    bundle: bundleOf(
      sample,
      sample.patents.map((patent) => findingOf(patent)),
    ),
    guarantee:
      guarantee === undefined
        ? null
        : {
            institution: guarantee.institution,
            sharePpm: ppmOf(guarantee.share),
            result: guarantee.confirmed ? 'CLEAR' : 'ADVERSE',
            reference: 'G-1',
            evidence: null,
          },
    pledgeRequested: sample.product === 'IP_PLEDGE',
    ...change,
  };
}

export function factor(code: string, points: number, maxPoints: number, value: string | null) {
  return {
    code,
    family: 'F',
    value,
    points,
    maxPoints,
    missing: false,
    reason: 'as the card says',
    reasonZh: '如评分卡所述',
    source: 'application',
    weightPpm: null,
  };
}

export function locked(sample: SampleCase, change: Partial<PledgeLocked> = {}): PledgeLocked {
  const patents = sample.patents.filter(({ pledged }) => !pledged).map(({ number }) => number);
  return { ...identity, lenderId: sample.lender, patents, refused: [], evidence: [], ...change };
}

let actionsMade = 0;

/** An officer's action: of the committee, unless told otherwise, and under an id of its own. */
function act<N extends ActionName>(
  type: N,
  sample: SampleCase,
  said: Omit<EventMap[N], 'applicationId' | 'revision' | 'lenderId' | 'role'>,
  change: Partial<EventMap[N]>,
): Action<N> {
  actionsMade += 1;
  const lenderId = sample.lender;
  const data = { ...identity, lenderId, role: 'committee', ...said, ...change };
  return event(type, data as unknown as EventMap[N], { id: `action-${actionsMade}` });
}

export function claim(
  sample: SampleCase,
  officer: string,
  change: Partial<EventMap['ReviewClaimed']> = {},
) {
  return act('ReviewClaimed', sample, { officer }, change);
}

export function giveBack(
  sample: SampleCase,
  officer: string,
  change: Partial<EventMap['ReviewReturned']> = {},
) {
  return act('ReviewReturned', sample, { officer, reason: 'on leave' }, change);
}

export function reassign(
  sample: SampleCase,
  officer: string,
  to: string,
  change: Partial<EventMap['ReviewReassigned']> = {},
) {
  const said = { officer, to, toRole: 'officer', reason: 'on leave' };
  return act('ReviewReassigned', sample, said, change);
}

export function amendTerms(
  sample: SampleCase,
  officer: string,
  change: Partial<EventMap['ReviewAmended']> = {},
) {
  const { termMonths, amount } = sample.request;
  const terms = { amount: yuan(amount), termMonths };
  const said = { officer, ...terms, reasonCode: 'F02', reason: 'cash flow' };
  return act('ReviewAmended', sample, said, change);
}

export function note(
  sample: SampleCase,
  officer: string,
  change: Partial<EventMap['ReviewNoted']> = {},
) {
  const attachments = [
    { name: 'visit.pdf', mediaType: 'application/pdf', bytes: 12n, sha256: 'a'.repeat(64) },
  ];
  return act('ReviewNoted', sample, { officer, text: 'visited', attachments }, change);
}

export function verdict(
  sample: SampleCase,
  officer: string,
  change: Partial<EventMap['ReviewSubmitted']> = {},
) {
  const said = { officer, verdict: 'APPROVE' as const, reason: 'seen', reasonCode: null };
  const seen = { overrideCode: 'RISK_MITIGATED', amount: null, termMonths: null };
  return act('ReviewSubmitted', sample, { ...said, ...seen }, change);
}

export function declines(
  sample: SampleCase,
  officer: string,
  change: Partial<EventMap['ReviewSubmitted']> = {},
) {
  return verdict(sample, officer, { verdict: 'DECLINE', reasonCode: 'F01', ...change });
}

export function askUndo(
  sample: SampleCase,
  officer: string,
  change: Partial<EventMap['UndoRequested']> = {},
) {
  return act('UndoRequested', sample, { officer, reasonCode: 'F02', reason: 'in error' }, change);
}

/** A scenario writes nothing: what the store does is tested on a real database. */
export const nowhere: DecisionStore = {
  record: () => Promise.resolve(),
  presents: () => Promise.resolve([]),
};

export const line = decisioning(policies, nowhere);

export function start(held: Readonly<Record<string, unknown>> = {}, nowMs = 1_000) {
  return scenario(line, { applicationId, nowMs, held });
}

/** The maker claims and approves; what is returned is ready for the checker. */
export function half(said: ReturnType<typeof start>, sample: SampleCase, maker = 'officer-a') {
  return said.given(claim(sample, maker)).given(verdict(sample, maker));
}

/** A scenario in which the case has come to its decision. */
export function decided(sample: SampleCase, held: Readonly<Record<string, unknown>> = {}) {
  const said = start(held).given(event('ApplicationReceived', received(sample)));
  const score = event('EnterpriseScored', scoredOf(sample));
  if (sample.product !== 'IP_PLEDGE') return { said, decision: said.when(score) };
  return { said, decision: said.given(score).when(event('PledgeLocked', locked(sample))) };
}
