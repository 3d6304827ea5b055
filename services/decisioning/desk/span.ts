// The days of which the desk speaks: both of them are in it.
import { isBusinessDate } from '@saidao/values';
import { DeskFault } from './fault.ts';

export function assertSpan(since: string, until: string): void {
  for (const date of [since, until]) {
    if (!isBusinessDate(date)) throw new DeskFault(`${String(date)} is no date: write YYYY-MM-DD.`);
  }
  if (since > until) throw new DeskFault(`${since} comes after ${until}.`);
}
