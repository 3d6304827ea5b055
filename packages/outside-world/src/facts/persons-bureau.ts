// The credit bureau's files of persons: told to those who name the person's own consent.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Behaviours } from '../behaviour.ts';
import {
  type Answer,
  DebtTier,
  exactly,
  FenFrom0,
  IdNumber,
  Name,
  type Part,
  Problem,
  problem,
  type Surroundings,
} from '../wire.ts';
import { sayOnce, tellRoute } from './told.ts';

export const PersonFile = exactly({ overdueFen: FenFrom0, worstTier: DebtTier });
export type PersonFile = Static<typeof PersonFile>;

export const PersonReportRequest = exactly({
  idNumber: Name,
  /** Empty where there is none: then nothing is reported. */
  consentId: Type.String({ maxLength: 200 }),
  purpose: Name,
});
export type PersonReportRequest = Static<typeof PersonReportRequest>;

const consentMissing = problem(403, 'consent-missing', 'The person has not consented.');
const fileUnknown = problem(404, 'file-unknown', 'The bureau keeps no file of this person.');

export function createPersonsBureau(surroundings: Surroundings, behaviours: Behaviours): Part {
  const { recorder, now } = surroundings;
  const files = new Map<string, PersonFile>();
  const say = (idNumber: string): string | undefined => {
    const file = files.get(idNumber);
    return file && sayOnce(file, now());
  };

  async function report({ idNumber, consentId }: PersonReportRequest): Promise<Answer<never>> {
    if (consentId === '') return consentMissing;
    const body = say(idNumber);
    await recorder.flushed();
    return body === undefined ? fileUnknown : { status: 200, body };
  }

  return {
    apply(entry) {
      if (entry.type !== 'person-file-seeded') return;
      if (entry.file === null) files.delete(entry.idNumber);
      else files.set(entry.idNumber, entry.file);
    },
    clear: () => files.clear(),
    routes(plain: FastifyInstance) {
      const app = plain.withTypeProvider<TypeBoxTypeProvider>();
      app.post(
        '/persons-bureau/reports',
        { schema: { body: PersonReportRequest, response: { '4xx': Problem, '5xx': Problem } } },
        async ({ body }, reply) =>
          behaviours.perform(reply, {
            provider: 'persons-bureau',
            subjects: [body.idNumber],
            act: () => report(body),
          }),
      );
      tellRoute(plain, surroundings, {
        path: '/control/persons-bureau/files/:idNumber',
        key: IdNumber,
        body: PersonFile,
        entryOf: (idNumber, file) => ({ type: 'person-file-seeded', idNumber, file }),
        say,
      });
    },
  };
}
