// Who a person is, what it is at an enterprise, and whether it is on the list of dishonest debtors.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Behaviours } from '../behaviour.ts';
import {
  exactly,
  IdNumber,
  Listing,
  Name,
  nullOr,
  type Part,
  Problem,
  type Surroundings,
  Uscc,
} from '../wire.ts';
import { sayOnce, tellRoute } from './told.ts';

const Office = Type.Enum(['LEGAL_REPRESENTATIVE', 'BENEFICIAL_OWNER']);

export const personFields = {
  name: Name,
  /** What the registry has it as, by enterprise. */
  offices: Type.Array(exactly({ uscc: Uscc, office: Office }), { maxItems: 100 }),
  dishonestDebtor: Type.Optional(nullOr(Listing)),
};
export const Person = exactly(personFields);
export type Person = Static<typeof Person>;

export const PersonCheck = exactly({ name: Name, idNumber: Name, uscc: Name });
export type PersonCheck = Static<typeof PersonCheck>;

/**
 * An answer repeats neither name nor number: whoever asked knows them. Of a number that nobody
 * bears, and under another name, it says nothing more.
 */
export function createPersons(surroundings: Surroundings, behaviours: Behaviours): Part {
  const { recorder, now } = surroundings;
  const persons = new Map<string, Person>();

  function check({ name, idNumber, uscc }: PersonCheck): string {
    const person = persons.get(idNumber);
    if (person === undefined || person.name !== name) {
      const identity = person === undefined ? 'unknown' : 'differs';
      return sayOnce({ uscc, identity, offices: null, dishonestDebtor: null }, now());
    }
    const offices = person.offices.filter((one) => one.uscc === uscc).map(({ office }) => office);
    const { dishonestDebtor = null } = person;
    return sayOnce({ uscc, identity: 'matches', offices, dishonestDebtor }, now());
  }

  return {
    apply(entry) {
      if (entry.type === 'person-seeded') persons.set(entry.idNumber, entry.person);
    },
    clear: () => persons.clear(),
    routes(plain: FastifyInstance) {
      const app = plain.withTypeProvider<TypeBoxTypeProvider>();
      app.post(
        '/persons/checks',
        { schema: { body: PersonCheck, response: { '4xx': Problem, '5xx': Problem } } },
        async ({ body }, reply) =>
          behaviours.perform(reply, {
            provider: 'persons',
            subjects: [body.idNumber, body.uscc],
            act: async () => {
              const said = check(body);
              await recorder.flushed();
              return { status: 200, body: said };
            },
          }),
      );
      tellRoute(plain, surroundings, {
        path: '/control/persons/:idNumber',
        key: IdNumber,
        body: Person,
        entryOf: (idNumber, person) => ({ type: 'person-seeded', idNumber, person }),
        say: (idNumber) => {
          const person = persons.get(idNumber);
          return person && sayOnce({ idNumber, ...person }, now());
        },
      });
    },
  };
}
