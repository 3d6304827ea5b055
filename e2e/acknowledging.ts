// What doors have acknowledged, by the ids that the messages must have on the log.
import {
  keyOf,
  messageIdOf as sentIdOf,
  type CaseName,
  type Doors,
  type Via,
} from '@saidao/applicants';
import type { Acknowledged } from '@saidao/checker';
import { messageIdOf } from '@saidao/worker';

/** Whose token applicants have at intake's door. */
const CHANNELS = 'channels';

/** Doors that note what was taken: submissions first of all, and what applicants do with them. */
export function acknowledging(doors: Doors, note: (one: Acknowledged) => void): Doors {
  return {
    async submit(body, via, messageKey) {
      const answer = await doors.submit(body, via, messageKey);
      const { became, applicationId } = answer;
      if (became === 'taken') {
        note({
          ...acknowledgedOf(body, via, messageKey),
          ...(applicationId !== null && { applicationId }),
        });
      }
      return answer;
    },
    async act(step, body, applicationId, via) {
      await doors.act(step, body, applicationId, via);
      note({ ...acknowledgedOf(body, via, step.does), applicationId });
    },
    review: (...given) => doors.review(...given),
  };
}

/** Intake names by principal and key what comes over HTTP; on the topic the sender's id stands. */
function acknowledgedOf(name: CaseName, via: Via, messageKey: string): Acknowledged {
  const { lender: lenderId, channel, reference } = name;
  const key = sentIdOf(keyOf(name), messageKey);
  const messageId = via === 'http' ? messageIdOf(CHANNELS, key) : key;
  return { lenderId, channel, reference, messageId };
}
