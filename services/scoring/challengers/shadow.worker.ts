// The shadow line: scores in, what each challenger model says of them out; it decides nothing.
import { topics } from '@saidao/schemas';
import { defineLine } from '@saidao/worker';
import { featuresOf, type Features } from './features.ts';
import type { Challenger, ChallengerQuestion } from './ports.ts';
import {
  createShadowDecide,
  type Challenged,
  type ChallengerSays,
  type GradeOf,
} from './shadow.decide.ts';

export const shadowLine = (challengers: readonly Challenger[], gradeOf: GradeOf) =>
  defineLine({
    name: 'shadow',
    consumes: [topics.scores],
    when: ['EnterpriseScored'],
    initialState: { revision: 0 },
    async gather(event, { signal }): Promise<readonly Challenged[]> {
      if (event.type === 'TimerDue') return [];
      const { lenderId, applicationId: subject } = event.data;
      const features = featuresOf(event.data);
      const question = { lenderId, subject, signal };
      return Promise.all(
        challengers.map(async (one) => ({
          model: one.model,
          says: await saysOf(one, features, question),
        })),
      );
    },
    decide: createShadowDecide(gradeOf),
    produces: [topics.shadowScores],
  });

/** One that breaks the port's word must not hold up the others. */
async function saysOf(
  challenger: Challenger,
  features: Features,
  question: ChallengerQuestion,
): Promise<ChallengerSays> {
  try {
    return await challenger.score(features, question);
  } catch (error) {
    return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
}
