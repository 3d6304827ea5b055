// What is lent, by lender, product and basis of inclusive lending: firms, money and tiers.
import { fiveTiers, formatYuan, type Fen, type FiveTier } from '@saidao/values';

/** A loan on the day that is asked about. */
export interface PortfolioLoan {
  readonly lender: string;
  readonly product: string | null;
  readonly debtorUscc: string;
  /** Bases of inclusive lending that it counts for, as `nfra_1000w`. */
  readonly inclusive: readonly string[];
  readonly disbursedFen: Fen;
  /** Principal in the books, impaired or not, and what of it is claimed of guarantors. */
  readonly balanceFen: Fen;
  readonly tier: FiveTier;
}

export interface PortfolioRow {
  readonly lender: string;
  /** `all`: of the lender; `none`: none is known. */
  readonly product: string;
  /** `all`; a basis, of which a loan may count for several; `none`: it counts for none. */
  readonly basis: string;
  /** To whom anything was ever paid. */
  readonly firms: number;
  readonly loans: number;
  readonly disbursed: string;
  readonly balance: string;
  /** Of loans with a balance. */
  readonly tiers: Readonly<Record<FiveTier, { readonly loans: number; readonly balance: string }>>;
}

const ALL = 'all';
const NONE = 'none';

/** The rows of a lender begin with all of it; each product's follow, each with its bases. */
export function portfolioOf(loans: readonly PortfolioLoan[]): PortfolioRow[] {
  const groups = new Map<string, { key: [string, string, string]; loans: PortfolioLoan[] }>();
  for (const loan of loans.filter(({ disbursedFen }) => disbursedFen > 0n)) {
    const bases = loan.inclusive.length === 0 ? [NONE] : loan.inclusive;
    for (const product of [ALL, loan.product ?? NONE]) {
      for (const basis of [ALL, ...bases]) {
        const key: [string, string, string] = [loan.lender, product, basis];
        const name = JSON.stringify(key);
        const group = groups.get(name) ?? { key, loans: [] };
        group.loans.push(loan);
        groups.set(name, group);
      }
    }
  }
  return [...groups.values()]
    .toSorted((a, b) => compare(orderOf(a.key), orderOf(b.key)))
    .map((group) => rowOf(group.key, group.loans));
}

/** All before the parts, and what has no name behind them. */
function orderOf(key: readonly string[]): string {
  return key.map((part) => `${part === ALL ? 0 : part === NONE ? 2 : 1}${part}`).join('\0');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function rowOf(
  [lender, product, basis]: readonly [string, string, string],
  loans: readonly PortfolioLoan[],
): PortfolioRow {
  const tiers = fiveTiers.map((tier) => {
    const own = loans.filter((loan) => loan.tier === tier && loan.balanceFen !== 0n);
    return [tier, { loans: own.length, balance: sum(own, 'balanceFen') }] as const;
  });
  return {
    ...{ lender, product, basis },
    firms: new Set(loans.map(({ debtorUscc }) => debtorUscc)).size,
    loans: loans.length,
    disbursed: sum(loans, 'disbursedFen'),
    balance: sum(loans, 'balanceFen'),
    tiers: Object.fromEntries(tiers) as PortfolioRow['tiers'],
  };
}

function sum(loans: readonly PortfolioLoan[], name: 'disbursedFen' | 'balanceFen'): string {
  let totalFen = 0n;
  for (const loan of loans) totalFen += loan[name];
  return formatYuan(totalFen);
}
