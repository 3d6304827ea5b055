// Sound applications for the four products; what makes one unsound is changed on them afterwards.
import type { Fen } from '@saidao/values';
import {
  contactOf,
  enterpriseOf,
  inForce,
  percent,
  registered,
  subsidy,
  workingCapital,
  yearly,
  yuan,
  type Draft,
  type Enterprise,
  type Registered,
  type Request,
} from './draft.ts';
import type { Sample, Submission } from './samples.ts';

/** A submission, the world it needs, and what is asked for in it. */
export interface Application {
  readonly submission: Submission;
  readonly register: readonly Registered[];
  readonly guarantors: Sample['world']['guarantors'];
  readonly askedFen: Fen;
}

/** How good a New Quality applicant is; the amount lent depends on it. */
export type Quality = 'good' | 'best' | 'unqualified';

const CONFIRMING = ['浙江示例融资担保有限公司', '杭州示例科技担保有限公司', '宁波示例担保有限公司'];
/** One that confirms nobody. */
export const REFUSING = '浙江示例信用担保有限公司';

/** 新质贷: unsecured, by soft power. */
export function newQuality(draft: Draft, askedFen: Fen, quality: Quality): Application {
  const { chance, identity } = draft;
  const register = patents(draft, quality === 'best' ? 3 : quality === 'good' ? 2 : 1, 1);
  const lastFen = percent(askedFen, chance.int(420, 560));
  const enterprise: Enterprise = {
    ...enterpriseOf(draft, {
      staff: chance.int(30, 260),
      scienceShare: quality === 'unqualified' ? chance.int(25, 29) : chance.int(30, 55),
    }),
    // One that grows fast might reach the least grade without its qualifications.
    revenue: yearly(
      lastFen,
      quality === 'unqualified'
        ? [chance.int(1, 5), chance.int(1, 5)]
        : [chance.int(5, 30), chance.int(22, 38)],
    ),
    rd: yearly(percent(lastFen, quality === 'unqualified' ? 4 : chance.int(6, 11)), [10, 20]),
    qualifications: inForce(
      draft,
      quality === 'best'
        ? ['LITTLE_GIANT', 'HIGH_TECH_ENTERPRISE']
        : ['HIGH_TECH_ENTERPRISE', 'TECHNOLOGY_SME'],
    ),
    subsidies: subsidy(draft, quality === 'unqualified' ? 'municipal' : 'provincial'),
    exports: yearly(percent(lastFen, chance.int(2, 25)), [10, 20]).slice(-1),
    workingCapital: workingCapital(draft, {
      ownFunds: percent(askedFen, chance.int(5, 15)),
      existingLoans: percent(askedFen, chance.int(0, 10)),
    }),
  };
  return {
    submission: {
      lender: 'boc-zj',
      channel: 'park-desk',
      product: 'NEW_QUALITY',
      enterprise,
      request: {
        amount: yuan(askedFen),
        termMonths: chance.pick([6, 12, 12, 18, 24, 36]),
        purpose: chance.pick([
          'orders in hand',
          'raw materials',
          `parts for ${identity.trade.industry}`,
        ]),
        repayment: chance.pick(['EQUAL_INSTALMENT', 'EQUAL_PRINCIPAL', 'BULLET']),
      },
      patents: register.map(({ number }) => ({ number })),
    },
    register,
    guarantors: {},
    askedFen,
  };
}

const TALENTS = [
  { grade: 'B', mostWan: 500 },
  { grade: 'C', mostWan: 500 },
  { grade: 'D', mostWan: 300 },
  { grade: 'E', mostWan: 100 },
];

/** 人才贷: on the recognised talent who holds a share of the firm. */
export function talent(draft: Draft): Application {
  const { chance } = draft;
  const { grade, mostWan } = chance.pick(TALENTS);
  const askedFen = chance.wan(50, mostWan);
  const register = patents(draft, chance.int(1, 2), 0);
  const lastFen = percent(askedFen, chance.int(60, 250));
  const holds = `0.${chance.int(31, 68)}`;
  return {
    submission: {
      lender: 'czb-hz',
      channel: 'talent-office',
      product: 'TALENT',
      enterprise: {
        ...enterpriseOf(draft, { staff: chance.int(10, 60), scienceShare: chance.int(40, 75) }),
        revenue: yearly(lastFen, [chance.int(10, 60), chance.int(15, 80)]),
        rd: yearly(percent(lastFen, chance.int(15, 60)), [10, 20]),
        qualifications: inForce(draft, chance.pick([[], ['TECHNOLOGY_SME'], ['INNOVATIVE_SME']])),
        subsidies: subsidy(draft, 'municipal'),
        talents: [{ grade, holds, recognised: true }],
      },
      request: {
        amount: yuan(askedFen),
        termMonths: chance.pick([12, 24, 36]),
        purpose: chance.pick(['R&D materials', 'pilot-run materials', 'clinical samples']),
        repayment: chance.pick(['EQUAL_PRINCIPAL', 'EQUAL_INSTALMENT']),
      },
      patents: register.map(({ number }) => ({ number })),
      contact: contactOf(draft),
    },
    register,
    guarantors: {},
    askedFen,
  };
}

/** 科创贷: still in its R&D phase, shared by a guarantee institution. */
export function innovation(draft: Draft): Application {
  const { chance } = draft;
  const askedFen = chance.wan(100, 500);
  const register = patents(draft, chance.int(0, 2), 0);
  const lastFen = percent(askedFen, chance.int(40, 120));
  const institution = chance.pick(CONFIRMING);
  return {
    submission: {
      lender: 'czb-hz',
      channel: 'guarantor-desk',
      product: 'INNOVATION',
      enterprise: {
        ...enterpriseOf(draft, { staff: chance.int(15, 90), scienceShare: chance.int(35, 60) }),
        revenue: yearly(lastFen, [chance.int(0, 40), chance.int(5, 60)]),
        rd: yearly(percent(lastFen, chance.int(40, 130)), [10, 20]),
        qualifications: inForce(draft, chance.pick([[], ['TECHNOLOGY_SME']])),
        subsidies: subsidy(draft, 'municipal'),
        equityRaised: yuan(chance.wan(300, 4_000)),
        nextYearRdBudget: yuan(percent(askedFen, chance.int(180, 320))),
      },
      request: {
        amount: yuan(askedFen),
        termMonths: chance.pick([12, 24, 36, 48]),
        purpose: 'pilot-run materials',
        repayment: chance.pick(['INTEREST_MONTHLY_PRINCIPAL_AT_END', 'EQUAL_PRINCIPAL']),
      },
      patents: register.map(({ number }) => ({ number })),
      guarantee: { institution, share: `0.${chance.int(50, 80)}` },
    },
    register,
    guarantors: { [institution]: { confirms: true } },
    askedFen,
  };
}

/** 知识产权质押贷款: on two or three inventions that nobody else has a right in. */
export function ipPledge(
  draft: Draft,
  askedFen: Fen,
  more: { readonly payees?: NonNullable<Request['payees']> } = {},
): Application {
  const { chance, identity } = draft;
  const register = patents(draft, chance.int(2, 3), 0);
  const lastFen = percent(askedFen, chance.int(1_500, 2_000));
  // Three tenths of their value are lent; a fifth more is there for safety.
  const valueFen = percent(askedFen, chance.int(400, 520));
  return {
    submission: {
      lender: 'exim-zj',
      channel: 'bank-portal',
      product: 'IP_PLEDGE',
      enterprise: {
        ...enterpriseOf(draft, { staff: chance.int(60, 900), scienceShare: chance.int(20, 45) }),
        revenue: yearly(lastFen, [chance.int(5, 25), chance.int(8, 28)]),
        rd: yearly(percent(lastFen, chance.int(4, 9)), [10, 20]),
        qualifications: inForce(draft, ['HIGH_TECH_ENTERPRISE', 'SPECIALISED_SME']),
        subsidies: subsidy(draft, 'municipal'),
        exports: yearly(percent(lastFen, chance.int(5, 20)), [10, 20]).slice(-2),
        workingCapital: workingCapital(draft, {
          ownFunds: percent(askedFen, chance.int(80, 120)),
          existingLoans: percent(askedFen, chance.int(20, 60)),
        }),
      },
      request: {
        amount: yuan(askedFen),
        termMonths: chance.pick([12, 24, 36]),
        purpose: `raw materials and R&D, ${identity.trade.industry}`,
        repayment: chance.pick(['INTEREST_MONTHLY_PRINCIPAL_AT_END', 'EQUAL_INSTALMENT']),
        ...(more.payees && { payees: more.payees }),
      },
      patents: appraised(register, valueFen),
      // An appraisal alone would be lent on less a haircut, and referred.
      valuation: {
        attributableRevenueBase: yuan(lastFen),
        growth: '0.15',
        growthYears: 5,
        years: 9,
        royalty: '0.06',
        tax: '0.15',
        discount: '0.15',
        timing: 'endYear',
      },
    },
    register,
    guarantors: {},
    askedFen,
  };
}

function patents(draft: Draft, inventions: number, utilityModels: number): Registered[] {
  const { identity } = draft;
  return [
    ...Array.from({ length: inventions }, (_, at) => identity.invention(at)),
    ...Array.from({ length: utilityModels }, (_, at) => identity.utilityModel(at)),
  ].map((patent) => registered(draft, patent));
}

/** Each appraised alike; the last one takes what does not divide. */
function appraised(register: readonly Registered[], wholeFen: Fen): Submission['patents'] {
  const partFen = wholeFen / BigInt(register.length);
  return register.map(({ number }, at) => {
    const isLast = at === register.length - 1;
    const fen = isLast ? wholeFen - partFen * BigInt(register.length - 1) : partFen;
    return { number, appraised: yuan(fen) };
  });
}
