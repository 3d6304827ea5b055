// Why nothing comes of a repayment or of an action on a loan: each cause with what it means.

export const refusals = {
  EFFECT_UNKNOWN: 'The effect is none of SCHEDULED, SHORTEN, LOWER and GUARANTEE',
  REFERENCE_INVALID: 'Source or reference is empty, too long, or has characters it may not have',
  REFERENCE_TAKEN: 'Another repayment was booked for this source and reference; the first stands',
  DATE_INVALID: 'A date does not exist: write YYYY-MM-DD',
  DATE_IN_FUTURE: 'The date lies after the day that is open for booking',
  DATE_CLOSED: 'The day is closed: what the loan bore by then stays owed',
  DATE_BEFORE_BOOKING: 'The date lies before the loan was booked',
  NOTHING_DRAWN: 'Nothing of the loan was drawn by that day: nothing is owed',
  NOT_GUARANTEED: 'Nobody stands for the loan: no guarantor pays for it',
  BEYOND_SUSPENSE: 'More is to be given back than was there before the day',
  ROLE_NOT_ALLOWED: 'The role may not do this',
  SAME_OFFICER: 'The officer has asked for it already: another one has to',
  TOO_MANY_PROPOSALS: 'Too many proposals wait for a second officer',
  LOAN_SETTLED: 'Nothing is owed on the loan',
  WRITTEN_OFF: 'The loan was written off',
  NOT_LOST: 'Only a loan of the tier loss is written off',
  TERM_OUT_OF_RANGE: 'The term is none of 1 to 360 months',
  PLAN_UNKNOWN: 'There is no such way to repay',
  NOT_BOOKED: 'No repayment of this source and reference was booked on the loan',
  REVERSED_ALREADY: 'The repayment was taken back before',
} as const;
export type RefusalCause = keyof typeof refusals;
