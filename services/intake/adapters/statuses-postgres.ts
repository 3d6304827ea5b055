// The view that GET answers from: written with the turn, read by the door.
import { fromJson, toJson } from '@saidao/values';
import type { Database, Transaction } from '@saidao/worker';
import type { Status, StatusRow, StatusView } from '../decide.ts';
import type { Statuses } from '../ports.ts';

/** Writes the last row of each application in the turn; a view is laid over the former one. */
export async function writeStatuses(
  transaction: Transaction,
  rows: readonly StatusRow[],
): Promise<void> {
  const last = new Map<string, StatusRow>();
  for (const row of rows) {
    const before = last.get(row.applicationId);
    const view = { ...before?.view, ...row.view };
    last.set(row.applicationId, { ...row, view });
  }
  const merged = [...last.values()];
  const former = await transaction.prepared<{ application_id: string; view: string }>(
    'intake.former-views',
    'select application_id, view from intake.statuses where application_id = any($1)',
    [merged.map(({ applicationId }) => applicationId)],
  );
  const views = new Map(former.rows.map((row) => [row.application_id, row.view]));
  await transaction.prepared(
    'intake.write-statuses',
    `insert into intake.statuses (application_id, lender_id, channel, reference, revision, status,
       body_hash, view, changed_at)
     select application_id, lender_id, channel, reference, revision, status, body_hash, view,
       to_timestamp(at_ms / 1000.0)
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[],
       $8::text[], $9::bigint[])
       as w (application_id, lender_id, channel, reference, revision, status, body_hash, view,
         at_ms)
     on conflict (application_id) do update set revision = excluded.revision,
       status = excluded.status, body_hash = excluded.body_hash, view = excluded.view,
       changed_at = excluded.changed_at`,
    [
      merged.map(({ applicationId }) => applicationId),
      merged.map(({ lenderId }) => lenderId),
      merged.map(({ channel }) => channel),
      merged.map(({ reference }) => reference),
      merged.map(({ revision }) => revision),
      merged.map(({ status }) => status),
      merged.map(({ bodyHash }) => bodyHash),
      merged.map(({ applicationId, view }) => {
        const before = views.get(applicationId);
        const laid = before === undefined ? {} : (fromJson(before) as StatusView);
        return toJson({ ...laid, ...view });
      }),
      merged.map(({ atMs }) => Math.floor(atMs)),
    ],
  );
}

export function statusesIn(database: Database): Statuses {
  return {
    async find(applicationId) {
      const { rows } = await database.prepared<{
        application_id: string;
        lender_id: string;
        channel: string;
        reference: string;
        revision: number;
        status: string;
        body_hash: string;
        view: string;
        changed_at: Date;
      }>('intake.find-status', 'select * from intake.statuses where application_id = $1', [
        applicationId,
      ]);
      const row = rows[0];
      return row === undefined
        ? undefined
        : {
            applicationId: row.application_id,
            lenderId: row.lender_id,
            channel: row.channel,
            reference: row.reference,
            revision: row.revision,
            status: row.status as Status,
            bodyHash: row.body_hash,
            view: fromJson(row.view) as StatusView,
            atMs: row.changed_at.getTime(),
          };
    },
  };
}
