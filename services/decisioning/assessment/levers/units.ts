// Units of what can be changed: the step of a search, its spelling in JSON and in both languages.
import { fenOfYuan, formatPercent, formatYuan, ppmOf, formatPpm } from '@saidao/values';
import type { Texts } from './lever.ts';

export interface Unit {
  /** Of the search: what is smaller is no change that anybody would make. */
  readonly step: bigint;
  /** Canonical JSON. */
  spell(value: bigint): string;
  read(json: string): bigint;
  texts(value: bigint): Texts;
}

/** 10 billion yuan: no figure is worth a trial beyond it. */
export const farFen = 1_000_000_000_000n;

const textOf = (json: string) => JSON.parse(json) as string;

/** Fen in steps of 10,000 yuan, spelled as yuan: `"1234.50"`. */
export const yuan: Unit = {
  step: 1_000_000n,
  spell: (fen) => JSON.stringify(formatYuan(fen)),
  read: (json) => fenOfYuan(textOf(json)),
  texts: (fen) => ({ zh: ` ${formatYuan(fen)} 元`, en: `${formatYuan(fen)} yuan` }),
};

/** Parts per million in steps of one per cent, spelled as a fraction: `"0.35"`. */
export const share: Unit = {
  step: 10_000n,
  spell: (ppm) => JSON.stringify(formatPpm(Number(ppm))),
  read: (json) => BigInt(ppmOf(textOf(json))),
  texts: (ppm) => ({ zh: ` ${formatPercent(Number(ppm))} `, en: formatPercent(Number(ppm)) }),
};

export const months: Unit = {
  step: 1n,
  spell: String,
  read: BigInt,
  texts: (count) => ({ zh: ` ${count} 个月`, en: `${count} months` }),
};

export const people: Unit = {
  step: 1n,
  spell: String,
  read: BigInt,
  texts: (count) => ({ zh: ` ${count} 人`, en: `${count} people` }),
};

/** Hundredths of a point, spelled as the score has them. */
export const points: Unit = {
  step: 1n,
  spell: String,
  read: BigInt,
  texts: (hundredths) => ({
    zh: ` ${formatYuan(hundredths)} 分`,
    en: `${formatYuan(hundredths)} points`,
  }),
};
