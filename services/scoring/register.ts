// The register of models: which there are, who answers for them, which one scores on a date.
import { championOn as championOf, type Entry } from '@saidao/register';
import type { BusinessDate } from '@saidao/values';
import type { Card } from './card/card.ts';

/** `card`: a scorecard; `onnx`: a network in a file; `http`: a model asked over the network. */
export const modelKinds = ['card', 'onnx', 'http'] as const;
export type ModelKind = (typeof modelKinds)[number];

/**
 * The champion's score counts; challengers score in shadow. A card is never a challenger: those are
 * told the share of points that each factor got, and a card has to have the facts themselves.
 */
export interface RegisterEntry extends Entry {
  /** Under models/. */
  readonly file: string;
  readonly kind: ModelKind;
}

export interface ModelRegister {
  readonly about: string;
  /** By `<id>@<version>`. The digest of a file that is JSON is of its canonical text. */
  readonly models: Readonly<Record<string, RegisterEntry>>;
}

/** An entry of the register with what its file holds. */
export interface Model extends RegisterEntry {
  readonly ref: string;
  readonly id: string;
  readonly version: number;
  /** What the file holds, where it is JSON. */
  readonly data: unknown;
  /** Of a card that can be scored with; null for what is none, or is of an older form. */
  readonly card: Card | null;
}

/** The champion of a business date; a date before the first card is scored by that. */
export function championOn<M extends RegisterEntry & { readonly card: Card | null }>(
  models: readonly M[],
  businessDate: BusinessDate,
): M {
  const found = championOf(
    models.filter(({ card }) => card !== null),
    businessDate,
  );
  if (found === undefined) throw new Error(`No card is champion on ${businessDate}.`);
  return found;
}
