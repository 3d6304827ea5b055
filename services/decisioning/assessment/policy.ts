// A lender's policy as data: products, rules, reasons and size classes; and loan prime rates.
import { fenOfYuan, type Fen, type SizeRules } from '@saidao/values';

export interface Product {
  readonly id: string;
  readonly lenderId: string;
  readonly version: number;
  readonly name: { readonly zh: string; readonly en: string };
  /** Where each figure comes from; what is ours is called so. */
  readonly source: string;
  readonly amount: { readonly leastYuan: string; readonly mostYuan: string };
  readonly termMonths: { readonly least: number; readonly most: number };
  readonly repayments: readonly string[];
  readonly sizes: readonly string[];
  readonly coverageAtLeast: string;
  readonly gradeAtLeast: string | null;
  /** From this grade on down it is declined; null: a low grade refers. */
  readonly declineFromGrade: string | null;
  readonly need: NeedRule;
  readonly security: SecurityRule;
  readonly talent: { readonly holdsAtLeast: string; readonly grades: readonly string[] } | null;
  readonly research: {
    readonly intensityAtLeast: string;
    readonly equityAtLeastYuan: string;
  } | null;
  /** Up to which proposal each may give the last approval; above it the committee. */
  readonly authority: {
    readonly policyUpToYuan: string;
    readonly officerUpToYuan: string;
    readonly seniorOfficerUpToYuan: string;
  };
  readonly price: PriceRule;
  readonly offerValidityDays: number;
}

export type NeedRule =
  | { readonly kind: 'working-capital' }
  /** The bands themselves stand in the table of limits. */
  | { readonly kind: 'talent-band' }
  | { readonly kind: 'research-budget'; readonly share: string };

export interface PledgeRule {
  /** Share of the value that may be lent, by kind of patent. */
  readonly rates: Readonly<Record<string, string>>;
  readonly lifeBeyondTermMonths: number;
}

/** What a pool of others bears of a loan, and of which. */
export interface PoolTier {
  readonly share: string;
  /** Null: of any. */
  readonly revenueMostYuan: string | null;
  readonly loanMostYuan: string;
}

export type SecurityRule =
  | { readonly kind: 'none' }
  | (PledgeRule & { readonly kind: 'pledge' })
  /** What the pledge does not carry may be lent without security up to this. */
  | (PledgeRule & { readonly kind: 'mixed'; readonly unsecuredMostYuan: string })
  | {
      readonly kind: 'guarantee';
      readonly shareAtLeast: string;
      /** The part that the guarantor does not bear is no more than this. */
      readonly uncoveredMostYuan: string;
    }
  | {
      readonly kind: 'risk-pool';
      readonly tiers: readonly PoolTier[];
      readonly uncoveredMostYuan: string;
    };

export interface PriceRule {
  /** The rate for terms over one year and up to five: a choice of the contract. */
  readonly lprBetween: '1Y' | '5Y';
  readonly addOnBp: number;
  readonly leastAddOnBp: number;
  readonly mostAddOnBp: number;
}

/** What a lender's policy says of all its products. */
export interface LenderRules {
  readonly source: string;
  /** Beyond this amount, or from it on, a loan is paid to named payees only. */
  readonly entrusted: { readonly amountYuan: string; readonly operator: '>' | '>=' };
  readonly exposurePerGroupYuan: string;
  readonly purposesBarred: { readonly source: string; readonly purposes: readonly string[] };
  /** Who is related to the lender, by credit code. */
  readonly relatedParties: { readonly source: string; readonly usccs: readonly string[] };
  readonly yearsOldMax: number;
  readonly reasonsMax: number;
  /** From the best down. */
  readonly grades: readonly string[];
  /** An officer's claim lapses after it. */
  readonly claimMinutes: number;
}

export interface LprRow {
  readonly date: string;
  readonly '1Y': string;
  readonly '5Y': string;
  readonly source: string;
}

export interface LprTable {
  /** Last day for which the rows are known to hold. */
  readonly verifiedThrough: string;
  /** Rows taken as in force on days beyond it; `date` is the day of publication they stand on. */
  readonly takenAsInForce: readonly (LprRow & { readonly from: string; readonly to: string })[];
  readonly rates: readonly LprRow[];
}

export interface Text {
  readonly zh: string;
  readonly en: string;
}

export interface ReasonTexts {
  /** The code that stands for a weak factor of the score. */
  readonly factors: Readonly<Record<string, string>>;
  readonly reasons: Readonly<Record<string, Text>>;
  /** Why officers may decide otherwise than policy proposes. */
  readonly overrideCodes: Readonly<Record<string, Text>>;
}

/** One version of one lender's policy. */
export interface Policy {
  /** Lender and version, as `czb-hz@1`. */
  readonly ref: string;
  readonly lenderId: string;
  readonly version: number;
  /** SHA-256 of all that the version says. */
  readonly digest: string;
  readonly products: readonly Product[];
  readonly rules: LenderRules;
  readonly sizes: SizeRules;
  readonly reasons: ReasonTexts;
}

/**
 * Whether a loan of this amount, in fen, has to be paid to named payees. The ledger asks the same
 * of its own products: where the two differ it refuses what was approved.
 *
 * Source: 流动资金贷款管理办法 (2024); which of the two operators holds differs between banks.
 * Certainty: the amount of 2024 is known, not confirmed.
 */
export function needsEntrusted({ entrusted }: LenderRules, amountFen: Fen): boolean {
  const boundFen = fenOfYuan(entrusted.amountYuan);
  return entrusted.operator === '>' ? amountFen > boundFen : amountFen >= boundFen;
}

/** The lender's product; undefined where it has none of this name. */
export function productOf(
  policy: Policy,
  lenderId: string,
  productId: string,
): Product | undefined {
  return policy.products.find(
    (product) => product.id === productId && product.lenderId === lenderId,
  );
}
