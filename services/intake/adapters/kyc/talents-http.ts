// The office of talents over HTTP: grade, holder and end of a certificate.
import { Type } from 'typebox';
import { assertOk, dateIn, isNone, readerOf, type FactApi } from '@saidao/worker';
import type { TalentSays } from '../../kyc/facts.ts';
import type { TalentSubject } from '../../ports.ts';
import type { Aliases } from './alias.ts';

const readTalent = readerOf(
  Type.Object({
    grade: Type.String({ pattern: '^[A-F]$' }),
    holder: Type.Enum(['matches', 'differs']),
    validTo: Type.String(),
  }),
);

export interface TalentsAt extends Pick<Aliases, 'personOf'> {
  readonly url: string;
}

/** Asked at `<url>/checks`; a certificate's number is its holder's too, so it is logged as theirs. */
export function talentsApi({ url, personOf }: TalentsAt): FactApi<TalentSubject, TalentSays> {
  return {
    nameOf: ({ idNumber }) => personOf(idNumber),
    control: { certificate: 'CONTROL', idNumber: 'control' },
    requestOf: ({ certificate, idNumber }) => ({
      method: 'POST',
      url: `${url}/checks`,
      body: { certificate, idNumber },
    }),
    read(answer) {
      if (isNone(answer, 'certificate-unknown')) return { known: false };
      assertOk(answer);
      const { grade, holder, validTo } = readTalent(answer);
      return { known: true, grade, isHolder: holder === 'matches', validTo: dateIn(validTo) };
    },
  };
}
