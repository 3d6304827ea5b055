// Applications as they are judged: the sample cases, and any others, for tests.
import { cny } from '@saidao/values';
import fc from 'fast-check';
import {
  asOf,
  assessorOf,
  cases,
  clearKyc,
  contentOf,
  locked,
  policies,
  scoredOf,
  type SampleCase,
} from '../cases.fixture.ts';
import { assess, type Assessment } from './assess.ts';
import type { Application } from './figures.ts';

/** The case as it comes to be judged, with nothing lent to its group so far. */
export function applicationOf(sample: SampleCase, change: Partial<Application> = {}): Application {
  const pledged = sample.product === 'IP_PLEDGE';
  return {
    lenderId: sample.lender,
    businessDate: asOf,
    content: contentOf(sample),
    score: scoredOf(sample),
    pledge: pledged ? { locked: locked(sample).patents, refused: [] } : null,
    exposureFen: 0n,
    lpr: policies.lprOn(asOf),
    ...change,
  };
}

/** By the first version of the lender's policy. */
export function judged(application: Application): Assessment {
  return assess(assessorOf(application.lenderId), application);
}

const fen = fc.oneof(
  fc.bigInt(1n, 10n ** 12n),
  fc.constantFrom(1n, 10n ** 9n, 10n ** 9n + 1n, 2n ** 53n, 2n ** 62n),
);
const option = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });
const results = fc.constantFrom('CLEAR', 'CLEAR', 'CLEAR', 'ADVERSE', 'UNKNOWN', 'WAIVED' as const);

const kyc = fc.oneof(
  fc.constant(clearKyc),
  option(
    fc.array(results, { minLength: clearKyc.length, maxLength: clearKyc.length }).map((found) =>
      clearKyc.map((finding, at) => ({
        ...finding,
        result: found[at] ?? 'CLEAR',
        consentId: found[at] === 'UNKNOWN' ? null : finding.consentId,
      })),
    ),
  ),
);

/** Any application: of every product, clear and not, known and not. */
export const applications: fc.Arbitrary<Application> = fc
  .record({
    sample: fc.constantFrom(...cases),
    asked: fen,
    termMonths: fc.integer({ min: 1, max: 72 }),
    staff: option(fc.nat(3000)),
    usccValid: fc.boolean(),
    exposureFen: fc.oneof(fc.constant(0n), fen),
    coveragePpm: fc.oneof(fc.constant(1_000_000), fc.nat(1_000_000)),
    grade: fc.constantFrom('AAA', 'AA', 'A', 'BBB', 'BB', 'B', 'CCC', 'CC', 'C', '?'),
    talentPoints: option(fc.nat(400)),
    ownFunds: fen,
    payees: fc.boolean(),
    lock: fc.boolean(),
    guarantee: results,
    guaranteeSharePpm: fc.nat(1_000_000),
    registry: results,
    status: fc.constantFrom('in-business', 'abnormal', 'revoked', 'deregistered', null),
    kyc,
    businessDate: fc.constantFrom(asOf, '2025-06-01', '2027-06-01'),
  })
  .map((given) => {
    const application = applicationOf(given.sample, {
      businessDate: given.businessDate,
      exposureFen: given.exposureFen,
      lpr: policies.lprOn(given.businessDate),
    });
    const { content, score, pledge } = application;
    const capital = content.enterprise.workingCapital;
    const half = given.asked / 2n;
    const talents = {
      code: 'TALENT_GRADE',
      family: 'TALENT',
      value: given.talentPoints === null ? null : 'C',
      points: given.talentPoints ?? 0,
      maxPoints: 400,
      missing: given.talentPoints === null,
      reason: 'as given',
      reasonZh: null,
      source: null,
      weightPpm: null,
    };
    return {
      ...application,
      content: {
        ...content,
        kyc: given.kyc,
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
      score: {
        ...score,
        grade: given.grade,
        coveragePpm: given.coveragePpm,
        factors: [...score.factors, talents],
        checks: score.checks.map((check) =>
          check.code === 'REGISTRY'
            ? { ...check, result: given.registry, status: given.status }
            : check,
        ),
        guarantee: score.guarantee && {
          ...score.guarantee,
          result: given.guarantee,
          sharePpm: given.guaranteeSharePpm,
        },
      },
      pledge: pledge && { ...pledge, locked: given.lock ? pledge.locked : [] },
    };
  });
