// What the ledger knows of each product: how its loans are counted, charged, classified and paid.
import {
  conventions,
  dayCounts,
  faultsOfWaterfall,
  type Convention,
  type Counting,
  type LoanContract,
  type Waterfall,
} from '@saidao/loans';
import {
  amount,
  count,
  decimal,
  faultsOfShape,
  flag,
  oneOf,
  share,
  text,
  type Shape,
} from '@saidao/register/shape';
import {
  addMonths,
  fenOfYuan,
  fiveTierRules,
  fiveTiers,
  isBusinessDate,
  ppmOf,
  ppmOne,
  repaymentPlans,
  type BusinessDate,
  type Fen,
  type FiveTier,
  type RepaymentPlan,
} from '@saidao/values';

/** Interest of small and micro credit that bears no VAT, from a day on and until another. */
export interface VatExemption {
  readonly source: string;
  readonly from: BusinessDate;
  /** The last day. */
  readonly until: BusinessDate;
  /** The basis of inclusive lending that the loan has to count for. */
  readonly flag: string;
  /** The rate may be so many times the LPR that it stands on, in parts per million. */
  readonly lprTimesMostPpm: number;
}

/** Fixed, or the LPR and an add-on, reset on 1 January or on the first day of each quarter. */
export type RateRule =
  | { readonly kind: 'FIXED' }
  | {
      readonly kind: 'LPR';
      readonly reset: 'YEARLY' | 'QUARTERLY';
      /** Of terms above one year and up to five: the contract chooses. */
      readonly tenorBetween: '1Y' | '5Y';
    };

export interface LoanProduct {
  /** Null: what holds where a product says nothing else. */
  readonly lenderId: string | null;
  readonly productId: string | null;
  readonly source: string;
  readonly counting: Readonly<Record<RepaymentPlan, Counting>>;
  readonly convention: Convention;
  readonly rate: RateRule;
  readonly penalty: {
    /** Times the rate of the loan, in parts per million: 1500000 is 1.5 times. */
    readonly overdueTimesPpm: number;
    readonly misuseTimesPpm: number;
    readonly compounds: boolean;
    readonly graceDays: number;
  };
  readonly waterfall: Waterfall;
  /** Days past due that are taken for a technical delay: they alone make no tier worse. */
  readonly technicalDays: number;
  readonly nonAccrualAfterDays: number;
  /** Of principal and interest receivable, in parts per million. */
  readonly allowancePpm: Readonly<Record<FiveTier, number>>;
  readonly vat: { readonly ratePpm: number; readonly exemption: VatExemption | null };
  readonly guaranteeClaimAfterDays: number;
  /** Beyond this amount, or from it on, a loan is paid to named payees only. */
  readonly entrusted: { readonly amountFen: Fen; readonly operator: '>' | '>=' };
  /** How long after the booking it may be drawn. */
  readonly availabilityMonths: number;
}

export interface Products {
  /** The product's own; where it is not known, or not said, what holds for all. */
  of(lenderId: string, productId: string | null): LoanProduct;
  readonly all: readonly LoanProduct[];
}

const times = decimal;
const fields: Readonly<Record<string, Shape>> = {
  source: text,
  counting: {
    only: Object.fromEntries(
      repaymentPlans.map((plan) => [
        plan,
        { only: { dayCount: oneOf(...dayCounts), interestDay: { orNull: count } } },
      ]),
    ),
  },
  convention: oneOf(...conventions),
  rate: {
    kinds: {
      FIXED: { only: { kind: text } },
      LPR: {
        only: {
          kind: text,
          reset: oneOf('YEARLY', 'QUARTERLY'),
          tenorBetween: oneOf('1Y', '5Y'),
        },
      },
    },
  },
  penalty: {
    only: { overdueTimes: times, misuseTimes: times, compounds: flag, graceDays: count },
  },
  waterfall: {
    only: {
      source: text,
      order: { some: text },
      afterDays: { orNull: { only: { beyondDays: count, order: { some: text } } } },
    },
  },
  technicalDays: count,
  nonAccrualAfterDays: count,
  allowance: { only: Object.fromEntries(fiveTiers.map((tier) => [tier, share])) },
  vat: {
    only: {
      rate: share,
      exemption: {
        orNull: {
          only: { source: text, from: text, until: text, flag: text, lprTimesMost: times },
        },
      },
    },
  },
  guaranteeClaimAfterDays: count,
  entrusted: { only: { amountYuan: amount, operator: oneOf('>', '>=') } },
  availabilityMonths: count,
};
const documentShape: Shape = {
  only: { about: text, default: { only: fields }, products: { each: { of: {} } } },
};
const productShape: Shape = { only: { lenderId: text, productId: text, ...fields } };

/** Reads the document of products; one that cannot be so is an Error that names every fault. */
export function readProducts(document: unknown): Products {
  const faults = faultsOfShape('the document', document, documentShape);
  if (faults.length > 0) throw faulty(faults);
  const { default: common, products } = document as Document;
  const all = [productOf({ ...common, lenderId: null, productId: null })];
  faults.push(...faultsOfProduct(all[0]!));
  for (const given of products) {
    const whole = { ...common, ...given };
    const place = `${given.lenderId ?? '?'} ${given.productId ?? '?'}`;
    const own = faultsOfShape('the product', whole, productShape);
    if (own.length === 0) {
      const product = productOf(whole);
      own.push(...faultsOfProduct(product));
      if (all.some((one) => isOf(one, product.lenderId, product.productId))) {
        own.push('is there twice');
      }
      all.push(product);
    }
    faults.push(...own.map((fault) => `${place}: ${fault}`));
  }
  if (faults.length > 0) throw faulty(faults);
  return {
    all,
    of: (lenderId, productId) =>
      all.find((product) => isOf(product, lenderId, productId)) ?? all[0]!,
  };
}

/** Whether a loan of this amount has to be paid to named payees. */
export function needsEntrusted({ entrusted }: LoanProduct, amountFen: Fen): boolean {
  const { operator, amountFen: boundFen } = entrusted;
  return operator === '>' ? amountFen > boundFen : amountFen >= boundFen;
}

/**
 * Whether interest of a day bears no VAT: the switch is on for that day, the loan counts for its
 * basis of inclusive lending, and its rate keeps the bound (method 1: the whole loan or nothing).
 */
export function isExempt(
  { vat: { exemption } }: LoanProduct,
  loan: {
    readonly inclusive: readonly string[];
    readonly ratePpm: number;
    readonly lprPpm: number;
    readonly on: BusinessDate;
  },
): boolean {
  if (exemption === null || loan.on < exemption.from || loan.on > exemption.until) return false;
  if (!loan.inclusive.includes(exemption.flag)) return false;
  const most = BigInt(loan.lprPpm) * BigInt(exemption.lprTimesMostPpm);
  return BigInt(loan.ratePpm) * BigInt(ppmOne) <= most;
}

/** What a product leaves to the single loan: its terms as they were authorised. */
export interface AgreedTerms {
  readonly loanId: string;
  readonly limitFen: Fen;
  readonly method: RepaymentPlan;
  readonly bookedOn: BusinessDate;
  readonly termMonths: number;
  readonly ratePpm: number;
  /** The LPR that the rate stands on, and what was added to it; both in parts per million. */
  readonly lprPpm: number;
  readonly addOnPpm: number;
  readonly guarantee: { readonly institution: string; readonly sharePpm: number } | null;
  /** The bases of inclusive lending that it counts for. */
  readonly inclusive: readonly string[];
}

/**
 * The contract of a loan: what was agreed, and of the rest what its product says. On the day of
 * booking it is decided whether its interest bears no VAT, and for that through which day.
 */
export function contractOf(product: LoanProduct, agreed: AgreedTerms): LoanContract {
  const { loanId, limitFen, method, bookedOn, termMonths, ratePpm, addOnPpm } = agreed;
  const { rate, guaranteeClaimAfterDays, technicalDays, nonAccrualAfterDays } = product;
  const { convention, penalty, waterfall, allowancePpm, counting, vat } = product;
  return {
    ...{ loanId, limitFen, method, bookedOn, termMonths, ratePpm },
    maturesOn: addMonths(bookedOn, termMonths),
    lpr:
      rate.kind === 'FIXED'
        ? null
        : { addOnPpm, tenor: tenorOf(rate, termMonths), reset: rate.reset },
    counting: counting[method],
    ...{ convention, penalty, waterfall, technicalDays, nonAccrualAfterDays, allowancePpm },
    vat: {
      ratePpm: vat.ratePpm,
      exemptThrough: isExempt(product, { ...agreed, on: bookedOn }) ? vat.exemption!.until : null,
    },
    guaranteeSharePpm: agreed.guarantee?.sharePpm ?? 0,
    guarantor: agreed.guarantee?.institution ?? null,
    guaranteeClaimAfterDays,
  };
}

/** Which LPR a term goes by: one year up to a year, five beyond five, between as it says. */
export function tenorOf(rule: RateRule & { kind: 'LPR' }, termMonths: number): '1Y' | '5Y' {
  if (termMonths <= 12) return '1Y';
  return termMonths > 60 ? '5Y' : rule.tenorBetween;
}

function isOf(product: LoanProduct, lenderId: string | null, productId: string | null): boolean {
  return product.lenderId === lenderId && product.productId === productId;
}

/** What a shape cannot say. */
function faultsOfProduct(product: LoanProduct): string[] {
  const { penalty, waterfall, technicalDays, allowancePpm, vat, counting } = product;
  const faults = faultsOfWaterfall(waterfall).map((fault) => `waterfall: ${fault}`);
  if (penalty.overdueTimesPpm < ppmOne || penalty.misuseTimesPpm < penalty.overdueTimesPpm) {
    faults.push('penalty: overdueTimes has to be 1 or more, misuseTimes no less than it');
  }
  const { technicalDaysMost } = fiveTierRules;
  if (technicalDays > technicalDaysMost) {
    faults.push(`technicalDays: at most ${technicalDaysMost} days can be technical`);
  }
  fiveTiers.forEach((tier, index) => {
    const better = fiveTiers[index - 1];
    if (better !== undefined && allowancePpm[tier] < allowancePpm[better]) {
      faults.push(`allowance: ${tier} has to be no less than ${better}`);
    }
  });
  const { exemption } = vat;
  if (exemption !== null) {
    const { from, until } = exemption;
    if (!isBusinessDate(from) || !isBusinessDate(until) || from > until) {
      faults.push(`vat.exemption: ${from} to ${until} is no span of days`);
    }
  }
  for (const plan of repaymentPlans) {
    const { dayCount, interestDay } = counting[plan];
    if (interestDay === null) continue;
    if (dayCount === 'MONTHS_12') {
      faults.push(`counting.${plan}: whole months have no interest day`);
    } else if (interestDay < 1 || interestDay > 28) {
      faults.push(`counting.${plan}: each month has an interest day from 1 to 28 only`);
    }
  }
  return faults;
}

interface ProductText {
  readonly lenderId: string | null;
  readonly productId: string | null;
  readonly source: string;
  readonly counting: LoanProduct['counting'];
  readonly convention: Convention;
  readonly rate: RateRule;
  readonly penalty: {
    readonly overdueTimes: string;
    readonly misuseTimes: string;
    readonly compounds: boolean;
    readonly graceDays: number;
  };
  readonly waterfall: Waterfall;
  readonly technicalDays: number;
  readonly nonAccrualAfterDays: number;
  readonly allowance: Readonly<Record<FiveTier, string>>;
  readonly vat: {
    readonly rate: string;
    readonly exemption:
      (Omit<VatExemption, 'lprTimesMostPpm'> & { readonly lprTimesMost: string }) | null;
  };
  readonly guaranteeClaimAfterDays: number;
  readonly entrusted: { readonly amountYuan: string; readonly operator: '>' | '>=' };
  readonly availabilityMonths: number;
}

interface Document {
  readonly default: ProductText;
  readonly products: readonly ProductText[];
}

function productOf({ penalty, allowance, vat, entrusted, ...same }: ProductText): LoanProduct {
  const { overdueTimes, misuseTimes, compounds, graceDays } = penalty;
  const tiers = fiveTiers.map((tier) => [tier, ppmOf(allowance[tier])] as const);
  return {
    ...same,
    penalty: {
      overdueTimesPpm: ppmOf(overdueTimes),
      misuseTimesPpm: ppmOf(misuseTimes),
      compounds,
      graceDays,
    },
    allowancePpm: Object.fromEntries(tiers) as Record<FiveTier, number>,
    vat: { ratePpm: ppmOf(vat.rate), exemption: exemptionOf(vat.exemption) },
    entrusted: { amountFen: fenOfYuan(entrusted.amountYuan), operator: entrusted.operator },
  };
}

function exemptionOf(given: ProductText['vat']['exemption']): VatExemption | null {
  if (given === null) return null;
  const { lprTimesMost, ...same } = given;
  return { ...same, lprTimesMostPpm: ppmOf(lprTimesMost) };
}

function faulty(faults: readonly string[]): Error {
  return new Error(`The products of the ledger cannot be so:\n  ${faults.join('\n  ')}`);
}
