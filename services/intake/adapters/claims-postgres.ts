// Claims and taken keys in PostgreSQL: one idempotent insert names an application.
import { randomBytes } from 'node:crypto';
import { uuidV7 } from '@saidao/values';
import type { Database } from '@saidao/worker';
import type { Claims, TakenKeys } from '../ports.ts';

interface ClaimRow {
  readonly lender_id: string;
  readonly channel: string;
  readonly reference: string;
  readonly application_id: string;
  readonly noted_hash: string | null;
}

export function claimsIn(database: Database, clock: () => number = Date.now): Claims {
  return {
    async claim(names) {
      const columns = [
        names.map(({ lenderId }) => lenderId),
        names.map(({ channel }) => channel),
        names.map(({ reference }) => reference),
      ];
      const find = async (): Promise<Map<string, string>> => {
        const { rows } = await database.prepared<ClaimRow & Record<string, unknown>>(
          'intake.find-claims',
          `select c.lender_id, c.channel, c.reference, c.application_id from intake.claims as c
           join unnest($1::text[], $2::text[], $3::text[]) as w (lender_id, channel, reference)
             using (lender_id, channel, reference)`,
          columns,
        );
        return new Map(
          rows.map((row) => [
            nameKey(row.lender_id, row.channel, row.reference),
            row.application_id,
          ]),
        );
      };
      let found = await find();
      const keys = names.map((name) => nameKey(name.lenderId, name.channel, name.reference));
      if (keys.some((key) => !found.has(key))) {
        await database.prepared(
          'intake.claim',
          `insert into intake.claims (lender_id, channel, reference, application_id)
           select distinct on (lender_id, channel, reference) *
           from unnest($1::text[], $2::text[], $3::text[], $4::text[])
             as w (lender_id, channel, reference, application_id)
           order by lender_id, channel, reference
           on conflict do nothing`,
          [...columns, names.map(() => uuidV7(clock(), randomBytes(10)))],
        );
        found = await find();
      }
      return keys.map((key) => {
        const id = found.get(key);
        if (id === undefined) throw new Error(`The claim of ${key} was not kept; try again.`);
        return id;
      });
    },
    async find(applicationId) {
      const { rows } = await database.prepared<ClaimRow & Record<string, unknown>>(
        'intake.find-claim',
        'select * from intake.claims where application_id = $1',
        [applicationId],
      );
      const row = rows[0];
      return row === undefined
        ? undefined
        : {
            lenderId: row.lender_id,
            channel: row.channel,
            reference: row.reference,
            applicationId: row.application_id,
            notedHash: row.noted_hash,
          };
    },
    async note(applicationId, bodyHash) {
      await database.prepared(
        'intake.note',
        `update intake.claims set noted_hash = $2
         where application_id = $1 and noted_hash is null`,
        [applicationId, bodyHash],
      );
    },
  };
}

export function takenKeysIn(database: Database): TakenKeys {
  return {
    async bodyOf(messageId) {
      const { rows } = await database.prepared<{ body_hash: string }>(
        'intake.taken-key',
        'select body_hash from intake.answered_keys where message_id = $1',
        [messageId],
      );
      return rows[0]?.body_hash;
    },
    async keep(messageId, bodyHash) {
      const { rows } = await database.prepared<{ body_hash: string }>(
        'intake.keep-key',
        `insert into intake.answered_keys as k (message_id, body_hash) values ($1, $2)
         on conflict (message_id) do update set body_hash = k.body_hash returning body_hash`,
        [messageId, bodyHash],
      );
      return rows[0]!.body_hash;
    },
  };
}

function nameKey(lenderId: string, channel: string, reference: string): string {
  return `${lenderId}/${channel}/${reference}`;
}
