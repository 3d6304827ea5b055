// A decision as it takes shape: events, evidence, rows and the state that they leave.
import { fenOfMoney, toJson } from '@saidao/values';
import type { LoanTerms, Reason } from '@saidao/schemas';
import type { DecideInput, Decision, NewTimer, Outgoing } from '@saidao/worker';
import type { Assessor } from './assessment/assess.ts';
import { groupOf, patentName, patentOf, withAmount, withHolder } from './exposure.ts';
import type { Policies } from './policies.ts';
import type { Approval, DecisioningState } from './state.ts';
import type { InputName } from './transitions.ts';

export type OutputName =
  | 'LoanApproved'
  | 'LoanReferred'
  | 'LoanDeclined'
  | 'OfferExpired'
  | 'DisbursementAuthorised'
  | 'CancellationRequested'
  | 'ApprovalUndone'
  | 'ApplicationClosed';

/** Rows of decisioning's own tables. */
export type DecisionRow =
  | {
      /** What was decided, by whom and on what; never changed. */
      readonly kind: 'evidence';
      readonly applicationId: string;
      readonly lenderId: string;
      readonly revision: number;
      readonly type: OutputName | 'ReviewCounted';
      readonly causationId: string;
      readonly atMs: number;
      readonly content: string;
      readonly digest: string;
    }
  | {
      readonly kind: 'approval';
      readonly approvalId: string;
      readonly applicationId: string;
      readonly lenderId: string;
      readonly revision: number;
      readonly amountFen: bigint;
      readonly live: boolean;
      readonly atMs: number;
    }
  | {
      readonly kind: 'latest';
      readonly applicationId: string;
      readonly lenderId: string;
      readonly productId: string;
      readonly revision: number;
      readonly status: string;
      readonly amountFen: bigint | null;
      readonly ratePpm: number | null;
      readonly reasons: readonly Reason[];
      readonly atMs: number;
      readonly correlationId: string;
      readonly causationId: string;
    };

export type Input = DecideInput<InputName, DecisioningState, undefined>;
export type Decided = Decision<OutputName, DecisioningState, DecisionRow>;

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
  get assessor(): Assessor {
    const { policy } = this.state;
    if (policy === null) throw new Error('An application that has not entered has no policy.');
    return this.policies.of(policy.ref);
  }

  change(change: Partial<DecisioningState>): void {
    this.state = { ...this.state, ...change };
  }

  heldRow(name: string): unknown {
    return name in this.#held ? this.#held[name] : this.input.held[name];
  }

  /** Sets what this application takes of the enterprise's limit; null gives it back. */
  setAmount(group: string, fen: bigint | null): void {
    const row = groupOf(this.heldRow(group));
    this.#held[group] = withAmount(row, this.input.applicationId, fen);
  }

  setHolder(number: string, holds: boolean): void {
    const row = patentOf(this.heldRow(patentName(number)));
    this.#held[patentName(number)] = withHolder(row, this.input.applicationId, holds);
  }

  /** An event, its evidence, and what the application's latest decision now is. */
  emit(
    event: Outgoing<OutputName>,
    latest: { status: string; terms?: LoanTerms | null; reasons?: readonly Reason[] },
  ): void {
    const { applicationId, event: cause } = this.input;
    const { revision, lenderId } = event.data;
    this.#events.push(event);
    this.evidence(event.type, event.data);
    this.#rows.push({
      kind: 'latest',
      applicationId,
      lenderId,
      productId: this.state.productId,
      revision,
      status: latest.status,
      amountFen: latest.terms == null ? null : fenOfMoney(latest.terms.amount),
      ratePpm: latest.terms?.ratePpm ?? null,
      reasons: latest.reasons ?? [],
      atMs: this.nowMs,
      correlationId: cause.correlationId,
      causationId: cause.id,
    });
  }

  evidence(type: OutputName | 'ReviewCounted', data: unknown): void {
    const content = toJson(data);
    const { revision, lenderId } = data as { revision: number; lenderId: string };
    this.#rows.push({
      kind: 'evidence',
      applicationId: this.input.applicationId,
      lenderId,
      revision,
      type,
      causationId: this.input.event.id,
      atMs: this.nowMs,
      content,
      digest: this.policies.digest(content),
    });
  }

  /** Makes the approval live or ends it, with its share of the enterprise's limit. */
  setLive(approval: Approval, live: boolean): void {
    const amountFen = fenOfMoney(approval.terms.amount);
    this.#rows.push({
      kind: 'approval',
      approvalId: approval.approvalId,
      applicationId: this.input.applicationId,
      lenderId: this.state.lenderId,
      revision: approval.revision,
      amountFen,
      live,
      atMs: this.nowMs,
    });
    this.setAmount(approval.group, live ? amountFen : null);
  }

  wake(timer: NewTimer): void {
    this.#timers.push(timer);
  }

  /** The offer of an older revision falls, whichever event of the newer one comes first. */
  undoSuperseded(): void {
    const { superseded } = this.state;
    if (superseded === null) return;
    this.setLive(superseded, false);
    this.undone(superseded, 'SUPERSEDED');
    this.change({ superseded: null });
  }

  /** It bears the approval's revision: who has moved on must not take it for the newer one's. */
  undone({ approvalId, revision }: Approval, cause: string): void {
    const data = {
      ...this.identity,
      revision,
      approvalId,
      cause,
      about: null,
      terms: null,
      undoneBy: [],
      reasonCode: null,
    };
    this.emit({ type: 'ApprovalUndone', data }, { status: 'UNDONE' });
  }

  decision(): Decided {
    return {
      state: this.state,
      events: this.#events,
      timers: this.#timers,
      held: this.#held,
      rows: this.#rows,
      ...(this.ignored === undefined ? {} : { ignored: this.ignored }),
    };
  }
}
