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
  /** Moved as far as is worth a trial; null: it cannot be moved. */
  farthest(application: Application, product: Product): Application | null;
  /** No farther than what an earlier change says, in canonical JSON, where one is given. */
  smallest(trial: Trial, until?: string): Change | null;
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
    farthest(application, product) {
      const last = lastOf(figure.at(application), figure.end(application, product), unit.step);
      return last === null ? null : figure.set(application, last);
    },
    smallest({ application, product, flips }, until) {
      const from = figure.at(application);
      const end = until === undefined ? figure.end(application, product) : unit.read(until);
      const last = lastOf(from, end, unit.step);
      const tried = (value: bigint) => flips(figure.set(application, value));
      if (last === null || !tried(last)) return null;
      const to = nearest(from, last, unit.step, tried);
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

/** The value on the grid of steps that is nearest to where a figure stands, towards an end. */
function firstOf(from: bigint | null, up: boolean, step: bigint): bigint {
  if (from === null) return 0n;
  return (up ? from / step + 1n : (from - 1n) / step) * step;
}

/** The value on the grid that is nearest to the end; null: there is none on the way. */
function lastOf(from: bigint | null, end: bigint | null, step: bigint): bigint | null {
  if (end === null || end === from) return null;
  const up = from === null || end > from;
  const last = (up ? end / step : (end + step - 1n) / step) * step;
  const first = firstOf(from, up, step);
  return (up ? last < first : last > first) ? null : last;
}

/**
 * The value nearest to where a figure stands that flips, where the last one does. One step less
 * does not: that side of the bisection was tried or is where it stands.
 */
function nearest(
  from: bigint | null,
  last: bigint,
  step: bigint,
  flips: (value: bigint) => boolean,
): bigint {
  const up = from === null || last > from;
  const first = firstOf(from, up, step);
  const value = (steps: bigint) => (up ? first + steps * step : first - steps * step);
  let most = (up ? last - first : first - last) / step;
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
    return { zh: `补充${name.zh}：${after.zh.trim()}`, en: `${name.en}: supply ${after.en}` };
  }
  const before = unit.texts(from);
  return {
    zh: `${name.zh}由${before.zh}改为${after.zh.trimEnd()}`,
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
    farthest(application) {
      const gone = movable(application);
      return gone.length === 0 ? null : without(application, gone);
    },
    smallest({ application, flips }, until) {
      const kept = until === undefined ? [] : (JSON.parse(until) as string[]);
      let gone = leaving(movable(application), kept);
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
