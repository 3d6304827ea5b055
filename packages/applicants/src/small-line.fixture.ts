// A line in small for specs: answers the door topics in memory as the whole line would, in its words.
import { partitionOf, type EventLog, type Follower, type IncomingRecord } from '@saidao/event-log';
import {
  decode,
  encode,
  submittedOf,
  topicName,
  topicOf,
  topics,
  type EventMap,
  type EventName,
  type EventOf,
} from '@saidao/schemas';
import { cny, fenOfYuan } from '@saidao/values';
import type { Applicant } from './applicant.ts';
import { kindOf, type Applicants } from './generate.ts';
import { submissionBody } from './samples.ts';

export const PARTITIONS = 3;
export const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];

const SUBMISSIONS = topicName(topics.submissions);
const REVIEWS = topicName(topics.reviewActions);

export interface SmallLine {
  /** `ce_id` and type of all that came through the doors, in order. */
  readonly heard: readonly { readonly id: string; readonly type: EventName }[];
  stop(): Promise<void>;
}

interface Case {
  readonly applicationId: string;
  readonly applicant: Applicant;
  readonly numbers: Map<string, number>;
  readonly approvers: Set<string>;
  revision: number;
}

/** `times`: how often each event is published, as after a crash. */
export async function startSmallLine(
  log: EventLog,
  applicants: Applicants,
  { times = 1 } = {},
): Promise<SmallLine> {
  const heard: { id: string; type: EventName }[] = [];
  const known = new Set<string>();
  const cases = new Map<string, Case>();
  let working = Promise.resolve();

  async function take(record: IncomingRecord): Promise<void> {
    const id = String(record.headers['ce_id']);
    const event = decode(record.value, record.topic);
    heard.push({ id, type: event.type });
    if (known.has(id)) return;
    known.add(id);
    const one = caseOf(event);
    if (one === undefined) return;
    for (const [type, data] of answersTo(event, one)) await say(one, type, data);
  }

  function caseOf({ data }: EventOf): Case | undefined {
    if ('applicationId' in data) {
      return [...cases.values()].find(({ applicationId }) => applicationId === data.applicationId);
    }
    if (!('reference' in data)) return undefined;
    const applicant = applicants.byId(data.reference);
    if (applicant === undefined) return undefined;
    const number = String(cases.size + 1).padStart(12, '0');
    const one = cases.get(applicant.id) ?? {
      applicationId: `01900000-0000-7000-8000-${number}`,
      applicant,
      numbers: new Map<string, number>(),
      approvers: new Set<string>(),
      revision: 1,
    };
    cases.set(applicant.id, one);
    return one;
  }

  async function say(one: Case, type: EventName, more: object): Promise<void> {
    const { applicationId, applicant, revision, numbers } = one;
    const topic = topicOf(type);
    const name = topicName(topic, topic.perLender ? applicant.lender : undefined);
    const number = (numbers.get(name) ?? 0) + 1;
    numbers.set(name, number);
    const data = { applicationId, revision, lenderId: applicant.lender, ...more };
    const key = Buffer.from(applicationId);
    const record = {
      topic: name,
      partition: partitionOf(key, PARTITIONS),
      key,
      value: encode(type, data as unknown as EventMap[typeof type], name),
      headers: {
        ce_id: `${applicationId}/${name}/${number}`,
        ce_type: type,
        ce_sequence: `${number}`,
      },
    };
    for (let time = 0; time < times; time += 1) await log.send([record]);
  }

  const follower: Follower = await log.follow({
    topics: [SUBMISSIONS, REVIEWS],
    from: 'earliest',
    onRecords(records) {
      for (const record of records) working = working.then(() => take(record));
    },
    onCrash(error) {
      throw error;
    },
  });
  return {
    heard,
    async stop() {
      await follower.stop();
      await working;
    },
  };
}

type Said = readonly [type: EventName, more: object];

const referredKinds = ['credit-code-fails', 'amended', 'owner-listed'];

function answersTo({ type, data }: EventOf, one: Case): readonly Said[] {
  const { applicant } = one;
  switch (type) {
    case 'ApplicationSubmitted':
      // A withdrawal comes before anything is decided.
      return isLeaving(applicant)
        ? [received(applicant)]
        : [received(applicant), decided(applicant)];
    case 'AmendmentSubmitted':
      one.revision = 2;
      return [['ApplicationAmended', contentOf(applicant)], approved];
    case 'WithdrawalSubmitted':
      return [
        ['ApplicationWithdrawn', { reason: 'r' }],
        ['ApplicationClosed', { cause: 'WITHDRAWN', about: null }],
      ];
    case 'OfferDeclineSubmitted':
      return [
        ['OfferDeclined', { reason: 'r' }],
        ['ApplicationClosed', { cause: 'OFFER_DECLINED', about: null }],
      ];
    case 'OfferAcceptanceSubmitted':
      return [
        ['OfferAccepted', { acceptedAt: 0n, businessDate: applicant.businessDate }],
        ['LoanBooked', booked],
        ['LoanDisbursed', { loanId: 'l', authorisationId: 'a', amount, disbursedAt: 0n }],
      ];
    case 'ReviewSubmitted':
      if (data.verdict === 'DECLINE') return [declined];
      one.approvers.add(data.officer);
      return one.approvers.size === 2 ? [approved] : [];
    default:
      return [];
  }
}

const isLeaving = ({ script }: Applicant) => script.some(({ does }) => does === 'withdraw');

function decided({ id, script }: Applicant): Said {
  const kind = kindOf(id) ?? '';
  if (kind === 'barred-purpose') return declined;
  const isReviewed = script.some(({ does }) => does === 'approve' || does === 'decline');
  return isReviewed || referredKinds.includes(kind)
    ? ['LoanReferred', { basis, reasons, about: null }]
    : approved;
}

function received(applicant: Applicant): Said {
  return ['ApplicationReceived', contentOf(applicant)];
}

function contentOf(applicant: Applicant) {
  const { id, channel, businessDate, submission } = applicant;
  const { productId, enterprise, request, consents, declarations, ...submitted } = submittedOf(
    submissionBody(submission, id),
  );
  const content = {
    productId,
    enterprise: { ...enterprise, usccValid: true },
    request,
    patents: [],
    valuation: null,
    guarantee: null,
    consents,
    declarations,
    contract: submitted.contract,
    supportingValuation: submitted.supportingValuation,
    market: submitted.market,
    kyc: null,
  };
  return { channel, reference: id, businessDate, content, submittedBy: submitted.submittedBy };
}

const amount = cny(fenOfYuan('1.00'));
const reasons: EventMap['LoanReferred']['reasons'] = [];
const basis: EventMap['LoanReferred']['basis'] = {
  policyId: 'p',
  policyVersion: 1,
  policyDigest: 'd',
  inputHash: 'i',
  scoreCard: 'card@1',
  scorePoints: 0,
  grade: 'A',
  coveragePpm: 0,
  sizeClass: 'small',
  inclusive: [],
  need: null,
  limits: [],
  proposedLimit: null,
  rules: [],
  policyRole: null,
  productVersion: null,
  businessDate: null,
  scoreDigest: null,
  scoreInputHash: null,
  facts: [],
  findings: [],
  exposure: null,
  tier: null,
  overrides: [],
  naturalPersons: false,
  counterfactuals: [],
};
const terms: EventMap['LoanApproved']['terms'] = {
  amount,
  termMonths: 12,
  ratePpm: 34_500,
  lprPpm: 30_000,
  lprDate: '2026-11-20',
  addOnPpm: 4_500,
  repayment: 'BULLET',
  purpose: 'raw materials',
  payees: [],
  beneficiary: 'b',
  beneficiaryUscc: '91330100MA2H000142',
  entrusted: false,
  pledgeRequired: false,
  pledgedPatents: [],
  guarantee: null,
  conditions: [],
};
const saidNothing = { about: null, override: null };
const approved: Said = [
  'LoanApproved',
  {
    ...{ approvalId: 'p', terms, basis, reasons, approvers: [], inclusive: [] },
    ...{ offerExpiresAt: 0n, ...saidNothing },
  },
];
const declined: Said = ['LoanDeclined', { basis, reasons, decidedBy: [], ...saidNothing }];
const booked = {
  loanId: 'l',
  authorisationId: 'a',
  principal: amount,
  ratePpm: 34_500,
  termMonths: 12,
  repayment: 'BULLET',
  bookedOn: '2026-11-20',
  maturesOn: '2027-11-20',
  productId: null,
  guarantee: null,
  undrawn: null,
};
