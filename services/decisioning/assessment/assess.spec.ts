// What holds of every assessment: it is repeatable, within limits and bounds, and gives reasons.
import { encode, topicName, topics } from '@saidao/schemas';
import { cny, fenOfMoney, fenOfYuan, sumFen, toJson } from '@saidao/values';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asOf,
  assessorOf,
  cases,
  contentOf,
  locked,
  policies,
  scoredOf,
} from '../cases.fixture.ts';
import { assess } from './assess.ts';
import type { Application } from './figures.ts';
import { productOf } from './policy.ts';

const fen = fc.oneof(
  fc.bigInt(1n, 10n ** 12n),
  fc.constantFrom(1n, 10n ** 9n, 10n ** 9n + 1n, 2n ** 53n, 2n ** 62n),
);
const option = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });

const applications: fc.Arbitrary<Application> = fc
  .record({
    sample: fc.constantFrom(...cases),
    asked: fen,
    termMonths: fc.integer({ min: 1, max: 72 }),
    staff: option(fc.nat(3000)),
    usccValid: fc.boolean(),
    exposureFen: fc.oneof(fc.constant(0n), fen),
    coveragePpm: fc.nat(1_000_000),
    grade: fc.constantFrom('AAA', 'AA', 'A', 'BBB', 'BB', 'B', 'CCC', 'CC', 'C', '?'),
    ownFunds: fen,
    payees: fc.boolean(),
    lock: fc.boolean(),
    businessDate: fc.constantFrom(asOf, '2025-06-01', '2027-06-01'),
  })
  .map((given) => {
    const content = contentOf(given.sample);
    const capital = content.enterprise.workingCapital;
    const half = given.asked / 2n;
    return {
      lenderId: given.sample.lender,
      businessDate: given.businessDate,
      content: {
        ...content,
        enterprise: {
          ...content.enterprise,
          staff: given.staff,
          usccValid: given.usccValid,
          workingCapital: capital && { ...capital, ownFunds: cny(given.ownFunds) },
        },
        request: {
          ...content.request,
          amount: cny(given.asked),
          termMonths: given.termMonths,
          payees: given.payees
            ? [
                { name: 'a', amount: cny(half) },
                { name: 'b', amount: cny(given.asked - half) },
              ]
            : [],
        },
      },
      score: scoredOf(given.sample, { grade: given.grade, coveragePpm: given.coveragePpm }),
      pledge:
        given.sample.product === 'IP_PLEDGE'
          ? { locked: given.lock ? locked(given.sample).patents : [], refused: [] }
          : null,
      exposureFen: given.exposureFen,
      lpr: policies.lprOn(given.businessDate),
    };
  });

const runs = { numRuns: 300 };

describe('an assessment', () => {
  it('is the same for the same application, byte for byte', () => {
    fc.assert(
      fc.property(applications, (application) => {
        const assessor = assessorOf(application.lenderId);
        const once = assess(assessor, application);
        expect(toJson(assess(assessor, structuredClone(application)))).toBe(toJson(once));
        const identity = { applicationId: 'a', revision: 1, lenderId: application.lenderId };
        const topic = topicName(topics.decisions, application.lenderId);
        const bytes = () =>
          encode(
            'LoanReferred',
            { ...identity, basis: once.basis, reasons: once.reasons, about: null },
            topic,
          );
        expect(bytes().equals(bytes())).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('never offers more than any limit, nor at a price out of bounds', () => {
    fc.assert(
      fc.property(applications, (application) => {
        const { terms, basis } = assess(assessorOf(application.lenderId), application);
        if (terms === null) return;
        const product = productOf(
          assessorOf(application.lenderId).policy,
          application.lenderId,
          application.content.productId,
        );
        const amount = fenOfMoney(terms.amount);
        for (const limit of basis.limits) {
          if (limit.amount === null) continue;
          expect(amount).toBeLessThanOrEqual(fenOfMoney(limit.amount));
          if (limit.binding) expect(amount).toBe(fenOfMoney(limit.amount));
        }
        expect(basis.limits.filter(({ binding }) => binding)).toHaveLength(1);
        expect(amount).toBeGreaterThanOrEqual(fenOfYuan(product!.amount.leastYuan));
        expect(terms.addOnPpm).toBeGreaterThanOrEqual(product!.price.leastAddOnBp * 100);
        expect(terms.addOnPpm).toBeLessThanOrEqual(product!.price.mostAddOnBp * 100);
        expect(terms.ratePpm).toBe(terms.lprPpm + terms.addOnPpm);
        if (terms.payees.length > 0) {
          expect(sumFen(terms.payees.map((payee) => fenOfMoney(payee.amount)))).toBe(amount);
        }
        expect(terms.entrusted).toBe(terms.payees.length > 0);
      }),
      runs,
    );
  });

  it('approves by policy only what is clear and within the automatic authority', () => {
    fc.assert(
      fc.property(applications, (application) => {
        const { outcome, terms, basis } = assess(assessorOf(application.lenderId), application);
        const product = productOf(
          assessorOf(application.lenderId).policy,
          application.lenderId,
          application.content.productId,
        );
        if (outcome !== 'approve') return;
        expect(application.content.enterprise.usccValid).toBe(true);
        expect(fenOfMoney(terms!.amount)).toBeLessThanOrEqual(
          fenOfYuan(product!.automaticUpToYuan),
        );
        expect(basis.rules.some(({ table }) => ['knock-outs', 'referrals'].includes(table))).toBe(
          false,
        );
      }),
      runs,
    );
  });

  it('gives reasons for what it refers or declines: one to four, heaviest first', () => {
    fc.assert(
      fc.property(applications, (application) => {
        const { outcome, reasons } = assess(assessorOf(application.lenderId), application);
        if (outcome !== 'approve') expect(reasons.length).toBeGreaterThan(0);
        expect(reasons.length).toBeLessThanOrEqual(4);
        expect(new Set(reasons.map(({ code }) => code)).size).toBe(reasons.length);
        const weights = reasons.map(({ weight }) => weight);
        expect(weights).toEqual([...weights].sort((a, b) => b - a));
        for (const { zh, en } of reasons) expect([zh, en]).not.toContain('');
      }),
      runs,
    );
  });

  it('declines by policy for knock-outs alone: a failed check, an unknown or a low score refers', () => {
    fc.assert(
      fc.property(applications, (application) => {
        const { outcome, reasons } = assess(assessorOf(application.lenderId), application);
        if (outcome !== 'decline') return;
        for (const { code } of reasons) expect(['S01', 'S02', 'S03', 'S04']).toContain(code);
      }),
      runs,
    );
  });
});
