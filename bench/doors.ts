// What applicants and officers say, as records of the topics they speak on.
import { createHash } from 'node:crypto';
import { changedSubmission, submissionBody, type Applicant, type Step } from '@saidao/applicants';
import { partitionOf, type OutgoingRecord } from '@saidao/event-log';
import { encode, submittedOf, topicName, topics } from '@saidao/schemas';
import type { EventMap } from '@saidao/schemas';
import { PARTITIONS } from './place.ts';
import { bodyOf } from './population.ts';

const SUBMISSIONS = topicName(topics.submissions);
const REVIEWS = topicName(topics.reviewActions);

type Said =
  | 'ApplicationSubmitted'
  | 'AmendmentSubmitted'
  | 'WithdrawalSubmitted'
  | 'OfferAcceptanceSubmitted'
  | 'OfferDeclineSubmitted';

export function submissionRecord(applicant: Applicant): OutgoingRecord {
  return submitted(applicant, 'ApplicationSubmitted', submittedOf(bodyOf(applicant)));
}

/** What a step of the script sends; an officer speaks of the revision that was referred. */
export function stepRecord(
  applicant: Applicant,
  step: Step,
  applicationId: string,
  revision: number,
): OutgoingRecord {
  const { lender: lenderId, channel, id: reference, submission } = applicant;
  const name = { lenderId, channel, reference };
  const reason = step.reason ?? 'As it should be.';
  switch (step.does) {
    case 'accept':
      return submitted(applicant, 'OfferAcceptanceSubmitted', name);
    case 'decline-offer':
      return submitted(applicant, 'OfferDeclineSubmitted', { ...name, reason });
    case 'withdraw':
      return submitted(applicant, 'WithdrawalSubmitted', { ...name, reason });
    case 'amend': {
      const body = submissionBody(changedSubmission(submission, step.change), reference);
      return submitted(applicant, 'AmendmentSubmitted', submittedOf(body));
    }
    case 'approve':
    case 'decline': {
      const verdict = step.does === 'approve' ? 'APPROVE' : 'DECLINE';
      const reasonCode = verdict === 'DECLINE' ? 'M01' : null;
      const said = { officer: step.actor, verdict, reason, reasonCode } as const;
      const data = { applicationId, revision, lenderId, ...said };
      return recordOf(REVIEWS, applicationId, lenderId, 'ReviewSubmitted', data, step.actor);
    }
  }
}

function submitted<N extends Said>(
  { lender, channel, id }: Applicant,
  type: N,
  data: EventMap[N],
): OutgoingRecord {
  return recordOf(SUBMISSIONS, `${lender}/${channel}/${id}`, lender, type, data);
}

function recordOf<N extends Said | 'ReviewSubmitted'>(
  topic: string,
  keyText: string,
  lenderId: string,
  type: N,
  data: EventMap[N],
  who = '',
): OutgoingRecord {
  const key = Buffer.from(keyText);
  const id = createHash('sha256').update(`${keyText}\0${type}\0${who}`).digest('hex');
  return {
    topic,
    partition: partitionOf(key, PARTITIONS),
    key,
    value: encode(type, data, topic),
    headers: {
      'content-type': 'application/avro',
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: 'saidao/bench',
      ce_type: type,
      ce_time: new Date().toISOString(),
      ce_correlationid: id,
      ce_lenderid: lenderId,
    },
  };
}
