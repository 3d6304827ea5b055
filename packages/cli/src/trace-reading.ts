// Reads all that the topics hold of one application: its lane of every topic, and its reference's.
import { partitionOf } from '@saidao/event-log';
import type { EventLog, IncomingRecord } from '@saidao/event-log';
import { allTopics, topicName, topics } from '@saidao/schemas';
import { isUuid } from '@saidao/values';
import { caseEventOf, headerOf } from './case-event.ts';
import type { Reach } from './reach.ts';
import { EXIT } from './exit-codes.ts';
import { Told } from './told.ts';

export interface Traced {
  readonly applicationId: string | null;
  /** `<lender>/<channel>/<reference>`. */
  readonly name: string | null;
  readonly records: readonly IncomingRecord[];
}

const APPLICATIONS = topicName(topics.applications);
const SUBMISSIONS = topicName(topics.submissions);
const NAME = /^[^/\s]+\/[^/\s]+\/[^/\s]+$/;

/** `id`: an application id, or `<lender>/<channel>/<reference>`. */
export async function readTrace(
  log: EventLog,
  { lenders, partitions }: Pick<Reach, 'lenders' | 'partitions'>,
  id: string,
): Promise<Traced> {
  const { applicationId, name } = await whoIs();
  const records = new Map<string, IncomingRecord>();
  const mine = new Set([applicationId, name].filter((key) => key !== null));
  for (const key of mine) {
    const lane = partitionOf(Buffer.from(key), partitions);
    await log.scan(
      allTopics(lenders).map((topic) => topic.name),
      (record) => {
        const { topic, partition, offset } = record;
        if (isOf(record)) records.set(`${topic}/${partition}/${offset}`, record);
      },
      { partition: lane },
    );
  }
  return { applicationId, name, records: [...records.values()] };

  function isOf(record: IncomingRecord): boolean {
    const key = record.key?.toString('utf8') ?? '';
    return mine.has(key) || mine.has(headerOf(record, 'x-dlq-application') ?? '');
  }

  async function whoIs(): Promise<Pick<Traced, 'applicationId' | 'name'>> {
    const isApplicationId: boolean = isUuid(id);
    if (isApplicationId) {
      const partition = partitionOf(Buffer.from(id), partitions);
      let name: string | null = null;
      await log.scan([APPLICATIONS], (record) => (name ??= nameIn(record, id)), { partition });
      return { applicationId: id, name };
    }
    if (!NAME.test(id)) {
      const message = `${id} is neither an application id nor <lender>/<channel>/<reference>.`;
      throw new Told(message, EXIT.usage);
    }
    const partition = partitionOf(Buffer.from(id), partitions);
    let applicationId: string | null = null;
    // Intake's door knows the id already; the topic's door does not.
    await log.scan(
      [SUBMISSIONS],
      (record) => {
        if (record.key?.toString('utf8') === id)
          applicationId ??= headerOf(record, 'ce_subject') ?? null;
      },
      { partition },
    );
    if (applicationId === null) {
      await log.scan([APPLICATIONS], (record) => {
        const key = record.key?.toString('utf8') ?? '';
        if (applicationId === null && nameIn(record, key) === id) applicationId = key;
      });
    }
    return { applicationId, name: id };
  }
}

function nameIn(record: IncomingRecord, applicationId: string): string | null {
  if (record.key?.toString('utf8') !== applicationId) return null;
  const data = caseEventOf(record)?.data;
  if (data === undefined || !('reference' in data) || !('channel' in data)) return null;
  return `${data.lenderId}/${data.channel}/${data.reference}`;
}
