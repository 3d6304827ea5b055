// A lever is one thing that an enterprise could change of its application, and how far it must.
import type { Application } from '../figures.ts';
import type { Product } from '../policy.ts';
import type { Unit } from './units.ts';

export type LeverKind = 'AMOUNT' | 'TERM' | 'COLLATERAL' | 'FACTOR';

export interface Texts {
  readonly zh: string;
  readonly en: string;
}

/** What is tried: an application, and whether one that was changed comes to a better outcome. */
export interface Trial {
  readonly application: Application;
  readonly product: Product;
  flips(changed: Application): boolean;
}

/** The smallest move of a lever that flips; from and to in canonical JSON. */
export interface Change extends Texts {
  readonly from: string;
  readonly to: string;
  /** The move as a part of what it was, in parts per million. */
  readonly sizePpm: bigint;
}

export interface Lever {
  readonly kind: LeverKind;
  readonly subject: string;
  smallest(trial: Trial): Change | null;
  /** The application with the lever moved to what a change says, in canonical JSON. */
  moved(application: Application, to: string): Application;
}

/** A figure of an application that can be moved up or down. */
export interface FigureLever extends Pick<Lever, 'kind' | 'subject'> {
  readonly unit: Unit;
  readonly name: Texts;
  /** Where it stands; null: not supplied. */
  at(application: Application): bigint | null;
  /** The farthest value that is worth a trial; null: it cannot be moved. */
  end(application: Application, product: Product): bigint | null;
  set(application: Application, to: bigint): Application;
}

/** A list of which members can be taken away. */
export interface ListLever extends Pick<Lever, 'kind' | 'subject'> {
  members(application: Application): readonly string[];
  /** Those of them that the enterprise can do something about. */
  movable(application: Application): readonly string[];
  without(application: Application, gone: readonly string[]): Application;
  texts(gone: readonly string[], application: Application): Texts;
}

/** Where nothing was, no part can be told: larger than every other move. */
export const unlikeAny = 10n ** 30n;

export function figureLever(figure: FigureLever): Lever {
  const { kind, subject, unit, name } = figure;
  return {
    kind,
    subject,
    smallest({ application, product, flips }) {
      const from = figure.at(application);
      const end = figure.end(application, product);
      if (end === null) return null;
      const to = nearest(from, end, unit.step, (value) => flips(figure.set(application, value)));
      if (to === undefined) return null;
      return {
        from: from === null ? 'null' : unit.spell(from),
        to: unit.spell(to),
        sizePpm: sizePpmOf(from, to),
        ...textsOf(name, unit, from, to),
      };
    },
    moved: (application, to) => figure.set(application, unit.read(to)),
  };
}

/**
 * The value nearest to where a figure stands that flips, on the grid of its steps; undefined: not
 * even the end does. One step less does not flip: that side of the bisection was tried or is where
 * it stands.
 */
function nearest(
  from: bigint | null,
  end: bigint,
  step: bigint,
  flips: (value: bigint) => boolean,
): bigint | undefined {
  const up = from === null || end > from;
  const first = from === null ? 0n : up ? (from / step + 1n) * step : ((from - 1n) / step) * step;
  const reach = up ? end - first : first - end;
  if (reach < 0n || from === end) return undefined;
  const value = (steps: bigint) => (up ? first + steps * step : first - steps * step);
  let most = reach / step;
  if (!flips(value(most))) return undefined;
  let least = -1n;
  while (most - least > 1n) {
    const middle = (least + most) / 2n;
    if (flips(value(middle))) most = middle;
    else least = middle;
  }
  return value(most);
}

function sizePpmOf(from: bigint | null, to: bigint): bigint {
  if (from === null || from === 0n) return unlikeAny;
  return ((to > from ? to - from : from - to) * 1_000_000n) / from;
}

function textsOf(name: Texts, unit: Unit, from: bigint | null, to: bigint): Texts {
  const after = unit.texts(to);
  if (from === null) {
    return { zh: `补充${name.zh}：${after.zh}`, en: `${name.en}: supply ${after.en}` };
  }
  const before = unit.texts(from);
  return {
    zh: `${name.zh}由${before.zh}改为${after.zh}`,
    en: `${name.en}: ${after.en} instead of ${before.en}`,
  };
}

export function listLever(list: ListLever): Lever {
  const { kind, subject, members, movable, without, texts } = list;
  const leaving = (all: readonly string[], gone: readonly string[]) =>
    all.filter((member) => !gone.includes(member));
  return {
    kind,
    subject,
    smallest({ application, flips }) {
      let gone = movable(application);
      if (gone.length === 0 || !flips(without(application, gone))) return null;
      for (const member of gone) {
        const fewer = leaving(gone, [member]);
        if (fewer.length > 0 && flips(without(application, fewer))) gone = fewer;
      }
      const all = members(application);
      return {
        from: JSON.stringify(all),
        to: JSON.stringify(leaving(all, gone)),
        sizePpm: (BigInt(gone.length) * 1_000_000n) / BigInt(application.content.patents.length),
        ...texts(gone, application),
      };
    },
    moved(application, to) {
      const kept = JSON.parse(to) as readonly string[];
      return without(application, leaving(members(application), kept));
    },
  };
}
