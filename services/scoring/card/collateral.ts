// A bundle after its collateral has changed: which patents are still usable, and what they are worth.
import { cny, fenOfMoney, mulDivHalfUp, sumFen, type Fen } from '@saidao/values';
import type {
  Bundle,
  BundleNote,
  CollateralChange,
  Evidence,
  Money,
  PatentFinding,
  ValueRange,
} from '@saidao/schemas';

/** Earlier changes and later ones; of the same patent and ground the later one stands. */
export function changesTogether(
  earlier: readonly CollateralChange[],
  later: readonly CollateralChange[],
): CollateralChange[] {
  const byPlace = new Map(
    [...earlier, ...later].map((change) => [`${change.number} ${change.ground}`, change]),
  );
  return [...byPlace.values()];
}

/** The bundle as it was verified, with the changes on its findings. */
export function withChanges(bundle: Bundle, changes: readonly CollateralChange[]): Bundle {
  const findings = bundle.findings.map((finding) => changedFinding(finding, changes));
  const usable = findings.filter((finding) => finding.usable).map(({ number }) => number);
  const changed = { ...bundle, findings, usable, notes: [...bundle.notes, noteOf(changes)] };
  const same = usable.length === bundle.usable.length && usable.every(isIn(bundle.usable));
  if (same) return changed;
  if (usable.length === 0) return { ...changed, ...worthNothing };
  return { ...changed, ...worthOfRest(bundle, usable) };
}

const isIn = (numbers: readonly string[]) => (number: string) => numbers.includes(number);

function changedFinding(
  finding: PatentFinding,
  changes: readonly CollateralChange[],
): PatentFinding {
  const own = changes.filter(({ number }) => number === finding.number);
  if (own.length === 0) return finding;
  const grounds = new Map(finding.grounds.map((ground) => [ground.code, ground]));
  for (const { ground: code, result, reason, evidence } of own) {
    const providers = [...new Set(evidence.map(({ provider }) => provider))];
    grounds.set(code, { code, result, reason, evidence: providers, declarations: [] });
  }
  const judged = [...grounds.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
  const usable = judged.every(({ result }) => result === 'CLEAR' || result === 'WAIVED');
  const evidence = withEvidence(finding.evidence, own);
  return { ...finding, grounds: judged, usable, evidence };
}

/** What was asked before stays: other grounds were judged by it. One answer may change several. */
function withEvidence(before: readonly Evidence[], changes: readonly CollateralChange[]) {
  const all = [...before, ...changes.flatMap(({ evidence }) => evidence)];
  const byAnswer = new Map(
    all.map((one) => [`${one.provider} ${one.askedAt} ${one.answerHash}`, one]),
  );
  return [...byAnswer.values()];
}

type Worth = Omit<Bundle, 'findings' | 'usable' | 'notes' | 'policy'>;

const worthUnknown: Worth = {
  usableAppraised: null,
  internalValue: null,
  lendingValue: null,
  valueBasis: null,
  haircutPpm: null,
  internalRange: null,
  pledgeable: null,
  methods: [],
  shortestRemainingMonths: null,
};

const nothing = cny(0n);
const worthNothing: Worth = {
  ...worthUnknown,
  usableAppraised: nothing,
  lendingValue: nothing,
  valueBasis: 'NOTHING_USABLE',
  pledgeable: { low: nothing, base: nothing, high: nothing },
};

/**
 * Our policy: of what the bundle was worth as it was verified, the part that those still usable
 * have of all appraisals, and of what may be lent their part by their own pledge rates. It cannot
 * be said where one of them has no appraisal, or where a patent counts now that did not then.
 */
function worthOfRest(bundle: Bundle, usable: readonly string[]): Worth {
  const before = valuedOf(bundle.findings.filter(({ number }) => isIn(bundle.usable)(number)));
  const rest = before?.filter(({ number }) => isIn(usable)(number));
  const isAdded = !usable.every(isIn(bundle.usable));
  if (before === undefined || rest === undefined || rest.length === 0 || isAdded) {
    return worthUnknown;
  }
  const scale = scaleOf(sumOf(rest, appraised), sumOf(before, appraised));
  const lent = scaleOf(sumOf(rest, pledged), sumOf(before, pledged));
  const { haircutPpm, valueBasis, methods } = bundle;
  return {
    valueBasis,
    haircutPpm,
    usableAppraised: scale(bundle.usableAppraised),
    internalValue: scale(bundle.internalValue),
    internalRange: rangeBy(scale, bundle.internalRange),
    lendingValue: scale(bundle.lendingValue),
    pledgeable: rangeBy(lent, bundle.pledgeable),
    methods: methods.map((method) => ({ ...method, value: scale(method.value) })),
    shortestRemainingMonths: Math.min(
      ...bundle.findings
        .filter(({ number }) => isIn(usable)(number))
        .map(({ remainingMonths }) => remainingMonths ?? 0),
    ),
  };
}

interface Valued {
  readonly number: string;
  readonly appraisedFen: Fen;
  readonly pledgeRatePpm: number;
}

/** Of those that bear a value of their own; undefined where one has no appraisal. */
function valuedOf(findings: readonly PatentFinding[]): Valued[] | undefined {
  const valued: Valued[] = [];
  for (const finding of findings) {
    if (!finding.valued) continue;
    if (finding.appraised === null) return undefined;
    valued.push({
      number: finding.number,
      appraisedFen: fenOfMoney(finding.appraised),
      pledgeRatePpm: finding.pledgeRatePpm ?? 0,
    });
  }
  return valued;
}

const appraised = ({ appraisedFen }: Valued): bigint => appraisedFen;
const pledged = ({ appraisedFen, pledgeRatePpm }: Valued): bigint =>
  appraisedFen * BigInt(pledgeRatePpm);

const sumOf = (valued: readonly Valued[], weightOf: (one: Valued) => bigint): bigint =>
  sumFen(valued.map(weightOf));

type Scale = (money: Money | null) => Money | null;

/** Each amount is scaled from what it was, so that it is rounded once, half up to the fen. */
function scaleOf(part: bigint, whole: bigint): Scale {
  return (money) =>
    money === null || whole <= 0n ? null : cny(mulDivHalfUp(fenOfMoney(money), part, whole));
}

function rangeBy(scale: Scale, range: ValueRange | null): ValueRange | null {
  const [low, base, high] = [range?.low, range?.base, range?.high].map((one) => scale(one ?? null));
  return low == null || base == null || high == null ? null : { low, base, high };
}

function noteOf(changes: readonly CollateralChange[]): BundleNote {
  return {
    code: 'COLLATERAL_CHANGED',
    patents: [...new Set(changes.map(({ number }) => number))].sort(),
    zh: '质押专利的登记状态已变化，需人工查看',
    en: 'The register says otherwise of these patents than when they were verified.',
  };
}
