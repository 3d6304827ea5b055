// Makes the generated files of this package: event types and the lock of schema ids.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SchemaLock } from '../src/lock.ts';
import { qualify, readSchema } from '../src/schema.ts';
import type { AvroSchema } from '../src/schema.ts';
import { catalogue } from '../src/topics.ts';
import { eventsPage } from './events-page.ts';
import { EMPTY_LOCK, lockText, nextLock } from './lock.ts';
import { namedTypes, readSources, selfContained, withoutDocs } from './source.ts';
import { typesPage } from './types-page.ts';

export interface GeneratedFile {
  /** Relative to the root of the repository. */
  path: string;
  text: string;
}

const PACKAGE = join(import.meta.dirname, '..');

export function generatedFiles(): GeneratedFile[] {
  const sources = readSources(join(PACKAGE, 'avro'));
  const events = catalogue.flatMap((topic) => topic.events);
  const records = events.map((event) => readSchema(selfContained(sources, event)));
  const types = namedTypes(records);
  for (const [fullName, { file }] of sources) {
    if (!types.some((type) => type.fullName === fullName)) {
      throw new Error(`${file} is used by no event of topics.ts; add it there or delete the file.`);
    }
  }
  const current = new Map<string, AvroSchema>();
  for (const topic of catalogue) {
    for (const event of topic.events) {
      current.set(`${topic.name}-${qualify(event)}`, withoutDocs(selfContained(sources, event)));
    }
  }
  return [
    { path: 'packages/schemas/src/generated/events.ts', text: typesPage(types, events) },
    { path: 'packages/schemas/schema-ids.json', text: lockText(nextLock(readLock(), current)) },
    { path: 'docs/events.md', text: eventsPage(catalogue, types) },
  ];
}

/** The committed lock; not imported, since it is what this makes. */
export function readLock(): SchemaLock {
  const path = join(PACKAGE, 'schema-ids.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as SchemaLock) : EMPTY_LOCK;
}
