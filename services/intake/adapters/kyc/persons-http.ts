// Who a person is over HTTP: identity, offices at the enterprise, the list of dishonest debtors.
import { Type } from 'typebox';
import { assertAbout, assertOk, dateIn, readerOf, type FactApi } from '@saidao/worker';
import { identities, offices, type PersonSays } from '../../kyc/facts.ts';
import type { PersonSubject } from '../../ports.ts';
import type { Aliases } from './alias.ts';

const readPerson = readerOf(
  Type.Object({
    uscc: Type.String(),
    identity: Type.Enum([...identities]),
    offices: Type.Union([Type.Array(Type.Enum([...offices])), Type.Null()]),
    dishonestDebtor: Type.Union([
      Type.Object({ reference: Type.String({ minLength: 1 }), since: Type.String() }),
      Type.Null(),
    ]),
  }),
);

export interface PersonsAt extends Pick<Aliases, 'personOf'> {
  readonly url: string;
  readonly controlUscc: string;
}

/** Asked at `<url>/checks`. The control question names nobody: that nobody is so called is said. */
export function personsApi({
  url,
  controlUscc,
  personOf,
}: PersonsAt): FactApi<PersonSubject, PersonSays> {
  return {
    nameOf: ({ idNumber }) => personOf(idNumber),
    control: { name: 'control', idNumber: 'control', uscc: controlUscc },
    requestOf: ({ name, idNumber, uscc }) => ({
      method: 'POST',
      url: `${url}/checks`,
      body: { name, idNumber, uscc },
    }),
    read(answer, { uscc }) {
      assertOk(answer);
      const read = readPerson(answer);
      assertAbout(read.uscc, uscc);
      if (read.dishonestDebtor !== null) dateIn(read.dishonestDebtor.since);
      return {
        identity: read.identity,
        offices: read.offices,
        isListed: read.dishonestDebtor !== null,
      };
    },
  };
}
