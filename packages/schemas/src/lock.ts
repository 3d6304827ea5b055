// The lock of schema ids: which schemas exist, and which of them this release reads and writes.
import lockFile from '../schema-ids.json' with { type: 'json' };
import type { AvroSchema } from './schema.ts';

export interface LockedSchema {
  /** Stands in every message; never changes its meaning and is never given twice. */
  id: number;
  /** `<topic name>-<record full name>`, with `{lender}` and `{line}` as in the catalogue. */
  subject: string;
  /** 1, 2, 3 … within the subject. */
  version: number;
  reads: boolean;
  /** True for one version of a subject at most: the newest that the last release already reads. */
  writes: boolean;
  schema: AvroSchema;
}

export interface LockedRelease {
  release: string;
  reads: number[];
  writes: number[];
}

export interface SchemaLock {
  nextId: number;
  releases: LockedRelease[];
  schemas: LockedSchema[];
}

export const schemaLock = lockFile as unknown as SchemaLock;
export const lockedSchemas: readonly LockedSchema[] = schemaLock.schemas;

export function subjectOf(topicName: string, recordFullName: string): string {
  return `${topicName}-${recordFullName}`;
}
