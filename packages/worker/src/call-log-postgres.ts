// The log of calls to providers: one row for each that was really made, written in batches.
import { randomFillSync } from 'node:crypto';
import { uuidV7 } from '@saidao/values';
import type { Transaction } from './database.ts';
import type { CallLog, ProviderCall } from './fact-source.ts';

const ROWS_MAX = 200;
/** The server ends a statement within 5 s; what has not come back by now never will. */
const WRITE_MS_MAX = 10_000;
const ID_BYTES = 10;

/** Asked of the system for many ids at once: each asking costs more than an id. */
function randomOfMany(): () => Uint8Array {
  const pool = new Uint8Array(ID_BYTES * 400);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    at += ID_BYTES;
    return pool.subarray(at - ID_BYTES, at);
  };
}

interface Waiting {
  readonly id: string;
  readonly call: ProviderCall;
  readonly written: PromiseWithResolvers<string>;
}

/**
 * One insert at a time: what is noted meanwhile goes with the next. The table is the line's own
 * `provider_calls`, as its migration makes it.
 */
export function callLogPostgres(
  database: Pick<Transaction, 'prepared'>,
  line: 'intake' | 'verify',
  nowMs: () => number = () => performance.now(),
): CallLog {
  const random = randomOfMany();
  let waiting: Waiting[] = [];
  let writer = 0;
  let writingSinceMs: number | null = null;

  async function write(): Promise<void> {
    writer += 1;
    const self = writer;
    while (self === writer && waiting.length > 0) {
      writingSinceMs = nowMs();
      const batch = waiting.slice(0, ROWS_MAX);
      waiting = waiting.slice(ROWS_MAX);
      try {
        await insert(database, line, batch);
        for (const { id, written } of batch) written.resolve(`${line}.provider_calls/${id}`);
      } catch (error) {
        for (const { written } of batch) written.reject(error);
      }
    }
    if (self === writer) writingSinceMs = null;
  }

  return {
    note(call) {
      const written = Promise.withResolvers<string>();
      waiting.push({ id: uuidV7(Date.now(), random()), call, written });
      // A connection that is lost without a word answers nothing, ever: go on by another.
      if (writingSinceMs === null || nowMs() - writingSinceMs > WRITE_MS_MAX) void write();
      return written.promise;
    },
  };
}

async function insert(
  database: Pick<Transaction, 'prepared'>,
  line: string,
  batch: readonly Waiting[],
): Promise<void> {
  const all = <T>(valueOf: (call: ProviderCall) => T): T[] =>
    batch.map(({ call }) => valueOf(call));
  await database.prepared(
    `${line}.note-calls`,
    `insert into ${line}.provider_calls (id, provider, lender_id, application_id, subject, purpose,
       consent_id, asked_at, answered_at, outcome, attempts, answer_hash, answer)
     select id::uuid, provider, lender_id, application_id, subject, purpose, consent_id,
       to_timestamp(asked_at_ms / 1000.0), to_timestamp(answered_at_ms / 1000.0), outcome, attempts,
       answer_hash, answer
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::bigint[], $9::bigint[], $10::text[], $11::int[], $12::text[], $13::text[])
       as w (id, provider, lender_id, application_id, subject, purpose, consent_id, asked_at_ms,
         answered_at_ms, outcome, attempts, answer_hash, answer)`,
    [
      batch.map(({ id }) => id),
      all(({ provider }) => provider),
      all(({ lenderId }) => lenderId),
      all(({ applicationId }) => applicationId),
      all(({ subject }) => textOf(subject)),
      all(({ purpose }) => purpose),
      all(({ consentId }) => (consentId === null ? null : textOf(consentId))),
      all(({ askedAtMs }) => Math.round(askedAtMs)),
      all(({ answeredAtMs }) => (answeredAtMs === null ? null : Math.round(answeredAtMs))),
      all(({ outcome }) => outcome),
      all(({ attempts }) => attempts),
      all(({ answerHash }) => answerHash),
      all(({ answer }) => answer),
    ],
  );
}

/** A text that no database takes must not take the other calls of its batch with it. */
function textOf(text: string): string {
  return text.replaceAll('\0', '\u{FFFD}');
}
