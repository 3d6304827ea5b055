// The process of the bot: plays every applicant's script by Kafka, outside the measured processes.
import { connectKafka, type OutgoingRecord } from '@saidao/event-log';
import { decode, topicName, topics } from '@saidao/schemas';
import type { EventMap } from '@saidao/schemas';
import { applicantsOf, type Applicant } from './applicants.ts';
import { acceptanceRecord, approvalRecord } from './doors.ts';
import { LENDERS } from './place.ts';

const [brokers = '', count = ''] = process.argv.slice(2);
const log = connectKafka({
  brokers: brokers.split(','),
  clientId: 'bench-bot',
  logger: { debug() {}, warn() {} },
});
const byReference = new Map<string, Applicant>();
for (const applicant of applicantsOf(Number(count))) {
  byReference.set(applicant.reference, applicant);
}
const byId = new Map<string, Applicant>();
/** Decided before the application was heard of: the topics are read side by side. */
const early = new Map<string, string>();

await log.follow({
  topics: [
    topicName(topics.applications),
    ...LENDERS.map((one) => topicName(topics.decisions, one)),
  ],
  from: 'earliest',
  onRecords(records) {
    const sent: OutgoingRecord[] = [];
    for (const { topic, key, value, headers } of records) {
      const type = String(headers['ce_type']);
      const applicationId = String(key);
      if (type === 'ApplicationReceived') {
        const { data } = decode(value, topic) as { data: EventMap['ApplicationReceived'] };
        const applicant = byReference.get(data.reference);
        if (applicant === undefined) continue;
        byId.set(applicationId, applicant);
        const decided = early.get(applicationId);
        if (decided !== undefined) sent.push(...answersTo(decided, applicationId, applicant));
        early.delete(applicationId);
      } else if (type === 'LoanApproved' || type === 'LoanReferred') {
        const applicant = byId.get(applicationId);
        if (applicant === undefined) early.set(applicationId, type);
        else sent.push(...answersTo(type, applicationId, applicant));
      }
    }
    if (sent.length > 0) log.send(sent).catch(fail);
  },
  onCrash: fail,
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');

function answersTo(type: string, applicationId: string, applicant: Applicant): OutgoingRecord[] {
  const { submission, script } = applicant;
  if (type === 'LoanReferred') {
    return script
      .filter(({ does }) => does === 'approve')
      .map(({ actor }) => approvalRecord(applicationId, submission.lender, actor));
  }
  return script.some(({ does }) => does === 'accept') ? [acceptanceRecord(submission)] : [];
}

function fail(error: Error): void {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
}
