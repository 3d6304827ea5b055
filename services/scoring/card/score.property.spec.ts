// What holds of every score: order changes nothing, better is never worse, no more than the whole.
import { encode, topics, type Enterprise, type PatentsVerified } from '@saidao/schemas';
import { cny, toJson } from '@saidao/values';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases, models, patentsVerified, scorer } from '../cases.fixture.ts';
import { scored } from '../decide.ts';
import { inputsOf, nothingChecked } from './inputs.ts';

const { card } = models.champion('2026-11-20').ready;
const option = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });
const amount = fc.bigInt(0n, 10n ** 12n).map(cny);
const years = option(
  fc.array(fc.record({ year: fc.integer({ min: 2021, max: 2027 }), amount }), { maxLength: 6 }),
);
const kinds = ['LITTLE_GIANT', 'HIDDEN_CHAMPION', 'HIGH_TECH_ENTERPRISE', 'TECHNOLOGY_SME', 'X'];
const levels = ['national', 'provincial', 'municipal', 'district', 'village'];
const date = fc.constantFrom('2020-01-01', '2025-06-30', '2026-11-20', '2027-01-01');

const enterprises = fc.record({
  staff: option(fc.nat(2_000)),
  scienceStaff: option(fc.nat(2_000)),
  founded: option(date),
  revenue: years,
  rd: years,
  exports: years,
  costs: years,
  assets: option(amount),
  equityRaised: option(amount),
  industry: fc.constantFrom('locks', 'sensors (C3983)', 'polymers (C2651)', 'tea (C1530)'),
  qualifications: option(
    fc.array(fc.record({ kind: fc.constantFrom(...kinds), validFrom: date, validTo: date }), {
      maxLength: 5,
    }),
  ),
  subsidies: option(
    fc.array(
      fc.record({
        year: fc.integer({ min: 2021, max: 2027 }),
        amount,
        level: fc.constantFrom(...levels),
      }),
      { maxLength: 5 },
    ),
  ),
  talents: option(
    fc.array(
      fc.record({
        grade: fc.constantFrom('A', 'C', 'E', 'F'),
        holdsPpm: fc.nat(1_000_000),
        recognised: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
  ),
}) satisfies fc.Arbitrary<Partial<Enterprise>>;

const patents = fc.array(
  fc.record({
    kind: option(fc.constantFrom('invention', 'utility-model', 'design')),
    expires: option(fc.constantFrom('2026-12-31', '2030-05-01', '2041-02-28')),
    result: fc.constantFrom('CLEAR' as const, 'ADVERSE' as const, 'UNKNOWN' as const),
    ipc: fc.subarray(['G06N10/00', 'H04L12/24', 'A47J31/00']),
    total: option(fc.nat(10_000)),
  }),
  { maxLength: 6 },
);

const growthPpm = option(fc.integer({ min: -50_000, max: 300_000 }));
const outlook = (ppm: number) => ({ growthPpm: ppm, source: 'report', asOf: '2026-06-30' });

const verifieds: fc.Arbitrary<PatentsVerified> = fc
  .record({ sample: fc.constantFrom(...cases), change: enterprises, patents, growthPpm })
  .map(({ sample, change, patents: given, growthPpm: grows }) => {
    const verified = patentsVerified(sample);
    const [like] = patentsVerified(cases[0]!).bundle.findings;
    const findings = given.map(({ result, total, ...patent }, index) => ({
      ...like!,
      ...patent,
      number: `2020${index}`,
      grounds: ['PL01', 'PL02', 'PL03'].map((code) => ({
        code,
        result,
        reason: '',
        evidence: [],
        declarations: [],
      })),
      scores:
        total === null
          ? null
          : {
              legal: total,
              technical: total,
              economic: total,
              total,
              stars: 1,
              coveragePpm: 1_000_000,
              weightSet: 'w@1',
              official: false,
            },
    }));
    return {
      ...verified,
      market: grows === null ? null : outlook(grows),
      enterprise: { ...verified.enterprise, ...change },
      bundle: { ...verified.bundle, findings },
    };
  });

const bytesOf = (verified: PatentsVerified) =>
  encode('EnterpriseScored', scored(scorer, verified), topics.scores.name);

/** The same with every list and every object's keys in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered).toReversed();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, reordered(one)] as const);
  return Object.fromEntries(entries.toReversed());
}

describe('a score', () => {
  it('has the same bytes for the same facts and model', () => {
    fc.assert(
      fc.property(verifieds, (verified) => {
        expect(bytesOf(structuredClone(verified)).equals(bytesOf(verified))).toBe(true);
      }),
    );
  });

  it('is the same whatever the order of patents, facts and JSON keys', () => {
    fc.assert(
      fc.property(verifieds, (verified) => {
        const other = reordered(verified) as PatentsVerified;
        // The bundle goes on as it came; all else is of the score.
        const same = { ...other, bundle: { ...verified.bundle, findings: other.bundle.findings } };
        const { bundle: _one, ...score } = scored(scorer, verified);
        const { bundle: _other, ...again } = scored(scorer, same);
        expect(toJson(again)).toBe(toJson(score));
      }),
    );
  });

  it('has another hash where any fact that is scored is another, and only there', () => {
    fc.assert(
      fc.property(verifieds, verifieds, (one, other) => {
        const same =
          toJson(inputsOf(one, nothingChecked)) === toJson(inputsOf(other, nothingChecked));
        const [first, second] = [scored(scorer, one), scored(scorer, other)];
        expect(first.inputHash === second.inputHash).toBe(same);
      }),
    );
    const [sample] = cases;
    const verified = patentsVerified(sample!);
    const later = { ...verified, round: 2, validUntil: 9n, applicationId: 'another' };
    const findings = verified.bundle.findings.map((finding) => ({
      ...finding,
      evidence: [
        {
          provider: 'register',
          askedAt: 1n,
          answeredAt: 2n,
          answerHash: null,
          fromCache: true,
          attempts: 1,
          keptAt: null,
        },
      ],
    }));
    const evidenced = { ...later, bundle: { ...verified.bundle, findings } };
    expect(scored(scorer, evidenced).inputHash).toBe(scored(scorer, verified).inputHash);
  });

  it('gives no factor more than its weight, nor all more than what is known', () => {
    fc.assert(
      fc.property(verifieds, (verified) => {
        const score = scored(scorer, verified);
        for (const factor of score.factors) {
          expect(factor.points).toBeGreaterThanOrEqual(0);
          expect(factor.points).toBeLessThanOrEqual(factor.maxPoints);
          expect(Number.isInteger(factor.points)).toBe(true);
        }
        expect(score.points).toBeLessThanOrEqual(score.maxPoints);
        expect(score.coveragePpm).toBe(score.maxPoints * 100);
        const missing = score.factors.filter((factor) => factor.missing);
        expect(score.missing).toEqual(missing.map(({ code }) => code));
      }),
    );
  });

  it('is told against by what lost the most points, and for by the best of all others', () => {
    fc.assert(
      fc.property(verifieds, (verified) => {
        const { factors, reasonsFor, reasonsAgainst } = scored(scorer, verified);
        const known = factors.filter(({ missing }) => !missing);
        const lost = known.map(({ points, maxPoints }) => maxPoints - points).filter(Boolean);
        const most = (weights: number[]) => weights.toSorted((a, b) => b - a).slice(0, 4);
        expect(reasonsAgainst.map(({ weight }) => weight)).toEqual(most(lost));
        const codes = reasonsAgainst.map(({ code }) => code);
        const others = known.filter(({ code }) => !codes.includes(code));
        const got = others.map(({ points }) => points).filter(Boolean);
        expect(reasonsFor.map(({ weight }) => weight)).toEqual(most(got));
        expect(reasonsFor.filter(({ code }) => codes.includes(code))).toEqual([]);
      }),
    );
  });
});

type Improve = (verified: PatentsVerified, by: number) => PatentsVerified;

const improvements: Readonly<Record<string, Improve>> = {
  QUALIFICATIONS_VALID: withFacts(({ qualifications }, by) => ({
    qualifications: [
      ...(qualifications ?? []),
      { kind: kinds[by % kinds.length]!, validFrom: '2026-01-01', validTo: '2027-01-01' },
    ],
  })),
  SUBSIDY_LEVEL: withFacts(({ subsidies }, by) => ({
    subsidies: [
      ...(subsidies ?? []),
      { year: 2026, amount: cny(1n), level: levels[by % levels.length]! },
    ],
  })),
  SCIENCE_STAFF_SHARE: withFacts(({ scienceStaff }, by) => ({
    scienceStaff: (scienceStaff ?? 0) + by,
  })),
  TALENT_GRADE: withFacts(({ talents }, by) => ({
    talents: [...(talents ?? []), { grade: 'ABCDEF'[by % 6]!, holdsPpm: 0, recognised: true }],
  })),
  // One more that ends today, of no class: of the others it changes the track alone, if any.
  INVENTION_PATENTS: oneMore('invention'),
  OTHER_PATENTS: oneMore('utility-model'),
  // Less in the year before: the last year stays as it is.
  REVENUE_GROWTH: withFacts(({ revenue }, by) => ({ revenue: lessBefore(revenue, by) })),
  INDUSTRY_TRACK: withFacts(({ industry }) => ({
    industry: /C3983|C2651/.test(industry) ? 'sensors (C3983)' : 'polymers (C2651)',
  })),
  RESEARCH_INTENSITY: withFacts(({ rd }, by) => ({ rd: more(rd, by) })),
  EXPORT_SHARE: withFacts(({ exports }, by) => ({ exports: more(exports, by) })),
  EQUITY_RAISED: withFacts(({ equityRaised }, by) => ({
    equityRaised: cny((equityRaised?.minor ?? 0n) + BigInt(by) * 10_000_000n),
  })),
  MARKET_GROWTH: (verified, by) => ({
    ...verified,
    market: verified.market && outlook(verified.market.growthPpm + by * 1_000),
  }),
  PATENT_QUALITY: withPatents((finding, by) => ({
    scores: finding.scores && {
      ...finding.scores,
      total: Math.min(10_000, finding.scores.total + by * 10),
    },
  })),
  PATENT_TRACK: withPatents((finding) => ({
    ipc: finding.ipc.length === 0 ? [] : [...finding.ipc, 'G06N10/00'],
  })),
  PATENT_LIFE: withPatents((finding, by) => ({
    expires: finding.expires && `${Number(finding.expires.slice(0, 4)) + (by % 10)}-12-31`,
  })),
};

function withFacts(change: (facts: Enterprise, by: number) => Partial<Enterprise>) {
  return (verified: PatentsVerified, by: number): PatentsVerified => ({
    ...verified,
    enterprise: { ...verified.enterprise, ...change(verified.enterprise, by) },
  });
}

type Finding = PatentsVerified['bundle']['findings'][number];

function withPatents(change: (finding: Finding, by: number) => Partial<Finding>) {
  return (verified: PatentsVerified, by: number): PatentsVerified => ({
    ...verified,
    bundle: {
      ...verified.bundle,
      findings: verified.bundle.findings.map((finding) => ({ ...finding, ...change(finding, by) })),
    },
  });
}

/** Of a class on no track or on a sure one, whichever leaves the share of tracks as it is. */
function oneMore(kind: string): Improve {
  return (verified) => {
    const [like] = patentsVerified(cases[0]!).bundle.findings;
    const { findings } = verified.bundle;
    const share = scored(scorer, verified).factors.find(({ code }) => code === 'PATENT_TRACK');
    const ipc = share?.value?.startsWith('0') === false ? ['G06N10/00'] : ['A47J31/00'];
    const added = { ...like!, number: 'one more', kind, ipc, expires: '2026-11-20' };
    return { ...verified, bundle: { ...verified.bundle, findings: [...findings, added] } };
  };
}

function lessBefore(amounts: Enterprise['revenue'], by: number): Enterprise['revenue'] {
  if (amounts === null) return null;
  const last = amounts.map(({ year }) => year).filter((year) => year === 2025 || year === 2024);
  const before = Math.max(...last) - 1;
  return amounts.map((one) => {
    if (one.year !== before || one.amount.minor === 0n) return one;
    const less = one.amount.minor / BigInt(1 + by);
    return { ...one, amount: cny(less > 0n ? less : 1n) };
  });
}

const more = (amounts: Enterprise['rd'], by: number): Enterprise['rd'] =>
  amounts?.map((one) => ({ ...one, amount: cny(one.amount.minor * BigInt(1 + by)) })) ?? null;

const alone = ['INVENTION_PATENTS', 'OTHER_PATENTS'];

describe('a score where one factor alone improves', () => {
  it('is tried for every factor of the card', () => {
    expect(Object.keys(improvements).sort()).toEqual(card.factors.map(({ code }) => code).sort());
  });

  it.each(Object.keys(improvements))('%s never falls', (code) => {
    const improve = improvements[code]!;
    fc.assert(
      fc.property(verifieds, fc.nat(200), (verified, by) => {
        const before = scored(scorer, verified);
        const after = scored(scorer, improve(verified, by));
        const factorIn = (score: typeof before) =>
          score.factors.find((factor) => factor.code === code)!;
        // From missing to known is no improvement: what is known may be little.
        fc.pre(!factorIn(before).missing);
        // Nor is one more beside a patent that may fall: it may bring the next band into question.
        if (alone.includes(code)) fc.pre(!factorIn(after).missing);
        expect(factorIn(after).points).toBeGreaterThanOrEqual(factorIn(before).points);
        const others = (score: typeof before) =>
          score.factors.filter((factor) => factor.code !== code);
        // A patent more may move the share of those on a track: then it is not one factor alone.
        if (alone.includes(code)) fc.pre(toJson(others(after)) === toJson(others(before)));
        else expect(others(after)).toEqual(others(before));
        expect(after.points).toBeGreaterThanOrEqual(before.points);
        expect(after.stars).toBeGreaterThanOrEqual(before.stars);
        const place = (grade: string) => card.grades.findIndex((one) => one.grade === grade);
        expect(place(after.grade)).toBeLessThanOrEqual(place(before.grade));
      }),
      { numRuns: 150 },
    );
  });
});
