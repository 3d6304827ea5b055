// A register in memory for tests; it passes the conformance suite that the real adapter passes.
import { createHash } from 'node:crypto';
import { toJson } from '@saidao/values';
import type { Reply } from '../asking.ts';
import type { RegisterEntry, RegisterSays } from '../patents/grounds.ts';
import type { PatentRegister } from '../ports.ts';

export type RegisterMood = 'normal' | 'silent' | 'failing' | 'garbage';

export interface MemoryRegister extends PatentRegister {
  enter(entry: RegisterEntry): void;
  /** Without a number: about every patent. */
  behave(mood: RegisterMood, number?: string): void;
  /** The numbers it was asked about, in order. */
  readonly asked: readonly string[];
}

export function registerMemory(options: { readonly now: () => number }): MemoryRegister {
  const { now } = options;
  const entries = new Map<string, RegisterEntry>();
  const moods = new Map<string, RegisterMood>();
  const answeredAtMs = new Map<string, number>();
  const asked: string[] = [];

  function say(number: string, lenderId: string): Reply<RegisterSays> {
    const askedAtMs = now();
    const mood = moods.get(number) ?? moods.get('') ?? 'normal';
    if (mood !== 'normal') {
      const provider = 'patent-register';
      const message = `${provider} is ${mood}`;
      return { kind: 'failed', provider, message, askedAtMs, failedAtMs: now() };
    }
    const entry = entries.get(number);
    const value: RegisterSays = entry === undefined ? { known: false } : { known: true, entry };
    answeredAtMs.set(lenderId, now());
    return {
      kind: 'answered',
      value,
      evidence: {
        provider: 'patent-register',
        askedAt: BigInt(askedAtMs),
        answeredAt: BigInt(now()),
        answerHash: createHash('sha256').update(toJson(value)).digest('hex'),
        fromCache: false,
        attempts: 1,
      },
    };
  }

  return {
    asked,
    enter: (entry) => void entries.set(entry.number, entry),
    behave: (mood, number = '') => void moods.set(number, mood),
    async patent(number, { lenderId, signal }) {
      if (signal.aborted) return { kind: 'not-asked', message: 'time was over' };
      asked.push(number);
      return say(number, lenderId);
    },
    async control({ lenderId }) {
      say('control', lenderId);
    },
    answeredAtMs: (lenderId) => answeredAtMs.get(lenderId) ?? null,
  };
}
