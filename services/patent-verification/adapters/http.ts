// How this service asks providers: answers checked by schema, with the evidence of each.
import { createHash } from 'node:crypto';
import {
  ProviderError,
  systemClock,
  type Clock,
  type JsonAnswer,
  type Provider,
} from '@saidao/worker';
import { toJson } from '@saidao/values';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Reply } from '../asking.ts';
import type { Question } from '../ports.ts';

/** A reader of answers that refuses as garbage what is not of the schema. */
export function readerOf<const Schema extends TSchema>(
  schema: Schema,
): (answer: JsonAnswer) => Static<Schema> {
  const compiled = Compile(schema);
  return ({ status, body }) => {
    if (compiled.Check(body)) return body as Static<Schema>;
    throw new ProviderError('garbage', `answered with status ${status} and unknown content`);
  };
}

/** True for the provider's own "there is none": a wrong address answers with 404 too. */
export function isNone({ status, body }: JsonAnswer, error: string): boolean {
  return status === 404 && (body as { error?: unknown } | null)?.error === error;
}

/** Asks once and says what came of it, with the evidence; never rejects. */
export async function askOnce<T>(
  provider: Provider,
  subject: string,
  { lenderId, signal }: Question,
  call: (signal: AbortSignal) => Promise<T>,
  clock: Clock = systemClock,
): Promise<Reply<T>> {
  const answer = await provider.ask(lenderId, subject, call, { signal });
  switch (answer.kind) {
    case 'answered':
      return {
        kind: 'answered',
        value: answer.value,
        evidence: {
          provider: provider.name,
          askedAt: BigInt(Math.round(answer.askedAtMs)),
          answeredAt: BigInt(Math.round(answer.answeredAtMs)),
          answerHash: createHash('sha256').update(toJson(answer.value)).digest('hex'),
          fromCache: false,
          attempts: answer.attempts,
        },
      };
    case 'not-configured':
      return { kind: 'not-configured', provider: provider.name };
    case 'failed': {
      const { message, askedAtMs, attempts } = answer;
      // A call that was cut short by us, or never made, says nothing of what it was about.
      if (attempts === 0 || signal.aborted) return { kind: 'not-asked', message };
      const failedAtMs = clock.nowMs();
      return { kind: 'failed', provider: provider.name, message, askedAtMs, failedAtMs };
    }
  }
}
