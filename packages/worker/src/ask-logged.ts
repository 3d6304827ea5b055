// How providers are asked: answers checked by schema, each call written down as evidence.
import { hash } from 'node:crypto';
import { isBusinessDate, type BusinessDate } from '@saidao/values';
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { askJson, type JsonAnswer, type JsonRequest } from './ask-json.ts';
import type { Reply } from './asking.ts';
import { systemClock, type Clock } from './clock.ts';
import type { CallLog, Question } from './fact-source.ts';
import { ProviderError, type Answer, type Provider } from './provider.ts';

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

/** Refuses what is no answer: a status that nobody here expects. */
export function assertOk({ status }: JsonAnswer): void {
  if (status !== 200) throw new ProviderError('garbage', `answered with status ${status}`);
}

/** Refuses an answer about something else than was asked. */
export function assertAbout(answered: string, asked: string): void {
  if (answered === asked) return;
  throw new ProviderError('garbage', `answered about ${answered.slice(0, 100)}, not ${asked}`);
}

/** A date of an answer; one that does not exist is garbage. */
export function dateIn(text: string): BusinessDate {
  if (isBusinessDate(text)) return text;
  throw new ProviderError('garbage', 'answered with a date that does not exist');
}

export interface Caller {
  readonly provider: Provider;
  readonly log: CallLog;
  readonly clock?: Clock;
  /**
   * What evidence says of an answer's bytes; default: their SHA-256. Where these could be guessed
   * from it, a keyed hash.
   */
  readonly sealOf?: (answer: string) => string;
}

const sha256Of = (answer: string): string => hash('sha256', answer, 'hex');

/** One request of a call, made with the lender's own account. */
export type Ask = (request: JsonRequest) => Promise<JsonAnswer>;

/**
 * Asks and says what came of it; never rejects. Whatever was really asked is written down before
 * anybody can stand on it: where that fails, nothing has been learnt.
 */
export async function askLogged<T>(
  { provider, log, clock = systemClock, sealOf = sha256Of }: Caller,
  subject: string,
  question: Question,
  call: (ask: Ask) => Promise<T>,
): Promise<Reply<T>> {
  const { lenderId, signal } = question;
  let text: string | null = null;
  const answer = await provider.ask(
    lenderId,
    subject,
    (until) => {
      text = null;
      return call(async (request) => {
        const answered = await askJson({ ...request, accountId: lenderId }, until);
        text = answered.text;
        return answered;
      });
    },
    { signal, idempotent: true },
  );
  if (answer.kind === 'not-configured' || answer.attempts === 0) {
    return replyOf(answer, provider.name, question, clock);
  }
  const answerHash = text === null ? null : sealOf(text);
  try {
    const keptAt = await log.note({
      provider: provider.name,
      lenderId,
      applicationId: question.applicationId,
      subject,
      purpose: question.purpose,
      consentId: question.consentId,
      askedAtMs: answer.askedAtMs,
      answeredAtMs: answer.kind === 'answered' ? answer.answeredAtMs : null,
      outcome: outcomeOf(answer, signal),
      attempts: answer.attempts,
      answerHash,
      answer: text,
    });
    return replyOf(answer, provider.name, question, clock, { answerHash, keptAt });
  } catch (error) {
    const message = `the call could not be written down: ${(error as Error).message}`;
    return { kind: 'not-asked', message };
  }
}

function outcomeOf(
  answer: Exclude<Answer<unknown>, { kind: 'not-configured' }>,
  left: AbortSignal,
) {
  if (answer.kind === 'answered') return answer.kind;
  return left.aborted ? 'given-up' : answer.cause;
}

function replyOf<T>(
  answer: Answer<T>,
  provider: string,
  { signal }: Question,
  clock: Clock,
  kept: { readonly answerHash: string | null; readonly keptAt: string | null } = nothingKept,
): Reply<T> {
  switch (answer.kind) {
    case 'answered':
      return {
        kind: 'answered',
        value: answer.value,
        evidence: {
          provider,
          askedAt: BigInt(Math.round(answer.askedAtMs)),
          answeredAt: BigInt(Math.round(answer.answeredAtMs)),
          answerHash: kept.answerHash,
          keptAt: kept.keptAt,
          fromCache: false,
          attempts: answer.attempts,
        },
      };
    case 'not-configured':
      return { kind: 'not-configured', provider };
    case 'failed': {
      const { message, askedAtMs, attempts } = answer;
      // A call that was cut short by us, or never made, says nothing of what it was about.
      if (attempts === 0 || signal.aborted) return { kind: 'not-asked', message };
      const { keptAt } = kept;
      const failedAtMs = clock.nowMs();
      const failed = { kind: 'failed', provider, message, askedAtMs, failedAtMs } as const;
      return keptAt === null ? failed : { ...failed, keptAt };
    }
  }
}

const nothingKept = { answerHash: null, keptAt: null };
