// Idempotency-Keys of a door: of several requests under one key, at once or later, the first stands.
import type { Database } from './database.ts';
import { HttpError } from './http-error.ts';
import { assertLineName } from './line-name.ts';

export interface TakenKey {
  /** What was asked under the key by whoever came first. */
  readonly asked: string;
  /** The log has acknowledged it. */
  readonly isPublished: boolean;
}

export interface TakenKeys {
  /** Takes the key for what is asked, unless it is taken; returns how it is taken now. */
  take(messageId: string, asked: string): Promise<TakenKey>;
  published(messageId: string): Promise<void>;
}

/** In the table `answered_keys` of a schema: (message_id, asked, answered_at null). */
export function takenKeysIn(database: Database, schema: string): TakenKeys {
  assertLineName(schema);
  return {
    async take(messageId, asked) {
      const { rows } = await database.prepared<{ asked: string; is_published: boolean }>(
        `${schema}.take-key`,
        `insert into ${schema}.answered_keys as k (message_id, asked) values ($1, $2)
         on conflict (message_id) do update set asked = k.asked
         returning asked, answered_at is not null as is_published`,
        [messageId, asked],
      );
      const row = rows[0]!;
      return { asked: row.asked, isPublished: row.is_published };
    },
    async published(messageId) {
      await database.prepared(
        `${schema}.key-published`,
        `update ${schema}.answered_keys set answered_at = now()
         where message_id = $1 and answered_at is null`,
        [messageId],
      );
    },
  };
}

/**
 * Publishes under the key unless that was done before. The key is taken first, so that of two
 * requests at once one is refused: throws 409 where it stands for something else. What was taken
 * and not acknowledged is published again, under the same message id.
 */
export async function publishOnceFor(
  keys: TakenKeys,
  messageId: string,
  asked: string,
  publish: () => Promise<void>,
): Promise<void> {
  const taken = await keys.take(messageId, asked);
  if (taken.asked !== asked) {
    const message = 'This Idempotency-Key has been used for another request.';
    throw new HttpError(409, 'SAIDAO_HTTP_CONFLICT', message);
  }
  if (taken.isPublished) return;
  await publish();
  await keys.published(messageId);
}
