// A challenger that runs elsewhere: asked by HTTP with the features, answers with points.
import { askJson, ProviderError, type Provider } from '@saidao/worker';
import type { Challenger } from '../ports.ts';
import type { ChallengerModel } from '../shadow.decide.ts';
import { askChallenger } from './asked.ts';

export interface HttpModelOptions {
  readonly model: ChallengerModel;
  readonly url: string;
  readonly provider: Provider;
}

/** `POST url {model, features}` is answered with `{points}`: hundredths of a point, 0 to 10000. */
export function httpModel({ model, url, provider }: HttpModelOptions): Challenger {
  return {
    model,
    score: (features, question) =>
      askChallenger(provider, question, async (signal) => {
        const asked = { model: `${model.id}@${model.version}`, features };
        const { status, body } = await askJson({ method: 'POST', url, body: asked }, signal);
        if (status !== 200) throw new ProviderError('error', `answered with status ${status}`);
        if (typeof body === 'object' && body !== null && 'points' in body) return body.points;
        throw new ProviderError('garbage', 'answered with JSON that has no points');
      }),
  };
}
