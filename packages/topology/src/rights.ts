// Who may do what on the broker: rights by principal, from the catalogue alone.
import type { Acl } from '@saidao/event-log';
import {
  allTopics,
  doorTopicsOf,
  linesOf,
  services,
  topicName,
  topics,
  workerTopics,
  type LineName,
  type Service,
  type Topic,
} from '@saidao/schemas';

export interface RightsOptions {
  readonly lenders: readonly string[];
  /** Names of channels that append to the submissions topic themselves. */
  readonly channels: readonly string[];
}

/** The name under which each kind of user logs in. */
export const principalOf = {
  service: (name: string) => `User:${name}`,
  /** A lender's own systems: they read what was decided for it, and nothing of another's. */
  lender: (lenderId: string) => `User:lender-${lenderId}`,
  channel: (channel: string) => `User:channel-${channel}`,
  /** The bank's servicing system: repayments and actions on loans. */
  servicing: 'User:servicing',
  /** Whoever uses the `saidao` command on a running system. */
  operator: 'User:operator',
};

/**
 * Each service, its lines, and the catalogue's names of what each takes in order: by these a scaler
 * sees how far it is behind.
 */
export function inputsOfServices(): Record<string, Record<string, string[]>> {
  const inputsOf = (line: LineName) => [
    ...Object.values(topics)
      .filter(({ readers }: Topic) => readers.includes(line))
      .map(({ name }) => name),
    workerTopics(line).timers,
  ];
  return Object.fromEntries(
    services.map((service) => [
      service,
      Object.fromEntries(linesOf[service].map((line) => [line, inputsOf(line)])),
    ]),
  );
}

/** Every principal that has rights, sorted. */
export function principalsOf(options: RightsOptions): string[] {
  return [...new Set(aclsOf(options).map(({ principal }) => principal))].toSorted();
}

/** Whether somebody has rights by this catalogue, or had as a lender or channel that has left. */
export function oursOf(options: RightsOptions): (principal: string) => boolean {
  const named = new Set(principalsOf(options));
  const mayLeave = [principalOf.lender(''), principalOf.channel('')];
  return (principal) =>
    named.has(principal) || mayLeave.some((prefix) => principal.startsWith(prefix));
}

/** All rights, each once. Reading and writing include describing, as the broker has it. */
export function aclsOf({ lenders, channels }: RightsOptions): Acl[] {
  return [
    ...services.flatMap((service) => ofService(service, lenders)),
    ...lenders.flatMap(ofLender),
    ...channels.flatMap((channel) =>
      onTopics(principalOf.channel(channel), 'write', [topicName(topics.submissions)]),
    ),
    ...onTopics(principalOf.servicing, 'write', [
      topicName(topics.repayments),
      topicName(topics.loanActions),
    ]),
    ...ofOperator(lenders),
  ];
}

/** A process has one login: its rights are those of its lines and doors together. */
function ofService(service: Service, lenders: readonly string[]): Acl[] {
  const principal = principalOf.service(service);
  const lines = linesOf[service];
  const shared = allTopics(lenders).filter(({ line }) => line === undefined);
  const read = shared.filter(({ topic }) => topic.readers.some((one) => lines.includes(one)));
  const written = shared.filter(
    ({ topic }) =>
      lines.some((line) => line === topic.writer) || doorTopicsOf[service].includes(topic),
  );
  const own = lines.map(workerTopics);
  return [
    ...onTopics(principal, 'read', [
      ...read.map((one) => one.name),
      ...own.flatMap(({ timers, replay }) => [timers, replay]),
    ]),
    ...onTopics(principal, 'write', [
      ...written.map((one) => one.name),
      ...own.flatMap(({ timers, deadLetter }) => [timers, deadLetter]),
    ]),
    ...lines.map((line) => onGroup(principal, 'read', `saidao.${line}`, 'literal')),
  ];
}

/** Its groups begin with its principal's name, so that no other lender can move its offsets. */
function ofLender(lenderId: string): Acl[] {
  const principal = principalOf.lender(lenderId);
  const own = [topics.decisions, topics.latestDecisions].map((topic) => topicName(topic, lenderId));
  return [
    ...onTopics(principal, 'read', own),
    onGroup(principal, 'read', `lender-${lenderId}.`, 'prefixed'),
  ];
}

/** Reads all there is, asks lines to take something again, and repairs the compacted topics. */
function ofOperator(lenders: readonly string[]): Acl[] {
  const principal = principalOf.operator;
  const all = allTopics(lenders);
  const written = all.filter(
    ({ name, topic, line }) =>
      (line !== undefined && name === workerTopics(line).replay) ||
      topic === topics.latestDecisions,
  );
  return [
    ...onTopics(
      principal,
      'read',
      all.map(({ name }) => name),
    ),
    ...onTopics(
      principal,
      'write',
      written.map(({ name }) => name),
    ),
    onGroup(principal, 'describe', 'saidao.', 'prefixed'),
    // `saidao verify` reads in groups of its own.
    onGroup(principal, 'read', 'saidao.checker.', 'prefixed'),
  ];
}

function onTopics(principal: string, operation: 'read' | 'write', names: string[]): Acl[] {
  return [...new Set(names)].map((name) => ({
    ...{ principal, resource: 'topic', name, pattern: 'literal', operation },
  }));
}

function onGroup(
  principal: string,
  operation: 'read' | 'describe',
  name: string,
  pattern: Acl['pattern'],
): Acl {
  return { principal, resource: 'group', name, pattern, operation };
}
