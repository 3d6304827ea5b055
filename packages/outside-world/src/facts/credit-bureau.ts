// The credit bureau: reports on what an enterprise owes, to those who name its consent.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Behaviours } from '../behaviour.ts';
import {
  type Answer,
  DebtTier,
  exactly,
  FenFrom0,
  Name,
  type Part,
  Problem,
  problem,
  type Surroundings,
  Uscc,
} from '../wire.ts';
import { createTold, tellRoute } from './told.ts';

export const BureauFile = exactly({
  creditFen: FenFrom0,
  overdueFen: FenFrom0,
  worstTier: DebtTier,
  guaranteeFen: FenFrom0,
});
export type BureauFile = Static<typeof BureauFile>;

export const ReportRequest = exactly({
  uscc: Name,
  /** Empty where there is none: then nothing is reported. */
  consentId: Type.String({ maxLength: 200 }),
  purpose: Name,
});
export type ReportRequest = Static<typeof ReportRequest>;

const consentMissing = problem(403, 'consent-missing', 'The enterprise has not consented.');

export function createCreditBureau(surroundings: Surroundings, behaviours: Behaviours): Part {
  const { recorder, now } = surroundings;
  const told = createTold<BureauFile>('uscc');
  const say = (uscc: string) => told.say(uscc, now());

  async function report({ uscc, consentId }: ReportRequest): Promise<Answer<never>> {
    if (consentId === '') return consentMissing;
    const body = say(uscc);
    await recorder.flushed();
    return body === undefined
      ? problem(404, 'file-unknown', `The bureau keeps no file of ${uscc}.`)
      : { status: 200, body };
  }

  return {
    apply(entry) {
      if (entry.type !== 'bureau-file-seeded') return;
      if (entry.file === null) told.delete(entry.uscc);
      else told.set(entry.uscc, entry.file);
    },
    clear: told.clear,
    routes(plain: FastifyInstance) {
      const app = plain.withTypeProvider<TypeBoxTypeProvider>();
      app.post(
        '/credit-bureau/reports',
        { schema: { body: ReportRequest, response: { '4xx': Problem, '5xx': Problem } } },
        async ({ body }, reply) =>
          behaviours.perform(reply, {
            provider: 'credit-bureau',
            subjects: [body.uscc],
            act: () => report(body),
          }),
      );
      tellRoute(plain, surroundings, {
        path: '/control/credit-bureau/files/:uscc',
        key: Uscc,
        body: BureauFile,
        entryOf: (uscc, file) => ({ type: 'bureau-file-seeded', uscc, file }),
        say,
      });
    },
  };
}
