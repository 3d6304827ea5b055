// A source of facts in memory for specs; it passes the conformance suite that the real ones pass.
import type { CallLog, FactSource, Question, Reply } from '@saidao/worker';
import { hash } from 'node:crypto';
import { toJson } from '@saidao/values';
import { callLogMemory } from './call-log-memory.ts';

export type FactMood = 'normal' | 'silent' | 'failing' | 'garbage' | 'blocked';

export interface MemoryFacts<Subject, Says> extends FactSource<Subject, Says> {
  /** By the subject's name. */
  enter(name: string, says: Says): void;
  /** Without a name: towards everybody; `account/<lenderId>`: towards that lender. */
  behave(mood: FactMood, name?: string): void;
  /** The names of what it was asked about, in order. */
  readonly asked: readonly string[];
}

export interface MemoryFactsOptions<Subject, Says> {
  readonly provider: string;
  readonly nameOf: (subject: Subject) => string;
  /** What it says of what it was never told of. */
  readonly unknown: Says;
  readonly now?: () => number;
  readonly log?: CallLog;
}

export function factMemory<Subject, Says>({
  provider,
  nameOf,
  unknown,
  now = Date.now,
  log = callLogMemory(),
}: MemoryFactsOptions<Subject, Says>): MemoryFacts<Subject, Says> {
  const told = new Map<string, Says>();
  const moods = new Map<string, FactMood>();
  const answeredAtMs = new Map<string, number>();
  const asked: string[] = [];

  async function say(name: string, question: Question): Promise<Reply<Says>> {
    const { lenderId, applicationId, purpose, consentId } = question;
    const atMs = now();
    const mood =
      moods.get(name) ?? moods.get(`account/${lenderId}`) ?? moods.get('') ?? ('normal' as const);
    const call = { provider, lenderId, applicationId, subject: name, purpose, consentId };
    const made = { ...call, askedAtMs: atMs, attempts: 1 };
    if (mood !== 'normal') {
      const nothing = { answeredAtMs: null, answerHash: null, answer: null };
      await log.note({ ...made, ...nothing, outcome: mood });
      const message = `${provider} is ${mood}`;
      return { kind: 'failed', provider, message, askedAtMs: atMs, failedAtMs: now() };
    }
    const value = told.get(name) ?? unknown;
    const answer = toJson(value);
    const answerHash = hash('sha256', answer, 'hex');
    answeredAtMs.set(lenderId, now());
    const outcome = 'answered';
    const keptAt = await log.note({ ...made, answeredAtMs: now(), outcome, answerHash, answer });
    return {
      kind: 'answered',
      value,
      evidence: {
        provider,
        askedAt: BigInt(atMs),
        answeredAt: BigInt(now()),
        answerHash,
        keptAt,
        fromCache: false,
        attempts: 1,
      },
    };
  }

  return {
    asked,
    enter: (name, says) => void told.set(name, says),
    behave: (mood, name = '') => void moods.set(name, mood),
    async ask(subject, question) {
      if (question.signal.aborted) return { kind: 'not-asked', message: 'time was over' };
      asked.push(nameOf(subject));
      return say(nameOf(subject), question);
    },
    async control(question) {
      await say('control', { ...question, applicationId: null, purpose: 'control' });
    },
    answeredAtMs: (lenderId) => answeredAtMs.get(lenderId) ?? null,
  };
}
