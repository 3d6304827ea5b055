// A comparison as figures for people and programs: rates, amounts and prices with their bounds.
import { pairedDifference, rateOf, type DifferencePpm, type Rate } from './bounds.ts';
import {
  groupNames,
  outcomes,
  type Cell,
  type Comparison,
  type Flip,
  type GroupName,
  type Outcome,
} from './comparison.ts';
import { medianFen, type Amounts } from './middle.ts';
import { amountsAndPricesOf, type BoundedPpm } from './moments.ts';

/** Amounts are whole fen as text: JSON holds no larger numbers. */
type FenText = string;

export interface SideFigures {
  readonly approved: Rate | null;
  readonly referred: Rate | null;
  readonly declined: Rate | null;
  /** Approved by policy alone. */
  readonly approvedFen: FenText;
  /** Approved, or put before officers with terms. */
  readonly proposals: number;
  readonly proposedFen: FenText;
  /** To three figures. */
  readonly medianFen: FenText | null;
  /** Mean yearly rate of what is proposed, weighed by amount. */
  readonly price: BoundedPpm | null;
}

export interface Figures {
  readonly applications: number;
  /** As it was decided. */
  readonly before: SideFigures;
  /** As the candidate would decide. */
  readonly after: SideFigures;
  readonly approvedDifference: DifferencePpm | null;
  readonly referredDifference: DifferencePpm | null;
  readonly declinedDifference: DifferencePpm | null;
  readonly proposedDifference: {
    readonly fen: FenText;
    readonly lowFen: FenText;
    readonly highFen: FenText;
  };
  readonly priceDifference: BoundedPpm | null;
}

export interface CodeCount {
  readonly code: string;
  readonly count: number;
}

export interface FlipFigures {
  readonly from: Outcome;
  readonly to: Outcome;
  readonly count: number;
  /** Of all that were judged. */
  readonly share: Rate | null;
  readonly came: readonly CodeCount[];
  readonly went: readonly CodeCount[];
  readonly examples: readonly string[];
}

export interface ComparisonFigures {
  readonly total: Figures;
  readonly groups: Readonly<Record<GroupName, readonly (Figures & { readonly group: string })[]>>;
  /** Most first. */
  readonly flips: readonly FlipFigures[];
  readonly flipped: number;
  readonly otherTerms: number;
  readonly otherTier: number;
  readonly otherReasons: number;
  readonly withoutInputs: number;
  readonly sameVersion: number;
  readonly otherBytes: number;
}

export function comparisonFigures(comparison: Comparison): ComparisonFigures {
  const { total, groups, flips, ...counts } = comparison;
  const grouped = groupNames.map((name) => [name, groupFigures(groups[name])] as const);
  const ofFlips = [...flips]
    .map(([name, flip]) => flipFigures(name, flip, total.moments.count))
    .sort((a, b) => b.count - a.count || (a.from + a.to < b.from + b.to ? -1 : 1));
  return {
    total: figuresOf(total),
    groups: Object.fromEntries(grouped) as unknown as ComparisonFigures['groups'],
    flips: ofFlips,
    flipped: ofFlips.reduce((sum, { count }) => sum + count, 0),
    ...counts,
  };
}

function groupFigures(cells: ReadonlyMap<string, Cell>) {
  return [...cells.keys()].sort().map((group) => ({ group, ...figuresOf(cells.get(group)!) }));
}

export function figuresOf(cell: Cell): Figures {
  const { moments } = cell;
  const { amountDifference, ...prices } = amountsAndPricesOf(moments);
  const of = moments.count;
  const counted = (pick: (before: Outcome, after: Outcome) => boolean): number =>
    cell.outcomes.reduce((sum, count, at) => {
      const before = outcomes[Math.floor(at / outcomes.length)]!;
      return pick(before, outcomes[at % outcomes.length]!) ? sum + count : sum;
    }, 0);
  const side = (
    pick: (before: Outcome, after: Outcome) => Outcome,
    amounts: Amounts,
    sums: Pick<SideFigures, 'approvedFen' | 'proposedFen' | 'price'>,
  ): SideFigures => {
    const rate = (outcome: Outcome) =>
      rateOf(
        counted((...both) => pick(...both) === outcome),
        of,
      );
    return {
      approved: rate('approve'),
      referred: rate('refer'),
      declined: rate('decline'),
      proposals: [...amounts.values()].reduce((sum, count) => sum + count, 0),
      medianFen: medianFen(amounts)?.toString() ?? null,
      ...sums,
    };
  };
  const difference = (outcome: Outcome): DifferencePpm | null =>
    pairedDifference(
      counted((before, after) => before !== outcome && after === outcome),
      counted((before, after) => before === outcome && after !== outcome),
      of,
    );
  return {
    applications: of,
    before: side((before) => before, cell.amountsBefore, {
      approvedFen: cell.approvedBeforeFen.toString(),
      proposedFen: moments.sums[0]!.toString(),
      price: prices.priceBefore,
    }),
    after: side((_before, after) => after, cell.amountsAfter, {
      approvedFen: cell.approvedAfterFen.toString(),
      proposedFen: moments.sums[2]!.toString(),
      price: prices.priceAfter,
    }),
    approvedDifference: difference('approve'),
    referredDifference: difference('refer'),
    declinedDifference: difference('decline'),
    proposedDifference: {
      fen: amountDifference.fen.toString(),
      lowFen: amountDifference.lowFen.toString(),
      highFen: amountDifference.highFen.toString(),
    },
    priceDifference: prices.priceDifference,
  };
}

function flipFigures(name: string, { count, came, went, examples }: Flip, of: number): FlipFigures {
  const [from, to] = name.split('>') as [Outcome, Outcome];
  const share = rateOf(count, of);
  return { from, to, count, share, came: countsOf(came), went: countsOf(went), examples };
}

function countsOf(counts: ReadonlyMap<string, number>): CodeCount[] {
  return [...counts]
    .map(([code, count]) => ({ code, count }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}
