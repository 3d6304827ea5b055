// A decision as it takes shape: events, evidence, rows and the state that they leave.
import { fenOfMoney, toJson, toJsonOnce } from '@saidao/values';
import type { DecisionSubject, EventMap, LoanTerms, Reason } from '@saidao/schemas';
import type { DecideInput, Decision, NewTimer, Outgoing } from '@saidao/worker';
import { inputOf, type Assessment, type Assessor, type Reasons } from './assessment/assess.ts';
import type { Application } from './assessment/figures.ts';
import {
  groupOf,
  patentName,
  patentOf,
  withAmount,
  withHolder,
  type GroupRow,
  type Place,
} from './rounds/exposure.ts';
import type { PinnedPolicy, Policies } from './policies.ts';
import type { DecisionRow, OutcomeRow, OutputName } from './rows.ts';
import { overridesOf, tierNeeded } from './review/overrides.ts';
import { termsUp, type Approval, type DecisioningState } from './state.ts';
import type { InputName } from './transitions.ts';

export type Input = DecideInput<InputName, DecisioningState, undefined>;
export type Decided = Decision<OutputName, DecisioningState, DecisionRow>;

/** What the application's latest decision now is. */
export interface Latest {
  readonly status: string;
  readonly terms?: LoanTerms | null;
  readonly reasons?: readonly Reason[];
  readonly tier?: string;
  readonly offerExpiresAtMs?: number;
}

/** Every event says what it is about, so that no reader has to look it up. */
type Unaddressed = {
  readonly [N in OutputName]: { readonly type: N; readonly data: DataOf<N> };
}[OutputName];

/** A decline cannot be said without a reason. */
type DataOf<N extends OutputName> = Omit<EventMap[N], 'about'> &
  (N extends 'LoanDeclined' ? { readonly reasons: Reasons } : unknown);

/** A decision taken shape step by step. */
export class Draft {
  readonly input: Input;
  readonly policies: Policies;
  state: DecisioningState;
  ignored: string | undefined;
  readonly #events: Outgoing<OutputName>[] = [];
  readonly #timers: NewTimer[] = [];
  readonly #rows: DecisionRow[] = [];
  readonly #held: Record<string, unknown> = {};

  constructor(input: Input, policies: Policies) {
    this.input = input;
    this.policies = policies;
    this.state = input.state;
  }

  get identity(): { applicationId: string; revision: number; lenderId: string } {
    const { revision, lenderId } = this.state;
    return { applicationId: this.input.applicationId, revision, lenderId };
  }

  get nowMs(): number {
    return Math.floor(this.input.nowMs);
  }

  /** The policy that the application is pinned to. */
  get pinned(): PinnedPolicy {
    const { policy } = this.state;
    if (policy === null) throw new Error('An application that has not entered has no policy.');
    return policy;
  }

  get assessor(): Assessor {
    return this.policies.of(this.pinned.ref);
  }

  change(change: Partial<DecisioningState>): void {
    this.state = { ...this.state, ...change };
  }

  heldRow(name: string): unknown {
    return name in this.#held ? this.#held[name] : this.input.held[name];
  }

  hold(name: string, content: unknown): void {
    this.#held[name] = content;
  }

  /** What others of the group have of its limit, with what this application has. */
  get groupRow(): GroupRow {
    const { group } = this.state;
    return groupOf(group === null ? undefined : this.heldRow(group));
  }

  /** Sets what this application takes of the group's limit; null gives it back. */
  takes(fen: bigint | null): void {
    const { group, takenFen } = this.state;
    if (fen === takenFen || group === null) return;
    this.hold(group, withAmount(this.groupRow, this.input.applicationId, fen));
    this.change({ takenFen: fen });
  }

  /** What it takes moves with it to another group's row. */
  moveTo({ groupHead, group }: Place): void {
    const { takenFen } = this.state;
    if (group === this.state.group) return this.change({ groupHead });
    this.takes(null);
    this.change({ groupHead, group });
    this.takes(takenFen);
  }

  setHolder(number: string, holds: boolean): void {
    const row = patentOf(this.heldRow(patentName(number)));
    this.hold(patentName(number), withHolder(row, this.input.applicationId, holds));
  }

  /** An event, its evidence and, where it changes that, the latest decision. */
  emit(said: Unaddressed, latest?: Latest): void {
    const { about } = this.state;
    const event = { type: said.type, data: { ...said.data, about } } as Outgoing<OutputName>;
    this.#events.push(event);
    const { revision, lenderId } = event.data;
    const content = toJson(event.data);
    this.#rows.push({
      kind: 'evidence',
      applicationId: this.input.applicationId,
      lenderId,
      revision,
      type: event.type,
      productId: this.state.productId,
      causationId: this.input.event.id,
      atMs: this.nowMs,
      reasonCodes: 'reasons' in event.data ? event.data.reasons.map(({ code }) => code) : [],
      content,
      digest: this.policies.digest(content),
    });
    if (latest !== undefined) this.#setLatest(event, latest);
  }

  #setLatest({ data }: Outgoing<OutputName>, latest: Latest): void {
    const { applicationId, event: cause } = this.input;
    const { productId, policy, about } = this.state;
    this.#rows.push({
      kind: 'latest',
      applicationId,
      lenderId: data.lenderId,
      productId,
      revision: data.revision,
      status: latest.status,
      terms: latest.terms ?? null,
      reasons: latest.reasons ?? [],
      tier: latest.tier ?? null,
      policy: policy?.ref ?? null,
      about,
      offerExpiresAtMs: latest.offerExpiresAtMs ?? null,
      atMs: this.nowMs,
      correlationId: cause.correlationId,
      causationId: cause.id,
    });
  }

  /** What an event stands on; its basis leads here by the hash of the input. */
  keepAssessment(application: Application, assessment: Assessment): void {
    const { basis, terms, outcome, tier } = assessment;
    // The event and a referral's state hold it as well.
    toJsonOnce(basis);
    const content = toJson(assessment);
    this.#rows.push({
      kind: 'assessment',
      ...this.identity,
      productId: application.content.productId,
      policy: this.pinned.ref,
      policyRole: this.pinned.role,
      policyDigest: basis.policyDigest,
      businessDate: application.businessDate,
      outcome,
      tier,
      amountFen: terms === null ? null : fenOfMoney(terms.amount),
      ratePpm: terms?.ratePpm ?? null,
      sizeClass: basis.sizeClass,
      regionCode: application.score.derived?.regionCode ?? null,
      inputHash: basis.inputHash,
      input: inputOf(application),
      content,
      digest: this.policies.digest(content),
      atMs: this.nowMs,
    });
  }

  /** What became of an officer's action. */
  answer(outcome: Omit<OutcomeRow, 'kind' | 'actionId' | 'applicationId' | 'atMs'>): void {
    const { applicationId, event } = this.input;
    const actionId = event.id;
    this.#rows.push({ kind: 'outcome', actionId, applicationId, ...outcome, atMs: this.nowMs });
  }

  /** Makes the approval live or ends it, with its share of the group's limit. */
  setLive({ approvalId, revision, terms }: Approval, live: boolean): void {
    const amountFen = fenOfMoney(terms.amount);
    const atMs = this.nowMs;
    this.#rows.push({
      kind: 'approval',
      ...{ ...this.identity, revision, approvalId, amountFen, live, atMs },
    });
    this.takes(live ? amountFen : null);
  }

  wake(timer: NewTimer): void {
    this.#timers.push(timer);
  }

  /** What an older revision was offered or had proposed falls, whichever event comes first. */
  endOlder(): void {
    const { superseded, phase, takenFen } = this.state;
    if (superseded !== null) {
      this.setLive(superseded, false);
      this.undone(superseded, 'SUPERSEDED');
      this.change({ superseded: null });
    }
    if (phase === 'open' && takenFen !== null) this.takes(null);
  }

  /** It bears the approval's revision: who has moved on must not take it for the newer one's. */
  undone(
    { approvalId, revision, terms }: Approval,
    cause: string,
    by: { readonly undoneBy: string[]; readonly reasonCode: string | null } = {
      undoneBy: [],
      reasonCode: null,
    },
  ): void {
    const data = { ...this.identity, revision, approvalId, cause, terms, ...by };
    this.emit({ type: 'ApprovalUndone', data }, { status: 'UNDONE' });
  }

  decision(): Decided {
    this.#lineUp();
    return {
      state: this.state,
      events: this.#events,
      timers: this.#timers,
      held: this.#held,
      rows: this.#rows,
      ...(this.ignored === undefined ? {} : { ignored: this.ignored }),
    };
  }

  /** The officers' queue follows the state. */
  #lineUp(): void {
    const { referral, claim, queued, about } = this.state;
    const { applicationId, state: before } = this.input;
    if (referral === null) {
      if (queued) this.#rows.push({ kind: 'dequeue', applicationId });
      this.change({ queued: false });
      return;
    }
    if (queued && referral === before.referral && claim === before.claim) return;
    this.#rows.push({
      kind: 'queue',
      ...this.identity,
      productId: this.state.productId,
      tier: tierNeeded(referral),
      ...subjectOf(about),
      reasons: referral.reasons,
      referredAtMs: referral.atMs,
      claimedBy: claim?.officer ?? null,
      claimedUntilMs: claim?.untilMs ?? null,
      approvers: referral.approvals.map(({ officer }) => officer),
      terms: termsUp(referral),
      overrides: overridesOf(referral),
      policy: this.pinned.ref,
    });
    this.change({ queued: true });
  }
}

function subjectOf(about: DecisionSubject | null): { enterprise: string; uscc: string } {
  return { enterprise: about?.enterprise ?? '', uscc: about?.uscc ?? '' };
}
