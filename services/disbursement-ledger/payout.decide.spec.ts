// Payouts, rule by rule: one key, asked about until the rail has answered, told once when unknown.
import fc from 'fast-check';
import { encode, topics, type PayoutCalledBack, type PayoutInstructed } from '@saidao/schemas';
import { event, scenario } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import { APPLICATION, AUTHORISATION, LENDER, PAID_AT, yuan } from './book.fixture.ts';
import {
  askAgainAfterMs,
  PAID_AHEAD_MS_MAX,
  questionOf,
  type PayoutGathered,
  type RailAnswer,
} from './payout.decide.ts';
import { payoutLine } from './payout.worker.ts';
import type { PayoutRail } from './ports.ts';

const nobody: PayoutRail = {
  instruct: () => Promise.reject(new Error('not asked')),
  find: () => Promise.reject(new Error('not asked')),
};
const line = payoutLine(nobody, { isHalted: () => Promise.reject(new Error('not asked')) });
const NOW_MS = Number(PAID_AT);
const payouts = () => scenario(line, { applicationId: APPLICATION, nowMs: NOW_MS });

const paid: RailAnswer = { kind: 'paid', railReference: 'R1', paidAtMs: NOW_MS };
const refused: RailAnswer = { kind: 'rejected', cause: 'account closed' };
const silent: RailAnswer = { kind: 'unanswered', why: 'rail did not answer within 2000 ms' };
const taken: RailAnswer = { kind: 'key-taken' };
const halted: PayoutGathered = { kind: 'halted' };
const notAsked: RailAnswer = { kind: 'not-asked', why: 'payout-rail fails; not asked for now' };

function instructed(place = 1, change: Partial<PayoutInstructed> = {}) {
  return event('PayoutInstructed', {
    applicationId: APPLICATION,
    revision: 3,
    lenderId: LENDER,
    loanId: `${APPLICATION}-L1`,
    authorisationId: AUTHORISATION,
    payoutId: `${AUTHORISATION}/${place}`,
    payee: '浙江示例电机有限公司',
    amount: yuan('62000000'),
    purpose: 'entrusted payment',
    entrusted: true,
    ...change,
  });
}

function due(attempts: number, place = 1, detail?: string) {
  return event('TimerDue', {
    applicationId: APPLICATION,
    revision: 0,
    lenderId: LENDER,
    timerId: 'timer',
    name: 'ask-again',
    dueAt: 0n,
    detail: detail ?? JSON.stringify({ payoutId: `${AUTHORISATION}/${place}`, attempts }),
  });
}

const calledBack = (change: Partial<PayoutCalledBack> = {}) =>
  event('PayoutCalledBack', {
    applicationId: APPLICATION,
    lenderId: LENDER,
    payoutId: `${AUTHORISATION}/1`,
    webhookId: 'msg_1',
    status: 'paid',
    amount: yuan('62000000'),
    railReference: 'R1',
    paidAt: PAID_AT,
    cause: null,
    ...change,
  });

const typesOf = (decision: { readonly events?: readonly { type: string }[] }) =>
  (decision.events ?? []).map(({ type }) => type);

describe('an instruction', () => {
  it('that the rail has paid is confirmed, with the instruction’s own revision', () => {
    expect(payouts().when(instructed(), paid).events).toEqual([
      {
        type: 'PayoutConfirmed',
        data: {
          applicationId: APPLICATION,
          revision: 3,
          lenderId: LENDER,
          loanId: `${APPLICATION}-L1`,
          payoutId: `${AUTHORISATION}/1`,
          amount: yuan('62000000'),
          railReference: 'R1',
          paidAt: PAID_AT,
        },
      },
    ]);
  });

  it('that the rail says it will have paid is unknown, and asked about again', () => {
    const story = payouts();
    const ahead: RailAnswer = { ...paid, paidAtMs: NOW_MS + PAID_AHEAD_MS_MAX + 1 };
    const decision = story.when(instructed(), ahead);
    expect(typesOf(decision)).toEqual(['PayoutUnknown']);
    expect(decision.rows).toMatchObject([
      { status: 'unknown', paidAtMs: null, cause: expect.stringContaining('on 2026-11-20') },
    ]);
    expect(decision.timers).toHaveLength(1);
    // When the time has come it is as good as any other answer.
    expect(typesOf(story.when(due(1), ahead, { nowMs: NOW_MS + 60_000 }))).toEqual([
      'PayoutConfirmed',
    ]);
  });

  it('that the rail rejects is rejected, and not asked about again', () => {
    const decision = payouts().when(instructed(), refused);
    expect(decision.events).toMatchObject([
      { type: 'PayoutRejected', data: { cause: 'account closed' } },
    ]);
    expect(decision.timers).toBeUndefined();
  });

  it('without an answer is unknown, and asked about in a second', () => {
    const decision = payouts().when(instructed(), silent);
    expect(decision.events).toMatchObject([{ type: 'PayoutUnknown', data: { attempts: 1 } }]);
    expect(decision.timers).toMatchObject([
      { name: 'ask-again', detail: { payoutId: `${AUTHORISATION}/1`, attempts: 1 } },
    ]);
    const dueAtMs = decision.timers?.[0]?.dueAtMs ?? 0;
    expect(dueAtMs).toBeGreaterThan(10_900);
    expect(dueAtMs).toBeLessThanOrEqual(NOW_MS + 1_000);
  });

  it('that is repeated is neither asked nor told again', () => {
    const story = payouts().given(instructed(), paid);
    expect(questionOf(instructed(), story.state())).toBeUndefined();
    expect(story.when(instructed()).ignored).toBe('repeat');
  });

  it.each([
    ['amount', { amount: yuan('62000000.01') }],
    ['payee', { payee: '宁波示例芯片贸易有限公司' }],
    ['loan', { loanId: 'another' }],
  ])('that is repeated with another %s is a fault that is seen; the first stands', (_, change) => {
    for (const answer of [paid, silent]) {
      const story = payouts().given(instructed(), answer);
      const again = instructed(1, change);
      expect(questionOf(again, story.state())).toBeUndefined();
      const code = 'SAIDAO_LEDGER_TERMS_DIFFER';
      expect(() => story.when(again)).toThrow(expect.objectContaining({ code }));
    }
  });

  it('of another currency or of nothing is a fault, and never reaches the rail', () => {
    for (const amount of [{ minor: 5n, currency: 'USD' }, yuan('0'), yuan('-1')]) {
      const odd = instructed(1, { amount });
      expect(questionOf(odd, payouts().state())).toBeUndefined();
      expect(() => payouts().when(odd)).toThrow('positive CNY');
    }
  });
});

describe('an unknown payout', () => {
  const unknown = () => payouts().given(instructed(), silent);

  it('is looked up by its key, never under a new one', () => {
    expect(questionOf(due(1), unknown().state())).toEqual({
      kind: 'find',
      instruction: {
        payoutId: `${AUTHORISATION}/1`,
        lenderId: LENDER,
        payee: '浙江示例电机有限公司',
        amountFen: 6_200_000_000n,
        purpose: 'entrusted payment',
        endToEndId: APPLICATION,
      },
    });
  });

  it('is told once, and asked about with growing pauses until the rail answers', () => {
    const story = unknown();
    const pausesMs: number[] = [];
    for (let attempts = 1; attempts <= 9; attempts += 1) {
      const decision = story.when(due(attempts), silent);
      expect(typesOf(decision)).toEqual([]);
      pausesMs.push((decision.timers?.[0]?.dueAtMs ?? 0) - NOW_MS);
    }
    for (const [index, pauseMs] of pausesMs.entries()) {
      const wholeMs = Math.min(2_000 * 2 ** index, 60_000);
      expect(pauseMs).toBeGreaterThan(wholeMs * 0.9 - 1);
      expect(pauseMs).toBeLessThanOrEqual(wholeMs);
    }
    expect(typesOf(story.when(due(10), paid))).toEqual(['PayoutConfirmed']);
  });

  it('may turn out rejected', () => {
    expect(typesOf(unknown().when(due(1), refused))).toEqual(['PayoutRejected']);
  });

  it.each([
    ['of an earlier attempt', due(0)],
    ['of a later one', due(2)],
    ['of another payout', due(1, 2)],
    ['without JSON', due(1, 1, 'ask {')],
    ['of null', due(1, 1, 'null')],
  ])('passes over a timer %s', (_what, timer) => {
    const story = unknown();
    expect(questionOf(timer, story.state())).toBeUndefined();
    expect(story.when(timer).ignored).toBe('stale-timer');
  });

  it('passes over the timer once it is answered', () => {
    const story = unknown().given(due(1), paid);
    expect(questionOf(due(1), story.state())).toBeUndefined();
    expect(story.when(due(1)).ignored).toBe('stale-timer');
    expect(story.when(due(2)).ignored).toBe('stale-timer');
  });

  it('whose key the rail knows for another payout is never taken from a look-up', () => {
    const story = payouts().given(instructed(), taken);
    expect(questionOf(due(1), story.state())?.kind).toBe('instruct');
    story.given(due(1), silent);
    expect(questionOf(due(2), story.state())?.kind).toBe('instruct');
  });

  it.each([
    ['paid', paid, null],
    ['rejected', refused, 'account closed'],
  ])('whose key was taken is so no longer once it is %s', (_, answer, cause) => {
    const story = payouts();
    expect(story.when(instructed(), taken).rows).toMatchObject([
      { status: 'unknown', keyTaken: true, cause: expect.stringContaining('another payout') },
    ]);
    expect(story.when(due(1), silent).rows).toMatchObject([{ keyTaken: true }]);
    expect(story.when(due(2), answer).rows).toMatchObject([{ keyTaken: false, cause }]);
  });

  it('stays apart from the application’s other payouts', () => {
    const story = payouts().given(instructed(1), silent).given(instructed(2), silent);
    expect(story.when(due(1, 2), paid).events).toMatchObject([
      { type: 'PayoutConfirmed', data: { payoutId: `${AUTHORISATION}/2` } },
    ]);
    expect(story.when(due(1, 1), paid).events).toMatchObject([
      { type: 'PayoutConfirmed', data: { payoutId: `${AUTHORISATION}/1` } },
    ]);
  });
});

describe('a payout of a halted lender', () => {
  it('is held: nothing is told, and it is looked at again within five seconds', () => {
    const decision = payouts().when(instructed(), halted);
    expect(decision).toMatchObject({
      ignored: 'payouts-halted',
      rows: [{ status: 'held', attempts: 0, askedFirstAtMs: null }],
      timers: [{ name: 'ask-again', detail: { payoutId: `${AUTHORISATION}/1`, attempts: 0 } }],
    });
    expect(decision.events).toBeUndefined();
    const dueAtMs = decision.timers?.[0]?.dueAtMs ?? 0;
    expect(dueAtMs).toBeGreaterThan(14_499);
    expect(dueAtMs).toBeLessThanOrEqual(NOW_MS + 5_000);
  });

  it('is held for as long as it takes, and then told to the rail for the first time', () => {
    const story = payouts().given(instructed(), halted).given(due(0), halted);
    expect(questionOf(due(0), story.state())?.kind).toBe('instruct');
    const unknown = story.when(due(0), silent, { nowMs: NOW_MS + 10_000 });
    expect(typesOf(unknown)).toEqual(['PayoutUnknown']);
    expect(unknown.rows).toMatchObject([
      { status: 'unknown', attempts: 1, askedFirstAtMs: NOW_MS + 10_000 },
    ]);
    expect(questionOf(due(1), story.state())?.kind).toBe('find');
  });

  it('that was unknown before stays so, and is not asked about meanwhile', () => {
    const story = payouts().given(instructed(), silent);
    const decision = story.when(due(1), halted);
    expect(decision).toMatchObject({
      rows: [{ status: 'unknown', attempts: 1, askedFirstAtMs: NOW_MS }],
      timers: [{ detail: { attempts: 1 } }],
    });
    expect(questionOf(due(1), story.state())?.kind).toBe('find');
    expect(typesOf(story.when(due(1), paid))).toEqual(['PayoutConfirmed']);
  });

  it('is asked about no more often for having been instructed twice', () => {
    const story = payouts().given(instructed(), halted);
    expect(questionOf(instructed(), story.state())).toBeUndefined();
    expect(story.when(instructed(), undefined)).toEqual({ ignored: 'repeat' });
  });
});

describe('a payout while the rail’s breaker is open', () => {
  it('given no asking is recorded, is held: nothing is told or counted, it is asked soon', () => {
    const story = payouts();
    const decision = story.when(instructed(), notAsked);
    expect(decision).toMatchObject({
      ignored: 'rail-not-asked',
      rows: [{ status: 'held', attempts: 0, askedFirstAtMs: null, cause: notAsked.why }],
      timers: [{ name: 'ask-again', detail: { payoutId: `${AUTHORISATION}/1`, attempts: 0 } }],
    });
    expect(decision.events).toBeUndefined();
    expect(decision.timers?.[0]?.dueAtMs).toBeLessThanOrEqual(NOW_MS + 5_000);
    expect(questionOf(due(0), story.state())?.kind).toBe('instruct');
    expect(typesOf(story.when(due(0), paid))).toEqual(['PayoutConfirmed']);
  });

  it('given it is unknown, stays so, is looked up by its key, and told no second time', () => {
    const story = payouts().given(instructed(), silent);
    const decision = story.when(due(1), notAsked);
    expect(decision).toMatchObject({ rows: [{ status: 'unknown', attempts: 1 }] });
    expect(typesOf(decision)).toEqual([]);
    expect(questionOf(due(1), story.state())?.kind).toBe('find');
    expect(typesOf(story.when(due(1), paid))).toEqual(['PayoutConfirmed']);
  });
});

describe('a call of the rail', () => {
  const unknown = () => payouts().given(instructed(), silent);

  it('about an unknown payout has it asked about now, by its key', () => {
    const story = unknown();
    expect(questionOf(calledBack(), story.state())).toMatchObject({
      kind: 'find',
      instruction: { payoutId: `${AUTHORISATION}/1` },
    });
    expect(typesOf(story.when(calledBack(), paid))).toEqual(['PayoutConfirmed']);
    expect(story.when(due(1), paid).ignored).toBe('stale-timer');
  });

  it('is never believed: what the rail answers counts', () => {
    expect(typesOf(unknown().when(calledBack({ status: 'paid' }), refused))).toEqual([
      'PayoutRejected',
    ]);
    const story = unknown();
    const decision = story.when(calledBack({ status: 'rejected' }), silent);
    expect(typesOf(decision)).toEqual([]);
    expect(decision.timers).toMatchObject([{ detail: { attempts: 2 } }]);
    expect(story.when(due(1), paid).ignored).toBe('stale-timer');
    expect(typesOf(story.when(due(2), paid))).toEqual(['PayoutConfirmed']);
  });

  it('that comes again, late, or for the first time after the answer, changes nothing', () => {
    const story = payouts().given(instructed(), paid);
    expect(questionOf(calledBack(), story.state())).toBeUndefined();
    expect(story.when(calledBack())).toEqual({ ignored: 'repeat' });
    expect(story.when(calledBack({ status: 'rejected' }))).toEqual({
      ignored: 'contradicts-the-answer',
    });
    const rejected = payouts().given(instructed(), refused);
    expect(rejected.when(calledBack({ status: 'rejected' }))).toEqual({ ignored: 'repeat' });
    expect(rejected.when(calledBack())).toEqual({ ignored: 'contradicts-the-answer' });
  });

  it('that comes early, or is about nobody’s payout, is not missed: the instruction asks', () => {
    const story = payouts();
    expect(questionOf(calledBack(), story.state())).toBeUndefined();
    expect(story.when(calledBack())).toEqual({ ignored: 'payout-unknown' });
    expect(typesOf(story.when(instructed(), paid))).toEqual(['PayoutConfirmed']);
    const others = calledBack({ lenderId: 'boc-zj' });
    expect(questionOf(others, unknown().state())).toBeUndefined();
    expect(unknown().when(others)).toEqual({ ignored: 'payout-unknown' });
  });

  it('about a held payout has it told, and sets no second timer where it stays held', () => {
    const story = payouts().given(instructed(), halted);
    expect(questionOf(calledBack(), story.state())?.kind).toBe('instruct');
    expect(story.when(calledBack(), halted)).toEqual({ ignored: 'payouts-halted' });
    expect(story.when(calledBack(), notAsked)).toEqual({ ignored: 'rail-not-asked' });
    expect(typesOf(story.when(calledBack(), paid))).toEqual(['PayoutConfirmed']);
  });

  it('in one turn with its instruction asks nothing: what was held stays held', () => {
    for (const answer of [halted, notAsked, silent]) {
      const story = payouts().given(instructed(), answer);
      const before = story.state();
      // It is gathered for before the turn, when the payout was not known yet.
      expect(story.when(calledBack(), undefined)).toEqual({ ignored: 'rail-not-asked' });
      expect(story.state()).toEqual(before);
    }
  });
});

describe('the line', () => {
  it('tells one end for each payout, after at most one unknown', () => {
    const answers = fc.array(fc.constantFrom(paid, refused, silent, taken, halted, notAsked), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(answers, ([first, ...others]) => {
        const story = payouts();
        const told = typesOf(story.when(instructed(), first));
        for (const [index, answer] of others.entries()) {
          const attempts = story.state().payouts[0]?.attempts ?? 0;
          const asking = index % 2 === 0 ? due(attempts) : calledBack();
          told.push(...typesOf(story.when(asking, answer)));
        }
        expect(told.filter((type) => type === 'PayoutUnknown').length).toBeLessThanOrEqual(1);
        const ends = told.filter((type) => type !== 'PayoutUnknown');
        expect(ends.length).toBeLessThanOrEqual(1);
        if (ends.length > 0) expect(told.at(-1)).toBe(ends[0]);
      }),
    );
  });

  it('waits at least a tenth less and never longer than a minute', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000 }), fc.string(), (attempts, payoutId) => {
        const waitMs = askAgainAfterMs(attempts + 1, payoutId);
        expect(waitMs).toBeGreaterThanOrEqual(900);
        expect(waitMs).toBeLessThanOrEqual(60_000);
      }),
    );
  });

  it('gives events that the topic’s schemas take', () => {
    for (const answer of [paid, refused, silent]) {
      for (const { type, data } of payouts().when(instructed(), answer).events ?? []) {
        expect(encode(type, data, topics.payoutResults.name).length).toBeGreaterThan(5);
      }
    }
  });
});
