// Entrusted payment: above an amount or from it on, as the policy says, by policy and by officers.
import { cny } from '@saidao/values';
import { event, scenario } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import {
  amendTerms,
  applicationId,
  assessorOf,
  caseNamed,
  nowhere,
  policies,
  received,
  scoredOf,
  yuan,
} from '../cases.fixture.ts';
import { decisioning } from '../worker.ts';
import { applicationOf } from './application.fixture.ts';
import { assess } from './assess.ts';
import type { Application } from './figures.ts';

/** Referred, whatever is asked: its credit code does not pass. */
const unproven = caseNamed('uscc-check-fails');

type Operator = '>' | '>=';

/** The lender's policy with another operator; the amount stays at 10 million. */
function assessorWith(operator: Operator) {
  const assessor = assessorOf('boc-zj');
  const { policy } = assessor;
  const rules = { ...policy.rules, entrusted: { ...policy.rules.entrusted, operator } };
  return { ...assessor, policy: { ...policy, rules } };
}

/** So much is asked, and no payee is named; the need bears 9.2 million and what is said here. */
function asking(amount: string, more: string): Application {
  const application = applicationOf(unproven);
  const { content } = application;
  const capital = content.enterprise.workingCapital!;
  const ownFunds = cny(capital.ownFunds.minor - yuan(more).minor);
  const workingCapital = { ...capital, ownFunds };
  return {
    ...application,
    content: {
      ...content,
      enterprise: { ...content.enterprise, workingCapital },
      request: { ...content.request, amount: yuan(amount), payees: [] },
    },
  };
}

describe.each<[string, boolean, boolean]>([
  ['9999999.99', false, false],
  ['10000000.00', false, true],
  ['10000000.01', true, true],
])('of %s yuan: above %s, from it on %s', (amount, above, fromOn) => {
  const operators: [Operator, boolean][] = [
    ['>', above],
    ['>=', fromOn],
  ];

  it.each(operators)('is wanted by policy, whose operator is %s: %s', (operator, isWanted) => {
    const { terms, reasons } = assess(assessorWith(operator), asking(amount, '1000000'));
    expect(terms?.entrusted ?? true).toBe(isWanted);
    expect(reasons.some(({ code }) => code === 'E02')).toBe(isWanted);
  });

  it.each(operators)('is wanted of officers, by %s: %s', (operator, isWanted) => {
    const { content } = asking('10000000.01', '0');
    const by = { ...policies, of: () => assessorWith(operator) };
    const story = scenario(decisioning(by, nowhere), { applicationId, nowMs: 1_000, held: {} })
      .given(event('ApplicationReceived', received(unproven, { content })))
      .given(event('EnterpriseScored', scoredOf(unproven)));
    const decision = story.when(amendTerms(unproven, 'amender', { amount: yuan(amount) }));
    const told = decision.events?.[0];
    if (isWanted) {
      expect(told).toMatchObject({ type: 'ReviewRefused', data: { cause: 'PAYEES_NEEDED' } });
    } else {
      expect(told).toMatchObject({ type: 'ReviewRecorded', data: { terms: { entrusted: false } } });
    }
  });
});
