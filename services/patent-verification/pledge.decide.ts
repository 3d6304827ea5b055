// The pledge line's decision: patents kept, moved, registered, watched and let go, one live pledge each.
import type {
  ApplicationClosed,
  ApprovalUndone,
  DisbursementAuthorised,
  Evidence,
  LoanBooked,
  LoanDeclined,
  LoanRepaid,
  OfferExpired,
  PatentsVerified,
  PledgeRefusal,
} from '@saidao/schemas';
import { againAfterMs, isOpen, openItem, settle, wakeOf, type Item } from '@saidao/worker/asking';
import { Draft, rowOf } from './pledge/draft.ts';
import { askedNow, evidenceOf, isWaitedFor, refusalOf, tellChanges } from './pledge/judge.ts';
import type {
  AskedPatent,
  Filing,
  OfficeSays,
  Pledged,
  PledgeInput,
  PledgePolicy,
  PledgeState,
  Registration,
  Replies,
  Task,
  Waiver,
  Withdrawal,
} from './pledge/state.ts';
import { confirm, look, lookOf } from './pledge/watch.ts';
import { afterWorkingMs } from './pledge/working-days.ts';

export type { Filing, OfficeSays } from './pledge/state.ts';

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
export function decidePledge(policy: PledgePolicy): (input: PledgeInput) => Pledged {
  return (input) => {
    const draft = new Draft(input, policy);
    switch (input.event.type) {
      case 'PatentsVerified':
        onVerified(draft, input.event.data);
        break;
      case 'DisbursementAuthorised':
        onAuthorised(draft, input.event.data);
        break;
      case 'LoanDeclined':
      case 'OfferExpired':
      case 'ApprovalUndone':
      case 'ApplicationClosed':
        onEnded(draft, input.event);
        break;
      case 'LoanBooked':
        onBooked(draft, input.event.data);
        break;
      case 'LoanRepaid':
        onRepaid(draft, input.event);
        break;
      case 'TimerDue':
        onTimer(draft, input.event.data.detail);
        break;
    }
    return draft.decision();
  };
}

/** The rows that an event may change: what is kept, and what it or the task asks for. */
export function pledgeLocks(event: PledgeInput['event'], state: PledgeState): string[] {
  const numbers = new Set(state.kept);
  if (state.task?.kind === 'lock' || state.task?.kind === 'secure') {
    for (const { number } of state.task.patents) numbers.add(number);
  }
  for (const number of patentsAskedBy(event)) numbers.add(number);
  return [...numbers].map(rowOf);
}

/** The patents that an event itself wants kept. */
export function patentsAskedBy(event: PledgeInput['event']): readonly string[] {
  if (event.type === 'PatentsVerified') {
    return event.data.pledgeRequested ? event.data.bundle.usable : [];
  }
  if (event.type === 'DisbursementAuthorised') {
    return event.data.terms.pledgeRequired ? [...new Set(event.data.terms.pledgedPatents)] : [];
  }
  return [];
}

/** Items whose answer is missing, or too old to act on. */
export function toBeAsked(
  patents: readonly AskedPatent[],
  nowMs: number,
): { readonly register: AskedPatent[]; readonly annuity: AskedPatent[] } {
  const isWanted = (item: Item<unknown> | null): boolean =>
    item !== null && (isOpen(item) || isStale(item, nowMs));
  return {
    register: patents.filter(({ item }) => isWanted(item)),
    annuity: patents.filter(({ annuity }) => isWanted(annuity)),
  };
}

function isStale(item: Item<unknown>, nowMs: number): boolean {
  if (item.kind !== 'answered') return false;
  return nowMs - Number(item.evidence.answeredAt ?? 0n) > FRESH_MS;
}

/** The patents of a revision are known: keep them, and let go those it no longer names. */
function onVerified(draft: Draft, event: PatentsVerified): void {
  if (draft.state.endedBy !== null) {
    draft.ignored = 'application-ended';
    return;
  }
  if (event.round > 1 && isPledging(draft.state)) {
    draft.ignored = 'pledge-under-way';
    return;
  }
  draft.change({ waived: waivedIn(event), contract: event.contract });
  // A registration can only be of an approval that was undone; that event may come after this one.
  draft.withdraw(event.pledgeRequested ? null : 'PatentsVerified');
  if (!event.pledgeRequested) {
    draft.change({ task: null });
    if (draft.state.withdrawal !== null) return;
    if (draft.state.kept.length === 0) draft.ignored = 'no-pledge-requested';
    draft.free(draft.state.kept, 'PatentsVerified');
    return;
  }
  const patents = event.bundle.usable.map((number) => ({ number, item: openItem, annuity: null }));
  draft.change({
    purpose: {
      applicantUscc: event.enterprise.uscc,
      businessDate: event.businessDate,
      termMonths: event.request.termMonths,
    },
    task: { kind: 'lock', patents, rounds: 0, agedRounds: 0 },
  });
  goOn(draft);
}

function waivedIn({ bundle }: PatentsVerified): Record<string, Waiver> {
  const waived: Record<string, Waiver> = {};
  for (const { number, grounds: all, owners } of bundle.findings) {
    const grounds = all.filter(({ result }) => result === 'WAIVED').map(({ code }) => code);
    if (grounds.length > 0) waived[number] = { grounds, owners };
  }
  return waived;
}

/** An authorisation relies on what is kept: findings that were asked for again change nothing. */
function isPledging({ task, registration }: PledgeState): boolean {
  return registration !== null || task?.kind === 'secure';
}

/**
 * The loan may be paid once the pledge is registered. Patents let go since (a late acceptance) are
 * kept again if they are still free.
 */
function onAuthorised(draft: Draft, event: DisbursementAuthorised): void {
  const { terms, authorisationId, lenderId, applicationId, businessDate } = event;
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
    // Where none was handed in the lender draws it from its template at the authorisation.
    contract: draft.state.contract ?? `template/${authorisationId}`,
    waived: patents.flatMap((number) => {
      const grounds = draft.state.waived[number]?.grounds ?? [];
      return grounds.length === 0 ? [] : [{ number, grounds }];
    }),
  };
  if (patents.length === 0) {
    draft.refuseRegistration(authorisationId, [], []);
    return;
  }
  const { registrationMsMax, officeHolidays } = draft.policy;
  draft.withdraw(null);
  draft.change({
    endedBy: null,
    purpose: { applicantUscc: terms.beneficiaryUscc, businessDate, termMonths: terms.termMonths },
    task: {
      kind: 'secure',
      patents: patents.map((number) => ({ number, item: openItem, annuity: openItem })),
      rounds: 0,
      filing,
      deadlineAtMs: afterWorkingMs(draft.input.nowMs, registrationMsMax, officeHolidays),
    },
  });
  goOn(draft);
}

type Ending =
  | { readonly type: 'LoanDeclined'; readonly data: LoanDeclined }
  | { readonly type: 'OfferExpired'; readonly data: OfferExpired }
  | { readonly type: 'ApprovalUndone'; readonly data: ApprovalUndone }
  | { readonly type: 'ApplicationClosed'; readonly data: ApplicationClosed }
  | { readonly type: 'LoanRepaid'; readonly data: LoanRepaid };

/**
 * Patents are let go, after a registration of them has been taken back. Findings of this revision
 * that come later lock nothing; an offer that expired may still have been accepted in time.
 */
function onEnded(draft: Draft, { type }: Ending): void {
  const wasBusy = draft.state.task !== null;
  draft.change({ task: null, endedBy: type });
  draft.withdraw(type);
  if (draft.state.withdrawal !== null) return;
  if (draft.state.kept.length === 0 && !wasBusy) draft.ignored = 'nothing-kept';
  draft.free(draft.state.kept, type);
}

/** Nobody books on a confirmation any more; what is pledged is watched on. */
function onBooked(draft: Draft, { authorisationId }: LoanBooked): void {
  const { registration } = draft.state;
  if (registration?.filing.authorisationId !== authorisationId) {
    draft.ignored = 'nothing-registered';
    return;
  }
  draft.change({ registration: { ...registration, confirmedUntilMs: null } });
}

/** The debt is paid in full: its registration is taken back, then the patents are let go. */
function onRepaid(draft: Draft, event: Ending & { type: 'LoanRepaid' }): void {
  const { registration, withdrawal } = draft.state;
  const pledged = registration ?? withdrawal?.registration;
  if (pledged?.filing.authorisationId === event.data.authorisationId) onEnded(draft, event);
  else draft.ignored = 'nothing-registered';
}

function onTimer(draft: Draft, detail: string): void {
  const { state } = draft;
  const looks = lookOf(detail);
  if (looks !== undefined) {
    if (looks === state.watch.wake && state.kept.length > 0) look(draft);
    else draft.ignored = 'stale-timer';
    return;
  }
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
  const refused = task.patents.flatMap((patent) => refusalOf(draft, patent) ?? []);
  const locked = task.patents
    .map(({ number }) => number)
    .filter((number) => !refused.some((refusal) => refusal.number === number));
  const dropped = draft.state.kept.filter((number) => !locked.includes(number));
  draft.free(dropped, 'PatentsVerified');
  const evidence = evidenceOf(task.patents);
  if (locked.length === 0) {
    draft.refuseLock(refused, evidence);
    return;
  }
  draft.keep(locked);
  draft.forget(locked);
  draft.change({ task: null });
  draft.events.push({
    type: 'PledgeLocked',
    data: { ...draft.identity, patents: locked, refused, evidence },
  });
}

/** All or nothing: the approval stands on the whole bundle. */
function goOnSecuring(draft: Draft, before: Task & { kind: 'secure' }): void {
  const { filing, deadlineAtMs } = before;
  const task = settledTask(draft, before, false);
  if (draft.input.nowMs < deadlineAtMs && waitsForRegister(draft, task)) return;
  const refused = task.patents.flatMap((patent) => refusalOf(draft, patent) ?? []);
  if (refused.length > 0) {
    draft.refuseRegistration(filing.authorisationId, refused, evidenceOf(task.patents));
    return;
  }
  draft.keep(filing.patents);
  tellChanges(draft, task.patents);
  // Filed by the next `gather`, which finds this state committed: no filing without the lock.
  draft.change({
    registration: newRegistration(filing, null),
    task: { kind: 'register', rounds: 0, deadlineAtMs },
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
    refuseAll(draft, filing, 'UNKNOWN: no pledge office is configured for this lender', []);
    return;
  }
  const says = reply?.kind === 'answered' ? reply.value : undefined;
  const evidence = reply?.kind === 'answered' ? [reply.evidence] : [];
  switch (says?.status) {
    case 'registered':
      if (onRegistered(draft, filing, says, evidence)) return;
      break;
    case 'refused':
      draft.change({ registration: null });
      draft.refuseRegistration(
        filing.authorisationId,
        refusalsOf(filing.patents, says.cause),
        evidence,
      );
      return;
    case 'released':
      draft.change({ registration: null });
      refuseAll(draft, filing, 'the registration was taken back at the pledge office', evidence);
      return;
    case 'pending':
      draft.change({ registration: newRegistration(filing, says.registrationId) });
      break;
    case 'missing':
      draft.change({ registration: newRegistration(filing, null) });
      break;
    case undefined:
      break;
  }
  if (draft.input.nowMs >= task.deadlineAtMs) {
    const silent = says?.status === 'registered' ? 'register did not answer' : OFFICE_LATE;
    draft.withdraw(null);
    const looks = evidenceOf(filing.patents.map((number) => askedNow(draft, number)));
    refuseAll(draft, filing, `UNKNOWN: the ${silent} in time`, [...evidence, ...looks]);
    return;
  }
  draft.change({ task: { ...task, rounds: task.rounds + 1 } });
  draft.wakeAfterMs = pollAfterMs(task.rounds);
}

const newRegistration = (filing: Filing, registrationId: string | null): Registration => ({
  filing,
  registrationId,
  registrationNumber: null,
  confirmedUntilMs: null,
});

const OFFICE_LATE = 'pledge office did not register it';

/**
 * The last look before money leaves: the office has just said that the pledge stands, the register
 * says whose the patents are. True if that settles it; false if somebody has not answered.
 */
function onRegistered(
  draft: Draft,
  filing: Filing,
  says: OfficeSays & { readonly status: 'registered' },
  ofOffice: readonly Evidence[],
): boolean {
  const { registrationId, registrationNumber, registeredAtMs } = says;
  const { applicationId, nowMs: atMs } = draft.input;
  draft.change({ registration: newRegistration(filing, registrationId) });
  const patents = filing.patents.map((number) => askedNow(draft, number));
  if (patents.some(isWaitedFor)) return false;
  const evidence = [...ofOffice, ...evidenceOf(patents)];
  const refused = patents.flatMap((patent) => refusalOf(draft, patent) ?? []);
  if (refused.length > 0) {
    draft.withdraw(null);
    draft.refuseRegistration(filing.authorisationId, refused, evidence);
    return true;
  }
  const registration = { ...newRegistration(filing, registrationId), registrationNumber };
  draft.change({ task: null, registration });
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
      contract: filing.contract,
      evidence,
    },
  });
  tellChanges(draft, patents);
  confirm(draft, patents);
  return true;
}

const POLLS_MS = [300, 500, 500, 500, 500, 500];
const POLL_MS_MAX = 300_000;

/** 300 ms, then 500 ms for a while, then doubling up to 5 minutes: some offices take days. */
export function pollAfterMs(rounds: number): number {
  const quick = POLLS_MS[rounds];
  if (quick !== undefined) return quick;
  return Math.min(1_000 * 2 ** Math.min(rounds - POLLS_MS.length, 20), POLL_MS_MAX);
}

/** The task with the replies taken in; an answer grown too old counts as open again. */
function settledTask<T extends Task & { kind: 'lock' | 'secure' }>(
  draft: Draft,
  task: T,
  mayGiveUp: boolean,
): T {
  const { gathered, nowMs } = draft.input;
  function settled<S>(item: Item<S>, number: string, { replies, answeredAtMs }: Replies<S>) {
    const options = { othersAnsweredAtMs: answeredAtMs, mayGiveUp };
    const next = settle(item, replies.get(number), options);
    return isStale(next, nowMs) ? openItem : next;
  }
  const patents = task.patents.map(({ number, item, annuity }) => ({
    number,
    item: settled(item, number, gathered.register),
    annuity: annuity === null ? null : settled(annuity, number, gathered.annuity),
  }));
  return { ...task, patents };
}

function waitsForRegister(draft: Draft, task: Task & { kind: 'lock' | 'secure' }): boolean {
  if (!task.patents.some(isWaitedFor)) return false;
  const rounds = task.rounds + 1;
  draft.change({ task: { ...task, rounds } });
  draft.wakeAfterMs = againAfterMs(rounds, draft.input.applicationId);
  return true;
}

function refuseAll(
  draft: Draft,
  { authorisationId, patents }: Filing,
  reason: string,
  evidence: Evidence[],
): void {
  const refused = patents.map((number) => ({ number, ground: 'PL12', reason }));
  draft.refuseRegistration(authorisationId, refused, evidence);
}

/** The office names a ground and, mostly, the patent; if it names none, all are meant. */
function refusalsOf(patents: readonly string[], cause: string): PledgeRefusal[] {
  const ground = /\bPL(?:0[1-9]|1[0-2])\b/.exec(cause)?.[0] ?? 'PL12';
  const named = patents.filter((number) => cause.includes(number));
  return (named.length > 0 ? named : patents).map((number) => ({ number, ground, reason: cause }));
}
