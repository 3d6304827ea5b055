// The patent register over HTTP: who owns a patent, whether it stands, and what lies on it.
import { assertAbout, assertOk, dateIn, isNone, readerOf, type FactApi } from '@saidao/worker';
import { Type } from 'typebox';
import { registerStatuses, type RegisterSays } from '../../facts.ts';

const text = Type.String({ maxLength: 200 });
const count = Type.Integer({ minimum: 0 });
const orNull = <const Of extends Type.TSchema>(of: Of) => Type.Union([of, Type.Null()]);
const some = <const Of extends Type.TSchema>(of: Of) => Type.Array(of, { maxItems: 100 });

const readEntry = readerOf(
  Type.Object({
    number: text,
    kind: Type.Enum(['invention', 'utility-model', 'design']),
    filed: text,
    granted: orNull(text),
    status: Type.Enum([...registerStatuses]),
    owners: Type.Array(Type.Object({ name: text, uscc: text }), { minItems: 1, maxItems: 100 }),
    pledged: Type.Boolean(),
    preserved: Type.Boolean(),
    suspended: Type.Boolean(),
    licences: some(Type.Object({ kind: Type.Enum(['exclusive', 'other']), until: orNull(text) })),
    coOwnersConsent: orNull(Type.Boolean()),
    sameDay: orNull(text),
    compensationDays: count,
    ipc: some(text),
    claims: orNull(count),
    citations: orNull(count),
    familyCountries: orNull(count),
    bars: orNull(some(text)),
  }),
);

export interface PatentsAt {
  readonly url: string;
  /** A patent that can always be asked about. */
  readonly controlNumber: string;
}

/** Asked for at `<url>/patents/<number>`. */
export function registerApi({ url, controlNumber }: PatentsAt): FactApi<string, RegisterSays> {
  return {
    nameOf: (number) => number,
    control: controlNumber,
    requestOf: (number) => ({
      method: 'GET',
      url: `${url}/patents/${encodeURIComponent(number)}`,
    }),
    read(answer, number) {
      if (isNone(answer, 'patent-unknown')) return { known: false };
      assertOk(answer);
      const read = readEntry(answer);
      assertAbout(read.number, number);
      return {
        known: true,
        entry: {
          number,
          kind: read.kind,
          filed: dateIn(read.filed),
          granted: read.granted === null ? null : dateIn(read.granted),
          status: read.status,
          owners: read.owners.map(({ name, uscc }) => ({ name, uscc })),
          pledged: read.pledged,
          preserved: read.preserved,
          suspended: read.suspended,
          licences: read.licences.map(({ kind, until }) => ({
            kind,
            until: until === null ? null : dateIn(until),
          })),
          coOwnersConsent: read.coOwnersConsent,
          sameDay: read.sameDay,
          compensationDays: read.compensationDays,
          ipc: read.ipc,
          claims: read.claims,
          citations: read.citations,
          familyCountries: read.familyCountries,
          bars: read.bars,
        },
      };
    },
  };
}
