// A bundle after its collateral has changed: which patents are still usable, and what is not known.
import { cny } from '@saidao/values';
import type { Bundle, BundleNote, CollateralChange, PatentFinding } from '@saidao/schemas';

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
  // What they are worth was reckoned for the ones that were usable: of others it is not known.
  return same ? changed : { ...changed, ...(usable.length === 0 ? worthNothing : worthUnknown) };
}

const isIn = (numbers: readonly string[]) => (number: string) => numbers.includes(number);

function changedFinding(
  finding: PatentFinding,
  changes: readonly CollateralChange[],
): PatentFinding {
  const own = changes.filter(({ number }) => number === finding.number);
  if (own.length === 0) return finding;
  const grounds = new Map(finding.grounds.map((ground) => [ground.code, ground]));
  for (const { ground: code, result, reason } of own) {
    grounds.set(code, { code, result, reason, evidence: ['register'], declarations: [] });
  }
  const judged = [...grounds.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
  const usable = judged.every(({ result }) => result === 'CLEAR' || result === 'WAIVED');
  return { ...finding, grounds: judged, usable };
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

function noteOf(changes: readonly CollateralChange[]): BundleNote {
  return {
    code: 'COLLATERAL_CHANGED',
    patents: [...new Set(changes.map(({ number }) => number))].sort(),
    zh: '质押专利的登记状态已变化，需人工查看',
    en: 'The register says otherwise of these patents than when they were verified.',
  };
}
