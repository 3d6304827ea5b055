// Submits an application over Kafka and waits for its first decision.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { connectKafka, partitionOf } from '@saidao/event-log';
import {
  encode,
  submittedOf,
  topicName,
  topics,
  type ApplicationSubmitted,
  type SubmissionJson,
} from '@saidao/schemas';
import { kafkaLogin, memoryHeads, subscribe } from '@saidao/subscribe';

const SUBMISSIONS = topicName(topics.submissions);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    brokers: { type: 'string', default: 'localhost:19092' },
    reference: { type: 'string', default: `typescript-${Date.now()}` },
  },
});
const [file = 'samples/talent-3m.json'] = positionals;
const sample = JSON.parse(readFileSync(file, 'utf8')) as { readonly submission: SubmissionJson };
const submission = submittedOf({ ...sample.submission, reference: values.reference });

const warn = (text: string) => process.stderr.write(`${text}\n`);
const logger = { debug: () => undefined, warn: (_fields: object, text: string) => warn(text) };
const log = connectKafka({
  ...{ brokers: values.brokers.split(','), clientId: 'channel', logger },
  ...kafkaLogin(process.env),
});

/** Resolves once all replicas have it; only then may it count as sent. */
async function submit(data: ApplicationSubmitted): Promise<string> {
  const { lenderId, channel, reference } = data;
  const name = `${lenderId}/${channel}/${reference}`;
  const key = Buffer.from(name);
  const partitions = (await log.ranges(SUBMISSIONS)).length;
  await log.send([
    {
      ...{ topic: SUBMISSIONS, key, partition: partitionOf(key, partitions) },
      value: encode('ApplicationSubmitted', data, SUBMISSIONS),
      headers: {
        // Drawn from the message, not from the try: a second one has no second effect.
        ce_id: `${name}/ApplicationSubmitted`,
        ce_type: 'ApplicationSubmitted',
        ce_lenderid: lenderId,
        // Our own name for this application: every event that comes of it carries it.
        ce_correlationid: name,
      },
    },
  ]);
  return name;
}

const name = await submit(submission);
const decided = Promise.withResolvers<void>();
// A channel that lives on has one subscription for all its applications, and heads that stay.
const subscription = await subscribe({
  ...{ log, heads: memoryHeads(), topics: [topics.decisions], lenders: [submission.lenderId] },
  group: `lender-${submission.lenderId}.channel.${values.reference}.${process.pid}`,
  handle: ({ correlationId, applicationId, type, data }) => {
    if (correlationId !== name) return;
    const reasons = 'reasons' in data ? data.reasons : [];
    const lines = reasons.map(({ code, zh, en }) => `\n  ${code} ${zh} / ${en}`);
    process.stdout.write(`${applicationId} ${type}${lines.join('')}\n`);
    decided.resolve();
  },
  onTrouble: ({ message }) => warn(message),
});
await Promise.race([decided.promise, subscription.ended]);
await subscription.stop();
await log.close();
