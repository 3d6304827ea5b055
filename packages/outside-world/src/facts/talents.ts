// The office of talents: which grade a certificate recognises, until when, and whether it is whose.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Behaviours } from '../behaviour.ts';
import {
  type Answer,
  Day,
  exactly,
  IdNumber,
  Name,
  type Part,
  Problem,
  problem,
  type Surroundings,
} from '../wire.ts';
import { sayOnce, tellRoute } from './told.ts';

/** As it is written in addresses: capitals, digits and hyphens. */
export const Certificate = Type.String({ pattern: '^[A-Z0-9][A-Z0-9-]{0,99}$' });

export const talentFields = {
  grade: Type.String({ pattern: '^[A-F]$' }),
  /** Whose it is. */
  idNumber: IdNumber,
  validTo: Day,
};
export const RecognisedTalent = exactly(talentFields);
export type RecognisedTalent = Static<typeof RecognisedTalent>;

export const TalentCheck = exactly({ certificate: Name, idNumber: Name });
export type TalentCheck = Static<typeof TalentCheck>;

const certificateUnknown = problem(404, 'certificate-unknown', 'There is no such certificate.');

export function createTalents(surroundings: Surroundings, behaviours: Behaviours): Part {
  const { recorder, now } = surroundings;
  const talents = new Map<string, RecognisedTalent>();

  async function check({ certificate, idNumber }: TalentCheck): Promise<Answer<never>> {
    const talent = talents.get(certificate);
    await recorder.flushed();
    if (talent === undefined) return certificateUnknown;
    const { grade, validTo } = talent;
    const holder = talent.idNumber === idNumber ? 'matches' : 'differs';
    return { status: 200, body: sayOnce({ grade, holder, validTo }, now()) };
  }

  return {
    apply(entry) {
      if (entry.type === 'talent-seeded') talents.set(entry.certificate, entry.talent);
    },
    clear: () => talents.clear(),
    routes(plain: FastifyInstance) {
      const app = plain.withTypeProvider<TypeBoxTypeProvider>();
      app.post(
        '/talents/checks',
        { schema: { body: TalentCheck, response: { '4xx': Problem, '5xx': Problem } } },
        async ({ body }, reply) =>
          behaviours.perform(reply, {
            provider: 'talents',
            subjects: [body.certificate],
            act: () => check(body),
          }),
      );
      tellRoute(plain, surroundings, {
        path: '/control/talents/:certificate',
        key: Certificate,
        body: RecognisedTalent,
        entryOf: (certificate, talent) => ({ type: 'talent-seeded', certificate, talent }),
        say: (certificate) => {
          const talent = talents.get(certificate);
          return talent && sayOnce({ certificate, ...talent }, now());
        },
      });
    },
  };
}
