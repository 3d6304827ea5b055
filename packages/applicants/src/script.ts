// What the applicant and the officers of a case do next, and when the case has come to its end.
import type { EventName } from '@saidao/schemas';
import type { Referral } from './door-records.ts';
import type { Step } from './samples.ts';

export type Outcome =
  | 'paid'
  | 'approved'
  | 'referred'
  | 'declined'
  | 'refused'
  | 'withdrawn'
  | 'offer-declined'
  | 'offer-expired'
  | 'undone'
  | 'cancelled'
  | 'payout-failed';

/** An event as far as a script looks at it; of its data only single words are read. */
export interface StoryEvent {
  readonly type: EventName;
  readonly data: object;
}

/** What is known of a case, in the order in which it became known. */
export interface Story {
  readonly events: readonly StoryEvent[];
}

type Script = readonly Step[];

/** The first step of the script that has not been done, if its time has come. */
export function dueStep(script: Script, story: Story): Step | undefined {
  const next = script.find((step) => !isDone(step, story));
  return next !== undefined && isTimeFor(next, story) ? next : undefined;
}

/** Where the case ended; undefined while something is still to come. */
export function outcomeOf(script: Script, story: Story): Outcome | undefined {
  const last = story.events.findLast((event) => isDecisive(event, story));
  if (last === undefined) return undefined;
  const left = script.filter((step) => !isDone(step, story));
  // A withdrawal may be overtaken by a decision, which it then ends all the same.
  const isLeaving = script.some(isWithdrawal);
  switch (last.type) {
    case 'LoanDisbursed':
      return 'paid';
    case 'LoanDeclined':
      return 'declined';
    case 'SubmissionRejected':
      return 'refused';
    case 'OfferExpired':
      return 'offer-expired';
    case 'ApprovalUndone':
      return 'undone';
    case 'AuthorisationCancelled':
      return 'cancelled';
    case 'PayoutFailed':
      return 'payout-failed';
    case 'ApplicationClosed':
      return wordOf(last, 'cause') === 'OFFER_DECLINED' ? 'offer-declined' : 'withdrawn';
    case 'LoanReferred':
      return script.some(isReview) || left.some(isAmendment) || isLeaving ? undefined : 'referred';
    case 'LoanApproved':
      return left.length > 0 || script.some(isAnswer) || isLeaving ? undefined : 'approved';
    default:
      return undefined;
  }
}

/**
 * Where the case stands although its script hoped for more: officers have said all they have to say
 * and nothing came of it.
 */
export function standingOf(script: Script, story: Story): Outcome | undefined {
  const last = story.events.findLast((event) => isDecision(event, story));
  const reviewed = script.filter(isReview).every((step) => isDone(step, story));
  return last?.type === 'LoanReferred' && reviewed ? 'referred' : undefined;
}

function isDone(step: Step, { events }: Story): boolean {
  const has = (type: EventName) => events.some((event) => event.type === type);
  switch (step.does) {
    case 'approve':
    case 'decline':
      return has('LoanApproved') || reviewsOf({ events }).some((event) => isReviewBy(step, event));
    case 'accept':
      return has('OfferAccepted') || has('OfferAcceptanceSubmitted');
    case 'decline-offer':
      return has('OfferDeclined') || has('OfferDeclineSubmitted');
    case 'withdraw':
      return has('ApplicationWithdrawn') || has('WithdrawalSubmitted');
    case 'amend':
      return has('ApplicationAmended') || has('AmendmentSubmitted');
  }
}

/** Of the present referral: what was said of an earlier one has to be said anew. */
function reviewsOf({ events }: Story): readonly StoryEvent[] {
  return events.slice(events.findLastIndex(({ type }) => type === 'LoanReferred') + 1);
}

/** The verdict itself, or what decisioning said of it. */
function isReviewBy({ actor, does }: Step, event: StoryEvent): boolean {
  if (wordOf(event, 'officer') !== actor) return false;
  switch (event.type) {
    case 'ReviewSubmitted':
      return wordOf(event, 'verdict') === (does === 'approve' ? 'APPROVE' : 'DECLINE');
    case 'ReviewRecorded': {
      const action = String(wordOf(event, 'action'));
      return does === 'approve' ? action.startsWith('APPROVED') : action === 'DECLINED';
    }
    // It was said, and nothing came of it: saying it again would not help.
    case 'ReviewRefused':
      return wordOf(event, 'action') === 'ReviewSubmitted';
    default:
      return false;
  }
}

/** Whether an officer has to claim first: for a decline, and for the first of two approvals. */
function needsClaim(step: Step, story: Story): boolean {
  const hasApproval = reviewsOf(story).some(
    (event) =>
      (event.type === 'ReviewSubmitted' && wordOf(event, 'verdict') === 'APPROVE') ||
      (event.type === 'ReviewRecorded' && wordOf(event, 'action') === 'APPROVED_FIRST'),
  );
  return step.does === 'decline' || !hasApproval;
}

/** What officers are to look at now: the last referral, and the how many-eth it is. */
export function referralIn(
  step: Step,
  story: Story,
): Pick<Referral, 'revision' | 'time' | 'claim'> {
  const referred = story.events.filter(({ type }) => type === 'LoanReferred');
  const last = referred.at(-1);
  return {
    revision: Number((last && wordOf(last, 'revision')) ?? 1),
    time: referred.length,
    claim: needsClaim(step, story),
  };
}

/** Names what is done once: a review for each referral, all else for the case. */
export function onceOf(step: Step, story: Story): string {
  const time = isReview(step) ? referralIn(step, story).time : 0;
  return `${step.actor}/${step.does}/${time}`;
}

function isTimeFor(step: Step, story: Story): boolean {
  const last = story.events.findLast((event) => isDecision(event, story))?.type;
  switch (step.does) {
    case 'approve':
    case 'decline':
      return last === 'LoanReferred';
    case 'accept':
    case 'decline-offer':
      return last === 'LoanApproved';
    case 'amend':
      return last === 'LoanReferred' || last === 'LoanApproved';
    case 'withdraw':
      return story.events.some(({ type }) => type === 'ApplicationReceived');
  }
}

function isDecision(event: StoryEvent, story: Story): boolean {
  const { type } = event;
  const isOne = type === 'LoanReferred' || type === 'LoanApproved' || type === 'LoanDeclined';
  return isOne && isOfLatest(event, story);
}

function isDecisive(event: StoryEvent, story: Story): boolean {
  switch (event.type) {
    case 'OfferExpired':
    case 'ApprovalUndone':
      return isOfLatest(event, story);
    case 'LoanDisbursed':
    case 'AuthorisationCancelled':
    case 'PayoutFailed':
    case 'ApplicationClosed':
      return true;
    case 'SubmissionRejected':
      // Of a case that was taken in, one more submission was refused: that ends nothing.
      return !story.events.some(({ type }) => type === 'ApplicationReceived');
    default:
      return isDecision(event, story);
  }
}

/** What was said of content that has been amended since decides nothing. */
function isOfLatest(event: StoryEvent, { events }: Story): boolean {
  if (wordOf(event, 'revision') !== 1) return true;
  return !events.some(({ type }) => type === 'AmendmentSubmitted' || type === 'ApplicationAmended');
}

function wordOf({ data }: StoryEvent, name: string): unknown {
  return (data as Readonly<Record<string, unknown>>)[name];
}

const isReview = ({ does }: Step) => does === 'approve' || does === 'decline';
const isAnswer = ({ does }: Step) => does === 'accept' || does === 'decline-offer';
const isWithdrawal = ({ does }: Step) => does === 'withdraw';
const isAmendment = ({ does }: Step) => does === 'amend';
