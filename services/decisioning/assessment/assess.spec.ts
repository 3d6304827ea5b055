// What holds of every assessment: it is repeatable, within limits and bounds, and gives reasons.
import { encode, topicName, topics, type DecisionBasis } from '@saidao/schemas';
import { cny, fenOfMoney, fenOfYuan, fromJson, sumFen, toJson } from '@saidao/values';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessorOf, caseNamed, clearKyc, yuan } from '../cases.fixture.ts';
import { applicationOf, applications, judged } from './application.fixture.ts';
import { assess, judge, tiers } from './assess.ts';
import type { Application } from './figures.ts';
import { productOf } from './policy.ts';
import { gates, type TableName } from './rules.ts';

const productFor = ({ lenderId, content }: Application) =>
  productOf(assessorOf(lenderId).policy, lenderId, content.productId)!;
const tablesOf = ({ rules }: DecisionBasis) => new Set(rules.map(({ table }) => table));

const runs = { numRuns: 300 };
const always = (check: (application: Application) => void, params = runs) =>
  fc.assert(fc.property(applications, check), params);

describe('an assessment', () => {
  it('is the same for the same application, byte for byte', () => {
    always(
      (application) => {
        const once = judged(application);
        expect(toJson(judged(structuredClone(application)))).toBe(toJson(once));
        const read = fromJson(toJson(application)) as Application;
        expect(toJson(judged(read))).toBe(toJson(once));
        const identity = { applicationId: 'a', revision: 1, lenderId: application.lenderId };
        const topic = topicName(topics.decisions, application.lenderId);
        const { basis, reasons } = once;
        const bytes = () =>
          encode('LoanReferred', { ...identity, basis, reasons, about: null }, topic);
        expect(bytes().equals(bytes())).toBe(true);
      },
      { numRuns: 100 },
    );
  });

  it('only tells the role of its policy', () => {
    const application = applicationOf(caseNamed('new-quality-8m'));
    const { basis, ...others } = assess(assessorOf('boc-zj'), application, 'challenger');
    const told = judged(application);
    expect(basis).toEqual({ ...told.basis, policyRole: 'challenger' });
    expect({ ...others, basis: told.basis }).toEqual(told);
  });

  it('says what the judgement alone says, and tells more', () => {
    always((application) => {
      const { outcome, tier, reasons, terms, overrides, naturalPersons } = judge(
        assessorOf(application.lenderId),
        application,
      );
      const told = judged(application);
      expect(told).toMatchObject({ outcome, tier, terms, basis: { overrides, naturalPersons } });
      expect(told.reasons.map((reason) => ({ ...reason, facts: [] }))).toEqual(reasons);
    });
  });

  it('never offers more than any limit, nor at a price out of bounds', () => {
    always((application) => {
      const { terms, basis } = judged(application);
      if (terms === null) return;
      const product = productFor(application);
      const amount = fenOfMoney(terms.amount);
      for (const limit of basis.limits) {
        if (limit.amount === null) continue;
        expect(amount).toBeLessThanOrEqual(fenOfMoney(limit.amount));
        if (limit.binding) expect(amount).toBe(fenOfMoney(limit.amount));
      }
      expect(basis.limits.filter(({ binding }) => binding)).toHaveLength(1);
      expect(amount).toBeGreaterThanOrEqual(fenOfYuan(product.amount.leastYuan));
      expect(terms.addOnPpm).toBeGreaterThanOrEqual(product.price.leastAddOnBp * 100);
      expect(terms.addOnPpm).toBeLessThanOrEqual(product.price.mostAddOnBp * 100);
      expect(terms.ratePpm).toBe(terms.lprPpm + terms.addOnPpm);
      if (terms.payees.length > 0) {
        expect(sumFen(terms.payees.map((payee) => fenOfMoney(payee.amount)))).toBe(amount);
      }
      expect(terms.entrusted).toBe(terms.payees.length > 0);
      expect(terms.conditions).toEqual([
        ...(terms.pledgeRequired ? ['PLEDGE_REGISTERED'] : []),
        ...(terms.guarantee === null ? [] : ['GUARANTEE_CONFIRMED']),
        ...(terms.entrusted ? ['ENTRUSTED_PAYMENT'] : []),
      ]);
    });
  });

  it('approves by policy only what is clear and within the automatic authority', () => {
    always((application) => {
      const { outcome, terms, basis, tier } = judged(application);
      if (outcome !== 'approve') return;
      expect(application.content.enterprise.usccValid).toBe(true);
      expect(tier).toBe('policy');
      expect(basis).toMatchObject({ tier, overrides: [], naturalPersons: false });
      expect(fenOfMoney(terms.amount)).toBeLessThanOrEqual(
        fenOfYuan(productFor(application).authority.policyUpToYuan),
      );
      for (const table of ['knock-outs', 'referrals']) expect(tablesOf(basis)).not.toContain(table);
      // Neither what is unknown nor what is adverse is approved by a rule.
      expect(application.content.kyc?.every(({ result }) => result !== 'ADVERSE')).toBe(true);
      expect(basis.findings.filter(({ code }) => code === 'REGISTRY')).toEqual([]);
    });
  });

  it('gives reasons for what it refers or declines: one to four, heaviest first', () => {
    always((application) => {
      const { outcome, reasons } = judged(application);
      if (outcome !== 'approve') expect(reasons.length).toBeGreaterThan(0);
      expect(reasons.length).toBeLessThanOrEqual(4);
      expect(new Set(reasons.map(({ code }) => code)).size).toBe(reasons.length);
      const weights = reasons.map(({ weight }) => weight);
      expect(weights).toEqual([...weights].sort((a, b) => b - a));
      for (const { zh, en } of reasons) expect([zh, en]).not.toContain('');
    });
  });

  it('stands each reason and each rule on facts that the basis names', () => {
    always((application) => {
      const { reasons, basis } = judged(application);
      const names = basis.facts.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const { facts, code } of reasons) {
        expect(facts, code).not.toEqual([]);
        for (const fact of facts) expect(basis.facts).toContainEqual(fact);
      }
      for (const { inputs } of basis.rules) {
        for (const fact of inputs) expect(basis.facts).toContainEqual(fact);
      }
      for (const { value } of basis.facts) expect(toJson(JSON.parse(value))).toBe(value);
    });
  });

  it('declines by policy for knock-outs alone, and never where persons stand against it', () => {
    always((application) => {
      const { outcome, basis, terms } = judged(application);
      const knockedOut = tablesOf(basis).has('knock-outs');
      expect(outcome === 'decline').toBe(knockedOut && !basis.naturalPersons);
      if (knockedOut) expect(terms).toBeNull();
      const ended = basis.facts.some(
        ({ name, value }) => name === 'enterpriseEnded' && value === 'true',
      );
      if (ended) expect(outcome).not.toBe('approve');
    });
  });

  it('never declines for what is unknown', () => {
    always((application) => {
      const known = judged(application);
      if (tablesOf(known.basis).has('knock-outs')) return;
      const { checks } = application.score;
      const unknown = checks.map((check) => ({
        ...check,
        result: 'UNKNOWN' as const,
        status: null,
      }));
      const kyc = clearKyc.map((finding) => ({ ...finding, result: 'UNKNOWN' as const }));
      const { outcome } = judged({
        ...application,
        content: { ...application.content, kyc },
        score: { ...application.score, checks: unknown, coveragePpm: 0 },
      });
      expect(outcome).toBe('refer');
    });
  });

  it('names the rules that fired in the order of the gates', () => {
    always((application) => {
      const { basis } = judged(application);
      const own: Partial<Record<TableName, string>> = { authority: 'authority' };
      const order = basis.rules.map(({ table, output }) => {
        const { gate } = JSON.parse(output) as { gate?: string };
        const named = gate ?? own[table as TableName] ?? 'limits';
        return (gates as readonly string[]).indexOf(named);
      });
      expect(order).not.toContain(-1);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    });
  });

  it('leaves to more authority what is more, and what an approval overrides', () => {
    always((application) => {
      const { outcome, tier, basis } = judged(application);
      if (outcome !== 'refer') return;
      expect(basis.tier).toBe(tier);
      const { authority } = productFor(application);
      const proposedFen = basis.proposedLimit === null ? 0n : fenOfMoney(basis.proposedLimit);
      const above = [authority.officerUpToYuan, authority.seniorOfficerUpToYuan].filter(
        (yuanMost) => proposedFen > fenOfYuan(yuanMost),
      );
      const raised = basis.overrides.length > 0 ? 1 : 0;
      expect(tier).toBe(tiers[Math.min(1 + above.length + raised, 3)]);
    });
  });

  it('of a lower ask refers no more for the sake of limits', () => {
    always((application) => {
      const before = judged(application);
      if (before.outcome !== 'approve') return;
      const { content } = application;
      const amountFen = fenOfMoney(before.terms.amount);
      const least = fenOfYuan(productFor(application).amount.leastYuan);
      for (const lowerFen of [amountFen, (amountFen + least) / 2n, least]) {
        const request = { ...content.request, amount: cny(lowerFen), payees: [] };
        const lower = judged({ ...application, content: { ...content, request } });
        expect(lower.outcome).toBe('approve');
        expect(lower.terms?.amount).toEqual(cny(lowerFen));
      }
    });
  });

  it('counts the whole credit line for inclusive lending, never the loan alone', () => {
    always((application) => {
      const { basis } = judged(application);
      const credit = basis.facts.find(({ name }) => name === 'credit')?.value ?? 'null';
      if (credit === 'null') {
        expect(basis.inclusive).toEqual([]);
        return;
      }
      const creditFen = fenOfYuan(JSON.parse(credit) as string);
      const small = ['micro', 'small'].includes(basis.sizeClass);
      const flags = { nfra_1000w: 1_000n, pbc_2000w: 2_000n, s71_3000w: 3_000n };
      const met = Object.entries(flags).filter(([, wan]) => small && creditFen <= wan * 1_000_000n);
      expect(basis.inclusive).toEqual(met.map(([name]) => name));
      const capital = application.content.enterprise.workingCapital;
      const loansFen = capital === null ? 0n : fenOfMoney(capital.existingLoans);
      expect(creditFen).toBeGreaterThanOrEqual(loansFen + application.exposureFen);
    });
  });
});

describe('the tiers of the samples', () => {
  it.each([
    ['smart-lock-ip-pledge', 'refer', 'senior-officer'],
    ['new-quality-8m', 'approve', 'policy'],
    ['talent-3m', 'approve', 'policy'],
    ['innovation-5m', 'approve', 'policy'],
    ['already-pledged', 'refer', 'senior-officer'],
    ['uscc-check-fails', 'refer', 'officer'],
  ])('%s: %s, %s', (id, outcome, tier) => {
    expect(judged(applicationOf(caseNamed(id)))).toMatchObject({ outcome, tier });
  });

  it('know the committee above all', () => {
    const { content, ...application } = applicationOf(caseNamed('smart-lock-ip-pledge'));
    const score = { ...application.score, bundle: { ...application.score.bundle } };
    score.bundle.lendingValue = yuan(900_000_000);
    const capital = { ...content.enterprise.workingCapital!, ownFunds: yuan(0) };
    const enterprise = { ...content.enterprise, workingCapital: capital };
    const request = { ...content.request, amount: yuan(180_000_000), payees: [] };
    const asked = { ...application, score, content: { ...content, enterprise, request } };
    expect(judged(asked).tier).toBe('committee');
  });
});
