// What a candidate decides beside what was decided: counts and sums, whole and by group.
import { addAmounts, countAmount, type Amounts } from './middle.ts';
import { addMoments, momentsOf, noMoments, type Moments, type Proposal } from './moments.ts';

export const outcomes = ['approve', 'refer', 'decline'] as const;
export type Outcome = (typeof outcomes)[number];

/** One judgement, as far as it is compared. */
export interface Judged {
  readonly outcome: Outcome;
  readonly tier: string;
  /** What is offered, or put before officers; null: nothing is. */
  readonly proposal: Proposal | null;
  /** Codes of its reasons. */
  readonly codes: readonly string[];
}

/** One application, judged then and by the candidate. */
export interface Pair {
  readonly applicationId: string;
  readonly groups: Readonly<Record<GroupName, string>>;
  readonly before: Judged;
  readonly after: Judged;
}

export const groupNames = ['product', 'lender', 'size', 'region'] as const;
export type GroupName = (typeof groupNames)[number];

/** Of one group: how it was decided, and how it would be. */
export interface Cell {
  /** By outcome before and outcome after, row after row. */
  readonly outcomes: number[];
  readonly moments: Moments;
  readonly amountsBefore: Amounts;
  readonly amountsAfter: Amounts;
  approvedBeforeFen: bigint;
  approvedAfterFen: bigint;
}

/** All that were decided thus and would be decided so. */
export interface Flip {
  count: number;
  /** Reasons that the candidate gives and that were not given, and the other way round. */
  readonly came: Map<string, number>;
  readonly went: Map<string, number>;
  /** Some of them, first by id. */
  examples: string[];
}

/** Sums and counts only: parts of the whole, compared apart, add up to the very same. */
export interface Comparison {
  readonly total: Cell;
  readonly groups: Readonly<Record<GroupName, Map<string, Cell>>>;
  /** By `approve>refer` and the like. */
  readonly flips: Map<string, Flip>;
  /** The outcome is the same, but not amount or price; or the tier; or the reasons. */
  otherTerms: number;
  otherTier: number;
  otherReasons: number;
  /** What the candidate's card would have scored was not kept. */
  withoutInputs: number;
  /** Judged then by this very version: and of these, as many bytes differ. */
  sameVersion: number;
  otherBytes: number;
}

const EXAMPLES_MAX = 5;

export function noComparison(): Comparison {
  return {
    total: noCell(),
    groups: { product: new Map(), lender: new Map(), size: new Map(), region: new Map() },
    flips: new Map(),
    otherTerms: 0,
    otherTier: 0,
    otherReasons: 0,
    withoutInputs: 0,
    sameVersion: 0,
    otherBytes: 0,
  };
}

function noCell(): Cell {
  return {
    outcomes: Array.from({ length: outcomes.length ** 2 }, () => 0),
    moments: noMoments(),
    amountsBefore: new Map(),
    amountsAfter: new Map(),
    approvedBeforeFen: 0n,
    approvedAfterFen: 0n,
  };
}

/** Adds one application, in place. */
export function compare(to: Comparison, pair: Pair): void {
  const { before, after, groups } = pair;
  const moments = momentsOf(before.proposal, after.proposal);
  countIn(to.total, pair, moments);
  for (const name of groupNames) countIn(cellOf(to.groups[name], groups[name]), pair, moments);
  if (before.outcome !== after.outcome) {
    countFlip(flipOf(to.flips, `${before.outcome}>${after.outcome}`), pair);
    return;
  }
  if (!sameTerms(before.proposal, after.proposal)) to.otherTerms += 1;
  if (before.tier !== after.tier) to.otherTier += 1;
  if (before.codes.join() !== after.codes.join()) to.otherReasons += 1;
}

function countIn(cell: Cell, { before, after }: Pair, moments: Moments): void {
  cell.outcomes[placeOf(before.outcome, after.outcome)]! += 1;
  addMoments(cell.moments, moments);
  if (before.proposal !== null) countAmount(cell.amountsBefore, before.proposal.amountFen);
  if (after.proposal !== null) countAmount(cell.amountsAfter, after.proposal.amountFen);
  cell.approvedBeforeFen += approvedFen(before);
  cell.approvedAfterFen += approvedFen(after);
}

export function placeOf(before: Outcome, after: Outcome): number {
  return outcomes.indexOf(before) * outcomes.length + outcomes.indexOf(after);
}

function approvedFen({ outcome, proposal }: Judged): bigint {
  return outcome === 'approve' ? (proposal?.amountFen ?? 0n) : 0n;
}

function sameTerms(one: Proposal | null, other: Proposal | null): boolean {
  return one?.amountFen === other?.amountFen && one?.ratePpm === other?.ratePpm;
}

function countFlip(flip: Flip, { applicationId, before, after }: Pair): void {
  flip.count += 1;
  for (const code of without(after.codes, before.codes)) add(flip.came, code, 1);
  for (const code of without(before.codes, after.codes)) add(flip.went, code, 1);
  flip.examples = firstOf([...flip.examples, applicationId]);
}

function without(codes: readonly string[], others: readonly string[]): Set<string> {
  return new Set(codes.filter((code) => !others.includes(code)));
}

function firstOf(ids: readonly string[]): string[] {
  return ids.length <= 1 ? [...ids] : [...ids].sort().slice(0, EXAMPLES_MAX);
}

function cellOf(cells: Map<string, Cell>, name: string): Cell {
  let cell = cells.get(name);
  if (cell === undefined) cells.set(name, (cell = noCell()));
  return cell;
}

function flipOf(flips: Map<string, Flip>, name: string): Flip {
  let flip = flips.get(name);
  if (flip === undefined) {
    flips.set(name, (flip = { count: 0, came: new Map(), went: new Map(), examples: [] }));
  }
  return flip;
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** Adds a part to the whole, in place. */
export function merge(to: Comparison, part: Comparison): void {
  mergeCell(to.total, part.total);
  for (const name of groupNames) {
    for (const [group, cell] of part.groups[name]) mergeCell(cellOf(to.groups[name], group), cell);
  }
  for (const [name, flip] of part.flips) {
    const into = flipOf(to.flips, name);
    into.count += flip.count;
    for (const [code, count] of flip.came) add(into.came, code, count);
    for (const [code, count] of flip.went) add(into.went, code, count);
    into.examples = firstOf([...into.examples, ...flip.examples]);
  }
  to.otherTerms += part.otherTerms;
  to.otherTier += part.otherTier;
  to.otherReasons += part.otherReasons;
  to.withoutInputs += part.withoutInputs;
  to.sameVersion += part.sameVersion;
  to.otherBytes += part.otherBytes;
}

function mergeCell(to: Cell, part: Cell): void {
  part.outcomes.forEach((count, at) => (to.outcomes[at]! += count));
  addMoments(to.moments, part.moments);
  addAmounts(to.amountsBefore, part.amountsBefore);
  addAmounts(to.amountsAfter, part.amountsAfter);
  to.approvedBeforeFen += part.approvedBeforeFen;
  to.approvedAfterFen += part.approvedAfterFen;
}
