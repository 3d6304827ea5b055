// The verify line's decision: which answers are in, what is asked again, what the patents are worth.
import type {
  ApplicationContent,
  GuaranteeFinding,
  PatentClaim,
  PatentFinding,
  PatentsVerified,
} from '@saidao/schemas';
import type { DecideInput, Decision, LineState, Outgoing } from '@saidao/worker';
import type { BusinessDate } from '@saidao/values';
import { againAfterMs, isOpen, openItem, settle, wakeOf, type Item, type Reply } from './asking.ts';
import { allUnknown, isUsable, judge, type Purpose, type RegisterSays } from './patents/grounds.ts';
import { expiryOf, remainingYears } from './patents/life.ts';
import { needsPledge } from './patents/products.ts';
import { valueBundle } from './patents/valuation.ts';

/** The guarantor's answer; that it knows no such institution is an answer too. */
export type GuarantorSays =
  | { readonly known: true; readonly confirmed: boolean; readonly reference: string }
  | { readonly known: false };

export interface VerifyState extends LineState {
  /** What is being asked; null: nothing, all is answered or the application was withdrawn. */
  readonly asking: Asking | null;
  /** Counts the timers; an earlier one is stale. */
  readonly wake: number;
}

export interface Asking {
  readonly businessDate: BusinessDate;
  readonly content: ApplicationContent;
  readonly patents: readonly AskedPatent[];
  readonly guarantee: Item<GuarantorSays> | null;
  /** Rounds that left something open. */
  readonly rounds: number;
}

export interface AskedPatent {
  readonly number: string;
  readonly item: Item<RegisterSays>;
}

/** What `gather` brought: replies to what it asked, which may be less than what is open. */
export interface VerifyGathered {
  readonly patents: ReadonlyMap<string, Reply<RegisterSays>>;
  readonly guarantee: Reply<GuarantorSays> | undefined;
  readonly registerAnsweredAtMs: number | null;
  readonly guarantorAnsweredAtMs: number | null;
}

export const initialVerifyState: VerifyState = { revision: 0, asking: null, wake: 0 };

type Input = DecideInput<
  'ApplicationReceived' | 'ApplicationAmended' | 'ApplicationWithdrawn' | 'TimerDue',
  VerifyState,
  VerifyGathered
>;
type VerifyOut = 'EnterpriseChecked' | 'PatentsVerified';
type VerifyOutgoing = Outgoing<VerifyOut>;
type Verified = Decision<VerifyOut, VerifyState, never>;

export const AGAIN_TIMER = 'ask-again';

export function decideVerification(input: Input): Verified {
  const { event, state } = input;
  switch (event.type) {
    case 'ApplicationReceived':
    case 'ApplicationAmended':
      return proceed(input, startAsking(event.data.businessDate, event.data.content));
    case 'ApplicationWithdrawn':
      if (state.asking === null) return { ignored: 'nothing-asked' };
      return { state: { ...state, asking: null } };
    case 'TimerDue':
      if (state.asking === null || wakeOf(event.data.detail) !== state.wake) {
        return { ignored: 'stale-timer' };
      }
      return proceed(input, state.asking);
  }
}

/** All that an application makes us ask; numbers that fail their check are nobody's to answer. */
export function startAsking(businessDate: BusinessDate, content: ApplicationContent): Asking {
  return {
    businessDate,
    content,
    patents: distinctClaims(content.patents)
      .filter(({ numberValid }) => numberValid)
      .map(({ number }) => ({ number, item: openItem })),
    guarantee: content.guarantee === null ? null : openItem,
    rounds: 0,
  };
}

function proceed(input: Input, before: Asking): Verified {
  const asking = settled(before, input.gathered);
  if (!asking.patents.some(({ item }) => isOpen(item)) && !isOpenGuarantee(asking)) {
    return { state: { ...input.state, asking: null }, events: verdict(input, asking) };
  }
  const rounds = asking.rounds + 1;
  const wake = input.state.wake + 1;
  return {
    state: { ...input.state, asking: { ...asking, rounds }, wake },
    timers: [
      {
        name: AGAIN_TIMER,
        dueAtMs: input.nowMs + againAfterMs(rounds, input.applicationId),
        detail: { wake },
      },
    ],
  };
}

const isOpenGuarantee = ({ guarantee }: Asking): boolean => guarantee !== null && isOpen(guarantee);

function settled(asking: Asking, gathered: VerifyGathered): Asking {
  const { registerAnsweredAtMs, guarantorAnsweredAtMs } = gathered;
  return {
    ...asking,
    patents: asking.patents.map(({ number, item }) => ({
      number,
      item: settle(item, gathered.patents.get(number), {
        othersAnsweredAtMs: registerAnsweredAtMs,
      }),
    })),
    guarantee:
      asking.guarantee &&
      settle(asking.guarantee, gathered.guarantee, { othersAnsweredAtMs: guarantorAnsweredAtMs }),
  };
}

function verdict({ event, state, applicationId }: Input, asking: Asking): VerifyOutgoing[] {
  const { content, businessDate } = asking;
  const identity = { applicationId, revision: state.revision, lenderId: event.lenderId };
  const verified: PatentsVerified = {
    ...identity,
    productId: content.productId,
    businessDate,
    enterprise: content.enterprise,
    request: content.request,
    bundle: bundleOf(asking),
    pledgeRequested: needsPledge(content.productId),
  };
  return [
    { type: 'EnterpriseChecked', data: { ...identity, guarantee: guaranteeFindingOf(asking) } },
    { type: 'PatentsVerified', data: verified },
  ];
}

function bundleOf({ content, businessDate, patents }: Asking): PatentsVerified['bundle'] {
  const purpose: Purpose = {
    applicantUscc: content.enterprise.uscc,
    businessDate,
    termMonths: content.request.termMonths,
  };
  const findings = distinctClaims(content.patents).map((claim) => {
    const asked = patents.find(({ number }) => number === claim.number);
    return patentFindingOf(claim, asked?.item, purpose);
  });
  const value = valueBundle(
    findings.map(({ number, usable, appraised, expires }) => ({
      number,
      usable,
      appraised,
      remainingYears: expires === null ? undefined : remainingYears(businessDate, expires),
    })),
    content.valuation,
  );
  const usable = findings.filter((finding) => finding.usable).map(({ number }) => number);
  return { findings, usable, ...value };
}

function patentFindingOf(
  claim: PatentClaim,
  item: Item<RegisterSays> | undefined,
  purpose: Purpose,
): PatentFinding {
  const { number, appraised } = claim;
  const unread = { number, kind: null, filed: null, expires: null, usable: false, appraised };
  if (item === undefined || item.kind === 'open') {
    const reason = 'the number fails its check, so the register was not asked';
    return { ...unread, grounds: allUnknown(reason), evidence: null };
  }
  if (item.kind === 'unknown') {
    const reason = `the register did not answer: ${item.reason}`;
    return { ...unread, grounds: allUnknown(reason), evidence: item.evidence };
  }
  const { value, evidence } = item;
  const grounds = judge(value, purpose);
  if (!value.known) return { ...unread, grounds, evidence };
  const { kind, filed } = value.entry;
  const expires = expiryOf(kind, filed);
  return { number, kind, filed, expires, grounds, usable: isUsable(grounds), appraised, evidence };
}

/** A patent claimed twice is one patent; its first appraisal stands. */
function distinctClaims(claims: readonly PatentClaim[]): PatentClaim[] {
  const seen = new Set<string>();
  return claims.filter(({ number }) => !seen.has(number) && seen.add(number));
}

/** Our policy: an institution that its guarantor platform does not know guarantees nothing. */
function guaranteeFindingOf({ content, guarantee }: Asking): GuaranteeFinding | null {
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
