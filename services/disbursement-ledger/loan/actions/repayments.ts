// Money that came in for a loan: booked once for its source and reference, and told with its parts.
import {
  repaymentEffects,
  type LoanFact,
  type LoanWorld,
  type RepaymentEffect,
  type Standing,
} from '@saidao/loans';
import { cny, isBusinessDate, toJson, type Fen } from '@saidao/values';
import type { RepaymentParts, RepaymentReceived } from '@saidao/schemas';
import type { Outgoing } from '@saidao/worker';
import { accountName, bookingDateOf, standingAt, type LoanAccount } from '../account.ts';
import { changeBy, loanOf, type LoanChange, type LoanTold } from '../changes.ts';
import {
  accountIn,
  assertAmount,
  bookingOf,
  refuse,
  type LoanInput,
  type LoanResult,
} from '../input.ts';
import type { RefusalCause } from './refusals.ts';

/** The id of a repayment among the facts of its loan: a source has no slash. */
export function repaymentId(source: string, reference: string): string {
  return `${source}/${reference}`;
}

/** The shared row that no two loans of a lender have: who took the reference, and for what. */
export function repaymentName({
  lenderId,
  source,
  reference,
}: Pick<RepaymentReceived, 'lenderId' | 'source' | 'reference'>): string {
  return `repayment/${lenderId}/${repaymentId(source, reference)}`;
}

const SOURCE = /^[A-Za-z0-9._-]{1,64}$/;
const REFERENCE = /^[\x21-\x7e](?:[\x20-\x7e]{0,138}[\x21-\x7e])?$/;

/** As the id is part of the names of rows and entries; blanks inside are what banks write. */
export function isNameable(source: string, reference: string): boolean {
  return SOURCE.test(source) && REFERENCE.test(reference);
}

interface TakenReference {
  readonly loanId: string;
  readonly content: string;
}

/** What cannot be booked for anybody is a dead letter; what this loan cannot take is refused. */
export function repaymentReceived(
  input: LoanInput,
  data: RepaymentReceived,
  world: LoanWorld,
): LoanResult {
  const account = accountIn(input, data);
  assertAmount(data.amount);
  const content = contentOf(data);
  const name = repaymentName(data);
  const before = input.held[name] as TakenReference | undefined;
  if (before?.content === content) return { ignored: 'repeat' };
  const cause = before === undefined ? faultOf(account, data, input.nowMs) : 'REFERENCE_TAKEN';
  if (cause !== undefined) return refuse(input, account, data.source, cause);

  const { source, reference, loanId, valueDate: on, amount, lenderId, payer } = data;
  const effect = data.effect as RepaymentEffect;
  const id = repaymentId(source, reference);
  const fact: LoanFact = { id, kind: 'REPAID', on, amountFen: amount.minor, effect };
  const change = changeBy(account, fact, bookingOf(input), world);
  const bookedOn = bookingDateOf(account, input.nowMs);
  const repayment = { lenderId, source, reference, loanId, effect, payer, bookedOn };
  const taken: TakenReference = { loanId, content };
  return {
    held: { [accountName(loanId)]: change.account, [name]: taken },
    events: [told(account, change, data, bookedOn, world), ...change.events],
    rows: [
      ...change.rows,
      {
        kind: 'repayment',
        repayment: { ...repayment, amountFen: amount.minor, valueDate: on },
      },
    ],
  };
}

function contentOf({ loanId, amount, valueDate, payer, effect }: RepaymentReceived): string {
  return toJson({ loanId, amount, valueDate, payer, effect });
}

function faultOf(
  account: LoanAccount,
  { source, reference, valueDate, effect }: RepaymentReceived,
  nowMs: number,
): RefusalCause | undefined {
  const { bookedOn, guarantor } = account.contract;
  if (!isNameable(source, reference)) return 'REFERENCE_INVALID';
  if (!repaymentEffects.some((one) => one === effect)) return 'EFFECT_UNKNOWN';
  if (!isBusinessDate(valueDate)) return 'DATE_INVALID';
  if (valueDate < bookedOn) return 'DATE_BEFORE_BOOKING';
  if (valueDate > bookingDateOf(account, nowMs)) return 'DATE_IN_FUTURE';
  // Whether the guarantor is asked may change with what is told later: its money is always taken.
  return effect === 'GUARANTEE' && guarantor === null ? 'NOT_GUARANTEED' : undefined;
}

function told(
  account: LoanAccount,
  { standing }: LoanChange,
  data: RepaymentReceived,
  bookedOn: string,
  world: LoanWorld,
): Outgoing<LoanTold> {
  const { source, reference, amount, valueDate } = data;
  const about = { ...loanOf(account), source, reference, bookedOn };
  const { guarantor } = account.contract;
  const principalBalance = cny(standing.principalFen);
  const balances = { principalBalance, undrawn: cny(account.reservedFen) };
  if (data.effect === 'GUARANTEE' && guarantor !== null) {
    const left = cny(standing.claimedFen - standing.guaranteePaidFen);
    const held = cny(standing.guaranteeHeldFen);
    return {
      type: 'GuaranteePaid',
      data: { ...about, institution: guarantor, amount, left, held, ...balances },
    };
  }
  const without = standingAt(account, standing.date, world);
  const parts = partsBetween(without, standing);
  if (standing.writtenOffOn !== null && valueDate > standing.writtenOffOn) {
    const { principal, suspense } = parts;
    const recovered = cny(standing.recoveredFen - without.recoveredFen);
    return { type: 'RecoveryBooked', data: { ...about, amount, recovered, principal, suspense } };
  }
  return {
    type: 'RepaymentBooked',
    data: { ...about, amount, ...balances, valueDate, parts },
  };
}

/** What the same day is without the repayment, taken off what it is with it. */
function partsBetween(without: Standing, standing: Standing): RepaymentParts {
  const by = (of: (standing: Standing) => Fen) => cny(of(standing) - of(without));
  return {
    costs: by(({ paid }) => paid.costsFen),
    penalty: by(({ paid }) => paid.penaltyFen),
    compound: by(({ paid }) => paid.compoundFen),
    interest: by(({ paid }) => paid.interestFen),
    principal: by(({ paid }) => paid.principalFen),
    suspense: by(({ suspenseFen }) => suspenseFen),
  };
}
