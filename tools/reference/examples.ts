// An example of each event: the same in every run, of values that their fields' sentences speak of.
import {
  encode,
  submittedOf,
  topicName,
  type EventMap,
  type EventName,
  type Topic,
} from '@saidao/schemas';
import type { SchemaField, SchemaNode } from '../../packages/schemas/src/schema.ts';
import { submissionExample } from '../../services/intake/submission.example.ts';

export const APPLICATION = '019aa3c5-7b10-7000-8000-000000000001';
export const LENDER = 'czb-hz';
export const LINE = 'scoring';
const DAY = '2026-11-20';
export const AT_MS = Date.parse(`${DAY}T02:00:00.000Z`);
const HASH = '7c24e0e481c5349916a0ebba916320f5f8307a1143740a1547eee4d311f9b5aa';

/** By the field's name, where its sentence names no value. */
const NAMED: Readonly<Record<string, string>> = {
  applicationId: APPLICATION,
  lenderId: LENDER,
  channel: submissionExample.channel,
  reference: submissionExample.reference,
  productId: submissionExample.product,
  policyId: LENDER,
  name: submissionExample.enterprise.name,
  enterprise: submissionExample.enterprise.name,
  beneficiary: submissionExample.enterprise.name,
  payee: submissionExample.enterprise.name,
  uscc: submissionExample.enterprise.uscc,
  beneficiaryUscc: submissionExample.enterprise.uscc,
  groupHead: submissionExample.enterprise.uscc,
  signedBy: submissionExample.enterprise.uscc,
  industry: submissionExample.enterprise.industry,
  sector: submissionExample.enterprise.sector,
  purpose: submissionExample.request.purpose,
  repayment: submissionExample.request.repayment,
  institution: '浙江示例融资担保有限公司',
  currency: 'CNY',
  loanId: `${APPLICATION}-1`,
  payoutId: `${APPLICATION}-1/1`,
  approvalId: `${APPLICATION}/approval/1`,
  authorisationId: `${APPLICATION}/authorisation/1`,
  zh: '研发投入强度偏低',
  reasonZh: '研发投入强度偏低',
  en: 'Research intensity is low',
  officer: 'officer-a',
  actor: 'operator-a',
  to: 'officer-b',
  role: 'officer',
  toRole: 'senior-officer',
  tier: 'senior-officer',
  grade: 'B',
  regionCode: '330200',
  patentNumber: '201710601862.3',
  number: '201710601862.3',
  usable: '201710601862.3',
  pledgedPatents: '201710601862.3',
  patents: '201710601862.3',
  source: 'bank-file',
  provider: 'patent-register',
  railReference: 'RAIL-000042',
  status: 'in-business',
  code: 'T02',
  reasonCode: 'T02',
  topic: 'saidao.applications.v1',
  month: DAY.slice(0, 7),
};
const WHOLE: Readonly<Record<string, number>> = {
  revision: 1,
  termMonths: 36,
  year: 2025,
  minor: 500_000_000,
  number: 1,
  partition: 0,
  staff: 35,
  stars: 4,
  ratePpm: 41_500,
  lprPpm: 34_500,
  addOnPpm: 7_000,
  offset: 42,
  bytes: 20_480,
  sequence: 3,
};

/** The data of an event; a submission is the one that the door's papers show. */
export function exampleOf<N extends EventName>(event: N, node: SchemaNode): EventMap[N] {
  const submitted = submittedOf(submissionExample, 'guarantor-desk');
  if (event === 'ApplicationSubmitted' || event === 'AmendmentSubmitted') {
    return submitted as unknown as EventMap[N];
  }
  return valueOf(node) as EventMap[N];
}

function valueOf(node: SchemaNode, field?: SchemaField): unknown {
  switch (node.kind) {
    case 'record':
      return Object.fromEntries(node.fields.map((one) => [one.name, valueOf(one.node, one)]));
    case 'array':
      return [valueOf(node.items, field)];
    case 'nullable':
      return valueOf(node.of, field);
    case 'enum':
      return node.symbols[0];
    case 'boolean':
      return !(field?.doc ?? '').startsWith('False');
    case 'bytes':
      return Buffer.from(APPLICATION);
    case 'int':
      return WHOLE[field?.name ?? ''] ?? (field?.name.endsWith('Ppm') === true ? 120_000 : 12);
    case 'long':
      return BigInt(WHOLE[field?.name ?? ''] ?? AT_MS);
    case 'string':
      return textOf(field?.name ?? '', field?.doc ?? '');
  }
}

function textOf(name: string, doc: string): string {
  if (/YYYY-MM-DD/.test(doc)) return DAY;
  if (/\bhex\b/i.test(doc)) return HASH;
  if (/UUIDv7/.test(doc)) return APPLICATION;
  if (/JSON/.test(doc)) return '{}';
  // Sentences that say "as 1.5" or begin with the words that may stand there.
  const said =
    /\bas ([\w./@-]*[\w])/.exec(doc)?.[1] ??
    /^([A-Z]{2,}[A-Z0-9_]*|[a-z-]+)(?:,| or | to |:)/.exec(doc)?.[1];
  if (said !== undefined && !['it', 'in', 'the', 'they'].includes(said)) return said;
  if (NAMED[name] !== undefined) return NAMED[name];
  if (/(?:Date|On|From|Until|asOf|from|until|founded)$/.test(name)) return DAY;
  if (/(?:Hash|Digest|sha256)$/.test(name)) return HASH;
  return `${name} as told`;
}

/** Whole numbers as JSON's own: none of an example is beyond 2^53. Bytes as base64. */
export function jsonOf(node: SchemaNode, value: unknown): unknown {
  if (value === null) return null;
  switch (node.kind) {
    case 'nullable':
      return jsonOf(node.of, value);
    case 'array':
      return (value as unknown[]).map((one) => jsonOf(node.items, one));
    case 'record': {
      const held = value as Record<string, unknown>;
      return Object.fromEntries(
        node.fields.map((one) => [one.name, jsonOf(one.node, held[one.name])]),
      );
    }
    case 'long':
      return Number(value);
    case 'bytes':
      return (value as Buffer).toString('base64');
    default:
      return value;
  }
}

/** The topic's name on a broker, of the example's lender and line. */
export function exampleTopicName(topic: Topic): string {
  if (!topic.perLine) return topicName(topic, topic.perLender ? LENDER : undefined);
  return topic.name.replace('{line}', LINE);
}

/** The value as it stands on the topic. */
export function exampleBytes<N extends EventName>(
  event: N,
  data: EventMap[N],
  topic: Topic,
): Buffer {
  return encode(event, data, exampleTopicName(topic));
}
