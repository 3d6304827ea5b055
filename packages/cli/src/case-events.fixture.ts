// Events of made-up cases for the specs: written with the codec, so that they are what topics hold.
import {
  blankBasis,
  blankBundle,
  blankChecks,
  blankContent,
  blankScore,
  blankAuthorised,
  blankBooked,
} from '@saidao/testkit';
import type { Sample } from '@saidao/applicants';
import type { IncomingRecord, OutgoingRecord } from '@saidao/event-log';
import { partitionOf } from '@saidao/event-log';
import { encode, submittedOf, topicName, topicOf } from '@saidao/schemas';
import type {
  DecisionBasis,
  EventMap,
  EventName,
  LoanTerms,
  SubmissionJson,
} from '@saidao/schemas';
import { cny, fenOfYuan } from '@saidao/values';
import { caseEventOf } from './case-event.ts';
import type { CaseEvent } from './case-event.ts';
import { CaseHistory } from './case-history.ts';

export const APPLICATION = '01900000-0000-7000-8000-000000000001';
export const LENDER = 'exim-zj';
export const REFERENCE = 'r-1';
export const KEY = `${LENDER}/bank-portal/${REFERENCE}`;
export const PARTITIONS = 6;

const yuan = (text: string) => cny(fenOfYuan(text));
const own = { applicationId: APPLICATION, revision: 1, lenderId: LENDER };

export const submission: SubmissionJson = {
  lender: LENDER,
  channel: 'bank-portal',
  reference: REFERENCE,
  product: 'IP_PLEDGE',
  enterprise: {
    name: '浙江示例智能锁科技有限公司',
    uscc: '91330100MA2H000142',
    sector: 'industry',
    industry: 'smart hardware',
  },
  request: { amount: '1000.00', termMonths: 12, purpose: 'raw materials', repayment: 'BULLET' },
  patents: [{ number: '201610345678.2' }],
  contact: { name: '张三', phone: '13800000000' },
  persons: [{ role: 'SIGNATORY', name: '张三', idNumber: '330102199003071234' }],
};

export const terms: LoanTerms = {
  amount: yuan('1000.00'),
  termMonths: 12,
  ratePpm: 34_500,
  lprPpm: 30_000,
  lprDate: '2026-11-20',
  addOnPpm: 4_500,
  repayment: 'BULLET',
  purpose: submission.request.purpose,
  payees: [],
  beneficiary: submission.enterprise.name,
  beneficiaryUscc: submission.enterprise.uscc,
  entrusted: false,
  pledgeRequired: true,
  pledgedPatents: ['201610345678.2'],
  guarantee: null,
  conditions: [],
};

export const basis: DecisionBasis = {
  ...blankBasis,
  policyId: 'exim-zj/IP_PLEDGE',
  policyVersion: 1,
  policyDigest: 'd',
  inputHash: 'i',
  scoreCard: 'card@1',
  scorePoints: 7_400,
  grade: 'AA',
  coveragePpm: 900_000,
  sizeClass: 'medium',
  inclusive: [],
  need: yuan('5000.00'),
  limits: [
    { name: 'asked', amount: yuan('1000.00'), binding: true },
    { name: 'security', amount: yuan('2000.00'), binding: false },
  ],
  proposedLimit: yuan('1000.00'),
  rules: [],
};

const submitted = submittedOf(submission);
const bundle: EventMap['PatentsVerified']['bundle'] = {
  ...blankBundle,
  usable: ['201610345678.2'],
  usableAppraised: yuan('4000.00'),
  internalValue: yuan('3000.00'),
  lendingValue: yuan('3000.00'),
};

/** What each event says unless a spec says otherwise. */
export const content = {
  ApplicationSubmitted: submitted,
  OfferAcceptanceSubmitted: {
    lenderId: LENDER,
    channel: 'bank-portal',
    reference: REFERENCE,
  },
  ApplicationReceived: {
    ...own,
    channel: 'bank-portal',
    reference: REFERENCE,
    businessDate: '2026-11-20',
    content: {
      productId: submitted.productId,
      enterprise: { ...submitted.enterprise, usccValid: true },
      request: submitted.request,
      patents: [{ number: '201610345678.2', numberValid: true, appraised: null }],
      ...blankContent,
    },
    submittedBy: null,
  },
  SubmissionRejected: {
    ...own,
    channel: 'bank-portal',
    reference: REFERENCE,
    code: 'INVALID',
    submission: 'ApplicationSubmitted',
    faults: [{ path: 'request.amount', code: 'RANGE', message: 'It is not above zero.' }],
  },
  EnterpriseChecked: { ...own, ...blankChecks },
  PatentsVerified: {
    ...own,
    productId: 'IP_PLEDGE',
    businessDate: '2026-11-20',
    enterprise: { ...submitted.enterprise, usccValid: true },
    request: submitted.request,
    bundle,
    pledgeRequested: true,
    market: null,
    contract: null,
    validUntil: null,
    round: 1,
  },
  PledgeLocked: { ...own, patents: ['201610345678.2'], refused: [], evidence: [] },
  PledgeRegistered: {
    ...own,
    authorisationId: 'a1',
    patents: ['201610345678.2'],
    registrationNumber: 'Y2026',
    registeredAt: 0n,
    contract: 'template/a1',
    evidence: [],
  },
  EnterpriseScored: {
    ...own,
    productId: 'IP_PLEDGE',
    businessDate: '2026-11-20',
    ...blankScore,
    cardId: 'card',
    cardVersion: 1,
    cardDigest: 'c',
    points: 7_400,
    maxPoints: 9_000,
    coveragePpm: 900_000,
    grade: 'AA',
    factors: [],
    bundle,
    pledgeRequested: true,
  },
  ReviewSubmitted: {
    applicationId: APPLICATION,
    revision: 1,
    lenderId: LENDER,
    officer: 'officer-a',
    verdict: 'APPROVE',
    reason: 'Seen on site.',
    reasonCode: null,
    role: null,
    overrideCode: null,
    amount: null,
    termMonths: null,
  },
  LoanReferred: {
    ...own,
    basis,
    reasons: [
      {
        code: 'M01',
        weight: 10,
        zh: '需人工审批',
        en: 'Needs officers',
        detail: 'above 1.00',
        facts: [],
      },
    ],
    about: null,
  },
  LoanApproved: {
    ...own,
    approvalId: 'p1',
    terms,
    basis,
    reasons: [],
    approvers: [],
    offerExpiresAt: 0n,
    about: null,
    override: null,
    inclusive: [],
  },
  LoanDeclined: { ...own, basis, reasons: [], decidedBy: [], about: null, override: null },
  OfferAccepted: { ...own, acceptedAt: 0n, businessDate: '2026-11-20' },
  DisbursementAuthorised: {
    ...own,
    authorisationId: 'a1',
    approvalId: 'p1',
    terms,
    businessDate: '2026-11-20',
    ...blankAuthorised,
  },
  ApplicationClosed: { ...own, cause: 'WITHDRAWN', about: null },
  LoanBooked: {
    ...own,
    loanId: 'l1',
    authorisationId: 'a1',
    principal: yuan('1000.00'),
    ratePpm: 34_500,
    termMonths: 12,
    repayment: 'BULLET',
    bookedOn: '2026-11-20',
    maturesOn: '2027-11-20',
    ...blankBooked,
  },
  PayoutInstructed: {
    ...own,
    loanId: 'l1',
    authorisationId: 'a1',
    payoutId: 'o1',
    payee: submission.enterprise.name,
    amount: yuan('1000.00'),
    purpose: 'raw materials',
    entrusted: false,
  },
  PayoutConfirmed: {
    ...own,
    loanId: 'l1',
    payoutId: 'o1',
    amount: yuan('1000.00'),
    railReference: 'R1',
    paidAt: 0n,
  },
  LoanDisbursed: {
    ...own,
    loanId: 'l1',
    authorisationId: 'a1',
    amount: yuan('1000.00'),
    disbursedAt: 0n,
  },
} satisfies Partial<EventMap>;

export type Known = keyof typeof content & EventName;

export interface Said {
  readonly atMs?: number;
  readonly number?: number;
  readonly id?: string;
  /** The id of its cause. */
  readonly cause?: string;
  /** Instead of the made-up case's own. */
  readonly key?: string;
}

/** A record to be sent; numbered events are number 1 unless told otherwise. */
export function outgoing<N extends Known>(
  type: N,
  change: Partial<EventMap[N]> = {},
  { number = 1, id, cause, key }: Said = {},
): OutgoingRecord {
  const topic = topicOf(type);
  const name = topicName(topic, topic.perLender ? LENDER : undefined);
  const keyText = key ?? (topic.key === 'references' ? KEY : APPLICATION);
  const data = { ...content[type], ...change } as unknown as EventMap[N];
  return {
    topic: name,
    partition: partitionOf(Buffer.from(keyText), PARTITIONS),
    key: Buffer.from(keyText),
    value: encode(type, data, name),
    headers: {
      ce_id: id ?? (topic.numbered ? `${keyText}/${name}/${number}` : `message-${type}`),
      ce_type: type,
      ce_lenderid: LENDER,
      ...(cause !== undefined && { ce_causationid: cause }),
    },
  };
}

let offsets = 0n;

/** The same as it would be read. */
export function incoming<N extends Known>(
  type: N,
  change: Partial<EventMap[N]> = {},
  said: Said = {},
): IncomingRecord {
  return asRead(outgoing(type, change, said), said.atMs ?? 0);
}

export function asRead(record: OutgoingRecord, atMs: number): IncomingRecord {
  const headers = Object.entries(record.headers).map(([name, value]) => [name, Buffer.from(value)]);
  return {
    topic: record.topic,
    partition: record.partition,
    offset: offsets++,
    timestampMs: atMs,
    key: record.key,
    value: record.value,
    headers: Object.fromEntries(headers) as Record<string, Buffer>,
  };
}

export function caseEvent<N extends Known>(
  type: N,
  change: Partial<EventMap[N]> = {},
  said: Said = {},
): Extract<CaseEvent, { type: N }> {
  const event = caseEventOf(incoming(type, change, said));
  if (event?.type !== type) throw new Error(`The fixture of ${type} cannot be read.`);
  return event as Extract<CaseEvent, { type: N }>;
}

/** Of these events, 100 ms after each other, in their order. */
export function historyOf(...events: readonly (Known | CaseEvent)[]): CaseHistory {
  const history = new CaseHistory(KEY);
  const read = events.map((event, at) => {
    const one = typeof event === 'string' ? caseEvent(event) : event;
    return { ...one, appendedAtMs: at * 100, id: `${one.id}#${at}` };
  });
  history.add(read, 0);
  return history;
}

export const step = (
  actor: string,
  does: Sample['script'][number]['does'],
): Sample['script'][number] => ({ actor, does });
