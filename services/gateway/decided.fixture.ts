// Decisions as decisioning would have appended them, and what a gateway is told in specs.
import { randomBytes } from 'node:crypto';
import { partitionOf, type OutgoingRecord } from '@saidao/event-log';
import { encode, topicName, topics, workerTopics, type EventMap } from '@saidao/schemas';
import { uuidV7 } from '@saidao/values';

export const PARTITIONS = 6;
export const LENDERS = ['boc-zj', 'czb-hz'];
export const TOKENS = {
  'boc-zj': 'a-token-of-the-risk-team-of-boc',
  'czb-hz': 'a-token-of-the-risk-team-of-czb',
  channel: 'a-token-of-a-channel-of-both-banks',
  both: 'a-token-of-who-acts-for-both-banks',
  portal: 'a-token-of-who-may-see-the-portal',
  desk: 'a-token-of-who-may-see-another-desk',
};

export const newId = (): string => uuidV7(Date.now(), randomBytes(10));

export const topicsOfGateway = [
  ...LENDERS.map((lender) => topicName(topics.decisions, lender)),
  ...Object.values(workerTopics('gateway')),
].map((name) => ({ name, partitions: PARTITIONS }));

const principals = JSON.stringify([
  ...LENDERS.map((lender) => ({
    ...{ principal: `risk-${lender}`, role: 'reader', lenders: [lender] },
    token: TOKENS[lender as keyof typeof TOKENS],
  })),
  { principal: 'web', role: 'channel', lenders: LENDERS, token: TOKENS.channel },
  { principal: 'ops', role: 'operator', lenders: LENDERS, token: TOKENS.both },
  ...[
    { principal: 'portal', channels: ['bank-portal'], token: TOKENS.portal },
    { principal: 'desk', channels: ['guarantor-desk'], token: TOKENS.desk },
  ].map((one) => ({ ...one, role: 'reader', lenders: ['boc-zj'] })),
]);

/** What a gateway is told in specs, beside its engines. */
export const environment = {
  LENDERS: LENDERS.join(','),
  PARTITIONS: String(PARTITIONS),
  HTTP_PORT: '0',
  PRINCIPALS: principals,
  WEBHOOK_KEY: 'a-key-of-this-test-of-32-characters!',
  // Receivers of tests are on this machine.
  ...{ WEBHOOK_NETWORKS: '127.0.0.0/8', WEBHOOK_PORTS: '0', WEBHOOK_HTTP: 'true' },
};

export const about = {
  productId: 'NEW_QUALITY',
  enterprise: '杭州示例传感科技有限公司',
  uscc: '91330106MA2J1002XH',
  regionCode: null,
  sizeClass: null,
  channel: 'bank-portal',
  reference: 'R-1',
  asked: { minor: 9_007_199_254_740_993n, currency: 'CNY' },
  termMonths: 12,
  purpose: 'orders in hand',
  receivedOn: '2026-11-20',
};

/** What an officer did: it names him, and holds what he wrote. */
export function recorded(applicationId: string, lenderId: string): EventMap['ReviewRecorded'] {
  return {
    ...{ applicationId, lenderId, revision: 1, action: 'NOTED', actionId: `note-${applicationId}` },
    ...{ officer: 'w.li', role: 'officer', tier: 'officer', claimedBy: 'w.li' },
    ...{ claimedUntil: 1_795_000_000_000n, approvers: ['h.wang'], terms: null, override: false },
    ...{ overrideCode: null, reasonCode: null, reason: 'Mr Chen was met', attachments: [] },
    ...{ overrideRate: null, about },
  };
}

/** The nth decision on an application: its last is that it is closed. */
export function decided(
  lenderId: string,
  applicationId: string,
  number: number,
  ends = false,
): OutgoingRecord {
  const topic = topicName(topics.decisions, lenderId);
  const type = ends ? 'ApplicationClosed' : 'ReviewRecorded';
  const closed = { applicationId, revision: 1, lenderId, cause: 'WITHDRAWN' as const, about };
  return {
    topic,
    partition: partitionOf(Buffer.from(applicationId), PARTITIONS),
    key: Buffer.from(applicationId),
    value: encode(type, (ends ? closed : recorded(applicationId, lenderId)) as never, topic),
    headers: {
      ce_id: `${applicationId}/${topic}/${number}`,
      ce_type: type,
      ce_lenderid: lenderId,
      ce_correlationid: `journey of ${applicationId}`,
      ce_sequence: String(number),
    },
  };
}
