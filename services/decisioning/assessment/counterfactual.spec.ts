// What holds of every counterfactual: applied it flips the outcome, and one step less does not.
import { readFileSync } from 'node:fs';
import { cny, fenOfYuan, formatPpm, formatYuan, ppmOf, toJson } from '@saidao/values';
import type { Counterfactual } from '@saidao/schemas';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asOf,
  assessorOf,
  caseNamed,
  contentOf,
  locked,
  policies,
  scoredOf,
} from '../cases.fixture.ts';
import { assess, type Assessment } from './assess.ts';
import {
  applyCounterfactual,
  ASSESSMENTS_MAX,
  COUNTERFACTUALS_MAX,
  counterfactualsOf,
} from './counterfactual.ts';
import { applications } from './counterfactual.fixture.ts';
import type { Application } from './figures.ts';
import { collateralLevers } from './levers/collateral.ts';
import { enterpriseLevers } from './levers/enterprise.ts';
import { requestLevers } from './levers/request.ts';

const ranks = { decline: 0, refer: 1, approve: 2 };
const outcomes = { refer: 'REFERRED', approve: 'APPROVED', decline: 'DECLINED' };
const assessed = (application: Application) =>
  assess(assessorOf(application.lenderId), application);

/** Referred in spite of a knock-out is no better than declined. */
const isBetter = ({ outcome, basis }: Assessment, now: Assessment) =>
  ranks[outcome] > ranks[now.outcome] && basis.rules.every(({ table }) => table !== 'knock-outs');

function foundFor(application: Application): Counterfactual[] {
  const assessor = assessorOf(application.lenderId);
  return counterfactualsOf(assessor, application, assess(assessor, application));
}

/** Changes with one step less of a move, or with one of two moves; none: none is smaller. */
function stepsLess({ subject, from, to }: Counterfactual): { subject: string; to: string }[] {
  const subjects = subject.split('+');
  const [before, after] = [JSON.parse(from), JSON.parse(to)] as [unknown, unknown];
  if (subjects.length === 1) return lessOf(subject, before, after).map((to) => ({ subject, to }));
  const [starts, ends] = [before as unknown[], after as unknown[]];
  const texts = ends.map((end) => JSON.stringify(end));
  return subjects.flatMap((one, at) => [
    { subject: one, to: texts[at] ?? '' },
    ...lessOf(one, starts[at], ends[at]).map((less) => ({
      subject,
      to: `[${texts.with(at, less).join()}]`,
    })),
  ]);
}

function lessOf(subject: string, before: unknown, after: unknown): string[] {
  if (Array.isArray(before)) {
    const kept = after as readonly string[];
    const gone = before.filter((one) => !kept.includes(one as string));
    return gone.map((one) => JSON.stringify([...kept, one]));
  }
  const amounts = /^request\.amount|pledge$|equity|Budget|research$|workingCapital/;
  const [step, read, spell] = amounts.test(subject)
    ? [1_000_000n, fenOfYuan, (fen: bigint) => JSON.stringify(formatYuan(fen))]
    : /[sS]hare$/.test(subject)
      ? [
          10_000n,
          (text: string) => BigInt(ppmOf(text)),
          (ppm: bigint) => JSON.stringify(formatPpm(Number(ppm))),
        ]
      : [1n, BigInt as (text: string) => bigint, String];
  const end = read(String(after));
  const start = before === null ? -1n : read(String(before));
  const less = end > start ? end - step : end + step;
  const within = end > start ? less > start : less < start;
  return within ? [spell(less)] : [];
}

/** An application by a sample that policy approves, with what a test changes. */
function applicationOf(id: string, change: (application: Application) => Application) {
  const sample = caseNamed(id);
  return change({
    lenderId: sample.lender,
    businessDate: asOf,
    content: contentOf(sample),
    score: scoredOf(sample),
    pledge: sample.product === 'IP_PLEDGE' ? { locked: locked(sample).patents, refused: [] } : null,
    exposureFen: 0n,
    lpr: policies.lprOn(asOf),
  });
}

describe('a counterfactual', () => {
  it('flips the outcome as it says, and one step less of it does not', () => {
    fc.assert(
      fc.property(applications, (application) => {
        const now = assessed(application);
        const found = foundFor(application);
        expect(found.length).toBeLessThanOrEqual(COUNTERFACTUALS_MAX);
        for (const counterfactual of found) {
          const { subject, to, outcome } = counterfactual;
          const then = assessed(applyCounterfactual(application, counterfactual));
          expect(outcomes[then.outcome], subject).toBe(outcome);
          expect(isBetter(then, now), `${subject} ${to}`).toBe(true);
          for (const less of stepsLess(counterfactual)) {
            const nearly = assessed(applyCounterfactual(application, less));
            expect(isBetter(nearly, now), `${less.subject} ${less.to}`).toBe(false);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  }, 120_000);

  it('comes of every lever', () => {
    // A generator that never needs a lever would prove nothing of it; the seed makes it the same.
    const generated = fc.sample(applications, { numRuns: 2_000, seed: 7 });
    const levers = [...requestLevers, ...collateralLevers, ...enterpriseLevers];
    const subjects = generated.flatMap(foundFor).map(({ subject }) => subject);
    const moved = new Set(subjects);
    expect([...moved]).toEqual(expect.arrayContaining(levers.map(({ subject }) => subject)));
    expect(subjects.some((subject) => subject.startsWith('factor.'))).toBe(true);
    expect(subjects.some((subject) => subject.includes('+'))).toBe(true);
  }, 60_000);

  it('is found again for the same application, byte for byte', () => {
    fc.assert(
      fc.property(applications, (application) => {
        expect(toJson(foundFor(structuredClone(application)))).toBe(toJson(foundFor(application)));
      }),
      { numRuns: 100 },
    );
  });

  it('is told smallest first and in both languages', () => {
    fc.assert(
      fc.property(applications, (application) => {
        const found = foundFor(application);
        expect(new Set(found.map(({ subject }) => subject)).size).toBe(found.length);
        for (const { zh, en, from, to } of found) {
          expect(from).not.toBe(to);
          for (const text of [zh, en]) expect(text).not.toMatch(/undefined|null/);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is sought with no more assessments than the bound', () => {
    fc.assert(
      fc.property(applications, (application) => {
        const assessor = assessorOf(application.lenderId);
        let assessments = 0;
        const counting = {
          ...assessor,
          tables: {
            evaluate: (...asked: Parameters<typeof assessor.tables.evaluate>) => {
              if (asked[0] === 'knock-outs') assessments += 1;
              return assessor.tables.evaluate(...asked);
            },
          },
        };
        counterfactualsOf(counting, application, assess(assessor, application));
        expect(assessments).toBeLessThanOrEqual(ASSESSMENTS_MAX + COUNTERFACTUALS_MAX);
      }),
      { numRuns: 200 },
    );
  });
});

describe('of an application', () => {
  const withRequest =
    (change: Partial<Application['content']['request']>) => (application: Application) => ({
      ...application,
      content: { ...application.content, request: { ...application.content.request, ...change } },
    });
  const told = (id: string, change: (application: Application) => Application) =>
    foundFor(applicationOf(id, change)).map(({ kind, subject, from, to, outcome }) =>
      [kind, subject, from, to, outcome].join(' '),
    );

  it('that is approved there is nothing to change', () => {
    expect(told('talent-3m', (one) => one)).toEqual([]);
  });

  it('whose purpose is barred, or to a product not offered, no change would help', () => {
    expect(told('talent-3m', withRequest({ purpose: 'dividends' }))).toEqual([]);
    const content = (one: Application) => ({ ...one.content, productId: 'GROWTH' });
    expect(told('talent-3m', (one) => ({ ...one, content: content(one) }))).toEqual([]);
  });

  it('that asks for less than the product lends the least is named', () => {
    expect(told('talent-3m', withRequest({ amount: cny(fenOfYuan('50000')) }))).toEqual([
      'AMOUNT request.amount "50000.00" "100000.00" APPROVED',
    ]);
  });

  it('whose term is too long the longest of the product is named, in both languages', () => {
    const [first] = foundFor(applicationOf('talent-3m', withRequest({ termMonths: 48 })));
    expect(first).toEqual({
      kind: 'TERM',
      subject: 'request.termMonths',
      from: '48',
      to: '36',
      outcome: 'APPROVED',
      zh: '贷款期限由 48 个月改为 36 个月，即可获批。',
      en: 'Term: 36 months instead of 48 months: policy would approve.',
    });
  });

  it('of which two things stand in the way both are named together', () => {
    const request = { termMonths: 48, amount: cny(fenOfYuan('50000')) };
    const [only, ...others] = foundFor(applicationOf('talent-3m', withRequest(request)));
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      kind: 'AMOUNT',
      subject: 'request.amount+request.termMonths',
      from: '["50000.00",48]',
      to: '["100000.00",36]',
      outcome: 'APPROVED',
      zh: '申请金额由 50000.00 元改为 100000.00 元，且贷款期限由 48 个月改为 36 个月，即可获批。',
    });
  });

  it('above what policy may approve, the most that it may', () => {
    expect(told('smart-lock-ip-pledge', (one) => one)).toEqual([
      'AMOUNT request.amount "100000000.00" "10000000.00" APPROVED',
    ]);
  });

  it('whose guarantor bears too little, the share it has to confirm', () => {
    const found = told('innovation-5m', (one) => ({
      ...one,
      score: {
        ...one.score,
        guarantee: one.score.guarantee && { ...one.score.guarantee, sharePpm: 305_000 },
      },
    }));
    expect(found[0]).toBe('COLLATERAL security.guaranteeShare "0.305" "0.5" APPROVED');
  });

  it('of which one patent is pledged to another, what stands against it', () => {
    const found = foundFor(
      applicationOf('smart-lock-ip-pledge', (one) => {
        const [first] = one.content.patents;
        const number = first?.number ?? '';
        const refused = [{ number, ground: 'PL09', reason: 'pledged to another bank' }];
        const locked = one.pledge?.locked.filter((other) => other !== number) ?? [];
        const asked = withRequest({ amount: cny(fenOfYuan('8000000')), payees: [] })(one);
        return { ...asked, pledge: { locked, refused } };
      }),
    );
    expect(found.map(({ subject, to }) => `${subject} ${to}`)).toEqual([
      'security.adversePatents []',
    ]);
    expect(found[0]?.zh).toMatch(/^消除专利的不利情形：\S+ \(PL09\)，即可获批。$/);
  });

  it('whose score is far too low, points of the factor that cost the most', () => {
    // 52 of 100 points where BBB wants 60.
    const found = told('new-quality-8m', (one) => ({
      ...one,
      score: {
        ...one.score,
        gradeFloors: [
          { grade: 'BBB', fromPpm: 600_000 },
          { grade: 'BB', fromPpm: 0 },
        ],
        ...{ points: 4680, maxPoints: 9000, grade: 'BB' },
      },
      content: withRequest({ amount: cny(fenOfYuan('3000000')), payees: [] })(one).content,
    }));
    expect(found).toEqual(['FACTOR factor.QUALIFICATIONS_VALID 800 1520 APPROVED']);
  });
});

describe('docs/counterfactuals.md', () => {
  it('names every lever, and no other', () => {
    const page = readFileSync(new URL('../../../docs/counterfactuals.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| [A-Z]+ +\| `([^`]+)`/gm)].map(([, subject]) => subject);
    const levers = [...requestLevers, ...collateralLevers, ...enterpriseLevers];
    expect(rows).toEqual([...levers.map(({ subject }) => subject), 'factor.<CODE>']);
  });
});
