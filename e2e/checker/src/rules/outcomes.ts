// Outcomes: an application goes only ways that there are, and each revision comes to one end.
import { topicByName, type EventName } from '@saidao/schemas';
import type { LogSeen } from '../log-seen.ts';
import { factsOfType, placeOf, type Fact, type Found, type Story } from '../story.ts';
import { hasLostEvents } from '../retention.ts';

/** How far the decisions of an application have come, by themselves. */
export type Phase =
  | 'open'
  | 'referred'
  | 'declined'
  | 'offered'
  | 'expired'
  | 'authorised'
  | 'cancelling'
  | 'undone'
  | 'closed';

/**
 * What may follow in the same revision. Source: our design (docs/decisions-explained.md): an offer
 * stands until it is accepted, declined, undone or expired, and one that has expired may still have
 * been accepted in time; from the authorisation on the outcome is the ledger’s.
 */
const ways: Readonly<Record<Phase, Partial<Record<EventName, Phase>>>> = {
  open: { LoanReferred: 'referred', LoanApproved: 'offered', LoanDeclined: 'declined' },
  // Newer facts have it judged again: officers begin again then.
  referred: { LoanReferred: 'referred', LoanApproved: 'offered', LoanDeclined: 'declined' },
  declined: {},
  offered: {
    OfferExpired: 'expired',
    DisbursementAuthorised: 'authorised',
    ApprovalUndone: 'undone',
  },
  expired: { DisbursementAuthorised: 'authorised', ApprovalUndone: 'undone' },
  authorised: { CancellationRequested: 'cancelling', ApprovalUndone: 'undone' },
  cancelling: { CancellationRequested: 'cancelling', ApprovalUndone: 'undone' },
  undone: {},
  closed: {},
};
/** Everything but what the ledger has taken over may be closed by the applicant. */
const mayClose: readonly Phase[] = ['open', 'referred', 'declined', 'offered', 'expired', 'undone'];
/** Said beside: they change nothing. */
const beside: readonly EventName[] = ['ReviewRecorded', 'ReviewRefused'];
/** Of a revision as it is; all else is about an approval, and bears its number. */
const judgements: readonly EventName[] = ['LoanReferred', 'LoanApproved', 'LoanDeclined'];
/** A newer revision begins anew from these. */
const mayAmend: readonly Phase[] = ['open', 'referred', 'declined', 'offered', 'expired', 'undone'];

export interface Course {
  readonly phase: Phase;
  readonly revision: number;
  readonly faults: readonly { readonly fact: Fact; readonly says: string }[];
}

/** Follows the decisions of an application one after the other. */
export function courseOf(decisions: readonly Fact[]): Course {
  let phase: Phase = 'open';
  let revision = 0;
  const faults: { fact: Fact; says: string }[] = [];
  for (const fact of decisions) {
    if (beside.includes(fact.type)) {
      // A refusal of the ledger takes the cancellation back.
      if (fact.says.action === 'UNDO_REFUSED' && phase === 'cancelling') phase = 'authorised';
      continue;
    }
    const fault = (says: string) => void faults.push({ fact, says });
    const isJudgement = judgements.includes(fact.type);
    const isNewer: boolean = isJudgement && fact.says.revision > revision;
    if (isJudgement && fact.says.revision < revision)
      fault(`is of revision ${fact.says.revision}, after ${revision}`);
    if (fact.type === 'ApplicationClosed') {
      if (!mayClose.includes(phase)) fault(`closes what is ${phase}`);
      phase = 'closed';
      revision = Math.max(revision, fact.says.revision);
      continue;
    }
    // An offer of an older revision falls first, under its own number.
    if (isNewer) {
      if (revision > 0 && phase === 'offered') fault('begins anew while an offer stands');
      if (revision > 0 && !mayAmend.includes(phase)) fault(`begins anew what is ${phase}`);
      phase = 'open';
      revision = fact.says.revision;
    }
    const next: Phase | undefined = ways[phase][fact.type];
    if (next === undefined) fault(`follows what is ${phase}`);
    phase = next ?? phase;
  }
  return { phase, revision, faults };
}

export function decisionsOf(story: Story): readonly Fact[] {
  for (const [topic, facts] of story.told) {
    if (topicByName(topic)?.name === 'saidao.decisions.{lender}.v1') return facts;
  }
  return [];
}

/** Where an application stands as a whole: what is counted of it. */
export interface Ending {
  readonly revision: number;
  readonly isWithdrawn: boolean;
  readonly isDecided: boolean;
  readonly isReferred: boolean;
}

export function endingOf(story: Story): Ending | undefined {
  const received = factsOfType(story, 'ApplicationReceived', 'ApplicationAmended');
  if (received.length === 0) return undefined;
  const revision = Math.max(...received.map(({ says }) => says.revision));
  const types = new Set(
    decisionsOf(story)
      .filter(({ says }) => says.revision === revision)
      .map(({ type }) => type),
  );
  return {
    revision,
    isWithdrawn: factsOfType(story, 'ApplicationWithdrawn').length > 0,
    isDecided: types.has('LoanApproved') || types.has('LoanDeclined'),
    isReferred: types.has('LoanReferred'),
  };
}

export function* outcomes(story: Story, seen: LogSeen): Iterable<Found> {
  const { applicationId } = story;
  const found = (
    rule: 'outcomes' | 'transitions',
    place: string,
    says: string,
    advice: string,
    mayCome: Found['mayCome'],
  ): Found => ({ rule, place, says, advice, applicationId, mayCome });
  const isCut = hasLostEvents(story, seen);
  const decisions = decisionsOf(story);
  const course = courseOf(decisions);
  if (!isCut) {
    for (const { fact, says } of course.faults) {
      const advice = 'stop decisioning and see its journal: what it decided cannot be';
      yield found(
        'transitions',
        placeOf(fact, story),
        `is ${fact.type} and ${says}`,
        advice,
        'never',
      );
    }
    yield* revisionsOf(story);
    yield* unaccepted(story);
    yield* ofOtherRevision(story);
    const taken = endingOf(story)?.revision ?? 0;
    for (const fact of decisions.filter(({ says }) => says.revision > taken)) {
      const says = `is ${fact.type} of revision ${fact.says.revision}; ${taken} are taken in`;
      const advice = 'stop decisioning and see its journal: nobody submitted what it decided';
      yield found('transitions', placeOf(fact, story), says, advice, 'never');
    }
  }
  yield* finals(story, decisions);
  const ending = endingOf(story);
  if (ending === undefined || isCut) return;
  const trace = `see how far it came: saidao trace ${applicationId}`;
  const { revision, isWithdrawn, isDecided, isReferred } = ending;
  const place = `${applicationId} revision ${revision}`;
  const missing = (says: string) => found('outcomes', place, says, trace, 'later');
  if (!isWithdrawn && !isDecided && !isReferred) yield missing('was never decided');
  if (isWithdrawn && mayClose.includes(course.phase)) yield missing('was withdrawn, never closed');
  const ranOut = runOutAt(decisions, course);
  if (ranOut !== undefined && ranOut + LATE_MS < seen.nowMs) {
    yield missing(
      `has an offer that ran out at ${new Date(ranOut).toISOString()} and still stands`,
    );
  }
  if (course.revision !== revision) return;
  const { phase } = course;
  // What was paid or ended by then nobody takes back.
  const heard = factsOfType(story, 'CancellationRequested', 'LoanDisbursed', 'LoanRepaid');
  if (isWithdrawn && phase === 'authorised' && heard.length === 0) {
    yield missing('was withdrawn, and nobody asked the ledger to cancel it');
  }
  for (const says of unheard(story, decisions, course)) yield missing(says);
  const kept = keptOf(story);
  if (letGo.includes(phase) && kept.size > 0) {
    yield missing(`is ${phase} and still keeps ${[...kept].join(', ')}`);
  }
}

/** Patents are let go then; a late acceptance of what has expired keeps them anew. */
const letGo: readonly Phase[] = ['declined', 'expired', 'undone', 'closed'];

/** Answers to an offer that led to nothing; what is accepted too late expires by that. */
function* unheard(
  story: Story,
  decisions: readonly Fact[],
  { phase, revision }: Course,
): Iterable<string> {
  if (phase !== 'offered' && phase !== 'expired') return;
  const led = new Set(decisions.map(({ cause }) => cause));
  for (const fact of factsOfType(story, 'OfferAccepted', 'OfferDeclined')) {
    if (fact.says.revision !== revision) continue;
    if (phase === 'offered') yield `has ${fact.type}, and its offer still stands`;
    else if (!led.has(placeOf(fact, story))) yield `has ${fact.type}, of which nothing came`;
  }
}

/** How late the timer of an offer may be. */
const LATE_MS = 3_600_000;

/** When the offer runs out that stands, in milliseconds since 1970. */
function runOutAt(decisions: readonly Fact[], { phase }: Course): number | undefined {
  if (phase !== 'offered') return undefined;
  return decisions.findLast(({ type }) => type === 'LoanApproved')?.says.offerExpiresAtMs;
}

/** Nothing is authorised but by the acceptance that led to it, of the same revision. */
function* unaccepted(story: Story): Iterable<Found> {
  const { applicationId } = story;
  const accepted = new Map(
    factsOfType(story, 'OfferAccepted').map((fact) => [placeOf(fact, story), fact]),
  );
  const withdrawn = factsOfType(story, 'ApplicationWithdrawn');
  const of = { rule: 'transitions', applicationId } as const;
  const advice = 'hold its payouts and see decisioning’s journal: nobody may be paid on it';
  for (const fact of factsOfType(story, 'DisbursementAuthorised')) {
    const { revision } = fact.says;
    if (accepted.get(fact.cause)?.says.revision === revision) continue;
    const says = `is DisbursementAuthorised of revision ${revision}, by no acceptance of it`;
    yield { ...of, place: placeOf(fact, story), says, advice, mayCome: 'soon' };
  }
  for (const [place, { number, says }] of accepted) {
    const isOver = withdrawn.some(
      (one) => one.number < number && one.says.revision === says.revision,
    );
    if (!isOver) continue;
    yield {
      ...of,
      place,
      says: 'is OfferAccepted and follows the withdrawal',
      advice,
      mayCome: 'never',
    };
  }
}

/** What each is made of, step by step: facts of one revision say nothing of the next. */
const madeOf: Partial<Record<EventName, EventName>> = {
  EnterpriseScored: 'PatentsVerified',
  LoanReferred: 'EnterpriseScored',
  LoanApproved: 'EnterpriseScored',
  LoanDeclined: 'EnterpriseScored',
};

function* ofOtherRevision(story: Story): Iterable<Found> {
  const { applicationId, facts } = story;
  const byPlace = new Map(facts.map((fact) => [placeOf(fact, story), fact]));
  for (const fact of facts) {
    const cause = byPlace.get(fact.cause);
    if (cause === undefined || cause.type !== madeOf[fact.type]) continue;
    const [is, of] = [fact.says.revision, cause.says.revision];
    if (is === of) continue;
    const line = topicByName(fact.topic)?.writer;
    yield {
      ...{ rule: 'transitions', place: placeOf(fact, story), applicationId, mayCome: 'never' },
      says: `is ${fact.type} of revision ${is}, by ${cause.type} of revision ${of}`,
      advice: `stop ${line} and see its journal: it was made of what no longer holds`,
    };
  }
}

/** Revisions run 1, 2, 3 …: the first by being received, each other by an amendment. */
function* revisionsOf(story: Story): Iterable<Found> {
  let revision = 0;
  for (const fact of factsOfType(story, 'ApplicationReceived', 'ApplicationAmended')) {
    const isFirst = fact.type === 'ApplicationReceived';
    if (fact.says.revision !== revision + 1 || isFirst !== (revision === 0)) {
      yield {
        rule: 'transitions',
        place: placeOf(fact, story),
        says: `is ${fact.type} of revision ${fact.says.revision}, after revision ${revision}`,
        advice: 'stop intake and see its journal under this application’s reference',
        applicationId: story.applicationId,
        mayCome: 'never',
      };
    }
    revision = Math.max(revision, fact.says.revision);
  }
}

/** One final decision for a revision, one approval and one authorisation. */
function* finals(story: Story, decisions: readonly Fact[]): Iterable<Found> {
  const final = new Map<number, number>();
  const authorised = new Map<string, number>();
  for (const { type, says } of decisions) {
    const { revision, authorisationId, approvalId } = says;
    if (type === 'LoanApproved' || type === 'LoanDeclined') {
      final.set(revision, (final.get(revision) ?? 0) + 1);
    }
    if (type !== 'DisbursementAuthorised') continue;
    for (const name of [`approval ${approvalId}`, `authorisation ${authorisationId}`]) {
      authorised.set(name, (authorised.get(name) ?? 0) + 1);
    }
  }
  const { applicationId } = story;
  const advice = 'hold its payouts and see decisioning.decisions: only one of them stands';
  const of = { rule: 'outcomes', advice, applicationId, mayCome: 'never' } as const;
  for (const [revision, times] of final) {
    if (times === 1) continue;
    const place = `${applicationId} revision ${revision}`;
    yield { ...of, place, says: `was finally decided ${times} times` };
  }
  for (const [name, times] of authorised) {
    if (times > 1) yield { ...of, place: name, says: `was authorised ${times} times` };
  }
}

/** Patents that are kept for the application: locked, and not let go since. */
export function keptOf(story: Story): ReadonlySet<string> {
  const kept = new Set<string>();
  for (const { type, says } of factsOfType(story, 'PledgeLocked', 'PledgeReleased')) {
    for (const number of says.patents ?? []) {
      if (type === 'PledgeLocked') kept.add(number);
      else kept.delete(number);
    }
  }
  return kept;
}

/** One live pledge for a patent. */
export function* pledgedTwice(seen: LogSeen): Iterable<Found> {
  const holders = new Map<string, string>();
  for (const story of seen.stories.values()) {
    for (const number of keptOf(story)) {
      const other = holders.get(number);
      if (other !== undefined) {
        yield {
          rule: 'outcomes',
          place: `patent ${number}`,
          says: `is kept for ${other} and for ${story.applicationId}`,
          advice: 'see pledge.live_pledges for whose it is; the other must not be paid',
          applicationId: story.applicationId,
          // The other’s release may have been read before it was written.
          mayCome: 'soon',
        };
      }
      holders.set(number, story.applicationId);
    }
  }
}
