// The simulation itself: a seed repeats itself to the byte, and calm runs end as their scripts say.
import { describe, expect, it } from 'vitest';
import { chanceOf } from './chance.ts';
import { simulate } from './simulate.ts';
import { outside, VirtualTime } from './virtual-time.ts';
import { modes } from './weather.ts';

describe('a run', () => {
  it.each(modes)('is the same to the byte for the same seed (%s)', async (mode) => {
    const first = await simulate({ seed: 41, mode });
    const between = await simulate({ seed: 42, mode });
    const again = await simulate({ seed: 41, mode });
    expect(again).toEqual(first);
    expect(first.records).toBeGreaterThan(20);
    expect(between.digest).not.toBe(first.digest);
  });

  it.each([1, 2, 3, 4, 5, 6])('ends as the scripts say where nothing fails (%i)', async (seed) => {
    const { findings, counts } = await simulate({ seed, mode: 'calm' });
    expect(findings).toEqual([]);
    expect(Object.keys(counts)).not.toContain('dead letter');
  });

  it('gives time, timers and chance back', async () => {
    await simulate({ seed: 7, mode: 'calm' });
    expect(Math.abs(Date.now() - performance.timeOrigin - performance.now())).toBeLessThan(2_000);
    expect(setTimeout.name).toBe('setTimeout');
    expect(Math.random.name).toBe('random');
  });
});

describe('virtual time', () => {
  it('runs what is due in order, nothing of the dead, and of the frozen later', async () => {
    const time = new VirtualTime(1_000, chanceOf(1));
    const ran: string[] = [];
    const [dead, frozen] = ['dead', 'frozen'].map((name) => ({
      ...{ name, alive: true, frozenUntilMs: 0 },
    })) as [typeof outside, typeof outside];
    const note = (what: string) => () => void ran.push(`${what} at ${time.nowMs}`);
    time.after(outside, 20, note('late'));
    time.after(outside, 10, note('early'));
    time.after(dead, 5, note('dead'));
    time.after(frozen, 5, note('frozen'));
    time.after(outside, 1, () => {
      dead.alive = false;
      frozen.frozenUntilMs = time.nowMs + 14;
    });
    await time.run(() => false, 100);
    expect(ran).toEqual(['early at 1010', 'frozen at 1015', 'late at 1020']);
  });

  it('ends its timers by being cleared, and repeats an interval', async () => {
    const time = new VirtualTime(0, chanceOf(1));
    const uninstall = time.install();
    const ran: string[] = [];
    try {
      clearTimeout(setTimeout(() => ran.push('cleared'), 5));
      const every = setInterval(() => {
        ran.push(`${Date.now()}`);
        if (ran.length === 3) clearInterval(every);
      }, 10);
      await time.run(() => false, 100);
    } finally {
      uninstall();
    }
    expect(ran).toEqual(['10', '20', '30']);
  });
});
