// Latencies of journeys made by hand: each hop, both ways, and both together.
import { expect, test } from 'vitest';
import { HOPS, latenciesOf, type Times } from './journey.ts';

/** A journey that begins then and takes so long for each hop. */
function journey(atMs: number, hopMs: number): Times {
  const times: Times = { intended: atMs, acceptanceSent: atMs + 1_000 };
  for (const [, from, to] of HOPS) times[to] = (times[from] ?? 0) + hopMs;
  return times;
}

test('ways and hops are between the moments that they name', () => {
  const { toDecisionMs, toBookedMs, bothMs, hopsMs } = latenciesOf(
    new Map([
      ['quick', journey(0, 1)],
      ['slow', journey(50, 10)],
    ]),
  );
  expect(toDecisionMs).toMatchObject({ count: 2, p50: 6, max: 60 });
  expect(toBookedMs).toMatchObject({ p50: 5, max: 50 });
  expect(bothMs).toMatchObject({ p50: 11, max: 110 });
  expect(Object.keys(hopsMs)).toHaveLength(HOPS.length);
  expect(hopsMs['scores → decisions']).toMatchObject({ p50: 1, max: 10 });
});

test('an application that lacks a moment is not left out in silence', () => {
  const { LoanBooked: _, ...times } = journey(0, 1);
  expect(() => latenciesOf(new Map([['lost', times]]))).toThrow('lost has no LoanBooked');
});
