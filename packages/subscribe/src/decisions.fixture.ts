// Decisions and latest decisions of applications, as decisioning would append them.
import { randomBytes } from 'node:crypto';
import type { OutgoingRecord } from '@saidao/event-log';
import { topicName, topics, topicSpecs } from '@saidao/schemas';
import { recordOf } from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';

export const LENDER = 'czb-hz';
export const PARTITIONS = 3;
export const DECISIONS = topicName(topics.decisions, LENDER);
export const LATEST = topicName(topics.latestDecisions, LENDER);

/** The two topics of a lender. */
export const decisionTopicsOf = (lenderId: string) =>
  topicSpecs([lenderId], PARTITIONS).filter(({ name }) => name.includes(`.${lenderId}.`));

export const decisionTopics = decisionTopicsOf(LENDER);

export const newApplication = (): string => uuidV7(Date.now(), randomBytes(10));

/** Some event; what it says does not matter here. */
export function decision(applicationId: string, number: number, lenderId = LENDER): OutgoingRecord {
  const of = { applicationId, revision: 1, lenderId };
  const data = { ...of, cause: 'WITHDRAWN', about: null } as const;
  return recordOf('ApplicationClosed', data, { partitions: PARTITIONS, number });
}

/** By a schema of a release to come. */
export function fromTheFuture(applicationId: string, number: number): OutgoingRecord {
  const record = decision(applicationId, number);
  return { ...record, value: Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1]) };
}

export function latestDecision(
  applicationId: string,
  number: number,
  lenderId = LENDER,
): OutgoingRecord {
  const of = { applicationId, revision: 1, lenderId, productId: 'TALENT' };
  const nothing = { amount: null, ratePpm: null, reasons: [], about: null, terms: null };
  const more = { tier: null, policy: null, offerExpiresAt: null, decidedAt: 0n };
  const status = `after ${number}`;
  const data = { ...of, ...nothing, ...more, status, sequence: BigInt(number) };
  const id = `${applicationId}/${topicName(topics.latestDecisions, lenderId)}/${number}`;
  const record = recordOf('LatestDecision', data, { partitions: PARTITIONS, id });
  return { ...record, headers: { ...record.headers, ce_sequence: String(number) } };
}
