// What applicants and officers say, as records of the topics they speak on.
import { createHash } from 'node:crypto';
import { partitionOf, type OutgoingRecord } from '@saidao/event-log';
import { encode, submittedOf, topicName, topics } from '@saidao/schemas';
import type { EventMap, SubmissionJson } from '@saidao/schemas';
import { PARTITIONS } from './place.ts';

const SUBMISSIONS = topicName(topics.submissions);
const REVIEWS = topicName(topics.reviewActions);

export function submissionRecord(submission: SubmissionJson): OutgoingRecord {
  const { lender, channel, reference } = submission;
  const key = `${lender}/${channel}/${reference}`;
  return recordOf(SUBMISSIONS, key, lender, 'ApplicationSubmitted', submittedOf(submission));
}

export function acceptanceRecord(submission: SubmissionJson): OutgoingRecord {
  const { lender: lenderId, channel, reference } = submission;
  const key = `${lenderId}/${channel}/${reference}`;
  const data = { lenderId, channel, reference };
  return recordOf(SUBMISSIONS, key, lenderId, 'OfferAcceptanceSubmitted', data);
}

export function approvalRecord(
  applicationId: string,
  lenderId: string,
  officer: string,
): OutgoingRecord {
  const said = { revision: 1, verdict: 'APPROVE' as const, reason: 'As it should be.' };
  const data = { applicationId, lenderId, officer, ...said, reasonCode: null };
  return recordOf(REVIEWS, applicationId, lenderId, 'ReviewSubmitted', data, officer);
}

function recordOf<
  N extends 'ApplicationSubmitted' | 'OfferAcceptanceSubmitted' | 'ReviewSubmitted',
>(
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
