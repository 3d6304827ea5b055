// The payout line's decision: one payout, asked about under one key until the rail has answered.
import { businessDateOf, cny, toJson, type Fen } from '@saidao/values';
import type { PayoutCalledBack, PayoutInstructed } from '@saidao/schemas';
import type {
  DecideInput,
  Decision,
  Incoming,
  LineState,
  NewTimer,
  Outgoing,
} from '@saidao/worker';

export type PayoutIn = 'PayoutInstructed' | 'PayoutCalledBack' | 'TimerDue';
export type PayoutOut = 'PayoutConfirmed' | 'PayoutRejected' | 'PayoutUnknown';

/** What the rail is told, the same at every try: another body under the key would be refused. */
export interface Instruction {
  /** The idempotency key. */
  readonly payoutId: string;
  readonly lenderId: string;
  readonly payee: string;
  readonly amountFen: Fen;
  readonly purpose: string;
  /** The application: the rail tells it back when it calls, so that its call finds its way. */
  readonly endToEndId: string;
}

/** What is known after asking the rail. Only its own clear word is an answer. */
export type RailAnswer =
  | { readonly kind: 'paid'; readonly railReference: string; readonly paidAtMs: number }
  | { readonly kind: 'rejected'; readonly cause: string }
  /** The rail knows the key for another payout: what it says of the key is not about ours. */
  | { readonly kind: 'key-taken' }
  | { readonly kind: 'unanswered'; readonly why: string }
  /** The breaker was open: this turn sent nothing, so nothing became unknown by it. */
  | { readonly kind: 'not-asked'; readonly why: string };

export interface PaidOrAsked {
  readonly instruction: Instruction;
  readonly loanId: string;
  readonly revision: number;
  /**
   * Held: no asking of it is recorded; the lender's payouts are halted, or the rail's breaker is open.
   * A turn that died may have sent it, so nobody may pay it otherwise than under its key.
   */
  readonly status: 'held' | 'unknown' | 'confirmed' | 'rejected';
  /** How often the rail was asked. */
  readonly attempts: number;
  /** An alarm for as long as it is unknown: the rail has the key for another payout. */
  readonly keyTaken: boolean;
  /** Null while it is held. */
  readonly askedFirstAtMs: number | null;
  readonly railReference: string | null;
  readonly paidAtMs: number | null;
  readonly cause: string | null;
}

/**
 * The revision stays 0: a payout belongs to its loan, not to a revision of the application, and its
 * timers must not go stale with one.
 */
export interface PayoutState extends LineState {
  readonly payouts: readonly PaidOrAsked[];
}

export const initialPayoutState: PayoutState = { revision: 0, payouts: [] };

export interface PayoutRow extends PaidOrAsked {
  readonly applicationId: string;
  readonly changedAtMs: number;
}

/** What the line gathered; undefined where nothing had to be asked, halted where nothing may be. */
export type PayoutGathered = RailAnswer | { readonly kind: 'halted' } | undefined;

/** The question to the rail that an event leads to: to pay, or what became of it. */
export interface Question {
  readonly kind: 'instruct' | 'find';
  readonly instruction: Instruction;
}

export const ASK_AGAIN = 'ask-again';

type Input = DecideInput<PayoutIn, PayoutState, PayoutGathered>;
type Result = Decision<PayoutOut, PayoutState, PayoutRow>;

/** What to ask the rail, before the decision; undefined for a repeat or a stale timer. */
export function questionOf(event: Input['event'], state: PayoutState): Question | undefined {
  if (event.type === 'PayoutInstructed') {
    const known = find(state, event.data.payoutId) !== undefined;
    // Refused by the decision: a fault of the data must not make the turn wait for the world.
    if (known || !isPayable(event.data)) return undefined;
    return { kind: 'instruct', instruction: instructionOf(event.data) };
  }
  const payout = aboutWhich(event, state);
  if (payout === undefined) return undefined;
  // Where the key stands for another payout only the rail's comparison of bodies can be trusted; of
  // one that was held it knows nothing, unless it paid it for a turn that died: the key tells it.
  const mustInstruct = payout.keyTaken || payout.status === 'held';
  return { kind: mustInstruct ? 'instruct' : 'find', instruction: payout.instruction };
}

export function decidePayout(input: Input): Result {
  const { event, state } = input;
  if (event.type === 'PayoutInstructed') {
    const { loanId, revision, payoutId } = event.data;
    if (!isPayable(event.data)) throw new Error(`The payout ${payoutId} is not of positive CNY.`);
    const instruction = instructionOf(event.data);
    const before = find(state, payoutId);
    if (before !== undefined) return instructedBefore(before, { instruction, loanId, revision });
    return settle(input, {
      instruction,
      loanId,
      revision,
      status: 'held',
      attempts: 0,
      keyTaken: false,
      askedFirstAtMs: null,
      railReference: null,
      paidAtMs: null,
      cause: null,
    });
  }
  const payout = aboutWhich(event, state);
  if (payout !== undefined) return settle(input, payout);
  if (event.type === 'TimerDue') return { ignored: 'stale-timer' };
  return { ignored: uselessBecause(event.data, find(state, event.data.payoutId)) };
}

/** The first stands. What is told otherwise under its key is a dead letter, for somebody to see. */
function instructedBefore(
  before: PaidOrAsked,
  now: Pick<PaidOrAsked, 'instruction' | 'loanId' | 'revision'>,
): Result {
  const { instruction, loanId, revision } = before;
  if (toJson({ instruction, loanId, revision }) === toJson(now)) return { ignored: 'repeat' };
  const message = `The payout ${instruction.payoutId} was instructed before with other terms.`;
  throw Object.assign(new Error(message), { code: 'SAIDAO_LEDGER_TERMS_DIFFER' });
}

/** The open payout that a timer or the rail's call is about; undefined: there is none. */
function aboutWhich(
  event: Incoming<'PayoutCalledBack' | 'TimerDue'>,
  state: PayoutState,
): PaidOrAsked | undefined {
  if (event.type === 'TimerDue') return openPayoutOf(state, event.data.detail);
  // The call moves nothing by itself: it is a hint to ask now instead of later. One of before the
  // instruction was read is not missed: the instruction asks.
  const { payoutId, lenderId } = event.data;
  const payout = find(state, payoutId);
  return payout !== undefined && isOpen(payout) && payout.instruction.lenderId === lenderId
    ? payout
    : undefined;
}

/** A call that says otherwise than the rail answered is for the reconciliation to find. */
function uselessBecause(
  { lenderId, status }: PayoutCalledBack,
  payout: PaidOrAsked | undefined,
): string {
  if (payout?.instruction.lenderId !== lenderId) return 'payout-unknown';
  const isSame = (payout.status === 'confirmed') === (status === 'paid');
  return isSame ? 'repeat' : 'contradicts-the-answer';
}

function settle(input: Input, before: PaidOrAsked): Result {
  const { gathered: answer, nowMs } = input;
  // A call in one turn with its instruction: as it was gathered for, the payout was not known yet.
  if (answer === undefined) return heldBack(input, before, NOT_ASKED, 'rail-not-asked');
  if (answer.kind === 'halted') return heldBack(input, before, HALTED, 'payouts-halted');
  if (answer.kind === 'not-asked') return heldBack(input, before, answer.why, 'rail-not-asked');
  const asked: PaidOrAsked = {
    ...before,
    status: 'unknown',
    attempts: before.attempts + 1,
    askedFirstAtMs: before.askedFirstAtMs ?? nowMs,
  };
  switch (answer.kind) {
    case 'paid': {
      const { railReference, paidAtMs } = answer;
      if (paidAtMs > nowMs + PAID_AHEAD_MS_MAX) {
        return stillUnknown(input, { ...asked, cause: aheadOf(paidAtMs) });
      }
      const payout: PaidOrAsked = {
        ...{ ...asked, status: 'confirmed', keyTaken: false, cause: null },
        ...{ railReference, paidAtMs },
      };
      const amount = cny(payout.instruction.amountFen);
      const paidAt = BigInt(paidAtMs);
      return settled(input, payout, {
        type: 'PayoutConfirmed',
        data: { ...identityOf(input, payout), amount, railReference, paidAt },
      });
    }
    case 'rejected': {
      const { cause } = answer;
      const payout: PaidOrAsked = { ...asked, status: 'rejected', keyTaken: false, cause };
      const data = { ...identityOf(input, payout), cause };
      return settled(input, payout, { type: 'PayoutRejected', data });
    }
    case 'key-taken':
      return stillUnknown(input, { ...asked, keyTaken: true, cause: KEY_TAKEN });
    case 'unanswered':
      return stillUnknown(input, { ...asked, cause: answer.why });
  }
}

/** Our policy: a rail's clock may be so far ahead. Interest runs from the day on which it paid. */
export const PAID_AHEAD_MS_MAX = 3_600_000;

function aheadOf(paidAtMs: number): string {
  const day = businessDateOf(paidAtMs);
  return `the rail says it paid at an instant to come, on ${day}: settle it with the rail`;
}

const KEY_TAKEN = 'the rail knows the key for another payout: settle it with the rail';

function settled(input: Input, payout: PaidOrAsked, event: Outgoing<PayoutOut>): Result {
  return { state: withPayout(input.state, payout), events: [event], rows: [rowOf(input, payout)] };
}

const NOT_ASKED = 'nothing was asked of the rail yet';
const HALTED = 'payouts of this lender are halted: see book.halts';

/**
 * Nothing was asked by this turn and nothing is told: to the book a held payout is still only
 * instructed, and an unknown one as unknown as before. Looked at again soon: a halt ends by an operator's hand, and a
 * breaker lets a call through after 5 s.
 */
function heldBack(input: Input, before: PaidOrAsked, cause: string, ignored: string): Result {
  const { payoutId } = before.instruction;
  // Its timer is on its way already: a call of the rail sets no second one.
  if (input.event.type === 'PayoutCalledBack') return { ignored };
  const payout = { ...before, cause };
  return {
    state: withPayout(input.state, payout),
    timers: [askAgain(input, payout, spread(HELD_AGAIN_MS, payoutId))],
    rows: [rowOf(input, payout)],
    ignored,
  };
}

/** Told once; after that the payout is asked about until there is an answer to tell. */
function stillUnknown(input: Input, payout: PaidOrAsked): Result {
  const { attempts } = payout;
  const { payoutId } = payout.instruction;
  const unknown: Outgoing<PayoutOut> = {
    type: 'PayoutUnknown',
    data: { ...identityOf(input, payout), attempts },
  };
  return {
    state: withPayout(input.state, payout),
    events: attempts === 1 ? [unknown] : [],
    timers: [askAgain(input, payout, askAgainAfterMs(attempts, payoutId))],
    rows: [rowOf(input, payout)],
  };
}

function askAgain({ nowMs }: Input, payout: PaidOrAsked, afterMs: number): NewTimer {
  const { attempts, instruction } = payout;
  const detail = { payoutId: instruction.payoutId, attempts };
  return { name: ASK_AGAIN, dueAtMs: nowMs + afterMs, detail };
}

const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 60_000;
const HELD_AGAIN_MS = 5_000;

/** 1 s after the first attempt, then doubling up to 60 s. */
export function askAgainAfterMs(attempts: number, payoutId: string): number {
  return spread(Math.min(AGAIN_MS * 2 ** Math.min(attempts - 1, 10), AGAIN_MS_MAX), payoutId);
}

/**
 * Up to a tenth of the time is taken off, so that payouts parked by one outage do not come back all
 * at once. The share is the payout's own, since `decide` knows no chance.
 */
function spread(waitMs: number, payoutId: string): number {
  return waitMs - Math.floor((waitMs * spreadOf(payoutId)) / 10);
}

/** A fraction from 0 up to 1 that a payout always has. */
function spreadOf(payoutId: string): number {
  let hash = 0;
  for (const character of payoutId) {
    hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 65_536;
  }
  return hash / 65_536;
}

function instructionOf(data: PayoutInstructed): Instruction {
  const { payoutId, lenderId, payee, amount, purpose, applicationId: endToEndId } = data;
  return { payoutId, lenderId, payee, amountFen: amount.minor, purpose, endToEndId };
}

function isPayable({ amount }: PayoutInstructed): boolean {
  return amount.currency === 'CNY' && amount.minor > 0n;
}

/** The payout that a timer is about, if it is still open and was not asked about since. */
function openPayoutOf(state: PayoutState, detail: string): PaidOrAsked | undefined {
  const said = saidBy(detail);
  return state.payouts.find(
    (payout) =>
      isOpen(payout) &&
      payout.instruction.payoutId === said?.payoutId &&
      payout.attempts === said?.attempts,
  );
}

function isOpen({ status }: PaidOrAsked): boolean {
  return status === 'unknown' || status === 'held';
}

/** Anybody can write to a timers topic; what is no JSON is about no payout. */
function saidBy(detail: string): { payoutId?: unknown; attempts?: unknown } | null {
  try {
    return JSON.parse(detail) as { payoutId?: unknown; attempts?: unknown } | null;
  } catch {
    return null;
  }
}

function find(state: PayoutState, payoutId: string): PaidOrAsked | undefined {
  return state.payouts.find(({ instruction }) => instruction.payoutId === payoutId);
}

function withPayout(state: PayoutState, next: PaidOrAsked): PayoutState {
  const { payoutId } = next.instruction;
  const others = state.payouts.filter(({ instruction }) => instruction.payoutId !== payoutId);
  return { ...state, payouts: [...others, next] };
}

function identityOf({ applicationId }: Input, payout: PaidOrAsked) {
  const { revision, loanId, instruction } = payout;
  const { lenderId, payoutId } = instruction;
  return { applicationId, revision, lenderId, loanId, payoutId };
}

function rowOf({ applicationId, nowMs }: Input, payout: PaidOrAsked): PayoutRow {
  return { ...payout, applicationId, changedAtMs: nowMs };
}
