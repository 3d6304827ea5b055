// The processes that lines and doors run in; a process has one login and one place in metrics.
import { topics, type LineName, type Topic } from './topics.ts';

/** In flow order. */
export const services = [
  'intake',
  'patent-verification',
  'scoring',
  'decisioning',
  'disbursement-ledger',
  'gateway',
] as const;
export type Service = (typeof services)[number];

/** Those that a loan goes through; the others tell what has come of it, and may be away. */
export const loanServices = services.filter((service) => service !== 'gateway');

export const linesOf: Readonly<Record<Service, readonly LineName[]>> = {
  intake: ['intake'],
  'patent-verification': ['verify', 'pledge'],
  scoring: ['scoring', 'shadow'],
  decisioning: ['decisioning'],
  'disbursement-ledger': ['book', 'payout', 'days'],
  gateway: ['gateway'],
};

/** The lines that a loan goes through. */
export const loanLines = loanServices.flatMap((service) => linesOf[service]);

/** What a service's HTTP doors append to. */
export const doorTopicsOf: Readonly<Record<Service, readonly Topic[]>> = {
  intake: [topics.submissions],
  'patent-verification': [],
  scoring: [],
  decisioning: [topics.reviewActions],
  'disbursement-ledger': [
    topics.payoutCallbacks,
    topics.businessDays,
    topics.repayments,
    topics.loanActions,
  ],
  gateway: [],
};
