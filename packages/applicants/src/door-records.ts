// The records that channels and officers append to the door topics: the Kafka door.
import { createHash } from 'node:crypto';
import { partitionOf, type OutgoingRecord } from '@saidao/event-log';
import {
  encode,
  submittedOf,
  topicName,
  topics,
  type EventMap,
  type SubmissionJson,
} from '@saidao/schemas';
import { DoorError } from './door-error.ts';
import { changedSubmission, type Step } from './samples.ts';

const SUBMISSIONS = topicName(topics.submissions);
const REVIEW_ACTIONS = topicName(topics.reviewActions);

/** Who sends, and to how many partitions. */
export interface Sender {
  readonly partitions: number;
  /** `ce_source`, as `saidao/cli`. */
  readonly source: string;
  /** W3C: the trace that all it sends belongs to. */
  readonly traceparent?: string;
}

export interface CaseName {
  readonly lender: string;
  readonly channel: string;
  readonly reference: string;
}

/** What an officer looks at. */
export interface Referral {
  readonly applicationId: string;
  readonly lenderId: string;
  readonly revision: number;
  /** How often it has been referred: a verdict on what was judged anew is another one. */
  readonly time: number;
  /** Nobody holds the claim, and this step needs it. */
  readonly claim: boolean;
}

/** Officers of scripts and their roles; whoever is not among them is an officer. */
const ROLES: Readonly<Record<string, string>> = {
  'officer-a': 'officer',
  'officer-b': 'senior-officer',
  'officer-c': 'committee',
};

export function roleOf(officer: string): string {
  return ROLES[officer] ?? 'officer';
}

/** The key of all that is said of a case on the submissions topic. */
export function keyOf({ lender, channel, reference }: CaseName): string {
  return `${lender}/${channel}/${reference}`;
}

/** As any door names a message: the same for each try of the same sending. */
export function messageIdOf(key: string, messageKey: string): string {
  return createHash('sha256').update(`${key}\0${messageKey}`).digest('hex');
}

export function submissionRecord(
  body: SubmissionJson,
  messageKey: string,
  sender: Sender,
): OutgoingRecord {
  return submissionsRecord(body, 'ApplicationSubmitted', asSubmitted(body), messageKey, sender);
}

/** What the applicant does with the application or its offer; named by the step alone. */
export function stepRecord(step: Step, body: SubmissionJson, sender: Sender): OutgoingRecord {
  const { lender: lenderId, channel, reference } = body;
  const name = { lenderId, channel, reference };
  const reason = reasonOf(step);
  const messageKey = step.does;
  switch (step.does) {
    case 'accept':
      return submissionsRecord(body, 'OfferAcceptanceSubmitted', name, messageKey, sender);
    case 'decline-offer': {
      const data = { ...name, reason };
      return submissionsRecord(body, 'OfferDeclineSubmitted', data, messageKey, sender);
    }
    case 'withdraw': {
      const data = { ...name, reason };
      return submissionsRecord(body, 'WithdrawalSubmitted', data, messageKey, sender);
    }
    case 'amend': {
      const data = asSubmitted(changedSubmission(body, step.change));
      return submissionsRecord(body, 'AmendmentSubmitted', data, messageKey, sender);
    }
    case 'approve':
    case 'decline':
      throw new Error(`${step.actor} cannot ${step.does} as an applicant.`);
  }
}

/** What an officer's step means, in this order: said again each is the same. */
export function reviewRecords(step: Step, referral: Referral, sender: Sender): OutgoingRecord[] {
  const { applicationId, lenderId, revision } = referral;
  const officer = step.actor;
  const act = { applicationId, revision, lenderId, officer, role: roleOf(officer) };
  const record = <N extends 'ReviewClaimed' | 'ReviewSubmitted'>(type: N, data: EventMap[N]) =>
    recordOf({
      topic: REVIEW_ACTIONS,
      key: applicationId,
      type,
      data,
      lenderId,
      messageId: reviewIdOf(step, referral, type),
      sender,
    });
  return [
    ...(referral.claim ? [record('ReviewClaimed', act)] : []),
    record('ReviewSubmitted', { ...act, ...verdictOf(step), amount: null, termMonths: null }),
  ];
}

/** Names an action by officer, revision and referral. */
export function reviewIdOf(
  { actor }: Step,
  { applicationId, revision, time }: Referral,
  type: 'ReviewClaimed' | 'ReviewSubmitted',
): string {
  return messageIdOf(applicationId, `${actor}/${revision}/${time}/${type}`);
}

/**
 * The verdict that an officer's step means. Whoever declines has to give a code that says why, which
 * M01 (needs the decision of officers) does not; that of an override counts only where it is one.
 */
export function verdictOf(step: Step) {
  const reason = step.reason ?? 'As the officer sees it.';
  return step.does === 'approve'
    ? { verdict: 'APPROVE' as const, reason, reasonCode: null, overrideCode: 'FACT_REFUTED' }
    : {
        verdict: 'DECLINE' as const,
        reason,
        reasonCode: 'F02',
        overrideCode: 'POLICY_TOO_GENEROUS',
      };
}

export function reasonOf(step: Step): string {
  return step.reason ?? 'As the applicant wishes.';
}

type SubmissionType =
  | 'ApplicationSubmitted'
  | 'AmendmentSubmitted'
  | 'WithdrawalSubmitted'
  | 'OfferAcceptanceSubmitted'
  | 'OfferDeclineSubmitted';

function submissionsRecord<N extends SubmissionType>(
  name: CaseName,
  type: N,
  data: EventMap[N],
  messageKey: string,
  sender: Sender,
): OutgoingRecord {
  const key = keyOf(name);
  const messageId = messageIdOf(key, messageKey);
  const lenderId = name.lender;
  return recordOf({ topic: SUBMISSIONS, key, type, data, lenderId, messageId, sender });
}

function recordOf<N extends SubmissionType | 'ReviewClaimed' | 'ReviewSubmitted'>(message: {
  readonly topic: string;
  readonly key: string;
  readonly type: N;
  readonly data: EventMap[N];
  readonly lenderId: string;
  readonly messageId: string;
  readonly sender: Sender;
}): OutgoingRecord {
  const { topic, type, data, lenderId, messageId, sender } = message;
  const key = Buffer.from(message.key);
  return {
    topic,
    partition: partitionOf(key, sender.partitions),
    key,
    value: encode(type, data, topic),
    headers: {
      'content-type': 'application/avro',
      ce_specversion: '1.0',
      ce_id: messageId,
      ce_source: sender.source,
      ce_type: type,
      ce_time: new Date().toISOString(),
      ce_correlationid: messageId,
      ce_lenderid: lenderId,
      ...(sender.traceparent !== undefined && { traceparent: sender.traceparent }),
    },
  };
}

function asSubmitted(body: SubmissionJson): EventMap['ApplicationSubmitted'] {
  try {
    return submittedOf(body);
  } catch (error) {
    const says =
      error instanceof RangeError
        ? error.message
        : 'a part of it is missing or no text or number; the HTTP door says which';
    const sentence = `The submission can't be written as an event: ${says}.`;
    throw new DoorError('no-submission', sentence, { cause: error });
  }
}
