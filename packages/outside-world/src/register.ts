// The patent register: what it says of a patent, and the pledges that the pledge office records in it.
import { type Static, Type } from 'typebox';
import type { FastifyInstance } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { Behaviours } from './behaviour.ts';
import {
  type Answer,
  answer,
  exactly,
  Instant,
  Name,
  type Part,
  PatentNumber,
  Problem,
  problem,
  type Surroundings,
  Uscc,
} from './wire.ts';

const facts = {
  kind: Type.Enum(['invention', 'utility-model', 'design']),
  filed: Type.String({ format: 'date' }),
  status: Type.Enum([
    'published',
    'in-examination',
    'granted',
    'in-invalidation',
    'invalidated',
    'terminated',
    'withdrawn',
    'deemed-withdrawn',
    'rejected',
  ]),
  owners: Type.Array(exactly({ name: Name, uscc: Uscc }), { minItems: 1, maxItems: 50 }),
  annuity: Type.Enum(['paid', 'grace', 'unpaid']),
  pledged: Type.Boolean(),
  preserved: Type.Boolean(),
  /** Null where nothing is said: a sole owner, or an agreement that was never filed. */
  coOwnersConsent: Type.Union([Type.Boolean(), Type.Null()]),
};

export const PatentSeed = exactly(facts);
export type PatentSeed = Static<typeof PatentSeed>;
/** A seed among others, which says of which patent. */
export const SeededPatent = exactly({ number: PatentNumber, ...facts });
export const PatentRecord = exactly({ number: PatentNumber, ...facts, asOf: Instant });
export type PatentRecord = Static<typeof PatentRecord>;

export interface Register extends Part {
  /** What the register says now, pledges included; undefined where it knows no such patent. */
  find(number: string): PatentSeed | undefined;
}

export function createRegister(surroundings: Surroundings, behaviours: Behaviours): Register {
  const { recorder, now } = surroundings;
  const patents = new Map<string, PatentSeed>();
  const registrationOf = new Map<string, string>();

  function find(number: string): PatentSeed | undefined {
    const patent = patents.get(number);
    return patent && { ...patent, pledged: patent.pledged || registrationOf.has(number) };
  }

  return {
    find,
    apply(entry) {
      if (entry.type === 'patent-seeded') patents.set(entry.number, entry.patent);
      if (entry.type === 'pledge-registered') {
        for (const number of entry.patents) registrationOf.set(number, entry.registrationId);
      }
      if (entry.type === 'pledge-released') {
        for (const [number, registrationId] of registrationOf) {
          if (registrationId === entry.registrationId) registrationOf.delete(number);
        }
      }
    },
    clear() {
      patents.clear();
      registrationOf.clear();
    },
    routes(plain: FastifyInstance) {
      const app = plain.withTypeProvider<TypeBoxTypeProvider>();
      app.get(
        '/register/patents/:number',
        {
          schema: {
            params: exactly({ number: Name }),
            response: { 200: PatentRecord, '4xx': Problem, '5xx': Problem },
          },
        },
        async ({ params: { number } }, reply) =>
          behaviours.perform(reply, {
            provider: 'register',
            subjects: [number],
            act: async (): Promise<Answer<PatentRecord>> => {
              const patent = find(number);
              await recorder.flushed();
              return patent === undefined
                ? problem(404, 'patent-unknown', `The register knows no patent ${number}.`)
                : answer(200, { number, ...patent, asOf: new Date(now()).toISOString() });
            },
          }),
      );
      app.put(
        '/control/register/patents/:number',
        {
          schema: {
            params: exactly({ number: PatentNumber }),
            body: PatentSeed,
            response: { 200: PatentRecord, '4xx': Problem, '5xx': Problem },
          },
        },
        async ({ params: { number }, body }) => {
          recorder.record({ type: 'patent-seeded', number, patent: body });
          await recorder.flushed();
          return { number, ...(find(number) ?? body), asOf: new Date(now()).toISOString() };
        },
      );
    },
  };
}
