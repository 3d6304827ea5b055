// The process of the bot: plays every applicant's script by Kafka, outside the measured processes.
import {
  dueStep,
  reviewRecord,
  stepRecord,
  type Applicant,
  type Step,
  type StoryEvent,
} from '@saidao/applicants';
import { connectKafka, type IncomingRecord, type OutgoingRecord } from '@saidao/event-log';
import { decode, topicName, topics, type EventMap } from '@saidao/schemas';
import { LENDERS } from './place.ts';
import { bodyOf, membersById, SENDER, type Population } from './population.ts';

interface Case {
  readonly applicant: Applicant;
  readonly events: StoryEvent[];
  readonly done: Set<Step>;
}

const [brokers = '', population = ''] = process.argv.slice(2);
const applicants = membersById(JSON.parse(population) as Population);
const log = connectKafka({
  brokers: brokers.split(','),
  clientId: 'bench-bot',
  logger: { debug() {}, warn() {} },
});
const cases = new Map<string, Case>();
/** Read before the application was heard of: topics are read side by side. */
const early = new Map<string, IncomingRecord[]>();
const applications = topicName(topics.applications);

await log.follow({
  topics: [
    applications,
    topicName(topics.reviewActions),
    ...LENDERS.map((one) => topicName(topics.decisions, one)),
  ],
  from: 'earliest',
  onRecords(records) {
    const sent = records.flatMap(meet);
    if (sent.length > 0) log.send(sent).catch(fail);
  },
  onCrash: fail,
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');

function meet(record: IncomingRecord): OutgoingRecord[] {
  const applicationId = String(record.key);
  const known = cases.get(applicationId);
  if (known !== undefined) return take(applicationId, known, record);
  if (record.topic !== applications) {
    early.set(applicationId, [...(early.get(applicationId) ?? []), record]);
    return [];
  }
  const { reference } = decode(record.value, record.topic).data as EventMap['ApplicationReceived'];
  const applicant = applicants.byId(reference);
  if (applicant === undefined) return [];
  const opened = { applicant, events: [], done: new Set<Step>() };
  cases.set(applicationId, opened);
  const records = [record, ...(early.get(applicationId) ?? [])];
  early.delete(applicationId);
  return records.flatMap((one) => take(applicationId, opened, one));
}

function take(applicationId: string, one: Case, record: IncomingRecord): OutgoingRecord[] {
  const event = decode(record.value, record.topic) as StoryEvent;
  one.events.push(event);
  const { script } = one.applicant;
  const step = dueStep(script, one);
  if (step === undefined || one.done.has(step)) return [];
  one.done.add(step);
  if (step.does !== 'approve' && step.does !== 'decline') {
    return [stepRecord(step, bodyOf(one.applicant), SENDER)];
  }
  const { revision = 1 } = event.data as { readonly revision?: number };
  const lenderId = one.applicant.lender;
  return [reviewRecord(step, { applicationId, lenderId, revision }, SENDER)];
}

function fail(error: Error): void {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
}
