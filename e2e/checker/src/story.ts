// An application’s story: its numbered events, each once, with as much of them as rules ask about.
import { topicName, topics, type EventName, type EventOf } from '@saidao/schemas';
import type { Finding } from './report.ts';

const APPLICATIONS = topicName(topics.applications);

/** A finding; of a live system what is missing may be under way. */
export interface Found extends Finding {
  /**
   * Whether it may still come right: never; soon, as what is written is published; or later, when
   * a line has taken what it has before it, or a timer is due.
   */
  readonly mayCome: 'never' | 'soon' | 'later';
  /** The record that has to bring it, where numbers do not tell whether a line has taken that. */
  readonly awaited?: Awaited;
  /** Of a submission that has become no application yet, by which its timers are known. */
  readonly correlationId?: string;
}

/** A record that a line has to take: a message of a door, or the request to take it again. */
export interface Awaited {
  readonly line: string;
  /** `<topic>/<partition>/<offset>`. */
  readonly place: string;
  readonly atMs: number;
}

/** What a person is told of it. */
export function findingOf({ rule, place, says, advice, applicationId }: Found): Finding {
  return { rule, place, says, advice, applicationId };
}

export interface PayeeSaid {
  readonly name: string;
  readonly amountFen: bigint;
}

/** What rules ask of an event’s data; left out where the event has no such field. */
export interface Gist {
  readonly revision: number;
  readonly lenderId: string;
  readonly channel?: string;
  readonly reference?: string;
  /** The submission that was rejected, by its type. */
  readonly submission?: string;
  readonly approvalId?: string;
  readonly authorisationId?: string;
  readonly loanId?: string;
  readonly payoutId?: string;
  readonly payee?: string;
  readonly cause?: string;
  readonly action?: string;
  readonly actionId?: string;
  readonly railReference?: string;
  /** Whence a repayment came. */
  readonly source?: string;
  readonly offerExpiresAtMs?: number;
  /** Of `amount` or `principal`. */
  readonly amountFen?: bigint;
  readonly patents?: readonly string[];
  /** Of the terms: to whom how much is to be paid. */
  readonly payees?: readonly PayeeSaid[];
}

export interface Fact {
  readonly type: EventName;
  readonly topic: string;
  readonly number: number;
  readonly partition: number;
  readonly offset: bigint;
  /** The broker's append time, in milliseconds since 1970. */
  readonly atMs: number;
  /** Identity of what led to it. */
  readonly cause: string;
  /** Of key, `ce_` headers and value. */
  readonly digest: string;
  readonly says: Gist;
}

export interface Story {
  readonly applicationId: string;
  readonly lenderId: string;
  readonly correlationId: string;
  /** The same on every topic. */
  readonly partition: number;
  /** By topic, in the order of the log: so by number, where nothing is wrong. */
  readonly told: ReadonlyMap<string, readonly Fact[]>;
  /** The same, in the order in which they were read. */
  readonly facts: readonly Fact[];
}

/** All of these types; those of one topic in its order. */
export function factsOfType(story: Story, ...types: readonly EventName[]): Fact[] {
  return story.facts.filter(({ type }) => types.includes(type));
}

/** The key of its submissions, as whoever took it in says; undefined: nothing of that is left. */
export function referenceOf({ told }: Story): string | undefined {
  const known = told.get(APPLICATIONS)?.find(({ says }) => says.reference !== undefined);
  return known && `${known.says.lenderId}/${known.says.channel}/${known.says.reference}`;
}

export function placeOf({ topic, number }: Fact, { applicationId }: Story): string {
  return `${applicationId}/${topic}/${number}`;
}

const texts = [
  'channel',
  'reference',
  'submission',
  'approvalId',
  'authorisationId',
  'loanId',
  'payoutId',
  'payee',
  'cause',
  'action',
  'actionId',
  'railReference',
  'source',
] as const;

export function gistOf({ data }: EventOf): Gist {
  const fields = data as unknown as Readonly<Record<string, unknown>>;
  const gist: Record<string, unknown> = {
    revision: fields['revision'] ?? 1,
    lenderId: fields['lenderId'] ?? '',
  };
  for (const name of texts) if (typeof fields[name] === 'string') gist[name] = fields[name];
  const money = (fields['amount'] ?? fields['principal']) as { minor: bigint } | null | undefined;
  if (money != null) gist['amountFen'] = money.minor;
  if (Array.isArray(fields['patents'])) {
    gist['patents'] = (fields['patents'] as unknown[]).map((one) =>
      typeof one === 'string' ? one : (one as { number: string }).number,
    );
  }
  const { offerExpiresAt } = fields;
  if (typeof offerExpiresAt === 'bigint') gist['offerExpiresAtMs'] = Number(offerExpiresAt);
  const terms = fields['terms'] as Terms | null | undefined;
  if (terms != null) {
    const { payees, beneficiary, amount } = terms;
    gist['amountFen'] = amount.minor;
    gist['payees'] =
      payees.length > 0
        ? payees.map((payee) => ({ name: payee.name, amountFen: payee.amount.minor }))
        : [{ name: beneficiary, amountFen: amount.minor }];
  }
  return gist as unknown as Gist;
}

interface Terms {
  readonly amount: { readonly minor: bigint };
  readonly beneficiary: string;
  readonly payees: readonly {
    readonly name: string;
    readonly amount: { readonly minor: bigint };
  }[];
}
