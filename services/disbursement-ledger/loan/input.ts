// What the decisions on a loan are given, and how they say that nothing comes of an event.
import type { EventMap } from '@saidao/schemas';
import type { DecideInput, Decision, LineState, Outgoing } from '@saidao/worker';
import { toJson, type MoneyRecord } from '@saidao/values';
import { accountName, type Booking, type LoanAccount } from './account.ts';
import { loanOf, type ActionRow, type LoanRow, type LoanTold } from './changes.ts';
import type { RefusalCause } from './actions/refusals.ts';

export type LoanIn =
  | 'RepaymentReceived'
  | 'RescheduleRequested'
  | 'CostsCharged'
  | 'MisuseFound'
  | 'WriteOffRequested'
  | 'ReversalRequested'
  | 'RefundRequested'
  | 'TimerDue';

/** The state of the application is neither read nor changed: all is in the account. */
export type LoanInput = Pick<
  DecideInput<LoanIn, LineState, unknown>,
  'event' | 'held' | 'applicationId' | 'nowMs'
>;
export type LoanResult = Decision<LoanTold, never, LoanRow>;

/** The account that an event is about; one that is none of its application's is a dead letter. */
export function accountIn(
  { held, applicationId }: LoanInput,
  { loanId, lenderId }: { readonly loanId: string; readonly lenderId: string },
): LoanAccount {
  const account = held[accountName(loanId)] as LoanAccount | undefined;
  const identity = account?.identity;
  if (identity?.lenderId === lenderId && identity.applicationId === applicationId) return account!;
  const message = `${lenderId} has no loan ${loanId} of application ${applicationId}.`;
  throw coded('SAIDAO_LEDGER_LOAN_UNKNOWN', message);
}

/** The bound that the books have for one posting. */
export const amountFenMax = 1_000_000_000_000_000n;

/** What the books could not take is a dead letter by the code that they would give. */
export function assertAmount({ currency, minor }: MoneyRecord): void {
  if (currency !== 'CNY') {
    throw coded('SAIDAO_LEDGER_CURRENCY_WRONG', `The books are kept in CNY, not in ${currency}.`);
  }
  if (minor <= 0n) {
    throw coded('SAIDAO_LEDGER_AMOUNT_NOT_POSITIVE', `An amount of ${minor} fen is none.`);
  }
  if (minor > amountFenMax) {
    const message = `An amount of ${minor} fen is above the largest, ${amountFenMax}.`;
    throw coded('SAIDAO_LEDGER_AMOUNT_TOO_LARGE', message);
  }
}

/** The machinery knows it by the code, as the domain cannot name its errors. */
function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

export function refuse(
  input: LoanInput,
  account: LoanAccount,
  officer: string,
  cause: RefusalCause,
): LoanResult {
  return { events: [recorded(input, account, officer, 'REFUSED', cause)], ignored: 'refused' };
}

export function recorded(
  { event }: Pick<LoanInput, 'event'>,
  account: LoanAccount,
  officer: string,
  status: 'PROPOSED' | 'TAKEN' | 'REFUSED',
  cause: RefusalCause | null = null,
): Outgoing<LoanTold> {
  const about = { actionId: event.id, action: event.type, officer, status, cause };
  return { type: 'LoanActionRecorded', data: { ...loanOf(account), ...about } };
}

/** What is booked is booked for the event. */
export function bookingOf({ event, nowMs }: Pick<LoanInput, 'event' | 'nowMs'>): Booking {
  return { eventId: event.id, nowMs };
}

interface Recorded {
  readonly events?: readonly { readonly type: string; readonly data: object }[];
}

/** Rows of the actions that a decision tells of, for officers to read. */
export function actionRowsOf(
  { event, nowMs }: Pick<LoanInput, 'nowMs'> & { readonly event: { readonly data: object } },
  { events = [] }: Recorded,
): LoanRow[] {
  return events.flatMap(({ type, data }) => {
    if (type !== 'LoanActionRecorded') return [];
    // Of a loan that is not there only the event tells: no row could name it.
    if ((data as EventMap['LoanActionRecorded']).authorisationId === '') return [];
    const { actionId, loanId, lenderId, action, officer, status, cause } =
      data as EventMap['LoanActionRecorded'];
    const told = { actionId, loanId, lenderId, action, officer, status, cause };
    const row: ActionRow = { ...told, content: toJson(event.data), atMs: Math.floor(nowMs) };
    return [{ kind: 'action', action: row }];
  });
}
