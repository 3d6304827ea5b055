// Officers on a referred application: who may do what, what is asked of them, and what they are told.
import type {
  EventMap,
  LoanApproved,
  LoanDeclined,
  ReviewRecorded,
  ReviewRefused,
} from '@saidao/schemas';
import { event } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import {
  amendTerms,
  applicationId,
  askUndo,
  asOf,
  caseNamed,
  claim,
  clearChecks,
  decided,
  declines,
  giveBack,
  half,
  locked,
  note,
  reassign,
  received,
  scoredOf,
  start,
  verdict,
  yuan,
} from '../cases.fixture.ts';
import { groupName } from '../rounds/exposure.ts';
import type { decline } from '../rounds/judging.ts';
import type { OutputName } from '../rows.ts';
import { actionNames } from '../transitions.ts';
import { refusals } from './refusals.ts';

/** Above any automatic amount and nothing else against it: a senior officer has to check. */
const lock = caseNamed('smart-lock-ip-pledge');
/** An officer may check it. */
const unproven = caseNamed('uscc-check-fails');
const sensor = caseNamed('new-quality-8m');
const MINUTE_MS = 60_000;

type Said = ReturnType<typeof start>;
type Decision = ReturnType<Said['when']>;

function dataOf<N extends OutputName>({ events }: Decision, type: N): EventMap[N] {
  const found = events?.find((one) => one.type === type);
  if (found === undefined) {
    throw new Error(`No ${type} among ${events?.map((one) => one.type).join(', ')}.`);
  }
  return found.data as EventMap[N];
}
const types = (decision: Decision) => decision.events?.map(({ type }) => type);
const recorded = (decision: Decision): ReviewRecorded => dataOf(decision, 'ReviewRecorded');
const refused = (decision: Decision): ReviewRefused => dataOf(decision, 'ReviewRefused');
const approved = (decision: Decision): LoanApproved => dataOf(decision, 'LoanApproved');
const declined = (decision: Decision): LoanDeclined => dataOf(decision, 'LoanDeclined');
const causeOf = (decision: Decision) => refused(decision).cause;

const referred = (sample = lock, held: Readonly<Record<string, unknown>> = {}) =>
  decided(sample, held).said;

function lapse(claimId: string) {
  return event('TimerDue', {
    applicationId,
    revision: 1,
    lenderId: 'exim-zj',
    timerId: 'timer-1',
    name: 'claim-lapse',
    dueAt: 0n,
    detail: JSON.stringify({ claimId }),
  });
}

/** The enterprise is listed: an approval overrides the rule that says so. */
function listed(): Said {
  const checks = clearChecks.map((check) =>
    check.code === 'DISHONEST_DEBTORS'
      ? { ...check, result: 'ADVERSE' as const, reason: 'listed' }
      : check,
  );
  return start()
    .given(event('ApplicationReceived', received(sensor)))
    .given(event('EnterpriseScored', scoredOf(sensor, { checks })));
}

describe('a claim', () => {
  it('is held until it lapses, and its timer is set', () => {
    const said = referred();
    const claimed = claim(lock, 'officer-a');
    const decision = said.when(claimed);
    const untilMs = 1_000 + 240 * MINUTE_MS;
    expect(recorded(decision)).toMatchObject({
      ...{ action: 'CLAIMED', actionId: claimed.id, officer: 'officer-a', tier: 'senior-officer' },
      ...{ claimedBy: 'officer-a', claimedUntil: BigInt(untilMs), approvers: [] },
      terms: { amount: yuan(100_000_000) },
    });
    expect(decision.timers).toEqual([
      { name: 'claim-lapse', dueAtMs: untilMs, detail: { claimId: claimed.id } },
    ]);
    expect(causeOf(said.when(claim(lock, 'officer-b')))).toBe('CLAIMED_BY_OTHER');
  });

  it('lapses by its own timer only', () => {
    const said = referred();
    const first = claim(lock, 'officer-a');
    const second = claim(lock, 'officer-a');
    said.given(first).given(second);
    expect(said.when(lapse(first.id)).ignored).toBe('stale-timer');
    const decision = said.when(lapse(second.id));
    expect(recorded(decision)).toMatchObject({
      ...{ action: 'LAPSED', actionId: 'timer-1', officer: null, claimedBy: null },
    });
    expect(decision.rows?.some(({ kind }) => kind === 'outcome')).toBe(false);
    expect(recorded(said.when(claim(lock, 'officer-b')))).toMatchObject({ action: 'CLAIMED' });
  });

  it('is held to its very end', () => {
    const said = referred().given(claim(lock, 'officer-a'));
    const end = { appendedAtMs: 1_000 + 240 * MINUTE_MS };
    expect(causeOf(said.when({ ...claim(lock, 'officer-b'), ...end }))).toBe('CLAIMED_BY_OTHER');
    expect(recorded(said.when({ ...verdict(lock, 'officer-a'), ...end }))).toMatchObject({
      ...{ action: 'APPROVED_FIRST', officer: 'officer-a' },
    });
  });

  it('that is over counts no more, though its timer has not come', () => {
    const said = referred().given(claim(lock, 'officer-a'));
    const late = { appendedAtMs: 1_001 + 240 * MINUTE_MS };
    const verdictLate = { ...verdict(lock, 'officer-a'), ...late };
    expect(causeOf(said.when(verdictLate))).toBe('CLAIM_LAPSED');
    const others = { ...claim(lock, 'officer-b'), ...late };
    expect(recorded(said.when(others)).claimedBy).toBe('officer-b');
  });

  it('is given back by its holder, and by nobody else', () => {
    const said = referred();
    expect(causeOf(said.when(giveBack(lock, 'officer-a')))).toBe('NOT_CLAIMED');
    said.given(claim(lock, 'officer-a'));
    expect(causeOf(said.when(giveBack(lock, 'officer-b')))).toBe('CLAIMED_BY_OTHER');
    const back = recorded(said.when(giveBack(lock, 'officer-a')));
    expect(back).toMatchObject({ action: 'RETURNED', claimedBy: null, reason: 'on leave' });
  });

  it.each([
    ['senior-officer', 'REASSIGNED'],
    ['committee', 'REASSIGNED'],
    ['operator', 'REASSIGNED'],
    ['officer', 'ROLE_NOT_ALLOWED'],
    [null, 'ROLE_NOT_ALLOWED'],
    ['auditor', 'ROLE_NOT_ALLOWED'],
  ])('is passed on by %s: %s', (role, answer) => {
    const said = referred().given(claim(lock, 'officer-a'));
    const decision = said.when(reassign(lock, 'someone', 'officer-b', { role }));
    const [{ data } = { data: undefined }] = decision.events ?? [];
    expect(data).toMatchObject(
      answer === 'REASSIGNED' ? { action: answer, claimedBy: 'officer-b' } : { cause: answer },
    );
  });

  it('is passed on to none who may not judge', () => {
    const said = referred();
    const toOperator = reassign(lock, 'chief', 'ops', { toRole: 'operator' });
    expect(causeOf(said.when(toOperator))).toBe('ROLE_NOT_ALLOWED');
  });

  it.each(['operator', 'auditor', 'channel', ''])('is nothing for a %s', (role) => {
    expect(causeOf(referred().when(claim(lock, 'ops', { role })))).toBe('ROLE_NOT_ALLOWED');
  });

  it('stays where the application is judged anew, and its approvals fall', () => {
    const said = referred().given(claim(lock, 'officer-a'));
    const low = scoredOf(lock, { coveragePpm: 0 });
    const decision = said.when(event('EnterpriseScored', low));
    expect(types(decision)).toEqual(['LoanReferred']);
    expect(said.state()).toMatchObject({ claim: { officer: 'officer-a' } });
  });
});

describe('two approvals', () => {
  it('come from the holder of the claim and from another who reaches the tier', () => {
    const said = referred();
    expect(causeOf(said.when(verdict(lock, 'maker')))).toBe('NOT_CLAIMED');
    said.given(claim(lock, 'maker', { role: 'officer' }));
    expect(causeOf(said.when(verdict(lock, 'other')))).toBe('CLAIMED_BY_OTHER');
    const first = said.when(verdict(lock, 'maker', { role: 'officer' }));
    expect(types(first)).toEqual(['ReviewRecorded']);
    expect(recorded(first)).toMatchObject({
      ...{ action: 'APPROVED_FIRST', approvers: ['maker'], claimedBy: null, override: false },
      ...{ overrideRate: null, tier: 'senior-officer' },
    });
    expect(causeOf(said.when(verdict(lock, 'maker')))).toBe('SAME_OFFICER');
    const low = said.when(verdict(lock, 'checker', { role: 'officer' }));
    expect(causeOf(low)).toBe('TIER_TOO_LOW');
    const last = said.when(verdict(lock, 'checker', { role: 'senior-officer' }));
    expect(types(last)).toEqual(['LoanApproved', 'ReviewRecorded']);
    expect(approved(last)).toMatchObject({ approvers: ['maker', 'checker'], override: null });
    expect(recorded(last)).toMatchObject({
      ...{ action: 'APPROVED', approvers: ['maker', 'checker'], override: false },
      ...{ terms: approved(last).terms, overrideRate: { verdicts: 1, overrides: 0, ratePpm: 0 } },
    });
  });

  it('may come from one officer each where an officer’s tier is enough; no role is one', () => {
    const said = referred(unproven);
    half(said, unproven);
    const last = said.when(verdict(unproven, 'officer-b', { role: null }));
    expect(approved(last).approvers).toEqual(['officer-a', 'officer-b']);
  });

  it('tell whoever comes too late what it came to be', () => {
    const said = half(referred(), lock).given(verdict(lock, 'officer-b'));
    const late = said.when(verdict(lock, 'officer-c'));
    expect(refused(late)).toMatchObject({
      ...{ cause: 'ALREADY_DECIDED', action: 'ReviewSubmitted', officer: 'officer-c' },
      ...{ zh: '该申请已有结论：已批准。' },
      ...{ en: 'The application is decided already: approved.' },
    });
    expect(late.rows).toMatchObject([
      { kind: 'evidence', type: 'ReviewRefused' },
      { kind: 'outcome', cause: 'ALREADY_DECIDED', status: 'APPROVED', override: null },
    ]);
  });

  it('are refused where what they would stand on has grown too old', () => {
    const said = start()
      .given(event('ApplicationReceived', received(unproven)))
      .given(event('EnterpriseScored', scoredOf(unproven, { validUntil: 5_000n })))
      .given(claim(unproven, 'officer-a'));
    const late = said.when(verdict(unproven, 'officer-a'), undefined, { nowMs: 5_001 });
    expect(causeOf(late)).toBe('EVIDENCE_TOO_OLD');
  });

  it('are asked for again where the group’s limit has shrunk since the first', () => {
    const group = groupName('exim-zj', lock.enterprise.uscc);
    const others = (amount: number) => ({ other: yuan(amount).minor });
    const said = referred(lock, { [group]: { entries: others(900_000_000) } });
    half(said, lock);
    // Another application of the group took part of the limit in between.
    Object.assign(said.held(), { [group]: { entries: others(960_000_000) } });
    const second = said.when(verdict(lock, 'officer-b'));
    expect(types(second)).toEqual(['LoanReferred', 'ReviewRefused']);
    expect(causeOf(second)).toBe('TERMS_CHANGED');
    half(said, lock, 'officer-b');
    const terms = approved(said.when(verdict(lock, 'officer-a'))).terms;
    expect(terms.amount).toEqual(yuan(40_000_000));
    expect(terms.payees.map(({ amount }) => amount)).toEqual([yuan(24_800_000), yuan(15_200_000)]);
  });

  it('of an older revision count for nothing', () => {
    const said = half(referred(), lock)
      .given(event('ApplicationAmended', received(lock, { revision: 2 })))
      .given(event('EnterpriseScored', scoredOf(lock, { revision: 2 })))
      .given(event('PledgeLocked', locked(lock, { revision: 2 })));
    expect(causeOf(said.when(verdict(lock, 'officer-b')))).toBe('OTHER_REVISION');
    const current = said.when(verdict(lock, 'officer-b', { revision: 2 }));
    expect(causeOf(current)).toBe('NOT_CLAIMED');
  });

  it.each([
    ['of another lender', { lenderId: 'boc-zj' }, 'OTHER_LENDER'],
    ['that cannot be read', { verdict: 'UNKNOWN' as const }, 'UNKNOWN_VERDICT'],
    ['of an operator', { role: 'operator' }, 'ROLE_NOT_ALLOWED'],
  ])('%s are refused, on the lender’s own topic', (_, change, cause) => {
    const said = referred().given(claim(lock, 'officer-a'));
    const decision = said.when(verdict(lock, 'officer-a', change));
    expect(refused(decision)).toMatchObject({ cause, lenderId: 'exim-zj' });
    expect(types(decision)).toEqual(['ReviewRefused']);
  });
});

describe('whoever submitted or amended the application', () => {
  const submitted = (submittedBy: string) =>
    start()
      .given(event('ApplicationReceived', received(unproven, { submittedBy: 'first' })))
      .given(
        event('ApplicationAmended', received(unproven, { submittedBy, revision: 2 }), {
          number: 2,
        }),
      )
      .given(event('EnterpriseScored', scoredOf(unproven, { revision: 2 })));
  const now = { revision: 2 };

  it.each(['first', 'second'])('%s is neither maker nor checker', (who) => {
    const said = submitted('second');
    expect(causeOf(said.when(claim(unproven, who, now)))).toBe('SUBMITTER');
    expect(causeOf(said.when(reassign(unproven, 'chief', who, now)))).toBe('SUBMITTER');
    expect(causeOf(said.when(amendTerms(unproven, who, now)))).toBe('SUBMITTER');
    said.given(claim(unproven, 'officer-a', now)).given(verdict(unproven, 'officer-a', now));
    expect(causeOf(said.when(verdict(unproven, who, now)))).toBe('SUBMITTER');
    expect(types(said.when(verdict(unproven, 'officer-b', now)))).toContain('LoanApproved');
  });
});

describe('whoever is called the same in large letters', () => {
  it('is the same person, in every role', () => {
    const entered = received(unproven, { submittedBy: 'Clerk' });
    const said = start()
      .given(event('ApplicationReceived', entered))
      .given(event('EnterpriseScored', scoredOf(unproven)));
    expect(causeOf(said.when(claim(unproven, 'CLERK')))).toBe('SUBMITTER');
    expect(causeOf(said.when(amendTerms(unproven, 'clerk')))).toBe('SUBMITTER');
    said.given(amendTerms(unproven, 'amender', { amount: yuan(7_000_000) }));
    expect(causeOf(said.when(claim(unproven, 'Amender')))).toBe('AMENDER');
    said.given(claim(unproven, 'maker'));
    expect(recorded(said.when(verdict(unproven, 'Maker'))).action).toBe('APPROVED_FIRST');
    expect(causeOf(said.when(verdict(unproven, 'maker')))).toBe('SAME_OFFICER');
  });
});

describe('amended terms', () => {
  const less = { amount: yuan(50_000_000), termMonths: 24 };

  it('are up for approval from then on; approvals so far fall', () => {
    const said = half(referred(), lock);
    const decision = said.when(amendTerms(lock, 'amender', less));
    expect(recorded(decision)).toMatchObject({
      ...{ action: 'AMENDED', approvers: [], tier: 'senior-officer', reasonCode: 'F02' },
      terms: {
        ...less,
        payees: [{ amount: yuan(31_000_000) }, { amount: yuan(19_000_000) }],
      },
    });
    expect(said.state().takenFen).toBe(yuan(50_000_000).minor);
    half(said, lock);
    const last = approved(said.when(verdict(lock, 'officer-b')));
    expect(last).toMatchObject({ terms: less, override: null });
  });

  it('are approved by nobody who looked at others', () => {
    const said = half(referred(), lock).given(amendTerms(lock, 'amender', less));
    half(said, lock);
    const { amount, termMonths } = lock.request;
    const stale = [{ amount: yuan(amount) }, { termMonths: termMonths + 1 }];
    for (const seen of stale) {
      expect(causeOf(said.when(verdict(lock, 'officer-b', seen)))).toBe('TERMS_CHANGED');
    }
    expect(types(said.when(verdict(lock, 'officer-b', less)))).toContain('LoanApproved');
  });

  it('leave evidence of what their rate stands on', () => {
    const decision = referred().when(amendTerms(lock, 'amender', less));
    const [row] = decision.rows ?? [];
    expect(row).toMatchObject({ kind: 'assessment', amountFen: yuan(50_000_000).minor });
  });

  it('are approved by others than who wrote them, whose own claim falls', () => {
    const said = referred().given(claim(lock, 'amender'));
    said.given(amendTerms(lock, 'amender', less));
    expect(said.state().claim).toBeNull();
    expect(causeOf(said.when(claim(lock, 'amender')))).toBe('AMENDER');
    expect(causeOf(said.when(reassign(lock, 'chief', 'amender')))).toBe('AMENDER');
    half(said, lock);
    expect(causeOf(said.when(verdict(lock, 'amender')))).toBe('AMENDER');
    expect(types(said.when(verdict(lock, 'officer-b')))).toContain('LoanApproved');
  });

  it('stay with an amender of the revision, also where they are amended again', () => {
    const said = referred().given(amendTerms(lock, 'amender', less));
    said.given(amendTerms(lock, 'other', { amount: yuan(60_000_000) }));
    expect(causeOf(said.when(claim(lock, 'amender')))).toBe('AMENDER');
    expect(causeOf(said.when(claim(lock, 'other')))).toBe('AMENDER');
  });

  it.each([
    ['more than was asked', { amount: yuan('100000000.01') }, 'AMOUNT_OUT_OF_BOUNDS'],
    ['less than the product has', { amount: yuan(1) }, 'AMOUNT_OUT_OF_BOUNDS'],
    ['nothing', { amount: yuan(0) }, 'AMOUNT_OUT_OF_BOUNDS'],
    ['other money', { amount: { minor: 9_000_000_000n, currency: 'USD' } }, 'AMOUNT_OUT_OF_BOUNDS'],
    ['a term beyond the product', { termMonths: 600 }, 'TERM_OUT_OF_BOUNDS'],
    ['an unknown reason', { reasonCode: 'X1' }, 'NO_REASON_CODE'],
    ['what stands already', {}, 'TERMS_UNCHANGED'],
    ['an operator’s wish', { role: 'operator' }, 'ROLE_NOT_ALLOWED'],
  ])('cannot be %s', (_, change, cause) => {
    const decision = referred().when(amendTerms(lock, 'amender', change));
    expect(causeOf(decision)).toBe(cause);
    expect(decision.events).toHaveLength(1);
  });

  it('cannot go beyond what is left of the group’s limit', () => {
    const group = groupName('exim-zj', lock.enterprise.uscc);
    const entries = { other: yuan(960_000_000).minor };
    const said = referred(lock, { [group]: { entries } });
    const more = { amount: yuan(40_000_001) };
    expect(causeOf(said.when(amendTerms(lock, 'amender', more)))).toBe('EXPOSURE_LIMIT');
  });

  it.each([
    ['less', 3_000_000, 9_500_000, 7_000_000, [], ['nfra_1000w']],
    ['more', 4_000_000, 12_000_000, 12_000_000, ['nfra_1000w'], []],
  ])('that are %s than proposed count in the whole credit line', (...given) => {
    const [, ownFunds, asked, amended, byPolicy, byOfficers] = given;
    const { content } = received(unproven);
    const capital = { ...content.enterprise.workingCapital!, ownFunds: yuan(ownFunds) };
    const enterprise = { ...content.enterprise, workingCapital: capital };
    const request = { ...content.request, amount: yuan(asked) };
    const payees = [{ name: 'a', amount: yuan(asked) }];
    const changed = { ...content, enterprise, request: { ...request, payees } };
    const said = start()
      .given(event('ApplicationReceived', received(unproven, { content: changed })))
      .given(event('EnterpriseScored', scoredOf(unproven)));
    said.given(amendTerms(unproven, 'amender', { amount: yuan(amended) }));
    const role = 'committee';
    said.given(claim(unproven, 'maker')).given(verdict(unproven, 'maker', { role }));
    const { basis, inclusive } = approved(said.when(verdict(unproven, 'checker', { role })));
    const others = ['pbc_2000w', 's71_3000w'];
    expect(basis.inclusive).toEqual([...byPolicy, ...others]);
    expect(inclusive).toEqual([...byOfficers, ...others]);
  });

  it('above what policy proposes are an override, one tier higher', () => {
    // The need bears 9.2 million of the 9.5 that are asked.
    const content = received(unproven).content;
    const request = { ...content.request, amount: yuan(9_500_000) };
    const said = start()
      .given(event('ApplicationReceived', received(unproven, { content: { ...content, request } })))
      .given(event('EnterpriseScored', scoredOf(unproven)));
    expect(said.state().referral).toMatchObject({ proposed: { amount: yuan(9_200_000) } });
    const more = amendTerms(unproven, 'amender', { amount: yuan(9_500_000) });
    expect(recorded(said.when(more)).tier).toBe('senior-officer');
    said.given(claim(unproven, 'maker'));
    const without = verdict(unproven, 'maker', { overrideCode: null });
    expect(causeOf(said.when(without))).toBe('OVERRIDE_CODE_NEEDED');
    const unknown = verdict(unproven, 'maker', { overrideCode: 'BECAUSE' });
    expect(causeOf(said.when(unknown))).toBe('OVERRIDE_CODE_UNKNOWN');
    said.given(verdict(unproven, 'maker'));
    const officer = verdict(unproven, 'checker', { role: 'officer' });
    expect(causeOf(said.when(officer))).toBe('TIER_TOO_LOW');
    const senior = { role: 'senior-officer', overrideCode: null };
    const last = said.when(verdict(unproven, 'checker', senior));
    expect(approved(last)).toMatchObject({
      terms: { amount: yuan(9_500_000) },
      override: {
        ...{ code: 'RISK_MITIGATED', by: 'checker', tier: 'senior-officer' },
        rules: ['terms-above-proposal'],
      },
    });
    expect(recorded(last)).toMatchObject({
      ...{ override: true, overrideCode: 'RISK_MITIGATED' },
      overrideRate: { month: '1970-01', verdicts: 1, overrides: 1, ratePpm: 1_000_000 },
    });
  });
});

describe('an override of a rule', () => {
  it('needs its code and a tier above, and is told of in the approval', () => {
    const said = listed();
    const { overrides, tier } = said.state().referral?.basis ?? {};
    expect(overrides).not.toEqual([]);
    said.given(claim(sensor, 'maker'));
    const without = verdict(sensor, 'maker', { overrideCode: null });
    expect(causeOf(said.when(without))).toBe('OVERRIDE_CODE_NEEDED');
    said.given(verdict(sensor, 'maker'));
    const officer = verdict(sensor, 'checker', { role: 'officer' });
    expect(causeOf(said.when(officer))).toBe('TIER_TOO_LOW');
    const last = approved(said.when(verdict(sensor, 'checker')));
    expect(last.override).toMatchObject({ by: 'checker', rules: overrides, tier });
  });
});

describe('a decline', () => {
  it('takes the holder of the claim and a reason of the policy', () => {
    const said = listed();
    expect(causeOf(said.when(declines(sensor, 'officer-a')))).toBe('NOT_CLAIMED');
    said.given(claim(sensor, 'officer-a'));
    for (const reasonCode of [null, 'X1', 'constructor', 'M01']) {
      const decision = said.when(declines(sensor, 'officer-a', { reasonCode }));
      expect(causeOf(decision)).toBe('NO_REASON_CODE');
    }
    const role = 'officer';
    const last = said.when(declines(sensor, 'officer-a', { role, overrideCode: null }));
    expect(declined(last)).toMatchObject({
      decidedBy: ['officer-a'],
      reasons: [{ code: 'F01', detail: 'seen' }, { code: 'M01' }],
      override: null,
    });
    expect(recorded(last)).toMatchObject({ action: 'DECLINED', reasonCode: 'F01' });
    expect(said.state()).toMatchObject({ phase: 'declined', takenFen: null, queued: false });
  });

  it('of what is referred for its amount alone is an override', () => {
    const said = referred().given(claim(lock, 'officer-a'));
    const without = declines(lock, 'officer-a', { overrideCode: null });
    expect(causeOf(said.when(without))).toBe('OVERRIDE_CODE_NEEDED');
    const senior = declines(lock, 'officer-a', { role: 'senior-officer' });
    expect(causeOf(said.when(senior))).toBe('TIER_TOO_LOW');
    const code = { overrideCode: 'POLICY_TOO_GENEROUS' };
    const last = said.when(declines(lock, 'officer-a', code));
    expect(declined(last).override).toEqual({
      ...{ code: 'POLICY_TOO_GENEROUS', by: 'officer-a', tier: 'committee' },
      rules: ['by-officers'],
    });
    expect(recorded(last)).toMatchObject({ override: true, overrideRate: { overrides: 1 } });
  });

  it('without a reason does not pass the type system', () => {
    const said: Parameters<typeof decline>[1]['reasons'][] = [];
    // @ts-expect-error There has to be a first one.
    said.push([]);
    expect(said).toEqual([[]]);
  });

  it('may come from the checker, who has to claim it first', () => {
    const said = half(referred(), lock);
    expect(causeOf(said.when(declines(lock, 'checker')))).toBe('NOT_CLAIMED');
    said.given(claim(lock, 'checker'));
    expect(types(said.when(declines(lock, 'checker')))).toContain('LoanDeclined');
  });
});

describe('the rate of overrides', () => {
  it('counts a lender’s last verdicts of the month', () => {
    const name = 'override-rate/exim-zj/2026-11';
    const held = { [name]: { verdicts: 3, overrides: 1 } };
    const said = half(referred(lock, held), lock);
    const appendedAtMs = Date.UTC(2026, 10, 20);
    const last = said.when({ ...verdict(lock, 'officer-b'), appendedAtMs });
    expect(recorded(last).overrideRate).toEqual({
      ...{ month: '2026-11', verdicts: 4, overrides: 1, ratePpm: 250_000 },
    });
    expect(said.held()[name]).toEqual({ verdicts: 4, overrides: 1 });
  });
});

describe('a note', () => {
  it('goes to the file with the hashes of its attachments, at any time', () => {
    for (const said of [referred(), half(referred(), lock).given(verdict(lock, 'officer-b'))]) {
      const before = said.state();
      expect(recorded(said.when(note(lock, 'officer-a')))).toMatchObject({
        ...{ action: 'NOTED', reason: 'visited' },
        attachments: [{ name: 'visit.pdf', sha256: 'a'.repeat(64) }],
      });
      expect(said.state()).toEqual(before);
    }
  });

  it('is nothing that an operator writes', () => {
    const operator = note(lock, 'ops', { role: 'operator' });
    expect(causeOf(referred().when(operator))).toBe('ROLE_NOT_ALLOWED');
  });
});

describe('an approval is undone', () => {
  const of = { applicationId, revision: 1, lenderId: 'boc-zj' };
  const authorisationId = `${applicationId}-1`;
  const accepted = event('OfferAccepted', { ...of, acceptedAt: 2_000n, businessDate: asOf });
  const ledger = { ...of, authorisationId, loanId: 'L' };
  const disbursed = event('LoanDisbursed', {
    ...{ ...ledger, amount: yuan(8_000_000), disbursedAt: 3n },
  });
  const cancelled = event('AuthorisationCancelled', { ...of, authorisationId, cause: 'UNDONE' });

  it('by a senior officer while it is offered: the limit is free again', () => {
    const said = referred(sensor);
    const decision = said.when(askUndo(sensor, 'chief', { role: 'senior-officer' }));
    expect(types(decision)).toEqual(['ApprovalUndone', 'ReviewRecorded']);
    expect(dataOf(decision, 'ApprovalUndone')).toMatchObject({
      ...{ cause: 'UNDONE', undoneBy: ['chief'], reasonCode: 'F02' },
      terms: { amount: yuan(8_000_000) },
    });
    expect(said.state()).toMatchObject({ phase: 'undone', takenFen: null });
  });

  it('after it has expired, so that an acceptance on its way is not honoured', () => {
    const said = referred(sensor);
    const approvalId = said.state().approval?.approvalId;
    const due = { ...of, timerId: 't', name: 'offer-expiry', dueAt: 0n };
    said.given(event('TimerDue', { ...due, detail: JSON.stringify({ approvalId }) }));
    expect(types(said.when(askUndo(sensor, 'chief')))).toEqual([
      ...['ApprovalUndone', 'ReviewRecorded'],
    ]);
    expect(said.when(accepted).ignored).toBe('no-offer');
  });

  it.each([
    ['officer', {}, 'ROLE_NOT_ALLOWED'],
    ['operator', {}, 'ROLE_NOT_ALLOWED'],
    ['committee', { reasonCode: 'X1' }, 'NO_REASON_CODE'],
  ])('not by an %s with %o', (role, change, cause) => {
    expect(causeOf(referred(sensor).when(askUndo(sensor, 'x', { role, ...change })))).toBe(cause);
  });

  it('after authorisation by the ledger, which says that it has cancelled', () => {
    const said = referred(sensor).given(accepted);
    const decision = said.when(askUndo(sensor, 'chief'));
    expect(types(decision)).toEqual(['CancellationRequested', 'ReviewRecorded']);
    expect(dataOf(decision, 'CancellationRequested')).toMatchObject({
      ...{ authorisationId, cause: 'UNDONE', requestedBy: ['chief'] },
    });
    expect(causeOf(said.when(askUndo(sensor, 'chief')))).toBe('ALREADY_CANCELLING');
    const undone = said.when(cancelled);
    expect(types(undone)).toEqual(['ApprovalUndone']);
    expect(dataOf(undone, 'ApprovalUndone')).toMatchObject({ undoneBy: ['chief'] });
    expect(said.when(disbursed).ignored).toBe('not-authorised');
  });

  it('never where it was paid first, whatever is asked', () => {
    const said = referred(sensor).given(accepted).given(askUndo(sensor, 'chief'));
    expect(recorded(said.when(disbursed))).toMatchObject({
      ...{ action: 'UNDO_REFUSED', officer: null, terms: { amount: yuan(8_000_000) } },
    });
    expect(said.state()).toMatchObject({ phase: 'disbursed', undoing: null });
    expect(said.when(cancelled).ignored).toBe('already-disbursed');
    expect(causeOf(said.when(askUndo(sensor, 'chief')))).toBe('ALREADY_PAID');
  });

  it('or goes on where the ledger refuses', () => {
    const said = referred(sensor).given(accepted).given(askUndo(sensor, 'chief'));
    const late = event('CancellationRefused', { ...ledger, cause: 'LOAN_BOOKED' });
    const decision = said.when(late);
    expect(recorded(decision).action).toBe('UNDO_REFUSED');
    expect(decision.rows).toContainEqual(
      expect.objectContaining({ kind: 'latest', status: 'AUTHORISED' }),
    );
    expect(said.state()).toMatchObject({ phase: 'authorised', undoing: null, withdrawn: false });
  });

  it('and closed where the applicant withdraws meanwhile', () => {
    const said = referred(sensor).given(accepted).given(askUndo(sensor, 'chief'));
    said.given(event('ApplicationWithdrawn', { ...of, reason: 'r' }));
    expect(types(said.when(cancelled))).toEqual(['ApprovalUndone', 'ApplicationClosed']);
  });
});

describe('the queue', () => {
  const queueOf = ({ rows }: Decision) =>
    rows?.filter(({ kind }) => kind === 'queue' || kind === 'dequeue');

  it('has the application while it is referred', () => {
    const { said, decision } = decided(lock);
    expect(queueOf(decision)).toMatchObject([
      {
        ...{ kind: 'queue', tier: 'senior-officer', enterprise: lock.enterprise.name },
        ...{ uscc: lock.enterprise.uscc, policy: 'exim-zj@1', productId: 'IP_PLEDGE' },
        ...{ claimedBy: null, approvers: [], overrides: [], revision: 1 },
      },
    ]);
    expect(queueOf(said.when(claim(lock, 'officer-a')))).toMatchObject([
      { claimedBy: 'officer-a' },
    ]);
    expect(queueOf(said.when(verdict(lock, 'officer-a')))).toMatchObject([
      { claimedBy: null, approvers: ['officer-a'] },
    ]);
    expect(queueOf(said.when(note(lock, 'officer-a')))).toEqual([]);
    expect(queueOf(said.when(verdict(lock, 'officer-b')))).toMatchObject([{ kind: 'dequeue' }]);
    expect(queueOf(said.when(note(lock, 'officer-a')))).toEqual([]);
  });

  it('loses it with the first event of a newer revision, and the group its amount', () => {
    const said = referred();
    const group = groupName('exim-zj', lock.enterprise.uscc);
    expect(said.held()[group]).toEqual({
      entries: { [applicationId]: yuan(100_000_000).minor },
    });
    const first = said.when(event('PledgeLocked', locked(lock, { revision: 2 })));
    expect(queueOf(first)).toMatchObject([{ kind: 'dequeue' }]);
    expect(said.held()[group]).toEqual({ entries: {} });
  });
});

describe('what an officer is told', () => {
  it('is there in both languages for every refusal', () => {
    for (const { zh, en } of Object.values(refusals)) {
      expect(zh).toMatch(/[一-鿿]/);
      expect(en).toMatch(/^[A-Z]/);
    }
  });

  it('comes for an application that has not entered too', () => {
    for (const type of actionNames) {
      const said = start();
      const data = { ...note(lock, 'officer-a').data, revision: 0 };
      const decision = said.when(event(type, data as never));
      expect(refused(decision)).toMatchObject({ lenderId: 'exim-zj', about: null });
    }
  });
});
