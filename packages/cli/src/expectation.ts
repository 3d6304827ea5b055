// What a sample expects against what became of it: each difference as a sentence.
import type { Answer, Outcome, Sample } from '@saidao/applicants';
import type { Money } from '@saidao/schemas';
import { fenOfMoney, fenOfYuan, formatYuan } from '@saidao/values';
import type { CaseHistory } from './case-history.ts';
import type { RailPayout } from './outside-world.ts';

export interface CaseFacts {
  readonly history: CaseHistory;
  /** Undefined: it had not come to an end in time. */
  readonly outcome: Outcome | undefined;
  readonly answers: readonly Answer[];
  /** What the rail paid to this enterprise or its payees; null: nobody could ask the rail. */
  readonly paidByRail: readonly RailPayout[] | null;
  /** When the cases sent beside it were decided, from their own submission; undefined: not yet. */
  readonly othersDecidedMs: ReadonlyMap<string, number | undefined>;
}

type Expectation = Sample['expect'];
type Name = keyof Expectation;
/** Undefined: as expected. */
type Check<N extends Name> = (
  expected: NonNullable<Expectation[N]>,
  facts: CaseFacts,
) => string | undefined;

const CHECKS: { readonly [N in Name]-?: Check<N> } = {
  outcome: (expected, { outcome }) => differs(expected, outcome ?? 'no end in time'),
  referredFirst: (expected, { history }) => differs(expected, wasReferredFirst(history)),
  approvers: (expected, { history }) =>
    differsInSome(expected, approvalOf(history)?.approvers ?? null),
  reasons: (expected, { history }) => {
    const given = decisionOf(history)?.reasons.map(({ code }) => code) ?? [];
    const missing = expected.filter((code) => !given.includes(code));
    return missing.length === 0
      ? undefined
      : `${missing.join(', ')} not among ${given.join(', ') || 'no reasons'}`;
  },
  neverDeclined: (_, { history }) =>
    history.first('LoanDeclined') === undefined ? undefined : 'it was declined',
  amount: (expected, { history, outcome }) => {
    const lent = outcome === 'paid' ? history.first('LoanDisbursed')?.data.amount : undefined;
    return differsInMoney(expected, lent ?? approvalOf(history)?.terms.amount ?? null);
  },
  payees: (expected, { history, paidByRail }) => {
    const confirmed = new Set(history.all('PayoutConfirmed').map(({ data }) => data.payoutId));
    const paid = history
      .all('PayoutInstructed')
      .filter(({ data }) => confirmed.has(data.payoutId))
      .map(({ data }) => `${formatYuan(fenOfMoney(data.amount))} to ${data.payee}`);
    const wanted = expected.map(({ name, amount }) => `${amount} to ${name}`);
    return (
      differsInSome(wanted, paid) ??
      (paidByRail === null
        ? undefined
        : prefixed('the rail paid otherwise: ', differsInSome(wanted, paidByRail.map(railText))))
    );
  },
  entrusted: (expected, { history }) =>
    differs(expected, approvalOf(history)?.terms.entrusted ?? null),
  nothingPaid: (_, { history, paidByRail }) => {
    const booked = history.first('LoanBooked') ?? history.first('PayoutInstructed');
    if (booked !== undefined) return `there is a ${booked.type}`;
    if (paidByRail === null || paidByRail.length === 0) return undefined;
    return `the rail paid ${paidByRail.map(railText).join(' and ')}`;
  },
  usablePatents: (expected, { history }) => differsInSome(expected, bundleOf(history)?.usable),
  unknownPatents: (expected, { history }) =>
    differsInSome(
      expected,
      findingsOf(history)
        .filter(({ grounds }) => grounds.some(({ result }) => result === 'UNKNOWN'))
        .map(({ number }) => number),
    ),
  adverseGrounds: (expected, { history }) => {
    const found = findingsOf(history).map(({ number, grounds }) => [
      number,
      grounds.filter(({ result }) => result === 'ADVERSE').map(({ code }) => code),
    ]);
    const adverse = found.filter(([, codes]) => (codes?.length ?? 0) > 0);
    return differsInSome(groundTexts(Object.entries(expected)), groundTexts(adverse as never));
  },
  appraised: (expected, { history }) =>
    differsInMoney(expected, bundleOf(history)?.usableAppraised),
  internalValue: (expected, { history }) =>
    differsInMoney(expected, bundleOf(history)?.internalValue),
  pledgeLimit: (expected, { history }) =>
    differsInMoney(
      expected,
      decisionOf(history)?.basis.limits.find(({ name }) => name === 'security')?.amount,
    ),
  need: (expected, { history }) => differsInMoney(expected, decisionOf(history)?.basis.need),
  proposedLimitAtMost: (expected, { history }) => {
    const proposed = decisionOf(history)?.basis.proposedLimit ?? null;
    if (proposed === null) return `at most ${expected} expected, none proposed`;
    return fenOfMoney(proposed) <= fenOfYuan(expected)
      ? undefined
      : `at most ${expected} expected, ${formatYuan(fenOfMoney(proposed))} proposed`;
  },
  sizeClass: (expected, { history }) => differs(expected, decisionOf(history)?.basis.sizeClass),
  inclusive: (expected, { history }) =>
    differsInSome(expected, decisionOf(history)?.basis.inclusive),
  guaranteeConfirmed: (expected, { history }) => {
    const guarantee = history.first('EnterpriseChecked')?.data.guarantee ?? null;
    return differs(expected, guarantee?.result === 'CLEAR');
  },
  pledgeRegisteredWithinMs: (expected, { history }) => {
    const authorised = history.first('DisbursementAuthorised')?.appendedAtMs;
    const registered = history.first('PledgeRegistered')?.appendedAtMs;
    if (authorised === undefined || registered === undefined) return 'it was not registered';
    return atMost(expected, registered - authorised, 'ms from the authorisation');
  },
  undecidedForMs: (expected, { history }) => {
    const decidedMs = decidedMsOf(history);
    return decidedMs === undefined || decidedMs >= expected
      ? undefined
      : `decided after ${decidedMs} ms, not before ${expected} ms expected`;
  },
  triesAtLeast: (expected, { history }) => {
    const tries = unknownEvidenceOf(history).map(({ attempts }) => attempts);
    return atLeast(expected, Math.min(...tries), 'tries');
  },
  triesOverMsAtLeast: (expected, { history }) => {
    const verifiedAtMs = history.first('PatentsVerified')?.appendedAtMs ?? -Infinity;
    const spans = unknownEvidenceOf(history).map(({ askedAt }) => verifiedAtMs - Number(askedAt));
    return atLeast(expected, Math.min(...spans), 'ms of asking');
  },
  othersNotHeldUp: (_, { history, othersDecidedMs }) => {
    const ownMs = decidedMsOf(history) ?? Infinity;
    const held = [...othersDecidedMs].filter(([, decidedMs]) => (decidedMs ?? Infinity) >= ownMs);
    return held.length === 0 ? undefined : `held up: ${held.map(([id]) => id).join(', ')}`;
  },
  oneApplication: (_, { history }) => {
    const { size } = history.applicationIds;
    const received = history.all('ApplicationReceived').length;
    return size === 1 && received === 1
      ? undefined
      : `${size} application ids, received ${received} times`;
  },
  oneDecision: (_, { history }) => {
    const decisions = ['LoanApproved', 'LoanReferred', 'LoanDeclined'] as const;
    return exactlyOne(decisions.flatMap((type) => history.all(type)).length, 'decisions');
  },
  oneLoan: (_, { history }) =>
    exactlyOne(history.all('LoanBooked').length, 'loans') ??
    exactlyOne(history.all('LoanDisbursed').length, 'disbursements'),
  conflictRefused: (_, { history, answers }) =>
    answers.some(({ became }) => became === 'conflict') ||
    history.all('SubmissionRejected').some(({ data }) => data.code === 'CONFLICT')
      ? undefined
      : 'nothing was refused as a conflict',
};

/** Empty: everything that the sample looks at is as it expects. */
export function differencesOf({ expect }: Pick<Sample, 'expect'>, facts: CaseFacts): string[] {
  return (Object.keys(expect) as Name[]).flatMap((name) => {
    const check = CHECKS[name] as (expected: unknown, facts: CaseFacts) => string | undefined;
    const difference = check(expect[name], facts);
    return difference === undefined ? [] : [`${name}: ${difference}`];
  });
}

/** From the submission to the first decision; undefined: not decided. */
export function decidedMsOf(history: CaseHistory): number | undefined {
  const { submittedAtMs } = history;
  const first = history.events.find(
    ({ type }) => type === 'LoanApproved' || type === 'LoanReferred' || type === 'LoanDeclined',
  );
  if (first === undefined || submittedAtMs === undefined) return undefined;
  return first.appendedAtMs - submittedAtMs;
}

/** Payouts of the rail's book to this case's names, but for those of other applications. */
export function paidTo(
  book: readonly RailPayout[],
  { submission }: Pick<Sample, 'submission'>,
  history: CaseHistory,
  payoutsOf: ReadonlyMap<string, string>,
): readonly RailPayout[] {
  const { enterprise, request } = submission;
  const names = new Set([enterprise.name, ...(request.payees ?? []).map(({ name }) => name)]);
  return book.filter(({ payoutId, payee }) => {
    if (!names.has(payee)) return false;
    const owner = payoutsOf.get(payoutId);
    return owner === undefined || history.applicationIds.has(owner);
  });
}

function approvalOf(history: CaseHistory) {
  return history.all('LoanApproved').at(-1)?.data;
}

function decisionOf(history: CaseHistory) {
  const last = history.events.findLast(
    ({ type }) => type === 'LoanApproved' || type === 'LoanReferred' || type === 'LoanDeclined',
  );
  return last?.type === 'LoanApproved' ||
    last?.type === 'LoanReferred' ||
    last?.type === 'LoanDeclined'
    ? last.data
    : undefined;
}

function wasReferredFirst({ events }: CaseHistory): boolean {
  const decided = events.find(
    ({ type }) => type === 'LoanApproved' || type === 'LoanReferred' || type === 'LoanDeclined',
  );
  return decided?.type === 'LoanReferred';
}

function bundleOf(history: CaseHistory) {
  return history.all('PatentsVerified').at(-1)?.data.bundle;
}

function findingsOf(history: CaseHistory) {
  return bundleOf(history)?.findings ?? [];
}

function unknownEvidenceOf(history: CaseHistory) {
  return findingsOf(history)
    .filter(({ grounds }) => grounds.some(({ result }) => result === 'UNKNOWN'))
    .flatMap(({ evidence }) => evidence.filter(({ answeredAt }) => answeredAt === null));
}

function groundTexts(found: readonly (readonly [string, readonly string[]])[]): string[] {
  return found.map(([number, codes]) => `${number} ${codes.toSorted().join('+')}`);
}

function railText({ payee, amountFen }: RailPayout): string {
  return `${formatYuan(BigInt(amountFen))} to ${payee}`;
}

function differs(expected: unknown, found: unknown): string | undefined {
  return expected === found
    ? undefined
    : `${String(expected)} expected, ${String(found ?? 'nothing')} found`;
}

function differsInSome(
  expected: readonly string[],
  found: readonly string[] | null | undefined,
): string | undefined {
  if (found === null || found === undefined) return 'not known';
  const [wanted, given] = [expected.toSorted(), found.toSorted()];
  const same = wanted.length === given.length && wanted.every((one, at) => one === given[at]);
  return same
    ? undefined
    : `${wanted.join(', ') || 'none'} expected, ${given.join(', ') || 'none'} found`;
}

function differsInMoney(expected: string, found: Money | null | undefined): string | undefined {
  if (found === null || found === undefined) return `${expected} expected, not known`;
  return differs(formatYuan(fenOfYuan(expected)), formatYuan(fenOfMoney(found)));
}

function atLeast(least: number, found: number, unit: string): string | undefined {
  return Number.isFinite(found) && found >= least
    ? undefined
    : `at least ${least} ${unit} expected, ${Number.isFinite(found) ? found : 'none'} found`;
}

function atMost(most: number, found: number, unit: string): string | undefined {
  return found <= most ? undefined : `at most ${most} ${unit} expected, ${found} found`;
}

function exactlyOne(count: number, what: string): string | undefined {
  return count === 1 ? undefined : `${count} ${what}`;
}

function prefixed(prefix: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${prefix}${text}`;
}
