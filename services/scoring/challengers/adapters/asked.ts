// A challenger behind a provider: its failures told apart as the shadow line tells them.
import type { Provider } from '@saidao/worker';
import type { ChallengerQuestion } from '../ports.ts';
import type { ChallengerSays } from '../shadow.decide.ts';

const kinds = {
  timeout: 'timed-out',
  garbage: 'nonsense',
  refused: 'failed',
  error: 'failed',
  'breaker-open': 'failed',
} as const;

/** `call` resolves with the points as the model gave them, whatever they are. */
export async function askChallenger(
  provider: Provider,
  { lenderId, subject, signal }: ChallengerQuestion,
  call: (signal: AbortSignal) => Promise<unknown>,
): Promise<ChallengerSays> {
  const answer = await provider.ask(lenderId, subject, call, { signal });
  switch (answer.kind) {
    case 'answered':
      return { kind: 'answered', points: answer.value };
    case 'failed':
      return { kind: kinds[answer.cause], detail: answer.message };
    case 'not-configured':
      return { kind: 'failed', detail: `${provider.name} is not configured for ${lenderId}` };
  }
}
