// An event of a feed as everybody is told it: CloudEvents 1.0 in JSON.
import { plainJson } from '@saidao/values';
import type { FeedRow } from './decide.ts';

/** One line of text; money and other large whole numbers are text in it. */
export function cloudEventOf(row: FeedRow): string {
  return plainJson({
    specversion: '1.0',
    id: row.eventId,
    source: 'saidao/decisioning',
    type: row.type,
    subject: row.applicationId,
    time: new Date(row.appendedAtMs).toISOString(),
    datacontenttype: 'application/json',
    lenderid: row.lenderId,
    correlationid: row.correlationId,
    sequence: String(row.sequence),
    data: row.data,
  });
}
