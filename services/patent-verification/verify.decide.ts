// The verify line's decision: which answers are in, what is asked again, what the facts come to.
import type {
  ApplicationContent,
  EnterpriseChecked,
  GuaranteeFinding,
  PatentClaim,
  PatentsVerified,
} from '@saidao/schemas';
import type { DecideInput, Decision, LineState, NewTimer, Outgoing } from '@saidao/worker';
import { businessDateOf, type BusinessDate } from '@saidao/values';
import {
  againAfterMs,
  isOpen,
  openItem,
  settle,
  wakeOf,
  type Item,
  type Reply,
} from '@saidao/worker/asking';
import { bureauConsent, bureauFactsOf, checksOf, registryFactsOf } from './enterprise/checks.ts';
import type {
  AnnuitySays,
  AppraisalSays,
  BureauSays,
  GuarantorSays,
  ListingsSays,
  RegisterSays,
  RegistrySays,
} from './facts.ts';
import { bundleOf, type OfferedPatent } from './patents/bundle.ts';
import type { Known } from './patents/grounds.ts';
import type { LoadedPolicy } from './patents/policy.ts';

/** What is verified: an application as it stands in one revision. */
export interface Subject {
  readonly businessDate: BusinessDate;
  readonly content: ApplicationContent;
}

export interface VerifyState extends LineState {
  /** Kept to be verified again when the facts grow old; null: the application needs it no more. */
  readonly subject: Subject | null;
  /** What is being asked; null: nothing, all is answered. */
  readonly asking: Asking | null;
  /** Verifications of this revision so far. */
  readonly round: number;
  /** Counts the timers; an earlier one is stale. */
  readonly wake: number;
}

export interface Asking {
  readonly patents: readonly AskedPatent[];
  readonly registry: Item<RegistrySays>;
  readonly listings: Item<ListingsSays>;
  /** Null: there is no consent to ask. */
  readonly bureau: Item<BureauSays> | null;
  /** Null: no guarantee is offered. */
  readonly guarantee: Item<GuarantorSays> | null;
  /** Rounds that left something open. */
  readonly rounds: number;
}

export interface AskedPatent {
  readonly number: string;
  readonly register: Item<RegisterSays>;
  readonly annuity: Item<AnnuitySays>;
  /** Null: no pledge is wanted, so nobody is asked for its value. */
  readonly appraisal: Item<AppraisalSays> | null;
}

/** Replies of one provider to what was asked, which may be less than what is open. */
export interface Replies<Says> {
  readonly replies: ReadonlyMap<string, Reply<Says>>;
  /** When it last answered anybody for this lender; null: never. */
  readonly answeredAtMs: number | null;
}

/** What `gather` brought. Patents by number, the rest under `ENTERPRISE`. */
export interface VerifyGathered {
  readonly register: Replies<RegisterSays>;
  readonly annuity: Replies<AnnuitySays>;
  readonly valuation: Replies<AppraisalSays>;
  readonly registry: Replies<RegistrySays>;
  readonly watchlists: Replies<ListingsSays>;
  readonly bureau: Replies<BureauSays>;
  readonly guarantor: Replies<GuarantorSays>;
}

/** The key of what is asked about the enterprise itself. */
export const ENTERPRISE = 'enterprise';

export interface VerifyPolicy {
  readonly valuation: LoadedPolicy;
  /** How long what was verified may be decided on; then it is asked again. */
  readonly shelfLifeMs: number;
  /** How old an answer may grow while others are waited for. */
  readonly freshMs: number;
  /** Products that are secured by a pledge: their patents are valued, locked and pledged. */
  readonly pledgeProducts: ReadonlySet<string>;
}

/** A year of weeks: what nobody has decided, ended or withdrawn by then is asked about no more. */
const ROUNDS_MAX = 52;

const SOON_MS = 600_000;
const SOON_ROUNDS_MAX = 6;

export const initialVerifyState: VerifyState = {
  revision: 0,
  subject: null,
  asking: null,
  round: 0,
  wake: 0,
};

export type VerifyIn =
  | 'ApplicationReceived'
  | 'ApplicationAmended'
  | 'ApplicationWithdrawn'
  | 'LoanDeclined'
  | 'OfferExpired'
  | 'DisbursementAuthorised'
  | 'ApplicationClosed'
  | 'TimerDue';
type Input = DecideInput<VerifyIn, VerifyState, VerifyGathered | undefined>;
type VerifyOut = 'EnterpriseChecked' | 'PatentsVerified';
type VerifyOutgoing = Outgoing<VerifyOut>;
type Verified = Decision<VerifyOut, VerifyState, never>;

export const AGAIN_TIMER = 'ask-again';
export const SHELF_TIMER = 'shelf-life';

export function decideVerification(policy: VerifyPolicy): (input: Input) => Verified {
  return (input) => {
    const { event, state } = input;
    const begun = begunBy(event, state, input.nowMs, policy);
    if (begun !== undefined) return proceed(input, policy, begun);
    switch (event.type) {
      case 'ApplicationWithdrawn':
      case 'LoanDeclined':
      case 'OfferExpired':
      case 'DisbursementAuthorised':
      case 'ApplicationClosed':
        if (state.subject === null) return { ignored: 'nothing-verified' };
        return { state: { ...state, subject: null, asking: null } };
      default:
        return { ignored: 'stale-timer' };
    }
  };
}

/** What is being verified, and what of it is in. */
export interface Begun {
  readonly subject: Subject;
  readonly asking: Asking;
}

/** What an event makes the line ask or go on asking; undefined: nothing. */
export function begunBy(
  event: Input['event'],
  { subject, asking, wake, round }: VerifyState,
  nowMs: number,
  policy: VerifyPolicy,
): Begun | undefined {
  switch (event.type) {
    case 'ApplicationReceived':
    case 'ApplicationAmended': {
      const { businessDate, content } = event.data;
      return begin({ businessDate, content }, policy);
    }
    case 'TimerDue': {
      if (subject === null || wakeOf(event.data.detail) !== wake) return undefined;
      if (asking !== null) return { subject, asking };
      if (event.data.name !== SHELF_TIMER || round >= ROUNDS_MAX) return undefined;
      // Facts of a later day are judged on that day.
      const today = businessDateOf(nowMs);
      const { businessDate, content } = subject;
      const judgedOn = today > businessDate ? today : businessDate;
      return begin({ content, businessDate: judgedOn }, policy);
    }
    default:
      return undefined;
  }
}

/** All that an application makes us ask; numbers that fail their check are nobody's to answer. */
function begin(subject: Subject, { pledgeProducts }: VerifyPolicy): Begun {
  const { content, businessDate } = subject;
  const valued = pledgeProducts.has(content.productId);
  const asking: Asking = {
    patents: distinctClaims(content.patents)
      .filter(({ numberValid }) => numberValid)
      .map(({ number }) => ({
        number,
        register: openItem,
        annuity: openItem,
        appraisal: valued ? openItem : null,
      })),
    registry: openItem,
    listings: openItem,
    bureau: bureauConsent(content, businessDate) === undefined ? null : openItem,
    guarantee: content.guarantee === null ? null : openItem,
    rounds: 0,
  };
  return { subject, asking };
}

function proceed(input: Input, policy: VerifyPolicy, { subject, asking: before }: Begun): Verified {
  const settled = settledBy(before, input.gathered);
  const isOld = (item: Item<unknown> | null): boolean =>
    item?.kind === 'answered' &&
    input.nowMs - Number(item.evidence.answeredAt ?? 0n) > policy.freshMs;
  // What was answered while another stayed silent is asked again before anything stands on it.
  const waited = itemsOf(settled).some(isOpenItem) || before.rounds > 0;
  const asking = waited && itemsOf(settled).some(isOld) ? reopened(settled, isOld) : settled;
  if (!itemsOf(asking).some(isOpenItem)) return verdict(input, policy, { subject, asking });
  const rounds = before.rounds + 1;
  const wake = input.state.wake + 1;
  return {
    state: { ...input.state, subject, asking: { ...asking, rounds }, wake },
    timers: [
      {
        name: AGAIN_TIMER,
        dueAtMs: input.nowMs + againAfterMs(rounds, input.applicationId),
        detail: { wake },
      },
    ],
  };
}

const isOpenItem = (item: Item<unknown> | null): boolean => item !== null && isOpen(item);

function itemsOf({ patents, registry, listings, bureau, guarantee }: Asking) {
  const ofPatents = patents.flatMap((one) => [one.register, one.annuity, one.appraisal]);
  return [...ofPatents, registry, listings, bureau, guarantee];
}

function reopened(asking: Asking, isOld: (item: Item<unknown> | null) => boolean): Asking {
  const fresh = <T>(item: Item<T>): Item<T> => (isOld(item) ? openItem : item);
  const { bureau, guarantee } = asking;
  return {
    ...asking,
    patents: asking.patents.map(({ number, register, annuity, appraisal }) => ({
      number,
      register: fresh(register),
      annuity: fresh(annuity),
      appraisal: appraisal && fresh(appraisal),
    })),
    registry: fresh(asking.registry),
    listings: fresh(asking.listings),
    bureau: bureau && fresh(bureau),
    guarantee: guarantee && fresh(guarantee),
  };
}

function settledBy(asking: Asking, gathered: VerifyGathered | undefined): Asking {
  if (gathered === undefined) return asking;
  const { bureau, guarantee } = asking;
  const after = <T>(item: Item<T>, from: Replies<T>, key: string): Item<T> =>
    settle(item, from.replies.get(key), { othersAnsweredAtMs: from.answeredAtMs });
  return {
    ...asking,
    patents: asking.patents.map(({ number, register, annuity, appraisal }) => ({
      number,
      register: after(register, gathered.register, number),
      annuity: after(annuity, gathered.annuity, number),
      appraisal: appraisal && after(appraisal, gathered.valuation, number),
    })),
    registry: after(asking.registry, gathered.registry, ENTERPRISE),
    listings: after(asking.listings, gathered.watchlists, ENTERPRISE),
    bureau: bureau && after(bureau, gathered.bureau, ENTERPRISE),
    guarantee: guarantee && after(guarantee, gathered.guarantor, ENTERPRISE),
  };
}

/** All is in: the facts go out, and are looked at again when they have grown old. */
function verdict(input: Input, policy: VerifyPolicy, begun: Begun): Verified {
  const { state, nowMs } = input;
  const { subject } = begun;
  const round = state.round + 1;
  const wake = state.wake + 1;
  const dueAtMs = validUntilMs(begun.asking, nowMs, policy);
  const events = eventsOf(input, policy, begun, { round, validUntil: BigInt(dueAtMs) });
  const soonMs = waitsForOwnPledge(events, state.revision, round) ? nowMs + SOON_MS : dueAtMs;
  const timer = { name: SHELF_TIMER, dueAtMs: Math.min(dueAtMs, soonMs), detail: { wake } };
  const timers: NewTimer[] = round < ROUNDS_MAX ? [timer] : [];
  return {
    state: { ...state, subject: round < ROUNDS_MAX ? subject : null, asking: null, round, wake },
    events,
    timers,
  };
}

/** An amendment after an approval was undone may still find its own pledge being taken back. */
function waitsForOwnPledge(
  events: readonly VerifyOutgoing[],
  revision: number,
  round: number,
): boolean {
  if (revision === 1 || round > SOON_ROUNDS_MAX) return false;
  return events.some(
    ({ type, data }) =>
      type === 'PatentsVerified' &&
      data.bundle.findings.some(({ grounds }) =>
        grounds.some(({ code, result }) => code === 'PL09' && result === 'ADVERSE'),
      ),
  );
}

/** From the oldest answer on: what came from a cache may be some minutes old already. */
function validUntilMs(asking: Asking, nowMs: number, { shelfLifeMs }: VerifyPolicy): number {
  const answeredAtMs = itemsOf(asking).map((item) =>
    item?.kind === 'answered' ? Number(item.evidence.answeredAt ?? nowMs) : nowMs,
  );
  return Math.min(nowMs, ...answeredAtMs) + shelfLifeMs;
}

function eventsOf(
  { event, state, applicationId }: Input,
  policy: VerifyPolicy,
  { subject, asking }: Begun,
  { round, validUntil }: { readonly round: number; readonly validUntil: bigint },
): VerifyOutgoing[] {
  const { content, businessDate } = subject;
  const identity = { applicationId, revision: state.revision, lenderId: event.lenderId };
  const registry = knownOf(asking.registry, 'the enterprise registry');
  const listings = knownOf(asking.listings, 'the watchlists');
  const bureau = asking.bureau && knownOf(asking.bureau, 'the credit bureau');
  const consent = bureauConsent(content, businessDate);
  const checked: EnterpriseChecked = {
    ...identity,
    guarantee: guaranteeFindingOf(content, asking.guarantee),
    checks: checksOf({ registry, listings, bureau }, content, consent),
    registry: registryFactsOf(registry),
    bureau: bureauFactsOf(bureau),
    validUntil,
  };
  const patents = distinctClaims(content.patents).map((claim) => offeredOf(claim, asking));
  const offer = { lenderId: event.lenderId, content, businessDate, patents };
  const bundle = bundleOf(offer, policy.valuation);
  const verified: PatentsVerified = {
    ...identity,
    productId: content.productId,
    businessDate,
    enterprise: content.enterprise,
    request: content.request,
    bundle,
    pledgeRequested: policy.pledgeProducts.has(content.productId),
    market: content.market,
    contract: content.contract?.reference ?? null,
    validUntil,
    round,
  };
  return [
    { type: 'EnterpriseChecked', data: checked },
    { type: 'PatentsVerified', data: verified },
  ];
}

function offeredOf(claim: PatentClaim, { patents }: Asking): OfferedPatent {
  const asked = patents.find(({ number }) => number === claim.number);
  if (asked === undefined) {
    const reason = 'the number fails its check, so nobody was asked';
    const unasked = { kind: 'unknown', reason, evidence: null } as const;
    return { claim, register: unasked, annuity: unasked, appraisal: null };
  }
  return {
    claim,
    register: knownOf(asked.register, 'the register'),
    annuity: knownOf(asked.annuity, 'the annuity office'),
    appraisal: asked.appraisal && knownOf(asked.appraisal, 'the appraiser'),
  };
}

function knownOf<Says>(item: Item<Says>, who: string): Known<Says> {
  switch (item.kind) {
    case 'answered':
      return item;
    case 'unknown':
      return { ...item, reason: `${who} did not answer: ${item.reason}` };
    case 'open':
      return { kind: 'unknown', reason: `${who} was not asked`, evidence: null };
  }
}

/** A patent claimed twice is one patent; its first appraisal stands. */
function distinctClaims(claims: readonly PatentClaim[]): PatentClaim[] {
  const seen = new Set<string>();
  return claims.filter(({ number }) => !seen.has(number) && seen.add(number));
}

/** Our policy: an institution that its guarantor platform does not know guarantees nothing. */
function guaranteeFindingOf(
  content: ApplicationContent,
  guarantee: Item<GuarantorSays> | null,
): GuaranteeFinding | null {
  if (content.guarantee === null || guarantee === null || guarantee.kind === 'open') return null;
  const { institution, sharePpm } = content.guarantee;
  const finding = { institution, sharePpm, evidence: guarantee.evidence };
  if (guarantee.kind === 'unknown') return { ...finding, result: 'UNKNOWN', reference: null };
  const { value } = guarantee;
  if (!value.known) return { ...finding, result: 'ADVERSE', reference: null };
  return {
    ...finding,
    result: value.confirmed ? 'CLEAR' : 'ADVERSE',
    reference: value.reference,
  };
}
