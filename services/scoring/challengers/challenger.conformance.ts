// What every challenger has to do, wherever its model runs; run for each adapter.
import { expect, it } from 'vitest';
import type { Features } from './features.ts';
import type { Challenger, ChallengerQuestion } from './ports.ts';
import { POINTS_MAX } from './shadow.decide.ts';

export const someFeatures: Features = {
  EXPORT_SHARE: 0,
  INVENTION_PATENTS: 733_333,
  QUALIFICATIONS_VALID: 600_000,
  RESEARCH_INTENSITY: null,
};

export function question(change: Partial<ChallengerQuestion> = {}): ChallengerQuestion {
  const { signal } = new AbortController();
  return { lenderId: 'exim-zj', subject: 'application', signal, ...change };
}

export async function pointsOf(challenger: Challenger, features: Features): Promise<unknown> {
  const says = await challenger.score(features, question());
  if (says.kind !== 'answered') throw new Error(`${says.kind}: ${says.detail}`);
  return says.points;
}

export function challengerConformance(open: () => Promise<Challenger>): void {
  it('answers with whole points, the same for the same features', async () => {
    const challenger = await open();
    const points = await pointsOf(challenger, someFeatures);
    expect(Number.isInteger(points)).toBe(true);
    expect(points).toBeGreaterThanOrEqual(0);
    expect(points).toBeLessThanOrEqual(POINTS_MAX);
    const again = Object.fromEntries(Object.entries(someFeatures).toReversed());
    expect(await pointsOf(challenger, again)).toBe(points);
  });

  it('answers though it knows none of the features, or has none', async () => {
    const challenger = await open();
    for (const features of [{}, { NOT_OF_THIS_MODEL: 1 }]) {
      expect(Number.isInteger(await pointsOf(challenger, features))).toBe(true);
    }
  });

  it('answers many at once, each with its own', async () => {
    const challenger = await open();
    const shares = Array.from({ length: 50 }, (_, at) => at * 20_000);
    const alone: unknown[] = [];
    for (const share of shares) {
      alone.push(await pointsOf(challenger, { QUALIFICATIONS_VALID: share }));
    }
    const together = await Promise.all(
      shares.map((share) => pointsOf(challenger, { QUALIFICATIONS_VALID: share })),
    );
    expect(together).toEqual(alone);
    expect(new Set(alone).size).toBeGreaterThan(1);
  });

  it('does not wait for an answer that nobody waits for, and does not reject', async () => {
    const challenger = await open();
    const signal = AbortSignal.abort();
    const says = await challenger.score(someFeatures, question({ signal }));
    expect(says.kind).toBe('timed-out');
  });
}
