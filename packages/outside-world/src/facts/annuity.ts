// The office of annuities: through which patent year the fees of a patent are paid.
import { type Static, Type } from 'typebox';
import type { Behaviours } from '../behaviour.ts';
import { exactly, PatentNumber, problem, type Surroundings } from '../wire.ts';
import { createFactPart, type FactPart } from './told.ts';

export const Annuity = exactly({ paidThroughYear: Type.Integer({ minimum: 0, maximum: 100 }) });
export type Annuity = Static<typeof Annuity>;

export function createAnnuity(
  surroundings: Surroundings,
  behaviours: Behaviours,
): FactPart<Annuity> {
  return createFactPart<Annuity, typeof Annuity>(surroundings, behaviours, {
    provider: 'annuity',
    askPath: '/annuities/:number',
    tellPath: '/control/annuity/annuities/:number',
    key: PatentNumber,
    body: Annuity,
    entryOf: (number, annuity) => ({ type: 'annuity-seeded', number, annuity }),
    factOf(entry) {
      if (entry.type === 'annuity-seeded') return [entry.number, entry.annuity];
      if (entry.type !== 'patent-seeded') return undefined;
      return [entry.number, { paidThroughYear: entry.patent.annuityPaidThroughYear }];
    },
    unknown: (number) => problem(404, 'patent-unknown', `No annuity is due on ${number}.`),
  });
}
