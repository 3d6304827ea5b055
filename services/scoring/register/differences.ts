// What changed from one model to another, place by place.
import { differencesOf, type Difference } from '@saidao/register';
import type { Model } from '../register.ts';

/** What changed from one model to another: in the register's entry and in the file, by path. */
export function diffOfModels(a: Model, b: Model): Difference[] {
  return differencesOf(saidOf(a), saidOf(b));
}

function saidOf({ data, card: _card, ref: _ref, ...entry }: Model): object {
  return { entry, ...(typeof data === 'object' ? data : { data }) };
}
