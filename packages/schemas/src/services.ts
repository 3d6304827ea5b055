// The processes that lines and doors run in; a process has one login and one place in metrics.
import { topics, type LineName, type Topic } from './topics.ts';

/** In flow order. */
export const services = [
  'intake',
  'patent-verification',
  'scoring',
  'decisioning',
  'disbursement-ledger',
] as const;
export type Service = (typeof services)[number];

export const linesOf: Readonly<Record<Service, readonly LineName[]>> = {
  intake: ['intake'],
  'patent-verification': ['verify', 'pledge'],
  scoring: ['scoring', 'shadow'],
  decisioning: ['decisioning'],
  'disbursement-ledger': ['book', 'payout', 'days'],
};

/** What a service's HTTP doors append to. */
export const doorTopicsOf: Readonly<Record<Service, readonly Topic[]>> = {
  intake: [topics.submissions],
  'patent-verification': [],
  scoring: [],
  decisioning: [topics.reviewActions],
  'disbursement-ledger': [topics.payoutCallbacks, topics.businessDays],
};
