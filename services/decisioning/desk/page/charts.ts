// Charts as SVG text: two colours, before and after, with the bounds of each figure as whiskers.
import { escaped } from './escaped.ts';

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface PairRow {
  readonly label: string;
  readonly before: Interval | null;
  readonly after: Interval | null;
}

export interface ChartOptions {
  readonly title: string;
  /** How a figure reads on the axis. */
  readonly format: (value: number) => string;
  /** Whether the axis begins at 0; else where the figures do. */
  readonly fromZero: boolean;
}

const WIDTH = 860;
const LABEL_WIDTH = 210;
const RIGHT = 40;
const ROW = 36;
const TOP = 10;
const AXIS = 28;
const TICKS = 5;
const LABEL_LENGTH_MAX = 28;

/** Each row's two figures as dots with whiskers: where these overlap, a difference says little. */
export function intervalChart(rows: readonly PairRow[], options: ChartOptions): string {
  return chart(rows, options, (interval, y, side, x) => {
    const middle = x(interval.value);
    const [low, high] = [x(interval.low), x(interval.high)];
    return [
      `<line class="${side}" x1="${low}" x2="${high}" y1="${y}" y2="${y}"/>`,
      `<line class="${side}" x1="${low}" x2="${low}" y1="${y - 4}" y2="${y + 4}"/>`,
      `<line class="${side}" x1="${high}" x2="${high}" y1="${y - 4}" y2="${y + 4}"/>`,
      `<circle class="${side}" cx="${middle}" cy="${y}" r="4.5"/>`,
    ].join('');
  });
}

/** Each row's two figures as bars. */
export function barChart(rows: readonly PairRow[], options: ChartOptions): string {
  return chart(rows, options, (interval, y, side, x) => {
    const [from, to] = [x(0), x(interval.value)].sort((a, b) => a - b) as [number, number];
    // The least of figures is seen; none at all is no bar.
    const width = interval.value === 0 ? 0 : Math.max(1, round(to - from));
    return `<rect class="${side}" x="${from}" y="${y - 5}" width="${width}" height="10"/>`;
  });
}

type Mark = (
  interval: Interval,
  y: number,
  side: 'before' | 'after',
  x: (value: number) => number,
) => string;

function chart(rows: readonly PairRow[], options: ChartOptions, mark: Mark): string {
  const { title, format, fromZero } = options;
  const intervals = rows
    .flatMap(({ before, after }) => [before, after])
    .filter((one) => one !== null);
  const bottom = TOP + rows.length * ROW;
  const { from, to } = rangeOf(intervals, fromZero);
  const x = (value: number) =>
    round(LABEL_WIDTH + ((value - from) / (to - from)) * (WIDTH - LABEL_WIDTH - RIGHT));
  const ticks = ticksOf(from, to);
  const grid = ticks.map(
    (tick) =>
      `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP}" y2="${bottom}"/>` +
      `<text class="tick" x="${x(tick)}" y="${bottom + 18}">${escaped(format(tick))}</text>`,
  );
  const marks = rows.map(({ label, before, after }, at) => {
    const y = TOP + at * ROW + ROW / 2;
    const told = [
      label,
      before && `before ${spelled(before, format)}`,
      after && `after ${spelled(after, format)}`,
    ];
    return [
      `<g><title>${escaped(told.filter((text) => text !== null).join('; '))}</title>`,
      `<text class="label" x="${LABEL_WIDTH - 12}" y="${y + 4}">${escaped(shortened(label))}</text>`,
      before === null ? '' : mark(before, y - 6, 'before', x),
      after === null ? '' : mark(after, y + 6, 'after', x),
      '</g>',
    ].join('');
  });
  return [
    `<svg viewBox="0 0 ${WIDTH} ${bottom + AXIS}" role="img" aria-label="${escaped(title)}">`,
    ...grid,
    ...marks,
    '</svg>',
  ].join('\n');
}

function rangeOf(intervals: readonly Interval[], fromZero: boolean) {
  const lows = intervals.map(({ low }) => low);
  const highs = intervals.map(({ high }) => high);
  const from = fromZero ? Math.min(0, ...lows) : Math.min(...lows);
  const to = Math.max(...highs);
  // Of nothing, or of one figure alone, an axis still needs some length.
  if (!Number.isFinite(from) || !Number.isFinite(to)) return { from: 0, to: 1 };
  return to > from ? { from, to } : { from: from - 1, to: to + 1 };
}

/** At round figures: steps of 1, 2 or 5, and tens of them. */
function ticksOf(from: number, to: number): number[] {
  const rough = (to - from) / TICKS;
  const scale = 10 ** Math.floor(Math.log10(rough));
  const step = scale * (rough <= scale ? 1 : rough <= 2 * scale ? 2 : rough <= 5 * scale ? 5 : 10);
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

function spelled({ value, low, high }: Interval, format: (value: number) => string): string {
  return low === high ? format(value) : `${format(value)} (${format(low)} – ${format(high)})`;
}

function shortened(text: string): string {
  return text.length > LABEL_LENGTH_MAX ? `${text.slice(0, LABEL_LENGTH_MAX - 1)}…` : text;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
