// The need of working capital by the formula, and the new limit that follows from it.
import { fenMax, mulDivHalfUp, type Fen } from './money.ts';

/** Margin and days of the last year; days are yearly averages. */
export interface CapitalCycle {
  readonly marginPpm: number;
  readonly inventoryDays: number;
  readonly receivableDays: number;
  readonly payableDays: number;
  readonly prepaymentDays: number;
  readonly advanceDays: number;
}

/**
 * Working capital needed: last revenue × (1 − margin) × growth × days ÷ 360, rounded half up once.
 *
 * Source: domain rules s. 6 (流动资金贷款管理办法, NFRA 2024 no. 2). `growth` is the ratio of two
 * years' revenues, kept as a fraction so that nothing is rounded before the end. Days that sum to
 * zero or less give no turnover to divide by, and growth from next to nothing no amount that there
 * is: null, which refers and never lends.
 */
export function workingCapitalNeedFen(
  revenueFen: Fen,
  growth: { readonly to: Fen; readonly from: Fen },
  cycle: CapitalCycle,
): Fen | null {
  const days =
    cycle.inventoryDays +
    cycle.receivableDays -
    cycle.payableDays +
    cycle.prepaymentDays -
    cycle.advanceDays;
  if (days <= 0) return null;
  const costPpm = BigInt(1_000_000 - cycle.marginPpm);
  const needFen = mulDivHalfUp(
    revenueFen * costPpm * growth.to,
    BigInt(days),
    1_000_000n * growth.from * 360n,
  );
  return needFen > fenMax ? null : needFen;
}

/** The need less own funds and loans there are; zero or less: nothing is needed. */
export function newLimitFen(needFen: Fen, ownFundsFen: Fen, existingLoansFen: Fen): Fen {
  return needFen - ownFundsFen - existingLoansFen;
}
