// Parity: how groups of firms fare beside the group that fares best, by size, region and age.

/** One application as it was last scored, and what became of it. */
export interface ParityCase {
  readonly sizeClass: string;
  /** Division code of six digits; null: not known. */
  readonly regionCode: string | null;
  readonly foundedYear: number | null;
  readonly scoredYear: number;
  /** Share of the points known, in parts per million. */
  readonly sharePpm: number;
  /** Whether an offer was made; null: nothing is decided, or nobody looked. */
  readonly approved: boolean | null;
}

export interface ParityGroup {
  readonly group: string;
  readonly scored: number;
  /** Hundredths of a point, of 100 points. */
  readonly meanPoints: number;
  readonly meanRatioPpm: number | null;
  readonly decided: number;
  readonly approved: number;
  readonly approvalPpm: number | null;
  /** Of the best group's; null where this group or every group is too small to say. */
  readonly approvalRatioPpm: number | null;
  /** Below four fifths of the best: no proof of anything, but somebody has to look. */
  readonly belowFourFifths: boolean;
}

export interface Parity {
  readonly by: 'size' | 'region' | 'age';
  readonly groups: readonly ParityGroup[];
}

/** The four-fifths mark of employment law elsewhere: a custom here, no rule of lending. */
export const FOUR_FIFTHS_PPM = 800_000;
/** A rate of fewer is chance more than anything. */
export const CASES_MIN = 30;
const UNKNOWN = 'unknown';

export function parityOf(cases: readonly ParityCase[]): Parity[] {
  return [
    { by: 'size', groups: groupsOf(cases, ({ sizeClass }) => sizeClass) },
    // By province: smaller places would leave hardly anybody in each.
    { by: 'region', groups: groupsOf(cases, ({ regionCode }) => provinceOf(regionCode)) },
    { by: 'age', groups: groupsOf(cases, ageOf) },
  ];
}

function groupsOf(
  cases: readonly ParityCase[],
  groupOf: (one: ParityCase) => string,
): ParityGroup[] {
  const groups = [...Map.groupBy(cases, groupOf)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, members]) => figuresOf(group, members));
  const bestMean = bestOf(groups.map((one) => (one.scored < CASES_MIN ? null : one.meanPoints)));
  const bestRate = bestOf(groups.map((one) => (one.decided < CASES_MIN ? null : one.approvalPpm)));
  return groups.map((one) => {
    const meanRatioPpm = one.scored < CASES_MIN ? null : ratioPpm(one.meanPoints, bestMean);
    const approvalRatioPpm = one.decided < CASES_MIN ? null : ratioPpm(one.approvalPpm, bestRate);
    const ratios = [meanRatioPpm, approvalRatioPpm].filter((ratio) => ratio !== null);
    const belowFourFifths = ratios.some((ratio) => ratio < FOUR_FIFTHS_PPM);
    return { ...one, meanRatioPpm, approvalRatioPpm, belowFourFifths };
  });
}

type Figures = Omit<ParityGroup, 'meanRatioPpm' | 'approvalRatioPpm' | 'belowFourFifths'>;

function figuresOf(group: string, members: readonly ParityCase[]): Figures {
  const decided = members.filter(({ approved }) => approved !== null).length;
  const approved = members.filter((one) => one.approved).length;
  const sum = members.reduce((total, { sharePpm }) => total + sharePpm, 0);
  return {
    group,
    scored: members.length,
    meanPoints: Math.floor(sum / members.length / 100),
    decided,
    approved,
    approvalPpm: decided === 0 ? null : Math.floor((approved * 1_000_000) / decided),
  };
}

function bestOf(values: readonly (number | null)[]): number {
  return Math.max(0, ...values.filter((value) => value !== null));
}

function ratioPpm(value: number | null, best: number): number | null {
  return value === null || best === 0 ? null : Math.floor((value * 1_000_000) / best);
}

function provinceOf(regionCode: string | null): string {
  return regionCode === null || regionCode.length < 2 ? UNKNOWN : regionCode.slice(0, 2);
}

/** Begun years, in bands that sort by their names. */
function ageOf({ foundedYear, scoredYear }: ParityCase): string {
  if (foundedYear === null) return UNKNOWN;
  const years = scoredYear - foundedYear;
  if (years < 3) return '00-02 years';
  if (years < 6) return '03-05 years';
  return years < 11 ? '06-10 years' : '11 years and more';
}
