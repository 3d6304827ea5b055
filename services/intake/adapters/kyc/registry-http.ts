// The enterprise registry over HTTP: how long the licence holds, and how many owners are filed.
import { Type } from 'typebox';
import { assertAbout, assertOk, dateIn, isNone, readerOf, type FactApi } from '@saidao/worker';
import type { RegistrySays } from '../../kyc/facts.ts';

// What a registry does not say it leaves out.
const orNot = <S extends Parameters<typeof Type.Optional>[0]>(schema: S) =>
  Type.Optional(Type.Union([schema, Type.Null()]));
const readEntry = readerOf(
  Type.Object({
    uscc: Type.String(),
    licenceValidTo: orNot(Type.String()),
    registeredCapitalFen: orNot(Type.String({ pattern: '^(0|[1-9][0-9]{0,17})$' })),
    beneficialOwners: orNot(Type.Integer({ minimum: 0 })),
    naturalHoldersOnly: orNot(Type.Boolean()),
  }),
);

export interface RegistryAt {
  readonly url: string;
  /** The code of an enterprise that can always be asked about. */
  readonly controlUscc: string;
}

/** Asked for at `<url>/enterprises/<code>`. */
export function kycRegistryApi({ url, controlUscc }: RegistryAt): FactApi<string, RegistrySays> {
  return {
    nameOf: (uscc) => uscc,
    control: controlUscc,
    requestOf: (uscc) => ({
      method: 'GET',
      url: `${url}/enterprises/${encodeURIComponent(uscc)}`,
    }),
    read(answer, uscc) {
      if (isNone(answer, 'enterprise-unknown')) return { known: false };
      assertOk(answer);
      const read = readEntry(answer);
      assertAbout(read.uscc, uscc);
      const { licenceValidTo, registeredCapitalFen } = read;
      return {
        known: true,
        licenceValidTo: licenceValidTo == null ? null : dateIn(licenceValidTo),
        registeredCapitalFen: registeredCapitalFen == null ? null : BigInt(registeredCapitalFen),
        beneficialOwners: read.beneficialOwners ?? null,
        naturalHoldersOnly: read.naturalHoldersOnly ?? null,
      };
    },
  };
}
