// The pledge line's decision: patents kept, moved, registered and let go, one live pledge for each.
import type {
  ApplicationClosed,
  ApprovalUndone,
  DisbursementAuthorised,
  LoanDeclined,
  OfferExpired,
  PatentsVerified,
  PledgeRefusal,
  PledgeStage,
} from '@saidao/schemas';
import type { DecideInput, Decision, LineState, Outgoing } from '@saidao/worker';
import type { Fen } from '@saidao/values';
import { againAfterMs, isOpen, openItem, settle, wakeOf, type Item, type Reply } from './asking.ts';
import { judge, worstOf, type Purpose, type RegisterSays } from './patents/grounds.ts';

/** What is filed with the pledge office; the authorisation's id is its idempotency key. */
export interface Filing {
  readonly authorisationId: string;
  readonly applicationId: string;
  readonly lenderId: string;
  readonly pledgor: { readonly name: string; readonly uscc: string };
  readonly patents: readonly string[];
  readonly debtFen: Fen;
}

export type OfficeSays =
  | { readonly status: 'pending'; readonly registrationId: string }
  | {
      readonly status: 'registered';
      readonly registrationId: string;
      readonly registrationNumber: string;
      readonly registeredAtMs: number;
    }
  /** Also a filing that the office does not take. */
  | { readonly status: 'refused'; readonly cause: string }
  /** Taken back, by us or by somebody else. */
  | { readonly status: 'released' }
  /** The office knows no such registration. */
  | { readonly status: 'missing' };

/** A filing that stands at the pledge office, or may stand there: its first answer may be lost. */
export interface Registration {
  readonly filing: Filing;
  readonly registrationId: string | null;
}

/** A registration to be taken back; until then nothing new is locked or filed. */
export interface Withdrawal {
  readonly registration: Registration;
  /** The event that lets the patents go once it is done; null: they stay kept. */
  readonly freedBy: string | null;
  readonly rounds: number;
}

export interface AskedPatent {
  readonly number: string;
  readonly item: Item<RegisterSays>;
}

/** What the line is doing for the application; one thing at a time. */
export type Task =
  | {
      readonly kind: 'lock';
      readonly purpose: Purpose;
      readonly patents: readonly AskedPatent[];
      readonly rounds: number;
      /** How many of the rounds had to ask anew what had been answered before. */
      readonly agedRounds: number;
    }
  /** Asked afresh and kept again, before anything is filed. */
  | {
      readonly kind: 'secure';
      readonly purpose: Purpose;
      readonly patents: readonly AskedPatent[];
      readonly rounds: number;
      readonly filing: Filing;
      readonly deadlineAtMs: number;
    }
  /** The registration is filed, or asked about; once it stands, the register is asked afresh. */
  | {
      readonly kind: 'register';
      readonly purpose: Purpose;
      readonly rounds: number;
      readonly deadlineAtMs: number;
    };

export interface PledgeState extends LineState {
  /** Patents whose shared rows name this application. */
  readonly kept: readonly string[];
  readonly task: Task | null;
  readonly registration: Registration | null;
  readonly withdrawal: Withdrawal | null;
  /** The event after which this revision wants no pledge. */
  readonly endedBy: string | null;
  /** Counts the timers; an earlier one is stale. */
  readonly wake: number;
  /** The revision under which the last timer was set: those of older ones never reach us. */
  readonly wakeRevision: number;
}

export const initialPledgeState: PledgeState = {
  revision: 0,
  kept: [],
  task: null,
  registration: null,
  withdrawal: null,
  endedBy: null,
  wake: 0,
  wakeRevision: 0,
};

/** A newer revision keeps what is held in the world; what was being done is asked for anew. */
export function pledgeStateAt(state: PledgeState, revision: number): PledgeState {
  return { ...state, revision, task: null, endedBy: null };
}

/** What a shared row `patent/<number>` says: whose the patent is. */
export interface PatentHolder {
  readonly applicationId: string;
  readonly lenderId: string;
  readonly revision: number;
}

/** Changes of the table of live pledges, in order. */
export type PledgeRow =
  | {
      readonly kind: 'kept';
      readonly number: string;
      readonly applicationId: string;
      readonly lenderId: string;
      readonly revision: number;
      readonly atMs: number;
    }
  | {
      readonly kind: 'registered';
      readonly number: string;
      readonly applicationId: string;
      readonly registrationNumber: string;
      readonly atMs: number;
    }
  | {
      readonly kind: 'freed';
      readonly number: string;
      readonly applicationId: string;
      readonly cause: string;
      readonly atMs: number;
    };

export interface PledgeGathered {
  readonly patents: ReadonlyMap<string, Reply<RegisterSays>>;
  readonly registerAnsweredAtMs: number | null;
  readonly office: OfficeGathered | null;
}

/** What the office was asked: an answer to an earlier state is not one to this. */
export type OfficeGathered =
  | {
      readonly step: 'register';
      readonly authorisationId: string;
      readonly reply: Reply<OfficeSays>;
    }
  | {
      readonly step: 'withdraw';
      readonly authorisationId: string;
      readonly reply: Reply<'withdrawn'>;
    };

export interface PledgePolicy {
  /** How long a registration may take from the authorisation on. */
  readonly registrationMsMax: number;
}

export type PledgeIn =
  | 'PatentsVerified'
  | 'LoanDeclined'
  | 'OfferExpired'
  | 'DisbursementAuthorised'
  | 'ApprovalUndone'
  | 'ApplicationClosed'
  | 'TimerDue';
type PledgeOut = 'PledgeLocked' | 'PledgeRefused' | 'PledgeRegistered' | 'PledgeReleased';
type Input = DecideInput<PledgeIn, PledgeState, PledgeGathered>;
type Pledged = Decision<PledgeOut, PledgeState, PledgeRow>;

export const WAKE_TIMER = 'pledge-wake';

/** Our policy: before a lock the register's answer may be this old; other items may take longer. */
const FRESH_MS = 15_000;

/**
 * Our policy: a register that answers about some patents, then about others, never about all within
 * `FRESH_MS`, is not waited for without end: after so many rounds what is still open is unknown.
 * One that is away ages its answers once, and is waited for.
 */
const AGED_ROUNDS_MAX = 3;

/**
 * Source: 专利权质押登记办法 (Measures for Registration of Patent Pledges, CNIPA notice 461): the
 * pledge right exists only from registration; found. One live lock for a patent across all
 * applications, and the register asked afresh before lock, registration and payout: our policy.
 */
export function decidePledge(policy: PledgePolicy): (input: Input) => Pledged {
  return (input) => {
    const draft = new Draft(input);
    switch (input.event.type) {
      case 'PatentsVerified':
        onVerified(draft, input.event.data);
        break;
      case 'DisbursementAuthorised':
        onAuthorised(draft, input.event.data, policy);
        break;
      case 'LoanDeclined':
      case 'OfferExpired':
      case 'ApprovalUndone':
      case 'ApplicationClosed':
        onEnded(draft, input.event);
        break;
      case 'TimerDue':
        onTimer(draft, input.event.data.detail);
        break;
    }
    return draft.decision();
  };
}

/** The rows that an event may change: what is kept, and what it or the task asks for. */
export function pledgeLocks(event: Input['event'], state: PledgeState): string[] {
  const numbers = new Set(state.kept);
  if (state.task?.kind === 'lock' || state.task?.kind === 'secure') {
    for (const { number } of state.task.patents) numbers.add(number);
  }
  for (const number of patentsAskedBy(event)) numbers.add(number);
  return [...numbers].map(rowOf);
}

/** The patents that an event itself wants kept. */
export function patentsAskedBy(event: Input['event']): readonly string[] {
  if (event.type === 'PatentsVerified') {
    return event.data.pledgeRequested ? event.data.bundle.usable : [];
  }
  if (event.type === 'DisbursementAuthorised') {
    return event.data.terms.pledgeRequired ? [...new Set(event.data.terms.pledgedPatents)] : [];
  }
  return [];
}

/** Items whose answer is missing, or too old to lock on. */
export function toBeAsked(patents: readonly AskedPatent[], nowMs: number): AskedPatent[] {
  return patents.filter(({ item }) => isOpen(item) || isStale(item, nowMs));
}

const rowOf = (number: string): string => `patent/${number}`;

function isStale(item: Item<RegisterSays>, nowMs: number): boolean {
  if (item.kind !== 'answered') return false;
  return nowMs - Number(item.evidence.answeredAt ?? 0n) > FRESH_MS;
}

/** What comes of one event, gathered step by step. */
class Draft {
  readonly input: Input;
  state: PledgeState;
  readonly events: Outgoing<PledgeOut>[] = [];
  readonly held: Record<string, PatentHolder | null> = {};
  readonly rows: PledgeRow[] = [];
  /** When to wake; undefined: nothing new is waited for. */
  wakeAfterMs: number | undefined;
  ignored: string | undefined;

  constructor(input: Input) {
    this.input = input;
    this.state = input.state;
  }

  get identity(): { applicationId: string; revision: number; lenderId: string } {
    const { applicationId, event } = this.input;
    return { applicationId, revision: this.state.revision, lenderId: event.lenderId };
  }

  change(change: Partial<PledgeState>): void {
    this.state = { ...this.state, ...change };
  }

  /** Whether no other application has it. */
  isFree(number: string): boolean {
    const row = rowOf(number);
    const holder = (row in this.held ? this.held[row] : this.input.held[row]) as
      PatentHolder | null | undefined;
    return (holder ?? null) === null || holder?.applicationId === this.input.applicationId;
  }

  keep(numbers: readonly string[]): void {
    const { applicationId, revision, lenderId } = this.identity;
    for (const number of numbers) {
      this.held[rowOf(number)] = { applicationId, lenderId, revision };
      const atMs = this.input.nowMs;
      this.rows.push({ kind: 'kept', number, applicationId, lenderId, revision, atMs });
    }
    this.change({ kept: [...new Set([...this.state.kept, ...numbers])] });
  }

  free(numbers: readonly string[], cause: string): void {
    if (numbers.length === 0) return;
    const { applicationId } = this.input;
    for (const number of numbers) {
      this.held[rowOf(number)] = null;
      this.rows.push({ kind: 'freed', number, applicationId, cause, atMs: this.input.nowMs });
    }
    this.change({ kept: this.state.kept.filter((number) => !numbers.includes(number)) });
    const data = { ...this.identity, patents: [...numbers], cause };
    this.events.push({ type: 'PledgeReleased', data });
  }

  refuseLock(refused: PledgeRefusal[]): void {
    this.#refuse('LOCK', null, refused);
  }

  refuseRegistration(authorisationId: string, refused: PledgeRefusal[]): void {
    this.#refuse('REGISTRATION', authorisationId, refused);
  }

  #refuse(stage: PledgeStage, authorisationId: string | null, refused: PledgeRefusal[]): void {
    this.change({ task: null });
    const data = { ...this.identity, authorisationId, stage, refused };
    this.events.push({ type: 'PledgeRefused', data });
  }

  /** Takes back what stands at the office; the patents stay kept unless an event frees them. */
  withdraw(freedBy: string | null): void {
    const { registration, withdrawal } = this.state;
    if (registration !== null) {
      this.change({ registration: null, withdrawal: { registration, freedBy, rounds: 0 } });
    } else if (withdrawal !== null && freedBy !== null) {
      this.change({ withdrawal: { ...withdrawal, freedBy } });
    }
    if (this.state.withdrawal !== null) this.wakeAfterMs = 0;
  }

  decision(): Pledged {
    const waits = this.state.task !== null || this.state.withdrawal !== null;
    if (waits && this.state.wakeRevision !== this.state.revision) this.wakeAfterMs ??= 0;
    const timers = [];
    if (waits && this.wakeAfterMs !== undefined) {
      const wake = this.state.wake + 1;
      this.change({ wake, wakeRevision: this.state.revision });
      const dueAtMs = this.input.nowMs + this.wakeAfterMs;
      timers.push({ name: WAKE_TIMER, dueAtMs, detail: { wake } });
    }
    return {
      state: this.state,
      events: this.events,
      held: this.held,
      rows: this.rows,
      timers,
      ...(this.ignored === undefined ? {} : { ignored: this.ignored }),
    };
  }
}

/** The patents of a revision are known: keep them, and let go those it no longer names. */
function onVerified(draft: Draft, event: PatentsVerified): void {
  if (draft.state.endedBy !== null) {
    draft.ignored = 'application-ended';
    return;
  }
  // A registration can only be of an approval that was undone; that event may come after this one.
  draft.withdraw(event.pledgeRequested ? null : 'PatentsVerified');
  if (!event.pledgeRequested) {
    draft.change({ task: null });
    if (draft.state.withdrawal !== null) return;
    if (draft.state.kept.length === 0) draft.ignored = 'no-pledge-requested';
    draft.free(draft.state.kept, 'PatentsVerified');
    return;
  }
  const purpose: Purpose = {
    applicantUscc: event.enterprise.uscc,
    businessDate: event.businessDate,
    termMonths: event.request.termMonths,
  };
  draft.change({
    task: { kind: 'lock', purpose, patents: asOpen(event.bundle.usable), rounds: 0, agedRounds: 0 },
  });
  goOn(draft);
}

/**
 * The loan may be paid once the pledge is registered. Patents let go since (a late acceptance) are
 * kept again if they are still free.
 */
function onAuthorised(draft: Draft, event: DisbursementAuthorised, policy: PledgePolicy): void {
  const { terms, authorisationId, lenderId, applicationId } = event;
  if (!terms.pledgeRequired) {
    draft.ignored = 'no-pledge-required';
    return;
  }
  const patents = patentsAskedBy(draft.input.event);
  const filing: Filing = {
    authorisationId,
    applicationId,
    lenderId,
    pledgor: { name: terms.beneficiary, uscc: terms.beneficiaryUscc },
    patents,
    debtFen: terms.amount.minor,
  };
  if (patents.length === 0) {
    draft.refuseRegistration(authorisationId, []);
    return;
  }
  draft.withdraw(null);
  draft.change({
    task: {
      kind: 'secure',
      purpose: purposeOf(event),
      patents: asOpen(patents),
      rounds: 0,
      filing,
      deadlineAtMs: draft.input.nowMs + policy.registrationMsMax,
    },
  });
  goOn(draft);
}

function purposeOf({ terms, businessDate }: DisbursementAuthorised): Purpose {
  return { applicantUscc: terms.beneficiaryUscc, businessDate, termMonths: terms.termMonths };
}

type Ending =
  | { readonly type: 'LoanDeclined'; readonly data: LoanDeclined }
  | { readonly type: 'OfferExpired'; readonly data: OfferExpired }
  | { readonly type: 'ApprovalUndone'; readonly data: ApprovalUndone }
  | { readonly type: 'ApplicationClosed'; readonly data: ApplicationClosed };

/** Patents are let go, after a registration of them has been taken back. */
function onEnded(draft: Draft, { type }: Ending): void {
  // After these two nothing of this revision can come; an offer that expired may still be accepted.
  if (type === 'LoanDeclined' || type === 'ApplicationClosed') draft.change({ endedBy: type });
  const wasBusy = draft.state.task !== null;
  draft.change({ task: null });
  draft.withdraw(type);
  if (draft.state.withdrawal !== null) return;
  if (draft.state.kept.length === 0 && !wasBusy) draft.ignored = 'nothing-kept';
  draft.free(draft.state.kept, type);
}

function onTimer(draft: Draft, detail: string): void {
  const { state } = draft;
  if (wakeOf(detail) !== state.wake || (state.task === null && state.withdrawal === null)) {
    draft.ignored = 'stale-timer';
    return;
  }
  if (state.withdrawal !== null) goOnWithdrawing(draft, state.withdrawal);
  else goOn(draft);
}

function goOnWithdrawing(draft: Draft, withdrawal: Withdrawal): void {
  const { office } = draft.input.gathered;
  const { filing } = withdrawal.registration;
  const isDone =
    office?.step === 'withdraw' &&
    office.authorisationId === filing.authorisationId &&
    office.reply.kind === 'answered';
  if (!isDone) {
    const rounds = withdrawal.rounds + 1;
    draft.change({ withdrawal: { ...withdrawal, rounds } });
    draft.wakeAfterMs = againAfterMs(rounds, draft.input.applicationId);
    return;
  }
  draft.change({ withdrawal: null });
  if (withdrawal.freedBy !== null) draft.free(draft.state.kept, withdrawal.freedBy);
  draft.wakeAfterMs = 0;
}

function goOn(draft: Draft): void {
  const { task, withdrawal } = draft.state;
  // The register would call pledged what is only being taken back.
  if (withdrawal !== null || task === null) return;
  switch (task.kind) {
    case 'lock':
      goOnLocking(draft, task);
      break;
    case 'secure':
      goOnSecuring(draft, task);
      break;
    case 'register':
      goOnRegistering(draft, task);
      break;
  }
}

function goOnLocking(draft: Draft, before: Task & { kind: 'lock' }): void {
  const aged = before.patents.some(({ item }) => isStale(item, draft.input.nowMs));
  const agedRounds = before.agedRounds + (aged ? 1 : 0);
  const task = settledTask(draft, { ...before, agedRounds }, true);
  if (agedRounds < AGED_ROUNDS_MAX && waitsForRegister(draft, task)) return;
  const refused = task.patents.flatMap(({ number, item }) => {
    const refusal = refusalOf(draft, number, item, task.purpose);
    return refusal === undefined ? [] : [refusal];
  });
  const locked = task.patents
    .map(({ number }) => number)
    .filter((number) => !refused.some((refusal) => refusal.number === number));
  const dropped = draft.state.kept.filter((number) => !locked.includes(number));
  draft.free(dropped, 'PatentsVerified');
  if (locked.length === 0) {
    draft.refuseLock(refused);
    return;
  }
  draft.keep(locked);
  draft.change({ task: null });
  draft.events.push({
    type: 'PledgeLocked',
    data: { ...draft.identity, patents: locked, refused },
  });
}

/** All or nothing: the approval stands on the whole bundle. */
function goOnSecuring(draft: Draft, before: Task & { kind: 'secure' }): void {
  const { filing, deadlineAtMs } = before;
  const task = settledTask(draft, before, false);
  if (draft.input.nowMs < deadlineAtMs && waitsForRegister(draft, task)) return;
  const refused = task.patents.flatMap(({ number, item }) => {
    const refusal = refusalOf(draft, number, item, task.purpose);
    return refusal === undefined ? [] : [refusal];
  });
  if (refused.length > 0) {
    draft.refuseRegistration(filing.authorisationId, refused);
    return;
  }
  draft.keep(filing.patents);
  // Filed by the next `gather`, which finds this state committed: no filing without the lock.
  draft.change({
    registration: { filing, registrationId: null },
    task: { kind: 'register', purpose: task.purpose, rounds: 0, deadlineAtMs },
  });
  draft.wakeAfterMs = 0;
}

function goOnRegistering(draft: Draft, task: Task & { kind: 'register' }): void {
  const { registration } = draft.state;
  const { office } = draft.input.gathered;
  if (registration === null) return;
  const { filing } = registration;
  const isAbout = office?.authorisationId === filing.authorisationId;
  const reply = isAbout && office.step === 'register' ? office.reply : undefined;
  if (reply?.kind === 'not-configured') {
    draft.change({ registration: null });
    refuseAll(draft, filing, 'UNKNOWN: no pledge office is configured for this lender');
    return;
  }
  const says = reply?.kind === 'answered' ? reply.value : undefined;
  switch (says?.status) {
    case 'registered':
      if (onRegistered(draft, filing, says, task.purpose)) return;
      break;
    case 'refused':
      draft.change({ registration: null });
      draft.refuseRegistration(filing.authorisationId, refusalsOf(filing.patents, says.cause));
      return;
    case 'released':
      draft.change({ registration: null });
      refuseAll(draft, filing, 'the registration was taken back at the pledge office');
      return;
    case 'pending':
      draft.change({ registration: { filing, registrationId: says.registrationId } });
      break;
    case 'missing':
      draft.change({ registration: { filing, registrationId: null } });
      break;
    case undefined:
      break;
  }
  if (draft.input.nowMs >= task.deadlineAtMs) {
    const silent = says?.status === 'registered' ? 'register did not answer' : OFFICE_LATE;
    draft.withdraw(null);
    refuseAll(draft, filing, `UNKNOWN: the ${silent} in time`);
    return;
  }
  draft.change({ task: { ...task, rounds: task.rounds + 1 } });
  draft.wakeAfterMs = pollAfterMs(task.rounds);
}

const OFFICE_LATE = 'pledge office did not register it';

/**
 * The last look before money leaves: the office has just said that the pledge stands, the register
 * says whose the patents are. True if that settles it; false if the register has not answered.
 */
function onRegistered(
  draft: Draft,
  filing: Filing,
  says: OfficeSays & { readonly status: 'registered' },
  purpose: Purpose,
): boolean {
  const { registrationId, registrationNumber, registeredAtMs } = says;
  const { applicationId, nowMs: atMs, gathered } = draft.input;
  draft.change({ registration: { filing, registrationId } });
  const options = { othersAnsweredAtMs: null, mayGiveUp: false };
  const items = filing.patents.map((number) => ({
    number,
    item: settle<RegisterSays>(openItem, gathered.patents.get(number), options),
  }));
  if (items.some(({ item }) => isOpen(item))) return false;
  const refused = items.flatMap(({ number, item }) => {
    const refusal = refusalOf(draft, number, item, purpose, judgeOurPledge);
    return refusal === undefined ? [] : [refusal];
  });
  if (refused.length > 0) {
    draft.withdraw(null);
    draft.refuseRegistration(filing.authorisationId, refused);
    return true;
  }
  draft.change({ task: null });
  for (const number of filing.patents) {
    draft.rows.push({ kind: 'registered', number, applicationId, registrationNumber, atMs });
  }
  draft.events.push({
    type: 'PledgeRegistered',
    data: {
      ...draft.identity,
      authorisationId: filing.authorisationId,
      patents: [...filing.patents],
      registrationNumber,
      registeredAt: BigInt(registeredAtMs),
    },
  });
  return true;
}

/** The register does not say for whom a patent is pledged; the office has said: for us. */
function judgeOurPledge(says: RegisterSays, purpose: Purpose): ReturnType<typeof judge> {
  return judge(says, purpose).filter(({ code }) => code !== 'PL09');
}

const POLLS_MS = [300, 500, 500, 500, 500, 500];
const POLL_MS_MAX = 300_000;

/** 300 ms, then 500 ms for a while, then doubling up to 5 minutes: some offices take days. */
export function pollAfterMs(rounds: number): number {
  const quick = POLLS_MS[rounds];
  if (quick !== undefined) return quick;
  return Math.min(1_000 * 2 ** Math.min(rounds - POLLS_MS.length, 20), POLL_MS_MAX);
}

const asOpen = (numbers: readonly string[]): AskedPatent[] =>
  numbers.map((number) => ({ number, item: openItem }));

/** The task with the replies taken in; an answer grown too old counts as open again. */
function settledTask<T extends Task & { kind: 'lock' | 'secure' }>(
  draft: Draft,
  task: T,
  mayGiveUp: boolean,
): T {
  const { gathered, nowMs } = draft.input;
  const options = { othersAnsweredAtMs: gathered.registerAnsweredAtMs, mayGiveUp };
  const patents = task.patents.map(({ number, item }) => {
    const settled = settle(item, gathered.patents.get(number), options);
    return { number, item: isStale(settled, nowMs) ? openItem : settled };
  });
  return { ...task, patents };
}

function waitsForRegister(draft: Draft, task: Task & { kind: 'lock' | 'secure' }): boolean {
  if (!task.patents.some(({ item }) => isOpen(item))) return false;
  const rounds = task.rounds + 1;
  draft.change({ task: { ...task, rounds } });
  draft.wakeAfterMs = againAfterMs(rounds, draft.input.applicationId);
  return true;
}

/**
 * Why a patent cannot be kept; undefined if it can. Who has it stays unsaid: it may be another
 * lender's. PL12, other, stands for what nobody could find out; its reason begins with UNKNOWN.
 */
function refusalOf(
  draft: Draft,
  number: string,
  item: Item<RegisterSays>,
  purpose: Purpose,
  judgeBy: typeof judge = judge,
): PledgeRefusal | undefined {
  if (!draft.isFree(number)) {
    return { number, ground: 'PL09', reason: 'kept for another application' };
  }
  if (item.kind !== 'answered') {
    const why = item.kind === 'unknown' ? item.reason : 'not in time';
    return { number, ground: 'PL12', reason: `UNKNOWN: the register did not answer: ${why}` };
  }
  const worst = worstOf(judgeBy(item.value, purpose));
  if (worst === undefined) return undefined;
  const prefix = worst.result === 'UNKNOWN' ? 'UNKNOWN: ' : '';
  return { number, ground: worst.code, reason: prefix + worst.reason };
}

function refuseAll(draft: Draft, { authorisationId, patents }: Filing, reason: string): void {
  draft.refuseRegistration(
    authorisationId,
    patents.map((number) => ({ number, ground: 'PL12', reason })),
  );
}

/** The office names a ground and, mostly, the patent; if it names none, all are meant. */
function refusalsOf(patents: readonly string[], cause: string): PledgeRefusal[] {
  const ground = /\bPL(?:0[1-9]|1[0-2])\b/.exec(cause)?.[0] ?? 'PL12';
  const named = patents.filter((number) => cause.includes(number));
  return (named.length > 0 ? named : patents).map((number) => ({ number, ground, reason: cause }));
}
