// Guarantee institutions over HTTP, by way of their platform.
import { askJson, ProviderError, type Provider } from '@saidao/worker';
import { Type } from 'typebox';
import type { Guarantor } from '../ports.ts';
import type { GuarantorSays } from '../verify.decide.ts';
import { askOnce, isNone, readerOf } from './http.ts';

const readConfirmation = readerOf(
  Type.Object({
    confirmed: Type.Boolean(),
    reference: Type.String({ minLength: 1, maxLength: 200 }),
  }),
);

export interface GuarantorHttpOptions {
  readonly provider: Provider;
  /** Confirmations are asked for at `<url>/confirmations`. */
  readonly url: string;
}

export function guarantorHttp({ provider, url }: GuarantorHttpOptions): Guarantor {
  return {
    confirm: (request, key, question) =>
      askOnce(provider, request.institution, question, async (signal): Promise<GuarantorSays> => {
        const { applicationId, institution, uscc, sharePpm } = request;
        const amountFen = request.amountFen.toString();
        const body = { applicationId, institution, uscc, sharePpm, amountFen };
        const answer = await askJson(
          { method: 'POST', url: `${url}/confirmations`, body, idempotencyKey: key },
          signal,
        );
        if (isNone(answer, 'institution-unknown')) return { known: false };
        if (answer.status !== 200) {
          throw new ProviderError('garbage', `answered with status ${answer.status}`);
        }
        const { confirmed, reference } = readConfirmation(answer);
        return { known: true, confirmed, reference };
      }),
    answeredAtMs: (lenderId) => provider.lastAnsweredAtMs(lenderId) ?? null,
  };
}
