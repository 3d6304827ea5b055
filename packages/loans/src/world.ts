// What the world tells that no loan decides: its days of business and its prime rate.
import type { Calendar } from './calendar.ts';
import type { LprHistory } from './lpr.ts';

export interface LoanWorld {
  readonly calendar: Calendar;
  readonly lpr: LprHistory;
}
