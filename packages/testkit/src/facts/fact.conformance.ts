// What every source of facts does, whoever is behind it.
import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FactSource, ProviderCall, Question } from '@saidao/worker';
import type { MemoryCallLog } from './call-log-memory.ts';
import type { FactMood } from './fact-memory.ts';

export interface OpenFacts<Subject, Says> {
  readonly source: FactSource<Subject, Says>;
  readonly log: MemoryCallLog;
  /** Tells the provider what to say of the case's subject. */
  enter(says: Says): Promise<void> | void;
  behave(mood: FactMood, name?: string): Promise<void> | void;
}

export interface FactCase<Subject, Says> {
  /** As it is called in evidence. */
  readonly provider: string;
  readonly subject: Subject;
  /** What the log calls the subject. */
  readonly name: string;
  readonly says: Says;
  /** A subject that the provider is never told of, and what it says then. */
  readonly stranger: Subject;
  readonly saysOfStrangers: Says;
}

export const questionFor = (lenderId = 'exim-zj', change: Partial<Question> = {}): Question => ({
  lenderId,
  applicationId: 'application-1',
  purpose: 'verification',
  consentId: 'consent-1',
  signal: new AbortController().signal,
  ...change,
});

export function factConformance<Subject, Says>(
  title: string,
  { provider, subject, name, says, stranger, saysOfStrangers }: FactCase<Subject, Says>,
  open: () => Promise<OpenFacts<Subject, Says>>,
): void {
  describe(`facts: ${title}`, () => {
    it('says what is entered, with its evidence', async () => {
      const { source, enter } = await open();
      await enter(says);
      const before = Date.now();
      const reply = await source.ask(subject, questionFor());
      expect(reply).toEqual({
        kind: 'answered',
        value: says,
        evidence: {
          provider,
          askedAt: expect.any(BigInt),
          answeredAt: expect.any(BigInt),
          answerHash: expect.stringMatching(/^[0-9a-f]{64}$/),
          keptAt: expect.stringMatching(/^[a-z]+\.provider_calls\//),
          fromCache: false,
          attempts: 1,
        },
      });
      if (reply.kind !== 'answered') throw new Error('no answer');
      const { askedAt, answeredAt } = reply.evidence;
      expect(Number(askedAt)).toBeGreaterThanOrEqual(before - 1);
      expect(Number(answeredAt)).toBeGreaterThanOrEqual(Number(askedAt));
    });

    it('has written down what its evidence names, with the raw answer', async () => {
      const { source, enter, log } = await open();
      await enter(says);
      const reply = await source.ask(subject, questionFor());
      if (reply.kind !== 'answered') throw new Error('no answer');
      const { keptAt, answerHash } = reply.evidence;
      const call = log.calls.get(keptAt ?? '');
      expect(call).toEqual({
        provider,
        lenderId: 'exim-zj',
        applicationId: 'application-1',
        subject: name,
        purpose: 'verification',
        consentId: 'consent-1',
        askedAtMs: expect.any(Number),
        answeredAtMs: expect.any(Number),
        outcome: 'answered',
        attempts: 1,
        answerHash,
        answer: expect.any(String),
      } satisfies Record<keyof ProviderCall, unknown>);
      expect(hash('sha256', call?.answer ?? '', 'hex')).toBe(answerHash);
    });

    it('answers about what it knows nothing of', async () => {
      const { source } = await open();
      const reply = await source.ask(stranger, questionFor());
      expect(reply).toMatchObject({ kind: 'answered', value: saysOfStrangers });
    });

    it.each(['silent', 'failing', 'garbage', 'blocked'] as const)(
      'fails where it is %s, and that is written down',
      async (mood) => {
        const { source, enter, behave, log } = await open();
        await enter(says);
        await behave(mood, name);
        expect(await source.ask(subject, questionFor())).toMatchObject({
          kind: 'failed',
          provider,
          message: expect.stringContaining(provider),
          askedAtMs: expect.any(Number),
          failedAtMs: expect.any(Number),
        });
        expect(source.answeredAtMs('exim-zj')).toBeNull();
        const [call] = [...log.calls.values()];
        expect(call).toMatchObject({ subject: name, answeredAtMs: null });
        expect(call?.outcome).not.toBe('answered');
        expect(await source.ask(stranger, questionFor())).toMatchObject({ kind: 'answered' });
        expect(source.answeredAtMs('exim-zj')).not.toBeNull();
      },
    );

    it('fails for the lender whose account is blocked, and for no other', async () => {
      const { source, enter, behave } = await open();
      await enter(says);
      await behave('blocked', 'account/boc-zj');
      expect(await source.ask(subject, questionFor('boc-zj'))).toMatchObject({ kind: 'failed' });
      expect(await source.ask(subject, questionFor('exim-zj'))).toMatchObject({ value: says });
    });

    it('shows by a control question whether it answers anybody', async () => {
      const { source, behave, log } = await open();
      await behave('failing');
      await source.control(questionFor());
      expect(source.answeredAtMs('exim-zj')).toBeNull();
      await behave('normal');
      await source.control(questionFor());
      expect(source.answeredAtMs('exim-zj')).not.toBeNull();
      expect(source.answeredAtMs('boc-zj')).toBeNull();
      const calls = [...log.calls.values()];
      expect(calls.map(({ purpose }) => purpose)).toEqual(['control', 'control']);
      expect(calls.map(({ applicationId }) => applicationId)).toEqual([null, null]);
    });

    it('says nothing of a subject when the asker has no more time, and asks nobody', async () => {
      const { source, enter, log } = await open();
      await enter(says);
      const reply = await source.ask(
        subject,
        questionFor('exim-zj', { signal: AbortSignal.abort() }),
      );
      expect(reply.kind).toBe('not-asked');
      expect(log.calls.size).toBe(0);
    });
  });
}
