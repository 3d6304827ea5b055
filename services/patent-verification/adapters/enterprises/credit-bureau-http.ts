// The credit bureau over HTTP: what an enterprise owes, told to those whom it has consented to.
import {
  assertAbout,
  assertOk,
  isNone,
  ProviderError,
  readerOf,
  type FactApi,
} from '@saidao/worker';
import { Type } from 'typebox';
import { debtTiers, type BureauSays } from '../../facts.ts';
import type { BureauSubject } from '../../ports.ts';
import type { EnterprisesAt } from './enterprise-registry-http.ts';

const fen = Type.String({ pattern: '^(0|[1-9][0-9]{0,17})$' });
const readReport = readerOf(
  Type.Object({
    uscc: Type.String(),
    creditFen: fen,
    overdueFen: fen,
    worstTier: Type.Enum([...debtTiers]),
    guaranteeFen: fen,
  }),
);

/**
 * Asked for at `<url>/reports`. A file opened on one consent is for that one alone, so the consent
 * is part of the key. The control question names none: that the bureau refuses it shows that it
 * answers, and opens nobody's file.
 */
export function creditBureauApi({
  url,
  controlUscc,
}: EnterprisesAt): FactApi<BureauSubject, BureauSays> {
  const control = { uscc: controlUscc, consentId: '' };
  return {
    nameOf: ({ uscc }) => uscc,
    keyOf: ({ uscc, consentId }) => `${uscc}/${consentId}`,
    control,
    requestOf: ({ uscc, consentId }, { purpose }) => ({
      method: 'POST',
      url: `${url}/reports`,
      body: { uscc, consentId, purpose },
      judged: [403],
    }),
    read(answer, subject) {
      if (answer.status === 403) {
        const isConsent = errorIn(answer.body) === 'consent-missing';
        if (isConsent && subject === control) return { known: false };
        throw new ProviderError('error', isConsent ? 'refused the consent' : 'refused the account');
      }
      if (isNone(answer, 'file-unknown')) return { known: false };
      assertOk(answer);
      const read = readReport(answer);
      assertAbout(read.uscc, subject.uscc);
      return {
        known: true,
        creditFen: BigInt(read.creditFen),
        overdueFen: BigInt(read.overdueFen),
        worstTier: read.worstTier,
        guaranteeFen: BigInt(read.guaranteeFen),
      };
    },
  };
}

const errorIn = (body: unknown): unknown => (body as { error?: unknown } | null)?.error;
