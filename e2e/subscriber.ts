// A lender's own system that starts from nothing: a plain Kafka consumer, and what it makes of it.
import { randomUUID } from 'node:crypto';
import { decode, topicName, topics, type EventOf, type LatestDecision } from '@saidao/schemas';
import kafkajs from 'kafkajs';

export interface SubscriberOptions {
  readonly brokers: readonly string[];
  readonly lenderId: string;
}

/** By application. */
export type States = ReadonlyMap<string, LatestDecision>;

const QUIET_MS_MAX = 30_000;

/** The state that latest-decisions gives: of each application what bears the highest number. */
export async function latestOf(options: SubscriberOptions): Promise<States> {
  const states = new Map<string, LatestDecision>();
  await readAll(options, topicName(topics.latestDecisions, options.lenderId), (read) => {
    if (read.event.type !== 'LatestDecision') return;
    // Whoever was held up may write an older state behind a newer one.
    const before = states.get(read.applicationId);
    if (before !== undefined && before.sequence >= read.event.data.sequence) return;
    states.set(read.applicationId, read.event.data);
  });
  return states;
}

/** The same once the broker has compacted the topic: of each application the last record stays. */
export async function compactedOf(options: SubscriberOptions): Promise<States> {
  const states = new Map<string, LatestDecision>();
  await readAll(options, topicName(topics.latestDecisions, options.lenderId), (read) => {
    if (read.event.type === 'LatestDecision') states.set(read.applicationId, read.event.data);
  });
  return states;
}

/** The same state, drawn from all that was ever decided. */
export async function rebuiltOf(options: SubscriberOptions): Promise<States> {
  const states = new Map<string, LatestDecision>();
  await readAll(options, topicName(topics.decisions, options.lenderId), (read) => {
    const before = states.get(read.applicationId);
    if (before !== undefined && before.sequence >= read.sequence) return;
    states.set(read.applicationId, after(before, read));
  });
  return states;
}

interface Read {
  readonly applicationId: string;
  readonly event: EventOf;
  /** `ce_sequence`: the number of the event on decisions. */
  readonly sequence: bigint;
  /** `ce_time`, in milliseconds since 1970. */
  readonly timeMs: number;
}

/** From the first record to the last there is now, as a consumer in a group of its own. */
async function readAll(
  { brokers, lenderId }: SubscriberOptions,
  topic: string,
  onRead: (read: Read) => void,
): Promise<void> {
  const kafka = new kafkajs.Kafka({
    clientId: 'risk-team',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  const consumer = kafka.consumer({ groupId: `${lenderId}-risk-${randomUUID()}` });
  await admin.connect();
  const ends = (await admin.fetchTopicOffsets(topic)).filter(({ low, high }) => low !== high);
  await admin.disconnect();
  if (ends.length === 0) return;
  const left = new Map(ends.map(({ partition, high }) => [partition, BigInt(high)]));
  const done = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    done.reject(
      new Error(`${topic} was not read to its end: ${[...left.keys()].join()} are left.`),
    );
  }, QUIET_MS_MAX);
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachBatch: ({ batch }) => {
        for (const { key, value, headers } of batch.messages) {
          onRead({
            applicationId: String(key),
            event: decode(value, topic),
            sequence: BigInt(String(headers?.['ce_sequence'])),
            timeMs: Date.parse(String(headers?.['ce_time'])),
          });
        }
        const end = left.get(batch.partition);
        // Past the last record there may be offsets that compaction has left without one.
        if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end)
          left.delete(batch.partition);
        if (left.size === 0) done.resolve();
        return Promise.resolve();
      },
    });
    await done.promise;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
}

const nothing: Omit<LatestDecision, 'applicationId' | 'revision' | 'lenderId' | 'sequence'> = {
  productId: '',
  status: '',
  amount: null,
  ratePpm: null,
  reasons: [],
  decidedAt: 0n,
  about: null,
  terms: null,
  tier: null,
  policy: null,
  offerExpiresAt: null,
};

/** What an event makes of the state: each says all by itself but who had the last word on terms. */
function after(before: LatestDecision | undefined, read: Read): LatestDecision {
  const { event, sequence, timeMs } = read;
  const isRefusedUndoing = event.type === 'ReviewRecorded' && event.data.action === 'UNDO_REFUSED';
  if ((event.type === 'ReviewRecorded' && !isRefusedUndoing) || event.type === 'ReviewRefused') {
    // Steps on the way: the application stands where it stood.
    const { applicationId, revision, lenderId } = event.data;
    return { ...nothing, ...{ applicationId, revision, lenderId }, ...before, sequence };
  }
  const { type, data } = event as EventOf & { readonly data: Told };
  const { applicationId, revision, lenderId, about } = data;
  const fixed = {
    ...{ applicationId, revision, lenderId, sequence, about },
    productId: about?.productId ?? '',
    policy: before?.policy ?? null,
    decidedAt: BigInt(timeMs),
  };
  return { ...nothing, ...fixed, ...changeOf(type, data as never, before) };
}

interface Told {
  readonly applicationId: string;
  readonly revision: number;
  readonly lenderId: string;
  readonly about: LatestDecision['about'];
}

type Change = Partial<LatestDecision> & { readonly status: string };

function changeOf(type: EventOf['type'], data: never, before: LatestDecision | undefined): Change {
  const event = { type, data } as EventOf;
  const tier = before?.tier ?? null;
  switch (event.type) {
    case 'LoanReferred': {
      const { basis, reasons } = event.data;
      return { status: 'REFERRED', reasons, tier: basis.tier, policy: policyOf(basis) };
    }
    case 'LoanDeclined': {
      const { basis, reasons, override } = event.data;
      return {
        ...{ status: 'DECLINED', reasons, policy: policyOf(basis) },
        tier: override?.tier ?? basis.tier,
      };
    }
    case 'LoanApproved': {
      const { basis, reasons, terms, offerExpiresAt, override } = event.data;
      return {
        ...{ status: 'APPROVED', reasons, offerExpiresAt, policy: policyOf(basis) },
        ...agreed(terms),
        tier: override?.tier ?? basis.tier,
      };
    }
    case 'DisbursementAuthorised':
      return { status: 'AUTHORISED', ...agreed(event.data.terms), tier };
    case 'OfferExpired':
      return { status: 'EXPIRED', ...agreed(event.data.terms), tier };
    case 'CancellationRequested':
      return { status: 'CANCELLING', ...agreed(before?.terms ?? null), tier };
    case 'ReviewRecorded':
      // Nothing could be undone any more: the authorisation stands.
      return { status: 'AUTHORISED', ...agreed(event.data.terms), tier };
    case 'ApprovalUndone':
      return { status: 'UNDONE' };
    case 'ApplicationClosed':
      return { status: event.data.cause };
    default:
      throw new Error(`${event.type} is no event of decisions.`);
  }
}

function agreed(terms: LatestDecision['terms']) {
  return { terms, amount: terms?.amount ?? null, ratePpm: terms?.ratePpm ?? null };
}

const policyOf = (basis: { readonly policyId: string; readonly policyVersion: number }): string =>
  `${basis.policyId}@${basis.policyVersion}`;
