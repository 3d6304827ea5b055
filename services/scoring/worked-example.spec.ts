// The page that works one score through: its table and its sentences are what the code computes.
import { readFileSync } from 'node:fs';
import type { PatentFinding } from '@saidao/schemas';
import { cny, formatPercent, formatYuan } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import { withChanges } from './card/collateral.ts';
import { nothingChecked, type Checked } from './card/inputs.ts';
import { caseNamed, patentsVerified, scorer, yuan } from './cases.fixture.ts';
import { scored } from './decide.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/how-a-value-and-a-score-come-about.md', root), 'utf8')
  .split('## The score')[1]!
  // Lines break anywhere.
  .replaceAll(/\s+/g, ' ');

const { world } = JSON.parse(
  readFileSync(new URL('samples/smart-lock-ip-pledge.json', root), 'utf8'),
) as {
  readonly world: {
    readonly register: readonly { readonly number: string; readonly ipc: string[] }[];
    readonly enterprises: readonly [
      NonNullable<Checked['registry']> & { readonly bureau: { readonly creditFen: string } },
    ];
  };
};

/** As on the page: the first of the three is valued at 84.5 of 100 points, the others at less. */
const totals = [8_450, 8_340, 7_850];
const verified = patentsVerified(caseNamed('smart-lock-ip-pledge'));
const findings = verified.bundle.findings.map((finding, index): PatentFinding => {
  const total = totals[index] ?? 0;
  return {
    ...finding,
    ipc: world.register.find(({ number }) => number === finding.number)?.ipc ?? [],
    scores: {
      legal: total,
      technical: total,
      economic: total,
      total,
      stars: 5,
      coveragePpm: 1_000_000,
      weightSet: 'saidao-lending@1',
      official: false,
    },
  };
});
const [{ bureau, ...registered }] = world.enterprises;
const score = scored(
  scorer,
  { ...verified, bundle: { ...verified.bundle, findings } },
  {
    ...nothingChecked,
    registry: { ...registered, registeredCapital: null },
    bureau: {
      creditBalance: cny(BigInt(bureau.creditFen)),
      overdueBalance: yuan(0),
      worstTier: 'normal',
      guaranteeBalance: yuan(0),
    },
  },
);
const points = (hundredths: number): string => formatYuan(BigInt(hundredths));
/** As people write it: 159,641,447.37. */
const grouped = (fen: bigint): string => formatYuan(fen).replace(/\B(?=(?:\d{3})+\.)/g, ',');
const { derived } = score;

describe('the page', () => {
  it('has a row for each factor, with its value, its points and the most it could give', () => {
    const rows = [...page.matchAll(/\| ([A-Z_]+) +\| ([^|]*?) +\| ([\d.]*) *\| \(?(\d+)\)? +\|/g)];
    expect(rows.map(([, code]) => code)).toEqual(score.factors.map(({ code }) => code));
    score.factors.forEach(({ value, points: got, maxPoints, missing }, index) => {
      const [, , said, gotSaid, mostSaid] = rows[index] ?? [];
      expect(mostSaid).toBe(String(maxPoints / 100));
      expect(gotSaid).toBe(missing ? '' : points(got));
      if (missing) expect(said).toBe('missing');
      else if (/^[\d.]+$/.test(value ?? '')) expect(said).toContain(value);
    });
  });

  it('sums them up as the code does', () => {
    const { grade, stars, coveragePpm, maxPoints } = score;
    const share = Math.floor((score.points * 100) / maxPoints);
    expect(page).toContain(
      `${points(score.points)} of ${points(maxPoints)} points known: ${share} %, grade **${grade}**, ` +
        `${stars} stars, coverage ${formatPercent(coveragePpm)}`,
    );
    expect(score.missing).toHaveLength(3);
  });

  it('tells the reasons that the code tells, in that order', () => {
    for (const reasons of [score.reasonsAgainst, score.reasonsFor]) {
      const told = reasons.map(({ code, weight }) => `${code} (${points(weight)})`).join(', ');
      expect(page).toContain(`: ${told}.`);
    }
  });

  it('derives what the code derives', () => {
    expect(page).toContain(
      `Size class ${derived?.sizeClass}: industry by the registry's class C3569`,
    );
    const { staffPoints, researchPoints, propertyPoints, ...sme } = derived!.technologySme!;
    expect(page).toContain(
      `points ${staffPoints} + ${researchPoints} + ${propertyPoints} = ${sme.points}, but it fails`,
    );
    expect(sme.passes).toBe('no');
    expect(page).toContain(
      `R&D test of a high-tech enterprise: ${derived?.highTechResearch} (5.98 %`,
    );
    expect(derived?.inclusive).toEqual([]);
    const millions = derived!.creditLine!.minor / 100_000_000n;
    expect(page).toContain(`= ${millions} million, loans as the credit bureau has them`);
    expect(page).toContain(`need ${grouped(derived!.workingCapitalNeed!.minor)}, less`);
    expect(page).toContain(`**${grouped(derived!.newLimit!.minor)}**`);
    expect(score.stage).toBe('stable');
  });

  it('says what is left of the value without the first patent', () => {
    const [first] = findings;
    const lost = {
      number: first!.number,
      ground: 'PL02',
      result: 'ADVERSE' as const,
      reason: 'terminated',
      evidence: [],
    };
    const bundle = { ...verified.bundle, findings, lendingValue: yuan(364_549_545.81) };
    expect(page).toContain(grouped(withChanges(bundle, [lost]).lendingValue!.minor));
  });
});
