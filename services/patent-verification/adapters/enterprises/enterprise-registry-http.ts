// The enterprise registry over HTTP: under which name, where and in what state an enterprise stands.
import { assertAbout, assertOk, dateIn, isNone, readerOf, type FactApi } from '@saidao/worker';
import { Type } from 'typebox';
import { enterpriseStatuses, type RegistrySays } from '../../facts.ts';

const readEntry = readerOf(
  Type.Object({
    uscc: Type.String(),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    status: Type.Enum([...enterpriseStatuses]),
    established: Type.String(),
    regionCode: Type.String({ pattern: '^[0-9]{6}$' }),
    industryCode: Type.String({ pattern: '^[A-T][0-9]{4}$' }),
    registeredCapitalFen: Type.Union([
      Type.String({ pattern: '^(0|[1-9][0-9]{0,17})$' }),
      Type.Null(),
    ]),
    insuredStaff: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    groupHead: Type.Optional(Type.Union([Type.String({ pattern: '^[0-9A-Z]{18}$' }), Type.Null()])),
  }),
);

export interface EnterprisesAt {
  readonly url: string;
  /** The code of an enterprise that can always be asked about. */
  readonly controlUscc: string;
}

/** Asked for at `<url>/enterprises/<code>`. */
export function enterpriseRegistryApi({
  url,
  controlUscc,
}: EnterprisesAt): FactApi<string, RegistrySays> {
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
      const { registeredCapitalFen: capital } = read;
      return {
        known: true,
        name: read.name,
        status: read.status,
        established: dateIn(read.established),
        regionCode: read.regionCode,
        industryCode: read.industryCode,
        registeredCapitalFen: capital === null ? null : BigInt(capital),
        insuredStaff: read.insuredStaff,
        // A registry that knows nothing of groups leaves it out.
        groupHead: read.groupHead ?? null,
      };
    },
  };
}
