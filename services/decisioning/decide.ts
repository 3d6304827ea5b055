// Decisioning's decision: which step an event is in the phase that the application is in.
import type { Incoming } from '@saidao/worker';
import { Draft, type Decided, type Input } from './draft.ts';
import { patentName, placeAfter } from './rounds/exposure.ts';
import type { Policies } from './policies.ts';
import { recorded, refuse, type Action } from './review/answers.ts';
import { onAmended } from './review/amendments.ts';
import { onClaimed, onLapse, onReassigned, onReturned } from './review/claims.ts';
import { monthOf, rateName } from './review/overrides.ts';
import type { RefusalCause } from './review/refusals.ts';
import { mayReview } from './review/roles.ts';
import { onUndoAuthorised, onUndoOffer } from './review/undoing.ts';
import { isLast, onVerdict } from './review/verdicts.ts';
import { onApplication, onScored, onScoredAgain } from './rounds/judging.ts';
import { onLedger, requestCancellation, type LedgerName } from './rounds/ledger.ts';
import {
  close,
  onAccepted,
  onAcceptedLate,
  onOfferTimer,
  onScoredWhileOffered,
} from './rounds/offers.ts';
import {
  notePledge,
  noteRelease,
  onPledge,
  onPledgeAgain,
  onReleasedWhileReferred,
} from './rounds/pledges.ts';
import type { DecisioningState } from './state.ts';
import {
  actionNames,
  timerNames,
  transitions,
  type Cell,
  type InputName,
  type Step,
} from './transitions.ts';

type Event = Incoming<InputName>;

/** The shared rows that an event reads or changes. */
export function locksOf(event: Event, state: DecisioningState): string[] {
  const names = new Set<string>();
  const { group } = placeAfter(event, state);
  for (const name of [state.group, group]) if (name !== null) names.add(name);
  for (const number of patentsOf(event, state)) names.add(patentName(number));
  if (event.type === 'ReviewSubmitted' && isLast(event, state)) {
    names.add(rateName(state.lenderId, monthOf(event.appendedAtMs)));
  }
  return [...names];
}

function patentsOf(event: Event, state: DecisioningState): readonly string[] {
  switch (event.type) {
    case 'PledgeLocked':
      return [...state.heldPatents, ...event.data.patents];
    case 'PledgeReleased':
      return event.data.patents;
    case 'ApplicationAmended':
      return state.heldPatents;
    case 'OfferAccepted':
      return state.phase === 'expired' ? (state.approval?.terms.pledgedPatents ?? []) : [];
    default:
      return [];
  }
}

/** What the line decides with these policies. */
export function createDecide(policies: Policies) {
  return (input: Input): Decided => {
    const draft = new Draft(input, policies);
    const { event } = input;
    draft.endOlder();
    const fault = isAction(event) ? actionFault(draft.state, event) : undefined;
    const cell: Cell = fault === undefined ? cellOf(draft.state, event) : { refused: fault };
    if ('step' in cell) take(draft, cell.step, event);
    else if ('refused' in cell) refuse(draft, event as Action, cell.refused);
    else draft.ignored = cell.ignored;
    return draft.decision();
  };
}

function cellOf({ phase }: DecisioningState, event: Event): Cell {
  if (event.type !== 'TimerDue') return transitions[phase][event.type];
  const name = timerNames.find((one) => one === event.data.name);
  return name === undefined ? { ignored: 'stale-timer' } : transitions[phase][name];
}

function isAction(event: Event): event is Action {
  return (actionNames as readonly string[]).includes(event.type);
}

/** What holds for every action, before it is told anything of the application. */
function actionFault(state: DecisioningState, { data }: Action): RefusalCause | undefined {
  const { lenderId, revision, approval } = state;
  if (lenderId !== '' && data.lenderId !== lenderId) return 'OTHER_LENDER';
  // What was said of the content before an amendment; an approval keeps the revision it was given.
  const isKnown = data.revision === revision || data.revision === approval?.revision;
  return isKnown ? undefined : 'OTHER_REVISION';
}

/** The events whose step this is; the table lets no other come here. */
type Of<N extends InputName> = Extract<Event, { readonly type: N }>;

function take(draft: Draft, step: Step, event: Event): void {
  switch (step) {
    case 'take-application':
      return onApplication(draft, event as Of<'ApplicationReceived' | 'ApplicationAmended'>);
    case 'take-score':
      return onScored(draft, event as Of<'EnterpriseScored'>);
    case 'take-score-again':
      return onScoredAgain(draft, event as Of<'EnterpriseScored'>);
    case 'check-offer':
      return onScoredWhileOffered(draft, event as Of<'EnterpriseScored'>);
    case 'take-pledge-again':
      return onPledgeAgain(draft, event as Of<'PledgeLocked' | 'PledgeRefused'>);
    case 'take-release':
      return onReleasedWhileReferred(draft, event as Of<'PledgeReleased'>);
    case 'take-pledge':
      return onPledge(draft, event as Of<'PledgeLocked' | 'PledgeRefused'>);
    case 'note-pledge':
      return notePledge(draft, event as Of<'PledgeLocked'>);
    case 'note-release':
      return noteRelease(draft, event as Of<'PledgeReleased'>);
    case 'claim':
      return onClaimed(draft, event as Of<'ReviewClaimed'>);
    case 'return':
      return onReturned(draft, event as Of<'ReviewReturned'>);
    case 'reassign':
      return onReassigned(draft, event as Of<'ReviewReassigned'>);
    case 'lapse':
      return onLapse(draft, event as Of<'TimerDue'>);
    case 'amend-terms':
      return onAmended(draft, event as Of<'ReviewAmended'>);
    case 'note-file':
      return onNoted(draft, event as Of<'ReviewNoted'>);
    case 'judge-review':
      return onVerdict(draft, event as Of<'ReviewSubmitted'>);
    case 'undo-offer':
      return onUndoOffer(draft, event as Of<'UndoRequested'>);
    case 'undo-authorised':
      return onUndoAuthorised(draft, event as Of<'UndoRequested'>);
    case 'accept':
      return onAccepted(draft, event as Of<'OfferAccepted'>);
    case 'accept-late':
      return onAcceptedLate(draft, event as Of<'OfferAccepted'>);
    case 'decline-offer':
      return close(draft, 'OFFER_DECLINED');
    case 'close':
      return close(draft, 'WITHDRAWN');
    case 'expire':
      return onOfferTimer(draft, event as Of<'TimerDue'>);
    case 'request-cancellation':
      return requestCancellation(draft, 'WITHDRAWN');
    case 'note-withdrawal':
      return draft.change({ withdrawn: true });
    case 'book':
    case 'disburse':
    case 'undo':
    case 'resume':
    case 'release':
    case 'repay':
    case 'end-loan':
      return onLedger(draft, event as Of<LedgerName>);
  }
}

/** For the file: it changes nothing, so it may come at any time. */
function onNoted(draft: Draft, event: Of<'ReviewNoted'>): void {
  const { role, text: reason, attachments } = event.data;
  if (!mayReview(role)) return refuse(draft, event, 'ROLE_NOT_ALLOWED');
  recorded(draft, event, 'NOTED', { reason, attachments });
}
