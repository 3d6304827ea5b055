// The catalogue of topics in flow order: who writes, who reads, what they carry.
import type { EventName } from './generated/events.ts';

export const lines = [
  'intake',
  'verify',
  'pledge',
  'scoring',
  'shadow',
  'decisioning',
  'book',
  'payout',
  'days',
  'gateway',
] as const;
export type LineName = (typeof lines)[number];

/** Lines under examples/: their topics are on no broker unless somebody makes them. */
export const exampleLines = ['screening'] as const;
export type ExampleLineName = (typeof exampleLines)[number];

export interface Topic<N extends EventName = EventName> {
  /** What the key of a record on it is. */
  key: 'applications' | 'references' | 'models' | 'days';
  /** May hold `{lender}` or `{line}`; see topicName. */
  name: string;
  /** Readers outside are granted rights by topic, so what they read exists once for each lender. */
  perLender: boolean;
  /** Exists once for each line, for that line alone. */
  perLine: boolean;
  /** Its events are numbered 1, 2, 3 … for each application. */
  numbered: boolean;
  /** An event older than the state's revision is ignored; never so where money has moved. */
  revisioned: boolean;
  /** `line`: the line whose name it bears. */
  writer: LineName | ExampleLineName | 'doors' | 'line';
  readers: readonly LineName[];
  events: readonly N[];
  /** Null: for good. */
  retentionMs: number | null;
  cleanup: 'delete' | 'compact';
  /** Holds data of natural persons: rights and retention are intake's. */
  personalData: boolean;
}

const DAY_MS = 86_400_000;
const EVENTS_RETENTION_MS = 14 * DAY_MS;
const DEAD_LETTER_RETENTION_MS = 30 * DAY_MS;

function numbered<const N extends EventName>(
  topic: Pick<Topic<N>, 'name' | 'writer' | 'readers' | 'events'> &
    Partial<Pick<Topic<N>, 'revisioned' | 'retentionMs'>>,
): Topic<N> {
  return {
    revisioned: true,
    retentionMs: EVENTS_RETENTION_MS,
    ...topic,
    key: 'applications',
    perLender: topic.name.includes('{lender}'),
    perLine: false,
    numbered: true,
    cleanup: 'delete',
    personalData: false,
  };
}

function unnumbered<const N extends EventName>(
  topic: Pick<Topic<N>, 'name' | 'writer' | 'readers' | 'events'> & Partial<Topic<N>>,
): Topic<N> {
  return {
    key: 'applications',
    perLender: topic.name.includes('{lender}'),
    perLine: topic.name.includes('{line}'),
    numbered: false,
    revisioned: false,
    retentionMs: EVENTS_RETENTION_MS,
    cleanup: 'delete',
    personalData: false,
    ...topic,
  };
}

export const topics = {
  submissions: unnumbered({
    name: 'saidao.submissions.v1',
    key: 'references',
    writer: 'doors',
    readers: ['intake'],
    events: [
      'ApplicationSubmitted',
      'AmendmentSubmitted',
      'WithdrawalSubmitted',
      'OfferAcceptanceSubmitted',
      'OfferDeclineSubmitted',
    ],
    personalData: true,
  }),
  applications: numbered({
    name: 'saidao.applications.v1',
    writer: 'intake',
    readers: ['verify', 'decisioning'],
    events: [
      'ApplicationReceived',
      'ApplicationAmended',
      'ApplicationWithdrawn',
      'OfferAccepted',
      'OfferDeclined',
      'SubmissionRejected',
    ],
  }),
  patentFindings: numbered({
    name: 'saidao.patent-findings.v1',
    writer: 'verify',
    readers: ['pledge', 'scoring'],
    events: ['EnterpriseChecked', 'PatentsVerified'],
  }),
  pledges: numbered({
    name: 'saidao.pledges.v1',
    writer: 'pledge',
    readers: ['scoring', 'decisioning', 'book'],
    events: [
      'PledgeLocked',
      'PledgeRefused',
      'PledgeRegistered',
      'PledgeConfirmed',
      'PledgeReleased',
      'CollateralChanged',
    ],
  }),
  scores: numbered({
    name: 'saidao.scores.v1',
    writer: 'scoring',
    readers: ['shadow', 'decisioning'],
    events: ['EnterpriseScored'],
  }),
  shadowScores: numbered({
    name: 'saidao.shadow-scores.v1',
    writer: 'shadow',
    readers: [],
    events: ['ShadowScored'],
  }),
  modelWatch: unnumbered({
    name: 'saidao.model-watch.v1',
    key: 'models',
    writer: 'scoring',
    readers: [],
    events: ['ModelDrifted'],
  }),
  reviewActions: unnumbered({
    name: 'saidao.review-actions.v1',
    writer: 'doors',
    readers: ['decisioning'],
    events: [
      'ReviewClaimed',
      'ReviewReturned',
      'ReviewReassigned',
      'ReviewAmended',
      'ReviewNoted',
      'ReviewSubmitted',
      'UndoRequested',
    ],
  }),
  decisions: numbered({
    name: 'saidao.decisions.{lender}.v1',
    writer: 'decisioning',
    readers: ['intake', 'verify', 'pledge', 'book', 'gateway'],
    events: [
      'LoanApproved',
      'LoanReferred',
      'LoanDeclined',
      'OfferExpired',
      'DisbursementAuthorised',
      'CancellationRequested',
      'ApprovalUndone',
      'ApplicationClosed',
      'ReviewRecorded',
      'ReviewRefused',
    ],
    // All history: a risk team may begin with it on any day.
    retentionMs: null,
  }),
  latestDecisions: unnumbered({
    name: 'saidao.latest-decisions.{lender}.v1',
    writer: 'decisioning',
    readers: [],
    events: ['LatestDecision'],
    revisioned: true,
    retentionMs: null,
    cleanup: 'compact',
  }),
  repayments: unnumbered({
    name: 'saidao.repayments.v1',
    writer: 'doors',
    readers: ['book'],
    events: ['RepaymentReceived'],
  }),
  loanActions: unnumbered({
    name: 'saidao.loan-actions.v1',
    writer: 'doors',
    readers: ['book'],
    events: [
      'DrawdownRequested',
      'RescheduleRequested',
      'CostsCharged',
      'MisuseFound',
      'WriteOffRequested',
      'ReversalRequested',
      'RefundRequested',
    ],
  }),
  disbursements: numbered({
    name: 'saidao.disbursements.v1',
    revisioned: false,
    writer: 'book',
    readers: ['intake', 'pledge', 'decisioning', 'payout'],
    events: [
      'LoanBooked',
      'PayoutInstructed',
      'LoanDisbursed',
      'PayoutFailed',
      'AuthorisationCancelled',
      'CancellationRefused',
      'LimitReleased',
      'LoanUnpaid',
      'LoanUnpaidCleared',
      'LoanScheduled',
      'RepaymentBooked',
      'RepaymentReversed',
      'SuspenseRefunded',
      'LoanRepaid',
      'LoanReclassified',
      'LoanWrittenOff',
      'RecoveryBooked',
      'GuaranteeClaimed',
      'GuaranteeClaimWithdrawn',
      'GuaranteePaid',
      'LoanActionRecorded',
    ],
  }),
  payoutCallbacks: unnumbered({
    name: 'saidao.payout-callbacks.v1',
    writer: 'doors',
    readers: ['payout'],
    events: ['PayoutCalledBack'],
  }),
  payoutResults: numbered({
    name: 'saidao.payout-results.v1',
    revisioned: false,
    writer: 'payout',
    readers: ['book'],
    events: ['PayoutConfirmed', 'PayoutRejected', 'PayoutUnknown'],
  }),
  businessDays: unnumbered({
    name: 'saidao.business-days.v1',
    key: 'days',
    writer: 'doors',
    readers: ['days'],
    events: ['BusinessDayClosed'],
  }),
};

// One set for each line. A dead letter holds the bytes as they were met, so it has no schema.
export const lineTopics = {
  timers: unnumbered({
    name: '{line}.timers.v1',
    writer: 'line',
    readers: [],
    events: ['TimerDue'],
  }),
  replay: unnumbered({
    name: '{line}.replay.v1',
    writer: 'doors',
    readers: [],
    events: ['ReplayRequested'],
    retentionMs: DEAD_LETTER_RETENTION_MS,
  }),
  deadLetter: unnumbered({
    name: '{line}.dead-letter.v1',
    writer: 'line',
    readers: [],
    events: [],
    retentionMs: DEAD_LETTER_RETENTION_MS,
  }),
};

// Typed, checked and given ids like the topics above; docs/add-a-worker.md says how one moves up.
export const exampleTopics = {
  screenings: numbered({
    name: 'saidao.screenings.v1',
    writer: 'screening',
    readers: [],
    events: ['EnterpriseScreened'],
  }),
};

export const catalogue: readonly Topic[] = [
  ...Object.values(topics),
  ...Object.values(lineTopics),
  ...Object.values(exampleTopics),
];

const LENDER_ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** The topic's name on the broker; a topic per lender needs the lender's id. */
export function topicName(topic: Topic, lenderId?: string): string {
  if (topic.perLine) throw new Error(`${topic.name} is named by workerTopics(line).`);
  if (!topic.perLender) return topic.name;
  if (lenderId === undefined) throw new Error(`${topic.name} needs a lender id.`);
  if (!LENDER_ID.test(lenderId)) {
    throw new Error(`${lenderId} is no lender id; use small letters, digits and single hyphens.`);
  }
  return topic.name.replace('{lender}', lenderId);
}

/** The names of a line's own topics; a line outside the catalogue may ask too. */
export function workerTopics(line: string): {
  timers: string;
  replay: string;
  deadLetter: string;
} {
  if (!LENDER_ID.test(line)) throw new Error(`${line} is no line; use small letters and hyphens.`);
  return {
    timers: lineTopics.timers.name.replace('{line}', line),
    replay: lineTopics.replay.name.replace('{line}', line),
    deadLetter: lineTopics.deadLetter.name.replace('{line}', line),
  };
}

export interface NamedTopic {
  name: string;
  topic: Topic;
  lenderId?: string;
  line?: LineName;
  /** As the topic's; also true for intake's dead letters and replays: they hold submissions. */
  personalData: boolean;
}

/** Every topic on the broker, in flow order, for these lenders; none of an example. */
export function allTopics(lenders: readonly string[]): NamedTopic[] {
  const named: NamedTopic[] = [];
  for (const topic of Object.values(topics)) {
    const { personalData } = topic;
    if (!topic.perLender) named.push({ name: topicName(topic), topic, personalData });
    else {
      for (const lenderId of lenders) {
        named.push({ name: topicName(topic, lenderId), topic, lenderId, personalData });
      }
    }
  }
  for (const line of lines) {
    const own = workerTopics(line);
    const personalData = line === 'intake';
    const { timers, replay, deadLetter } = lineTopics;
    named.push({ name: own.timers, topic: timers, line, personalData: false });
    named.push({ name: own.replay, topic: replay, line, personalData });
    named.push({ name: own.deadLetter, topic: deadLetter, line, personalData });
  }
  return named;
}

/** Every topic that a line reads, its own timers and replays among them, in flow order. */
export function topicsReadBy(line: LineName, lenders: readonly string[]): string[] {
  const shared = allTopics(lenders).filter(({ topic }) => topic.readers.includes(line));
  const { timers, replay } = workerTopics(line);
  return [...shared.map(({ name }) => name), timers, replay];
}

export function allTopicNames(lenders: readonly string[]): string[] {
  return allTopics(lenders).map(({ name }) => name);
}

const byEvent = new Map<EventName, Topic>();
for (const topic of catalogue) {
  for (const event of topic.events) {
    const other = byEvent.get(event);
    if (other !== undefined) throw new Error(`${event} stands on ${other.name} and ${topic.name}.`);
    byEvent.set(event, topic);
  }
}

/** The one topic that carries this event. */
export function topicOf(event: EventName): Topic {
  const topic = byEvent.get(event);
  if (topic === undefined) throw new Error(`No topic carries ${event}; add it to topics.ts.`);
  return topic;
}

const plainNames = new Map<string, Topic>();
const patterns: { pattern: RegExp; topic: Topic }[] = [];
for (const topic of catalogue) {
  if (!topic.perLender && !topic.perLine) plainNames.set(topic.name, topic);
  else {
    const source = topic.name
      .replaceAll('.', '\\.')
      .replace(/\{lender\}|\{line\}/, '[a-z0-9]+(?:-[a-z0-9]+)*');
    patterns.push({ pattern: new RegExp(`^${source}$`), topic });
  }
}

/** The catalogue's topic for a name on the broker; undefined if it is none of ours. */
export function topicByName(name: string): Topic | undefined {
  return plainNames.get(name) ?? patterns.find(({ pattern }) => pattern.test(name))?.topic;
}
