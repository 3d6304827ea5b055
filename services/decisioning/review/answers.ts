// The one answer to each action of an officer: recorded, or refused with its cause.
import type { Attachment, LoanTerms, OverrideRate } from '@saidao/schemas';
import type { Incoming } from '@saidao/worker';
import type { Draft, Latest } from '../draft.ts';
import { termsUp, type Approval } from '../state.ts';
import type { ActionName } from '../transitions.ts';
import { tierNeeded } from './overrides.ts';
import {
  recordedTexts,
  refusalText,
  statuses,
  type RecordedAction,
  type RefusalCause,
} from './refusals.ts';

export type Action<N extends ActionName = ActionName> = Incoming<N>;

/** What is to be said beside the state after it. */
export interface Told {
  readonly reason?: string | null;
  readonly reasonCode?: string | null;
  readonly attachments?: readonly Attachment[];
  readonly overrideCode?: string | null;
  /** Of a last verdict: how often they were otherwise than policy would. */
  readonly verdict?: { readonly isOverride: boolean; readonly rate: OverrideRate };
  /** Of what is decided, whose referral is over. */
  readonly decided?: {
    readonly tier: string;
    readonly terms: LoanTerms | null;
    readonly approvers: readonly string[];
  };
}

export function recorded(
  draft: Draft,
  event: Action,
  action: RecordedAction,
  told: Told = {},
): void {
  const { officer, role } = event.data;
  sayRecorded(draft, { action, actionId: event.id, officer, role }, told);
  draft.answer({
    lenderId: draft.state.lenderId,
    officer,
    action: event.type,
    cause: null,
    ...recordedTexts[action],
    status: statuses[draft.state.phase].status,
    override: told.verdict?.isOverride ?? null,
  });
}

/** Nobody did it. */
export function lapsed(draft: Draft, timerId: string): void {
  sayRecorded(draft, { action: 'LAPSED', actionId: timerId, officer: null, role: null }, {});
}

/**
 * Whoever wanted it undone, officer or applicant, hears that the ledger was first; the approval
 * stands as before.
 */
export function undoRefused(draft: Draft, actionId: string, { tier, terms }: Approval): void {
  const who = { action: 'UNDO_REFUSED' as const, actionId, officer: null, role: null };
  const decided = { tier, terms, approvers: [] };
  sayRecorded(draft, who, { decided }, { status: 'AUTHORISED', terms, tier });
}

function sayRecorded(
  draft: Draft,
  who: {
    readonly action: RecordedAction;
    readonly actionId: string;
    readonly officer: string | null;
    readonly role: string | null;
  },
  told: Told,
  latest?: Latest,
): void {
  const { referral, claim } = draft.state;
  const up = referral && {
    tier: tierNeeded(referral),
    terms: termsUp(referral),
    approvers: referral.approvals.map(({ officer }) => officer),
  };
  const { tier, terms, approvers } = told.decided ??
    up ?? { tier: null, terms: null, approvers: [] };
  draft.emit(
    {
      type: 'ReviewRecorded',
      data: {
        ...draft.identity,
        ...who,
        tier,
        claimedBy: claim?.officer ?? null,
        claimedUntil: claim === null ? null : BigInt(claim.untilMs),
        approvers: [...approvers],
        terms,
        override: told.verdict?.isOverride ?? false,
        overrideCode: told.overrideCode ?? null,
        reasonCode: told.reasonCode ?? null,
        reason: told.reason ?? null,
        attachments: [...(told.attachments ?? [])],
        overrideRate: told.verdict?.rate ?? null,
      },
    },
    latest,
  );
}

/** On the lender's own topic, whoever asked; nothing else comes of it. */
export function refuse(draft: Draft, event: Action, cause: RefusalCause): void {
  const { officer } = event.data;
  const lenderId = draft.state.lenderId === '' ? event.data.lenderId : draft.state.lenderId;
  const texts = refusalText(cause, draft.state.phase);
  draft.emit({
    type: 'ReviewRefused',
    data: {
      ...draft.identity,
      lenderId,
      action: event.type,
      actionId: event.id,
      officer,
      cause,
      ...texts,
    },
  });
  draft.answer({
    lenderId,
    officer,
    action: event.type,
    cause,
    ...texts,
    status: statuses[draft.state.phase].status,
    override: null,
  });
}
