// What can be wrong with bytes or data at the codec; none of it is worth a retry.

export const schemaErrorCodes = {
  SAIDAO_EMPTY: 'The record has no value.',
  SAIDAO_MAGIC: 'The value does not start with the byte 0x00 of the wire format.',
  SAIDAO_SCHEMA_ID_UNKNOWN: 'The schema id is not one this release reads.',
  SAIDAO_SCHEMA_NOT_OF_TOPIC: 'The schema is known, but belongs to another topic.',
  SAIDAO_TRUNCATED: 'The value ends too early.',
  SAIDAO_TRAILING: 'Bytes are left after the record.',
  SAIDAO_BLOCK_COUNT: 'A list claims more items than the bytes left can hold.',
  SAIDAO_TOO_LARGE: 'The value is larger than the cap of 256 KiB.',
  SAIDAO_UTF8: 'A string is not valid UTF-8, or holds half of a surrogate pair.',
  SAIDAO_NUL: 'A string holds U+0000, which PostgreSQL cannot store.',
  SAIDAO_MALFORMED: 'The bytes are not Avro: a bad branch, symbol, boolean, length or number.',
  SAIDAO_FIELD_MISSING: 'A field is missing.',
  SAIDAO_FIELD_UNKNOWN: 'A field is not declared in the schema.',
  SAIDAO_FIELD_TYPE: 'A field has a value of another type than declared, or out of its range.',
  SAIDAO_TOPIC_UNKNOWN: 'The topic is not in the catalogue.',
  SAIDAO_EVENT_NOT_OF_TOPIC: 'The topic does not carry this event.',
  SAIDAO_NOT_WRITABLE: 'No release has read this schema yet, so it must not be written.',
} as const;

export type SchemaErrorCode = keyof typeof schemaErrorCodes;

/** Never quotes a value: messages reach logs and dead letters, and values may be personal data. */
export class SchemaError extends Error {
  readonly code: SchemaErrorCode;
  /** The field, as `content.revenue[2].amount.minor`; empty if the fault has no place. */
  readonly path: string;
  readonly nonRetryable = true;

  constructor(code: SchemaErrorCode, what: string, path = '') {
    super(path === '' ? what : `${path}: ${what}`);
    this.name = 'SchemaError';
    this.code = code;
    this.path = path;
  }
}
