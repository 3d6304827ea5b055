// When an item that fails counts as unknown, and when it is asked again.
import { describe, expect, it } from 'vitest';
import { againAfterMs, openItem, settle, wakeOf, type Item, type Reply } from './asking.ts';

const evidence = {
  provider: 'patent-register',
  askedAt: 10_000n,
  answeredAt: 10_050n,
  answerHash: 'hash',
  keptAt: null,
  fromCache: false,
  attempts: 1,
};
const answered: Reply<string> = { kind: 'answered', value: 'yes', evidence };

/** A question asked at this second that failed one second later. */
const failedAt = (askedAtS: number): Reply<string> => ({
  kind: 'failed',
  provider: 'patent-register',
  message: 'patent-register did not answer within 1000 ms',
  askedAtMs: askedAtS * 1_000,
  failedAtMs: (askedAtS + 1) * 1_000,
});

/** Asks at each second; `othersAt` is when the provider last answered others, seen at that time. */
function asked(rounds: readonly (readonly [askedAtS: number, othersAtS: number | null])[]) {
  return rounds.reduce<Item<string>>(
    (item, [askedAtS, othersAtS]) =>
      settle(item, failedAt(askedAtS), {
        othersAnsweredAtMs: othersAtS === null ? null : othersAtS * 1_000,
      }),
    openItem,
  );
}

describe('an item that fails while others are answered', () => {
  it.each([
    ['1 failure', [[0, 0.1]]],
    [
      '2 failures',
      [
        [0, 0.1],
        [8, 8.1],
      ],
    ],
    [
      '3 failures over less than 6 s',
      [
        [0, 0.1],
        [2, 2.1],
        [5.9, 6],
      ],
    ],
  ] as const)('is asked again after %s', (_, rounds) => {
    expect(asked(rounds).kind).toBe('open');
  });

  it('is unknown after 3 failures over 6 s, and says how often it was asked', () => {
    expect(
      asked([
        [0, 0.1],
        [3, 3.1],
        [6, 6.1],
      ]),
    ).toEqual({
      kind: 'unknown',
      reason: 'asked 3 times, last: patent-register did not answer within 1000 ms',
      evidence: {
        provider: 'patent-register',
        askedAt: 0n,
        answeredAt: null,
        answerHash: null,
        keptAt: null,
        fromCache: false,
        attempts: 3,
      },
    });
  });

  it('is never unknown where somebody must go on asking', () => {
    const item = [0, 3, 6, 60, 600].reduce<Item<string>>(
      (before, askedAtS) =>
        settle(before, failedAt(askedAtS), {
          othersAnsweredAtMs: askedAtS * 1_000 + 100,
          mayGiveUp: false,
        }),
      openItem,
    );
    expect(item.kind).toBe('open');
  });
});

describe('an item that fails while nobody is answered', () => {
  it.each([
    [
      'ever',
      [
        [0, null],
        [3, null],
        [6, null],
        [60, null],
        [3_600, null],
      ],
    ],
    [
      'since its first failure',
      [
        [0, 0.5],
        [3, 0.5],
        [6, 0.5],
        [60, 0.5],
      ],
    ],
  ] as const)('stays open however long, if nobody is %s', (_, rounds) => {
    expect(asked(rounds).kind).toBe('open');
  });

  it('starts counting anew when the provider is back: an outage is no fault of the item', () => {
    const outage = [
      [0, null],
      [3, null],
      [30, null],
      [60, null],
    ] as const;
    expect(asked([...outage, [90, 90.1]]).kind).toBe('open');
    expect(asked([...outage, [90, 90.1], [93, 93.1]])).toMatchObject({
      kind: 'unknown',
      evidence: { attempts: 6, askedAt: 0n },
    });
  });
});

it('counts the failures before an answer in the evidence', () => {
  const item = settle(
    asked([
      [0, null],
      [3, null],
    ]),
    answered,
    { othersAnsweredAtMs: null },
  );
  expect(item).toEqual({ kind: 'answered', value: 'yes', evidence: { ...evidence, attempts: 3 } });
});

it.each<[string, Reply<string> | undefined]>([
  ['nothing was asked', undefined],
  ['the breaker was open', { kind: 'not-asked', message: 'it is not asked for now' }],
])('leaves an item as it was when %s', (_, reply) => {
  const before = asked([[0, null]]);
  expect(settle(before, reply, { othersAnsweredAtMs: 99_000 })).toBe(before);
});

it('is unknown at once where no provider is configured', () => {
  const reply: Reply<string> = { kind: 'not-configured', provider: 'guarantor' };
  expect(settle(openItem, reply, { othersAnsweredAtMs: null })).toEqual({
    kind: 'unknown',
    reason: 'no guarantor is configured for this lender',
    evidence: null,
  });
});

it('keeps what is known to be unknown', () => {
  const unknown = asked([
    [0, 0.1],
    [3, 3.1],
    [6, 6.1],
  ]);
  expect(settle(unknown, answered, { othersAnsweredAtMs: null })).toBe(unknown);
});

it('asks an answered item again from the start', () => {
  const first = settle(openItem, answered, { othersAnsweredAtMs: null });
  expect(settle(first, failedAt(30), { othersAnsweredAtMs: null })).toMatchObject({
    kind: 'open',
    tries: { made: 1, failed: 1 },
  });
});

describe('the next round', () => {
  const waits = Array.from({ length: 12 }, (_, index) => againAfterMs(index + 1, 'application-1'));

  it('comes after 2 s at first, then later and later, up to 30 s and a tenth', () => {
    for (const waitMs of waits.slice(0, 3)) {
      expect(waitMs).toBeGreaterThanOrEqual(2_000);
      expect(waitMs).toBeLessThan(2_200);
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBeGreaterThanOrEqual(30_000);
    expect(Math.max(...waits, againAfterMs(10_000, 'application-1'))).toBeLessThan(33_000);
  });

  it('comes at other times for other applications, and always the same for one', () => {
    const ids = Array.from({ length: 50 }, (_, index) => `application-${index}`);
    expect(new Set(ids.map((id) => againAfterMs(1, id))).size).toBeGreaterThan(20);
    expect(againAfterMs(5, 'application-7')).toBe(againAfterMs(5, 'application-7'));
  });
});

it.each([
  ['{"wake":3}', 3],
  ['null', undefined],
  ['{}', undefined],
])('reads which timer it was from %s', (detail, wake) => {
  expect(wakeOf(detail)).toBe(wake);
});
