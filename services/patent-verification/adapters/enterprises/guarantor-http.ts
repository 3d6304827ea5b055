// Guarantee institutions over HTTP, by way of their platform.
import { assertOk, isNone, readerOf, type FactApi } from '@saidao/worker';
import { Type } from 'typebox';
import type { GuarantorSays } from '../../facts.ts';
import type { GuaranteeRequest } from '../../ports.ts';
import type { EnterprisesAt } from './enterprise-registry-http.ts';

const readConfirmation = readerOf(
  Type.Object({
    confirmed: Type.Boolean(),
    reference: Type.String({ minLength: 1, maxLength: 200 }),
  }),
);

/** Asked for at `<url>/confirmations`; under the same key the first answer is given again. */
export function guarantorApi({
  url,
  controlUscc,
}: EnterprisesAt): FactApi<GuaranteeRequest, GuarantorSays> {
  return {
    nameOf: ({ institution }) => institution,
    keyOf: ({ key }) => key,
    // Nobody is called so, and what nobody is asked for cannot be confirmed.
    control: {
      applicationId: 'control',
      institution: 'control',
      uscc: controlUscc,
      sharePpm: 1,
      amountFen: 1n,
      key: 'control',
    },
    requestOf: ({ applicationId, institution, uscc, sharePpm, amountFen, key }) => ({
      method: 'POST',
      url: `${url}/confirmations`,
      body: { applicationId, institution, uscc, sharePpm, amountFen: amountFen.toString() },
      idempotencyKey: key,
    }),
    read(answer) {
      if (isNone(answer, 'institution-unknown')) return { known: false };
      assertOk(answer);
      const { confirmed, reference } = readConfirmation(answer);
      return { known: true, confirmed, reference };
    },
  };
}
