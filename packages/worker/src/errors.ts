// The table of all codes: what each means, what a worker does at it, and what a person should do.

/**
 * `dead-letter`: the record becomes a dead letter at once, trying again cannot help.
 * `retry`: the world's failure; tried again with backoff, the record keeps its place.
 * `refuse`: the caller is told, nothing is taken.
 * `stop-lane`: one lane stops until the process starts again; nothing is skipped.
 * `stop`: the process does not start or ends, with one sentence.
 */
export type Disposition = 'dead-letter' | 'retry' | 'refuse' | 'stop-lane' | 'stop';

export interface ErrorEntry {
  readonly disposition: Disposition;
  readonly means: string;
  readonly todo: string;
}

const WRITER = 'Correct the writer; then replay or discard the dead letter.';
const CALLER = 'Correct the request.';

export const errors = {
  // The bytes of a record.
  SAIDAO_EMPTY: deadLetter('The record has no value.', WRITER),
  SAIDAO_MAGIC: deadLetter(
    'The value does not start with the byte 0x00 of the wire format.',
    WRITER,
  ),
  SAIDAO_SCHEMA_ID_UNKNOWN: deadLetter(
    'The schema id is not one that this release reads.',
    'If a newer release wrote it, finish the rollout of this one and replay; else correct the writer.',
  ),
  SAIDAO_SCHEMA_NOT_OF_TOPIC: deadLetter('The schema belongs to another topic.', WRITER),
  SAIDAO_TRUNCATED: deadLetter('The value ends too early.', WRITER),
  SAIDAO_TRAILING: deadLetter('Bytes are left after the record.', WRITER),
  SAIDAO_BLOCK_COUNT: deadLetter(
    'A list claims more items than the bytes left can hold.',
    'Find out who sent it: no writer of ours does that.',
  ),
  SAIDAO_TOO_LARGE: deadLetter('The value is larger than the cap of 256 KiB.', WRITER),
  SAIDAO_UTF8: deadLetter('A string is not valid UTF-8, or holds half a surrogate pair.', WRITER),
  SAIDAO_NUL: deadLetter('A string holds U+0000, which PostgreSQL cannot store.', WRITER),
  SAIDAO_MALFORMED: deadLetter(
    'The bytes are not Avro: a bad branch, symbol, boolean, length or number.',
    WRITER,
  ),
  SAIDAO_FIELD_MISSING: deadLetter('A field is missing.', WRITER),
  SAIDAO_FIELD_UNKNOWN: deadLetter('A field is not declared in the schema.', WRITER),
  SAIDAO_FIELD_TYPE: deadLetter(
    'A field has a value of another type than declared, or out of its range.',
    WRITER,
  ),
  SAIDAO_EVENT_NOT_OF_TOPIC: deadLetter('The topic does not carry this event.', WRITER),
  SAIDAO_NOT_WRITABLE: stop(
    'A schema is written that no release has read yet.',
    'Let one release read the schema before one writes it; see the lock of schema ids.',
  ),

  // Key and headers of a record.
  SAIDAO_TOPIC_UNEXPECTED: deadLetter('The line does not read this topic.', WRITER),
  SAIDAO_KEY: deadLetter('The key is missing, too long, no UTF-8 or no application id.', WRITER),
  SAIDAO_KEY_MISMATCH: deadLetter('The key is not <lender>/<channel>/<reference>.', WRITER),
  SAIDAO_WRONG_PARTITION: deadLetter(
    'The record is on another partition than its key belongs on.',
    'Let the client use the partitioner murmur2_random, and the right number of partitions.',
  ),
  SAIDAO_HEADER: deadLetter('A header is too long or no UTF-8 text.', WRITER),
  SAIDAO_HEADER_TWICE: deadLetter('A header of the envelope is given more than once.', WRITER),
  SAIDAO_CE_ID: deadLetter(
    'The header ce_id is missing, not of the form of its topic, or a word of the journal’s own.',
    WRITER,
  ),
  SAIDAO_CE_SEQUENCE: deadLetter('The headers ce_sequence and ce_id disagree.', WRITER),
  SAIDAO_CE_TYPE: deadLetter('The header ce_type is missing.', WRITER),
  SAIDAO_LENDER_UNKNOWN: deadLetter(
    'The header ce_lenderid names no known lender, or not the topic’s.',
    'If the lender is new, add it to LENDERS of every worker and replay; else correct the writer.',
  ),
  SAIDAO_TIMER: deadLetter(
    'A timer says what the line never says of one.',
    'Find out who writes to the line’s timers topic: only the line may.',
  ),
  SAIDAO_ENVELOPE: deadLetter('Envelope and value disagree, on the type for example.', WRITER),

  // What a line finds out about a record.
  SAIDAO_OTHER_BYTES: deadLetter(
    'The same identity came before with other bytes; the first stands.',
    'Find out why the writer used one identity twice; what it meant to say goes under a new one.',
  ),
  SAIDAO_APPLICATION_UNKNOWN: deadLetter(
    'No event of this application reached the line within a minute.',
    'If the application exists, replay; else find out where the message came from.',
  ),
  SAIDAO_REPLAY_EARLY: deadLetter(
    'A replay or discard was asked for a number whose turn it is not yet.',
    'Replay or discard what the reason names first; then ask again, if it was not taken meanwhile.',
  ),
  SAIDAO_REPLAY_ACTION: deadLetter(
    'A request on the replay topic asks for what this release does not know.',
    'If a newer release wrote it, finish the rollout of this one and ask again.',
  ),
  SAIDAO_REPLAY_UNSIGNED: deadLetter(
    'A request on the replay topic does not say who asks, or why.',
    'Ask again with a name and a reason.',
  ),
  SAIDAO_DECIDE_FAILED: deadLetter(
    'The line’s decision threw an error: a mistake in the program or a broken rule.',
    'Read the worker’s log, correct and release, then replay; the application waits meanwhile.',
  ),
  SAIDAO_DATA_REFUSED: deadLetter(
    'The database refused the row that this record leads to.',
    'Read the constraint’s name in the reason; correct the rule or the data, then replay.',
  ),
  SAIDAO_POLICY_MISSING: deadLetter(
    'The lender of the application has no policy.',
    'Publish a policy of the lender, start the workers again, then replay.',
  ),

  // What the books of the ledger refuse: named by the constraint that refused it.
  SAIDAO_LEDGER_ACCOUNT_UNKNOWN: deadLetter(
    'A posting is on an account that the lender’s chart does not have.',
    'Correct the rule that posts it, or open the account; then replay.',
  ),
  SAIDAO_LEDGER_CURRENCY_WRONG: deadLetter(
    'A posting is in another currency than its account is kept in.',
    'Find out where the currency came from; then replay, or discard and book it by hand.',
  ),
  SAIDAO_LEDGER_AMOUNT_NOT_POSITIVE: deadLetter(
    'An amount of a posting is zero or negative: the side alone says the direction.',
    'Correct the rule or the event; then replay.',
  ),
  SAIDAO_LEDGER_AMOUNT_TOO_LARGE: deadLetter(
    'An amount of a posting is above 10,000,000,000,000.00, the largest that the books take.',
    'Find out where the amount came from; then discard, or replay with what is right.',
  ),
  SAIDAO_LEDGER_PERIOD_CLOSED: deadLetter(
    'The booking date is in a period that the lender has closed, or a closed period is closed again.',
    'Replay: it is then booked on the day of the replay, with its old value date.',
  ),
  SAIDAO_LEDGER_ENTRY_EXISTS: deadLetter(
    'The books have an entry of this business key: it was booked before.',
    'Compare the two; discard what came twice.',
  ),
  SAIDAO_LEDGER_LOAN_UNKNOWN: deadLetter(
    'The lender of an entry has no such loan of that application.',
    'Find out whose loan it is: nothing of one lender is booked for another.',
  ),
  SAIDAO_LEDGER_REVERSAL_WRONG: deadLetter(
    'A reversal takes back no entry of its loan, or a reversal, or not the whole of what it names.',
    'Name the entry that is to be taken back, whole; a reversal itself is corrected by booking anew.',
  ),
  SAIDAO_LEDGER_REFERENCE_TAKEN: deadLetter(
    'The books have a repayment of this lender, source and reference.',
    'Compare the two; discard what came twice, or have it sent under a reference of its own.',
  ),
  SAIDAO_LEDGER_TERMS_DIFFER: deadLetter(
    'An authorisation or a payout came again under its id with other terms; the first stands.',
    'Find out why the writer used one id twice, then discard: what it meant goes under a new id.',
  ),
  SAIDAO_LEDGER_REVERSED_ALREADY: deadLetter(
    'The entry was taken back before.',
    'Nothing, if both meant the same; else book the difference.',
  ),
  SAIDAO_LEDGER_DAY: deadLetter(
    'A day is to be closed that does not exist, has not begun, or lies long before any loan.',
    'Tell the ledger of the right day; discard this dead letter.',
  ),

  // What would do harm if the lane went on.
  SAIDAO_LEDGER_ENTRY_UNBALANCED: stopLane(
    'An entry’s debits are not its credits in each currency; nothing of its turn was kept.',
    'Read the alarm, correct and release, then start the worker again: the turn is done anew.',
  ),
  SAIDAO_LEDGER_ENTRY_EMPTY: stopLane(
    'An entry has no postings.',
    'Read the alarm, correct and release, then start the worker again: the turn is done anew.',
  ),
  SAIDAO_LEDGER_ENTRY_COMPLETE: stopLane(
    'Postings were to be added to an entry that is complete, or is not there.',
    'Find out who did it: an entry is corrected by a reversing entry only.',
  ),
  SAIDAO_LEDGER_APPEND_ONLY: stopLane(
    'Rows of the books were to be changed or taken out.',
    'Find out who did it: the books are corrected by reversing entries only.',
  ),
  SAIDAO_LEDGER_CHAIN_BROKEN: stopLane(
    'An entry does not continue the hash chain of its lender and lane.',
    'Run `npx saidao ledger verify`; start the worker again once the chain is sound.',
  ),
  SAIDAO_POLICY_UNKNOWN: stopLane(
    'An application is pinned to a version of a policy that is not among this release’s files.',
    'Start a release that has the version; nothing is judged by another meanwhile.',
  ),
  SAIDAO_INVARIANT: stopLane(
    'The program broke one of its own invariants.',
    'Read the alarm, correct and release, then start the worker again: the turn is done anew.',
  ),

  // The world.
  SAIDAO_LOG_UNAVAILABLE: retry(
    'The brokers have not acknowledged or answered in time.',
    'Look at the brokers; the workers go on by themselves.',
  ),
  SAIDAO_LOG_CLOSED: retry('The connection to the brokers is being closed.', 'Nothing.'),
  SAIDAO_RECORD_TOO_LARGE: refuse(
    'A record is larger than the log takes.',
    'Send less at once; the broker’s message.max.bytes has to be at least 1 MiB.',
  ),

  // The start of a worker.
  SAIDAO_CONFIG: stop('A setting is missing or wrong.', 'Set what the sentence names.'),
  SAIDAO_DATABASE_UNAVAILABLE: stop(
    'The database did not answer while the worker waited for it.',
    'Start PostgreSQL, or correct DATABASE_URL; START_TIMEOUT_MS is how long a worker waits.',
  ),
  SAIDAO_TOPIC_UNKNOWN: stop(
    'A topic is not there, or not in the catalogue.',
    'Create the topics (`npx saidao up` does; `npx saidao topics` lists them), or correct LENDERS.',
  ),
  SAIDAO_TOPIC_PARTITIONS: stop(
    'A topic has another number of partitions than this worker is set to.',
    'Set PARTITIONS to the number the topics have; never give a topic more in place.',
  ),
  SAIDAO_MIGRATION: stop(
    'The service’s tables are not up to date, or could not be brought so; nothing was changed by a file that failed.',
    'Correct the migration that is named, or run the service with MIGRATIONS=only as the sentence says, and start again.',
  ),
  SAIDAO_DATABASE_ROLE: stop(
    'The database role that the lines run as is missing, may not be taken, or may do too much.',
    'Run the SQL of the sentence as a database administrator; docs/database-rights.md has all of it.',
  ),
  SAIDAO_PORT: stop(
    'The address of doors and health is taken or not of this machine.',
    'Set HTTP_HOST and HTTP_PORT.',
  ),
  SAIDAO_CONSUMER_ENDED: stop(
    'The consumer of a line has ended and will not come back.',
    'Nothing if the process is started again by its supervisor; else start it.',
  ),

  // The doors.
  SAIDAO_HTTP_BODY: refuse('The body is no JSON in UTF-8, or holds a forbidden key.', CALLER),
  SAIDAO_HTTP_INVALID: refuse('The request is not as it must be; the faults name places.', CALLER),
  SAIDAO_HTTP_UNAUTHENTICATED: refuse(
    'There is no bearer token, it has expired, or it is not of a known principal or issuer.',
    'Send a token that PRINCIPALS of this worker knows, or a fresh one of an issuer that OIDC_ISSUERS names.',
  ),
  SAIDAO_HTTP_FORBIDDEN: refuse(
    'The principal’s role, lenders or channels do not allow this, or its token is for another door.',
    'Use another principal, or widen this one in PRINCIPALS or at its issuer.',
  ),
  SAIDAO_HTTP_NOT_FOUND: refuse(
    'There is nothing at this address, or nothing that the principal may see.',
    'Correct the address. Shortly after a 202 the thing may not be there yet.',
  ),
  SAIDAO_HTTP_CONFLICT: refuse(
    'The same reference or Idempotency-Key was used with another body.',
    'Use a new one for something new; send the same body for the same thing.',
  ),
  SAIDAO_HTTP_REFUSED: refuse(
    'An officer’s action was taken to the line, and nothing came of it.',
    'Read the outcome’s cause and text; docs/doors.md lists the causes.',
  ),
  SAIDAO_FEED_GONE: refuse(
    'The feed keeps nothing any more of what comes after the Last-Event-ID, or never had it.',
    'Begin anew with lastEventId=0; what came before that is on the decisions topic.',
  ),
  SAIDAO_WEBHOOK_EXISTS: refuse(
    'The lender has a webhook with this address that is told of the same.',
    'Use that one, which the message names; its rotation shows a secret.',
  ),
  SAIDAO_WEBHOOKS_FULL: refuse(
    'The lender has as many webhooks as it may.',
    'Remove one, or raise WEBHOOKS_OF_LENDER_MAX.',
  ),
  SAIDAO_HTTP_TOO_LARGE: refuse('The body is larger than 256 KiB.', 'Send less.'),
  SAIDAO_HTTP_TOO_MANY: refuse(
    'The principal sends more requests in a second than one may.',
    'Go on after Retry-After; REQUESTS_PER_SECOND_MAX and SYSTEM_REQUESTS_PER_SECOND_MAX set it.',
  ),
  SAIDAO_HTTP_MEDIA_TYPE: refuse('The body is not sent as application/json.', CALLER),
  SAIDAO_HTTP_UNAVAILABLE: refuse(
    'The log or the database does not answer, or the worker is stopping.',
    'Send the same request again after Retry-After, with the same Idempotency-Key.',
  ),
  SAIDAO_HTTP_INTERNAL: refuse(
    'The request failed inside.',
    'Give the x-request-id to whoever runs the worker: the log has more.',
  ),
} as const satisfies Readonly<Record<`SAIDAO_${string}`, ErrorEntry>>;

export type ErrorCode = keyof typeof errors;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errors, code);
}

/**
 * The code that a database error is told by: a constraint whose name is a code in lower case, as
 * `saidao_ledger_period_closed`; a trigger names one too. Undefined for any other error.
 */
export function codeOfConstraint(error: unknown): ErrorCode | undefined {
  const { constraint } = (error ?? {}) as { readonly constraint?: unknown };
  if (typeof constraint !== 'string') return undefined;
  const code = constraint.toUpperCase();
  return isErrorCode(code) ? code : undefined;
}

function deadLetter(means: string, todo: string): ErrorEntry {
  return { disposition: 'dead-letter', means, todo };
}
function retry(means: string, todo: string): ErrorEntry {
  return { disposition: 'retry', means, todo };
}
function refuse(means: string, todo: string): ErrorEntry {
  return { disposition: 'refuse', means, todo };
}
function stopLane(means: string, todo: string): ErrorEntry {
  return { disposition: 'stop-lane', means, todo };
}
function stop(means: string, todo: string): ErrorEntry {
  return { disposition: 'stop', means, todo };
}
