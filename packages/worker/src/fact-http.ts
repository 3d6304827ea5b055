// A provider of facts over HTTP: what is sent and read is the provider's own, all else is here.
import { askJson, type JsonAnswer, type JsonRequest } from './ask-json.ts';
import { askLogged, type Ask, type Caller } from './ask-logged.ts';
import { systemClock } from './clock.ts';
import type { FactSource, Question } from './fact-source.ts';
import type { ProviderOptions } from './provider.ts';

/** How one provider is asked, and how its answers are read. */
export interface FactApi<Subject, Says> {
  /** What the call log and the metrics call a subject. */
  readonly nameOf: (subject: Subject) => string;
  /** What has the same answer: questions under one key are one question. Default: the name. */
  readonly keyOf?: (subject: Subject) => string;
  readonly requestOf: (subject: Subject, question: Question) => JsonRequest;
  /** Throws ProviderError for what says nothing. Copies field by field: the rest is not ours. */
  readonly read: (answer: JsonAnswer, subject: Subject) => Says;
  /** A subject that anybody may ask about; whether the provider knows it does not matter. */
  readonly control: Subject;
}

export function factHttp<Subject, Says>(
  api: FactApi<Subject, Says>,
  caller: Caller,
): FactSource<Subject, Says> {
  const { provider } = caller;
  noteProbes(caller);
  const ask = (subject: Subject, question: Question) =>
    askLogged(caller, api.nameOf(subject), question, (send) => say(api, subject, question, send));
  return {
    ask,
    async control(question) {
      await ask(api.control, controlQuestion(question.lenderId, question.signal));
    },
    answeredAtMs: (lenderId) => provider.lastAnsweredAtMs(lenderId) ?? null,
  };
}

/** The control question as the provider's probe: so a paused line finds out that it is back. */
export function factProbe<Subject, Says>(
  api: FactApi<Subject, Says>,
): NonNullable<ProviderOptions['probe']> {
  return (lenderId, signal) =>
    say(api, api.control, controlQuestion(lenderId, signal), (request) =>
      askJson({ ...request, accountId: lenderId }, signal),
    );
}

/** A probe is a call too, though nobody stands on its answer or waits until it is noted. */
function noteProbes({ provider, log, clock = systemClock }: Caller): void {
  provider.on('answer', ({ lenderId, subject, outcome, attempts, durationMs }) => {
    if (subject !== 'probe' || attempts === 0) return;
    const nowMs = clock.nowMs();
    const nobody = { applicationId: null, consentId: null, answerHash: null, answer: null };
    const noted = log.note({
      ...nobody,
      provider: provider.name,
      lenderId,
      subject,
      purpose: 'probe',
      askedAtMs: nowMs - durationMs,
      answeredAtMs: outcome === 'answered' ? nowMs : null,
      outcome,
      attempts,
    });
    noted.catch(() => undefined);
  });
}

async function say<Subject, Says>(
  api: FactApi<Subject, Says>,
  subject: Subject,
  question: Question,
  send: Ask,
): Promise<Says> {
  return api.read(await send(api.requestOf(subject, question)), subject);
}

function controlQuestion(lenderId: string, signal: AbortSignal): Question {
  return { lenderId, applicationId: null, purpose: 'control', consentId: null, signal };
}
