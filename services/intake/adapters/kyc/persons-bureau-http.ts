// The credit bureau's files of persons over HTTP, told to those whom the person has consented to.
import { Type } from 'typebox';
import { assertOk, isNone, ProviderError, readerOf, type FactApi } from '@saidao/worker';
import { fiveTiers } from '@saidao/values';
import type { FileSays } from '../../kyc/facts.ts';
import type { FileSubject } from '../../ports.ts';
import type { Aliases } from './alias.ts';

const readFile = readerOf(
  Type.Object({
    overdueFen: Type.String({ pattern: '^(0|[1-9][0-9]{0,17})$' }),
    worstTier: Type.Enum([...fiveTiers]),
  }),
);

export interface PersonsBureauAt extends Pick<Aliases, 'personOf'> {
  readonly url: string;
}

/**
 * Asked for at `<url>/reports`. The control question names no consent: that the bureau refuses it
 * shows that it answers, and opens nobody's file.
 */
export function personsBureauApi({
  url,
  personOf,
}: PersonsBureauAt): FactApi<FileSubject, FileSays> {
  const control = { idNumber: 'control', consentId: '' };
  return {
    nameOf: ({ idNumber }) => personOf(idNumber),
    control,
    requestOf: ({ idNumber, consentId }, { purpose }) => ({
      method: 'POST',
      url: `${url}/reports`,
      body: { idNumber, consentId, purpose },
      judged: [403],
    }),
    read(answer, subject) {
      if (answer.status === 403) {
        const { error } = (answer.body ?? {}) as { error?: unknown };
        const isConsent = error === 'consent-missing';
        if (isConsent && subject === control) return { known: false };
        throw new ProviderError('error', isConsent ? 'refused the consent' : 'refused the account');
      }
      if (isNone(answer, 'file-unknown')) return { known: false };
      assertOk(answer);
      const { overdueFen, worstTier } = readFile(answer);
      return { known: true, overdueFen: BigInt(overdueFen), worstTier };
    },
  };
}
