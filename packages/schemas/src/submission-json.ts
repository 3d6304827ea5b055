// The JSON form of a submission, as channels write it: yuan and rates as decimal strings.
import { cny, fenOfYuan, ppmOf } from '@saidao/values';
import type { ApplicationSubmitted, Money, YearAmount } from './generated/events.ts';

interface YearAmountJson {
  year: number;
  /** Yuan, as `100000000.00`. */
  amount: string;
}

/** The body of POST /v1/applications. Left out: not supplied; an empty list: known none. */
export interface SubmissionJson {
  lender: string;
  channel: string;
  reference: string;
  product: string;
  enterprise: {
    name: string;
    uscc: string;
    sector: string;
    industry: string;
    staff?: number;
    scienceStaff?: number;
    founded?: string;
    revenue?: YearAmountJson[];
    rd?: YearAmountJson[];
    qualifications?: { kind: string; validFrom: string; validTo: string }[];
    subsidies?: { year: number; amount: string; level: string }[];
    exports?: YearAmountJson[];
    /** `holds` is a share, as `0.46`. */
    talents?: { grade: string; holds: string; recognised: boolean }[];
    equityRaised?: string;
    nextYearRdBudget?: string;
    assets?: string;
    costs?: YearAmountJson[];
    workingCapital?: {
      margin: string;
      inventoryDays: number;
      receivableDays: number;
      payableDays: number;
      prepaymentDays: number;
      advanceDays: number;
      ownFunds: string;
      existingLoans: string;
    };
  };
  request: {
    amount: string;
    termMonths: number;
    purpose: string;
    repayment: string;
    payees?: { name: string; amount: string }[];
  };
  patents: { number: string; appraised?: string }[];
  valuation?: {
    attributableRevenueBase: string;
    growth: string;
    growthYears: number;
    years: number;
    royalty: string;
    tax: string;
    discount: string;
    timing: string;
  };
  guarantee?: { institution: string; share: string };
  consents?: { purpose: string; id: string; signedOn: string }[];
  declarations?: {
    ground: string;
    patent: string;
    statementId: string;
    signedBy: string;
    signedOn: string;
    documentHash: string;
  }[];
  contract?: { reference: string; items: string[]; forfeiture?: boolean };
  supportingValuation?: {
    profitSplit?: { netProfits: string[]; split: string; discount: string };
    cost?: { replacement: string; depreciation: string };
    comparables?: { price: string; adjustment: string; source: string }[];
  };
  /** Growth of the market that the enterprise sells to. */
  market?: { growth: string; source: string; asOf: string };
  contact?: { name: string; phone: string };
  licence?: { number: string; validTo?: string; documentHash: string };
  /** Personal data. */
  persons?: {
    /** LEGAL_REPRESENTATIVE, BENEFICIAL_OWNER, SIGNATORY or TALENT. */
    role: string;
    name: string;
    idNumber: string;
    /** A share, as `0.46`. */
    holds?: string;
    consentId?: string;
    documentHash?: string;
    certificate?: string;
  }[];
}

/**
 * The event that a JSON submission means. Throws RangeError for an amount or rate that is none.
 * Who submitted it is for the door to say, never for the body.
 */
export function submittedOf(
  body: SubmissionJson,
  submittedBy: string | null = null,
): ApplicationSubmitted {
  const { enterprise, request, valuation, guarantee, licence } = body;
  const capital = enterprise.workingCapital;
  return {
    lenderId: body.lender,
    channel: body.channel,
    reference: body.reference,
    productId: body.product,
    enterprise: {
      name: enterprise.name,
      uscc: enterprise.uscc,
      sector: enterprise.sector,
      industry: enterprise.industry,
      staff: enterprise.staff ?? null,
      scienceStaff: enterprise.scienceStaff ?? null,
      founded: enterprise.founded ?? null,
      revenue: years(enterprise.revenue),
      rd: years(enterprise.rd),
      qualifications: enterprise.qualifications ?? null,
      subsidies:
        enterprise.subsidies?.map((one) => ({ ...one, amount: money(one.amount) })) ?? null,
      exports: years(enterprise.exports),
      talents:
        enterprise.talents?.map(({ grade, holds, recognised }) => ({
          grade,
          holdsPpm: ppmOf(holds),
          recognised,
        })) ?? null,
      equityRaised: optional(enterprise.equityRaised),
      nextYearRdBudget: optional(enterprise.nextYearRdBudget),
      assets: optional(enterprise.assets),
      costs: years(enterprise.costs),
      workingCapital:
        capital === undefined
          ? null
          : {
              marginPpm: ppmOf(capital.margin),
              inventoryDays: capital.inventoryDays,
              receivableDays: capital.receivableDays,
              payableDays: capital.payableDays,
              prepaymentDays: capital.prepaymentDays,
              advanceDays: capital.advanceDays,
              ownFunds: money(capital.ownFunds),
              existingLoans: money(capital.existingLoans),
            },
    },
    request: {
      amount: money(request.amount),
      termMonths: request.termMonths,
      purpose: request.purpose,
      repayment: request.repayment,
      payees: (request.payees ?? []).map(({ name, amount }) => ({ name, amount: money(amount) })),
    },
    patents: body.patents.map(({ number, appraised }) => ({
      number,
      appraised: optional(appraised),
    })),
    valuation:
      valuation === undefined
        ? null
        : {
            attributableRevenueBase: money(valuation.attributableRevenueBase),
            growthPpm: ppmOf(valuation.growth),
            growthYears: valuation.growthYears,
            years: valuation.years,
            royaltyPpm: ppmOf(valuation.royalty),
            taxPpm: ppmOf(valuation.tax),
            discountPpm: ppmOf(valuation.discount),
            timing: valuation.timing,
          },
    guarantee:
      guarantee === undefined
        ? null
        : { institution: guarantee.institution, sharePpm: ppmOf(guarantee.share) },
    consents: body.consents ?? [],
    declarations: (body.declarations ?? []).map(({ patent, ...rest }) => ({
      ...rest,
      patentNumber: patent,
    })),
    contract:
      body.contract === undefined
        ? null
        : { ...body.contract, forfeiture: body.contract.forfeiture ?? null },
    supportingValuation: supportingOf(body.supportingValuation),
    market:
      body.market === undefined
        ? null
        : {
            growthPpm: ppmOf(body.market.growth),
            source: body.market.source,
            asOf: body.market.asOf,
          },
    contact: body.contact ?? null,
    licence: licence === undefined ? null : { ...licence, validTo: licence.validTo ?? null },
    persons:
      body.persons?.map(({ role, name, idNumber, holds, ...papers }) => ({
        role,
        name,
        idNumber,
        holdsPpm: holds === undefined ? null : ppmOf(holds),
        consentId: papers.consentId ?? null,
        documentHash: papers.documentHash ?? null,
        certificate: papers.certificate ?? null,
      })) ?? null,
    submittedBy,
  };
}

function supportingOf(
  given: SubmissionJson['supportingValuation'],
): ApplicationSubmitted['supportingValuation'] {
  if (given === undefined) return null;
  const { profitSplit, cost, comparables } = given;
  return {
    profitSplit:
      profitSplit === undefined
        ? null
        : {
            netProfits: profitSplit.netProfits.map(money),
            splitPpm: ppmOf(profitSplit.split),
            discountPpm: ppmOf(profitSplit.discount),
          },
    cost:
      cost === undefined
        ? null
        : { replacement: money(cost.replacement), depreciationPpm: ppmOf(cost.depreciation) },
    comparables: (comparables ?? []).map(({ price, adjustment, source }) => ({
      price: money(price),
      adjustmentPpm: ppmOf(adjustment),
      source,
    })),
  };
}

function money(yuan: string): Money {
  return cny(fenOfYuan(yuan));
}

function optional(yuan: string | undefined): Money | null {
  return yuan === undefined ? null : money(yuan);
}

function years(given: readonly YearAmountJson[] | undefined): YearAmount[] | null {
  return given?.map(({ year, amount }) => ({ year, amount: money(amount) })) ?? null;
}
