// What the ledger's specs share: an application's authorisation and what others say about it.
import { cny, fenOfYuan } from '@saidao/values';
import type { DisbursementAuthorised, Finding, LoanTerms, Payee } from '@saidao/schemas';
import { event, blankAuthorised, scenario } from '@saidao/testkit';
import { bookLine } from './book.worker.ts';
import type { BookRow, BookRules } from './booking/state.ts';
import { products, world } from './loan/shipped.ts';
import type { Entry } from './postings.ts';

export const APPLICATION = '019aa000-0000-7000-8000-000000000001';
export const LENDER = 'exim-zj';
export const AUTHORISATION = `${APPLICATION}/authorisation/1`;
export const PATENTS = ['201610345678.2', '201810456789.X', '202010567891.4'];
export const PAID_AT = BigInt(Date.UTC(2026, 10, 20, 2));

const identity = { applicationId: APPLICATION, revision: 1, lenderId: LENDER };

export const yuan = (text: string) => cny(fenOfYuan(text));
export const payee = (name: string, amount: string): Payee => ({ name, amount: yuan(amount) });

export const motors = payee('浙江示例电机有限公司', '62000000');
export const chips = payee('宁波示例芯片贸易有限公司', '38000000');

/** The terms of the case smart-lock-ip-pledge. */
export function terms(change: Partial<LoanTerms> = {}): LoanTerms {
  return {
    amount: yuan('100000000'),
    termMonths: 24,
    ratePpm: 30_000,
    lprPpm: 30_000,
    lprDate: '2026-09-20',
    addOnPpm: 0,
    repayment: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
    purpose: 'motors and chips for smart locks',
    payees: [motors, chips],
    beneficiary: '浙江示例智能锁科技有限公司',
    beneficiaryUscc: '91330100MA2H000142',
    entrusted: true,
    pledgeRequired: true,
    pledgedPatents: PATENTS,
    guarantee: null,
    conditions: [],
    ...change,
  };
}

/** Terms without a pledge, paid to the borrower: as much as may be without naming payees. */
export const plain = (change: Partial<LoanTerms> = {}): LoanTerms =>
  terms({
    ...{ amount: yuan('10000000'), entrusted: false, payees: [] },
    ...{ pledgeRequired: false, pledgedPatents: [] },
    ...change,
  });

export const rules: BookRules = { products, world, unpaidAlarmAfterMs: 900_000 };

/** The book line's story of the application; its clock stands at 1,000. */
export const book = () =>
  scenario(bookLine(rules), { applicationId: APPLICATION, lane: 3, nowMs: 1_000 });

export function authorisationOf(
  change: Partial<DisbursementAuthorised> = {},
): DisbursementAuthorised {
  return {
    ...identity,
    authorisationId: AUTHORISATION,
    approvalId: `${APPLICATION}/approval/1`,
    terms: terms(),
    businessDate: '2026-11-20',
    ...blankAuthorised,
    ...change,
  };
}

export const authorised = (change: Partial<DisbursementAuthorised> = {}) =>
  event('DisbursementAuthorised', authorisationOf(change), { number: 4 });

export const cancellation = (authorisationId = AUTHORISATION) =>
  event(
    'CancellationRequested',
    { ...identity, authorisationId, cause: 'WITHDRAWN', about: null, requestedBy: [] },
    { number: 5 },
  );

export const registered = (patents = PATENTS, authorisationId = AUTHORISATION) =>
  event(
    'PledgeRegistered',
    {
      ...identity,
      authorisationId,
      patents,
      registrationNumber: 'Y2026330000001',
      registeredAt: PAID_AT,
      contract: `template/${authorisationId}`,
      evidence: [],
    },
    { number: 2 },
  );

/** Holds until the specs' clock, which stands at 1,000, has gone on by another second. */
export const CONFIRMED_UNTIL = 2_000n;

export const pledgeConfirmed = (
  validUntil = CONFIRMED_UNTIL,
  patents = PATENTS,
  authorisationId = AUTHORISATION,
) =>
  event(
    'PledgeConfirmed',
    {
      ...identity,
      authorisationId,
      patents,
      registrationNumber: 'Y2026330000001',
      confirmedAt: validUntil - 1_000n,
      validUntil,
      evidence: [],
    },
    { number: 3 },
  );

export const collateralChanged = (
  result: Finding = 'ADVERSE',
  authorisationId: string | null = AUTHORISATION,
) =>
  event(
    'CollateralChanged',
    {
      ...identity,
      authorisationId,
      stage: 'REGISTRATION',
      changes: [{ number: '201610345678.2', ground: 'PL01', result, reason: 'sold', evidence: [] }],
      observedAt: 1_000n,
    },
    { number: 4 },
  );

/** At the lock it names no authorisation. */
export const refused = (authorisationId: string | null = AUTHORISATION) =>
  event(
    'PledgeRefused',
    {
      ...identity,
      authorisationId,
      stage: authorisationId === null ? 'LOCK' : 'REGISTRATION',
      refused: [{ number: '201610345678.2', ground: 'PL09', reason: 'pledged to another' }],
      evidence: [],
    },
    { number: 2 },
  );

export const payoutId = (place: number, authorisationId = AUTHORISATION) =>
  `${authorisationId}/${place}`;
export const LOAN = `${APPLICATION}-L1`;

export const confirmed = (place: number, amount: string, paidAt = PAID_AT) =>
  event('PayoutConfirmed', {
    ...identity,
    loanId: LOAN,
    payoutId: payoutId(place),
    amount: yuan(amount),
    railReference: `R2026112000${place}`,
    paidAt,
  });

export const rejected = (place: number, cause = 'account closed') =>
  event('PayoutRejected', { ...identity, loanId: LOAN, payoutId: payoutId(place), cause });

export const unknown = (place: number) =>
  event('PayoutUnknown', { ...identity, loanId: LOAN, payoutId: payoutId(place), attempts: 1 });

/** A timer of the book line that is due; it bears the state's revision. */
export const due = (name: string, detail: object) =>
  event('TimerDue', {
    ...identity,
    revision: 0,
    timerId: 'timer',
    name,
    dueAt: 0n,
    detail: JSON.stringify(detail),
  });

export const waiting = () => book().given(authorised());
export const pledged = () => waiting().given(registered());
export const booked = () => pledged().given(pledgeConfirmed());

interface Decided {
  readonly events?: readonly { readonly type: string; readonly data: object }[];
}

/** What is told, but for schedules: they have specs of their own. */
export const toldBy = ({ events = [] }: Decided) =>
  events.filter(({ type }) => type !== 'LoanScheduled');
export const typesOf = (decision: Decided) => toldBy(decision).map(({ type }) => type);

export const entriesOf = (decision: { readonly rows?: readonly BookRow[] }): Entry[] =>
  (decision.rows ?? []).flatMap((row) => (row.kind === 'entry' ? [row.entry] : []));
