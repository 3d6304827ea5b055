// Figures of a test run as people read them.
import type { DifferencePpm, Rate } from '../simulation/bounds.ts';
import type { Figures } from '../simulation/figures.ts';
import type { BoundedPpm } from '../simulation/moments.ts';

const NOTHING = '–';
const PPM_PER_PERCENT = 10_000;
const FEN_PER_MILLION_YUAN = 100_000_000;

export function percent(ppm: number, digits = 1): string {
  return `${(ppm / PPM_PER_PERCENT).toFixed(digits)} %`;
}

export function rate(of: Rate | null): string {
  return of === null ? NOTHING : `${percent(of.ppm)} (${span(of, 1)})`;
}

export function difference(of: DifferencePpm | null): string {
  return of === null ? NOTHING : `${signed(of.ppm, 1)} (${span(of, 1)})`;
}

export function price(of: BoundedPpm | null): string {
  return of === null ? NOTHING : `${percent(of.ppm, 3)} (${span(of, 3)})`;
}

export function priceDifference(of: BoundedPpm | null): string {
  return of === null ? NOTHING : `${signed(of.ppm, 3)} (${span(of, 3)})`;
}

/** In millions of yuan: figures of many loans are read, not paid. */
export function millions(fen: string | null): string {
  if (fen === null) return NOTHING;
  return (Number(fen) / FEN_PER_MILLION_YUAN).toLocaleString('en', {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
}

export function millionsDifference({
  fen,
  lowFen,
  highFen,
}: Figures['proposedDifference']): string {
  const sign = BigInt(fen) > 0n ? '+' : '';
  return `${sign}${millions(fen)} (${millions(lowFen)} – ${millions(highFen)})`;
}

export function millionsOf(fen: string): number {
  return Number(fen) / FEN_PER_MILLION_YUAN;
}

function span({ lowPpm, highPpm }: Pick<BoundedPpm, 'lowPpm' | 'highPpm'>, digits: number): string {
  const low = (lowPpm / PPM_PER_PERCENT).toFixed(digits);
  return `${low} – ${(highPpm / PPM_PER_PERCENT).toFixed(digits)}`;
}

function signed(ppm: number, digits: number): string {
  return `${ppm > 0 ? '+' : ''}${percent(ppm, digits)}`;
}
