// What this package offers: event types, the topic catalogue, the codec and the lock.
export type * from './generated/events.ts';
export * from './topics.ts';
export * from './services.ts';
export * from './topic-specs.ts';
export { BODY_BYTES_MAX, createCodec, decode, encode } from './codec.ts';
export type { Codec, CodecOptions } from './codec.ts';
export { incompatibilities } from './compatibility.ts';
export { normalForm } from './normal-form.ts';
export type { AvroSchema } from './schema.ts';
export { SchemaError, schemaErrorCodes } from './errors.ts';
export type { SchemaErrorCode } from './errors.ts';
export { lockedSchemas } from './lock.ts';
export type { LockedSchema } from './lock.ts';
export { submittedOf } from './submission-json.ts';
export type { SubmissionJson } from './submission-json.ts';
