// What would have to change for a better outcome: the smallest moves, found by the same rules.
import type { Counterfactual } from '@saidao/schemas';
import { weigh, type Assessment, type Assessor, type Weighed } from './assess.ts';
import type { Application } from './figures.ts';
import { collateralLevers } from './levers/collateral.ts';
import { enterpriseLevers } from './levers/enterprise.ts';
import { factorLever, factorLevers } from './levers/factors.ts';
import type { Change, Lever, LeverKind } from './levers/lever.ts';
import { requestLevers } from './levers/request.ts';
import { productOf, type Product } from './policy.ts';

/** As many as anybody reads. */
export const COUNTERFACTUALS_MAX = 4;

/** Of one application; a search that needs more ends with what it has. */
export const ASSESSMENTS_MAX = 300;

/** Between the subjects of two levers that are moved together. */
const AND = '+';

const kinds: readonly LeverKind[] = ['AMOUNT', 'TERM', 'COLLATERAL', 'FACTOR'];

const ranks = { decline: 0, refer: 1, approve: 2 } as const;

/** Referred in spite of a knock-out, for persons' data stand beside it, is no better than declined. */
const rankOf = ({ outcome, rows }: Weighed): number =>
  rows.some(({ table }) => table === 'knock-outs') ? ranks.decline : ranks[outcome];

const outcomes = {
  decline: { name: 'DECLINED', zh: '仍将被拒绝', en: 'it would be declined' },
  refer: { name: 'REFERRED', zh: '即转由人工审批', en: 'officers would decide' },
  approve: { name: 'APPROVED', zh: '即可获批', en: 'policy would approve' },
} as const;

const named: readonly Lever[] = [...requestLevers, ...collateralLevers, ...enterpriseLevers];

interface Search {
  readonly application: Application;
  readonly product: Product;
  weighed(changed: Application): Weighed;
  flips(changed: Application): boolean;
  /** What was found after it may not be the smallest. */
  isOver(): boolean;
}

/** A lever that can be moved, and the application with it at its end. */
interface Movable {
  readonly lever: Lever;
  readonly farthest: Application;
  /** True: other rules fire there, though nothing flips. */
  readonly helps: boolean;
}

interface Found {
  readonly levers: readonly Lever[];
  readonly changes: readonly Change[];
}

/**
 * Changes that come to a better outcome, the smallest first: each of one thing, or of two where
 * nothing flips alone. None of an approval, and none where no change would help.
 */
export function counterfactualsOf(
  assessor: Assessor,
  application: Application,
  { outcome }: Pick<Assessment, 'outcome'>,
): Counterfactual[] {
  const { lenderId, content } = application;
  const product = productOf(assessor.policy, lenderId, content.productId);
  if (outcome === 'approve' || product === undefined) return [];
  const search = searchOf(assessor, application, product, outcome);
  const { alone, movable } = eachAlone(search);
  const found = alone.length > 0 ? alone : inPairs(search, movable);
  found.sort((a, b) => bySize(sizeOf(a), sizeOf(b)) || byKind(a, b));
  return found.slice(0, COUNTERFACTUALS_MAX).map((one) => toldOf(search, one));
}

function searchOf(
  assessor: Assessor,
  application: Application,
  product: Product,
  outcome: Assessment['outcome'],
): Search {
  let left = ASSESSMENTS_MAX;
  const weighed = (changed: Application) => {
    left -= 1;
    return weigh(assessor, changed);
  };
  return {
    application,
    product,
    weighed,
    // Once over nothing flips, so that whatever is under way comes to its end.
    flips: (changed) => left > 0 && rankOf(weighed(changed)) > ranks[outcome],
    isOver: () => left <= 0,
  };
}

function eachAlone(search: Search): { alone: Found[]; movable: Movable[] } {
  const { application, product } = search;
  const alone: Found[] = [];
  const movable: Movable[] = [];
  const before = search.weighed(application);
  for (const lever of [...named, ...factorLevers(application)]) {
    const farthest = lever.farthest(application, product);
    if (farthest === null) continue;
    const after = search.weighed(farthest);
    if (rankOf(after) > ranks[before.outcome]) {
      const change = lever.smallest(search);
      if (search.isOver()) break;
      if (change !== null) alone.push({ levers: [lever], changes: [change] });
    } else {
      movable.push({ lever, farthest, helps: rulesOf(after) !== rulesOf(before) });
    }
  }
  return { alone, movable };
}

function inPairs(search: Search, movable: readonly Movable[]): Found[] {
  const found = new Map<string, Found>();
  for (const [at, first] of movable.entries()) {
    for (const second of movable.slice(at + 1)) {
      // One that helps may hide what the other would do; of two that do not neither is of use.
      if (!first.helps && !second.helps) continue;
      const pair = inPair(search, first.lever, second);
      if (search.isOver()) return [...found.values()];
      if (pair !== null) found.set(subjectOf(pair), pair);
    }
  }
  return [...found.values()];
}

/**
 * The first of two is moved as little as the second allows, the second as little as that needs.
 * Then the first may need less, or one of them nothing: what is of use up to there only was missed
 * alone.
 */
function inPair(search: Search, first: Lever, { lever: second, farthest }: Movable): Found | null {
  const { application } = search;
  const given = (lever: Lever, change: Change) => ({
    ...search,
    application: lever.moved(application, change.to),
  });
  let one = first.smallest({ ...search, application: farthest });
  let other = one && second.smallest(given(first, one));
  while (one !== null && other !== null) {
    const [oneAlone, otherAlone] = [
      first.smallest(search, one.to),
      second.smallest(search, other.to),
    ];
    if (oneAlone !== null) return { levers: [first], changes: [oneAlone] };
    if (otherAlone !== null) return { levers: [second], changes: [otherAlone] };
    const less: Change | null = first.smallest(given(second, other), one.to);
    if (less === null || less.to === one.to) {
      return { levers: [first, second], changes: [one, other] };
    }
    one = less;
    other = second.smallest(given(first, one), other.to);
  }
  return null;
}

const subjectOf = ({ levers }: Found): string => levers.map(({ subject }) => subject).join(AND);

/** Which rules decide or refer it; limits and prices fire for every application. */
function rulesOf({ rows }: Weighed): string {
  return rows
    .filter(({ table }) => table === 'knock-outs' || table === 'referrals' || table === 'authority')
    .map(({ row }) => row.rule)
    .join();
}

const sizeOf = ({ changes }: Found): bigint =>
  changes.reduce((sum, { sizePpm }) => sum + sizePpm, 0n);

const bySize = (a: bigint, b: bigint): number => Number(a > b) - Number(a < b);

const kindOf = ({ levers: [first] }: Found): LeverKind => first?.kind ?? 'FACTOR';
const byKind = (a: Found, b: Found): number => kinds.indexOf(kindOf(a)) - kinds.indexOf(kindOf(b));

function toldOf({ application, weighed }: Search, found: Found): Counterfactual {
  const { changes } = found;
  const list = (texts: readonly string[]) =>
    texts.length === 1 ? (texts[0] ?? '') : `[${texts.join()}]`;
  const subject = subjectOf(found);
  const to = list(changes.map((change) => change.to));
  const then = outcomes[weighed(applyCounterfactual(application, { subject, to })).outcome];
  return {
    kind: kindOf(found),
    subject,
    from: list(changes.map((change) => change.from)),
    to,
    outcome: then.name,
    zh: `${changes.map(({ zh }) => zh).join('，且')}，${then.zh}。`,
    en: `${changes.map(({ en }) => en).join('; and ')}: ${then.en}.`,
  };
}

/** The application as it would be with the change. */
export function applyCounterfactual(
  application: Application,
  { subject, to }: Pick<Counterfactual, 'subject' | 'to'>,
): Application {
  const subjects = subject.split(AND);
  if (subjects.length === 1) return leverOf(subject).moved(application, to);
  const values = JSON.parse(to) as readonly unknown[];
  return subjects.reduce(
    (changed, one, at) => leverOf(one).moved(changed, JSON.stringify(values[at])),
    application,
  );
}

function leverOf(subject: string): Lever {
  const lever = named.find((one) => one.subject === subject);
  if (lever !== undefined) return lever;
  const [kind, code] = subject.split('.');
  if (kind !== 'factor' || code === undefined) throw new Error(`There is no lever ${subject}.`);
  return factorLever(code);
}
