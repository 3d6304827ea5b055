// Which version is in force on a business date.
import { isBusinessDate, type BusinessDate } from '@saidao/values';
import type { Entry } from './entry.ts';

type Dates = Pick<Entry, 'role' | 'validFrom' | 'validTo'>;

/** Those whose place another took before their day came have no day at all. */
export function isInForceSometime<E extends Dates>(
  entry: E,
): entry is E & { readonly validFrom: BusinessDate } {
  const { validFrom, validTo } = entry;
  if (!isBusinessDate(validFrom)) return false;
  return validTo === null || (isBusinessDate(validTo) && validTo >= validFrom);
}

export const byBeginning = (
  a: { readonly validFrom: BusinessDate },
  b: { readonly validFrom: BusinessDate },
): number => (a.validFrom < b.validFrom ? -1 : a.validFrom > b.validFrom ? 1 : 0);

/** The champion of a business date; of a date before the first, the first. */
export function championOn<E extends Dates>(
  entries: readonly E[],
  businessDate: BusinessDate,
): E | undefined {
  const champions = entries
    .filter(({ role }) => role === 'champion')
    .filter(isInForceSometime)
    .sort(byBeginning);
  const [first] = champions;
  if (first !== undefined && businessDate < first.validFrom) return first;
  return champions.findLast((entry) => isInForceOn(entry, businessDate));
}

/** Whether a version that is in force sometime is so on a business date. */
export function isInForceOn({ validFrom, validTo }: Dates, businessDate: BusinessDate): boolean {
  if (validFrom === null || validFrom > businessDate) return false;
  return validTo === null || validTo >= businessDate;
}
