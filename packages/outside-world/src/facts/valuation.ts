// The registry of appraisals: what an appraiser found a patent to be worth, and for how long it holds.
import type { Static } from 'typebox';
import type { Behaviours } from '../behaviour.ts';
import { Day, exactly, Fen, Name, PatentNumber, problem, type Surroundings } from '../wire.ts';
import { createFactPart, type FactPart } from './told.ts';

const facts = {
  valueFen: Fen,
  appraiser: Name,
  reportId: Name,
  appraisedOn: Day,
  validUntil: Day,
};
export const Appraisal = exactly(facts);
export type Appraisal = Static<typeof Appraisal>;
/** An appraisal among others, which says of which patent. */
export const SeededAppraisal = exactly({ number: PatentNumber, ...facts });

export function createValuation(
  surroundings: Surroundings,
  behaviours: Behaviours,
): FactPart<Appraisal> {
  return createFactPart<Appraisal, typeof Appraisal>(surroundings, behaviours, {
    provider: 'valuation',
    askPath: '/valuation/appraisals/:number',
    tellPath: '/control/valuation/appraisals/:number',
    key: PatentNumber,
    body: Appraisal,
    entryOf: (number, appraisal) => ({ type: 'appraisal-seeded', number, appraisal }),
    factOf: (entry) =>
      entry.type === 'appraisal-seeded' ? [entry.number, entry.appraisal] : undefined,
    unknown: (number) => problem(404, 'appraisal-unknown', `Nobody has appraised ${number}.`),
  });
}
