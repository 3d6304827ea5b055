// Keeps the lock: gives ids to new schemas, keeps released ones, refuses what would break.
import { incompatibilities } from '../src/compatibility.ts';
import type { LockedSchema, SchemaLock } from '../src/lock.ts';
import type { AvroSchema } from '../src/schema.ts';

export const EMPTY_LOCK: SchemaLock = { nextId: 1, releases: [], schemas: [] };

/** The lock after these schemas; throws if one of them breaks with a released version. */
export function nextLock(lock: SchemaLock, current: ReadonlyMap<string, AvroSchema>): SchemaLock {
  const released = releasedIds(lock);
  const lastRelease = lock.releases.at(-1);
  const faults: string[] = [];
  let nextId = lock.nextId;
  // Unreleased versions are only a draft: the avsc decides them anew, under the id they had.
  const kept = lock.schemas.filter(({ id }) => released.has(id));
  const drafts = new Map(
    lock.schemas.filter(({ id }) => !released.has(id)).map((draft) => [draft.subject, draft]),
  );
  for (const subject of new Set(kept.map((schema) => schema.subject))) {
    if (!current.has(subject)) {
      faults.push(
        `${subject} is released and its events lie in the topic: put its .avsc and its place ` +
          'in topics.ts back, and only stop sending it.',
      );
    }
  }
  const topicsOfLastRelease = new Set(
    kept.filter(({ id }) => lastRelease?.reads.includes(id)).map(({ subject }) => topicOf(subject)),
  );
  const schemas = [...kept];
  for (const [subject, schema] of current) {
    const versions = kept
      .filter((locked) => locked.subject === subject)
      .sort((a, b) => a.version - b.version);
    const last = versions.at(-1);
    if (last !== undefined && sameSchema(last.schema, schema)) continue;
    for (const earlier of versions) {
      for (const fault of incompatibilities(earlier.schema, schema)) {
        faults.push(`${subject} against its released version ${earlier.version}: ${fault}`);
      }
    }
    const draft = drafts.get(subject);
    schemas.push({
      id: draft?.id ?? nextId,
      subject,
      version: (last?.version ?? 0) + 1,
      reads: true,
      // A topic that the last release does not know has no reader that could be surprised.
      writes: last === undefined && !topicsOfLastRelease.has(topicOf(subject)),
      schema,
    });
    if (draft === undefined) nextId += 1;
  }
  if (faults.length > 0) {
    throw new Error(
      [
        'The schemas break with released ones; nothing was written.',
        ...faults.map((fault) => `- ${fault}`),
        'If it must break, make a new topic (.v2); see packages/schemas/README.md.',
      ].join('\n'),
    );
  }
  schemas.sort((a, b) => a.id - b.id);
  return { nextId, releases: lock.releases, schemas };
}

/**
 * The lock just after a release went out: it notes what the release reads and writes, and lets
 * the next one write each newest version, since by then every reader in the field knows it.
 */
export function markReleased(lock: SchemaLock, release: string): SchemaLock {
  if (lock.releases.some((earlier) => earlier.release === release)) {
    throw new Error(`Release ${release} is already in the lock file.`);
  }
  const idsWith = (mark: 'reads' | 'writes'): number[] =>
    lock.schemas.filter((schema) => schema[mark]).map(({ id }) => id);
  const newest = new Map<string, LockedSchema>();
  for (const schema of lock.schemas) {
    if (schema.version > (newest.get(schema.subject)?.version ?? 0)) {
      newest.set(schema.subject, schema);
    }
  }
  return {
    nextId: lock.nextId,
    releases: [...lock.releases, { release, reads: idsWith('reads'), writes: idsWith('writes') }],
    schemas: lock.schemas.map((schema) => ({
      ...schema,
      writes: newest.get(schema.subject) === schema,
    })),
  };
}

/** What in the lock breaks its own rules; empty if it is sound. */
export function lockFaults(lock: SchemaLock): string[] {
  const faults: string[] = [];
  const ids = new Set<number>();
  const places = new Set<string>();
  const writing = new Set<string>();
  const last = lock.releases.at(-1);
  const topicsOfLastRelease = new Set(
    lock.schemas.filter(({ id }) => last?.reads.includes(id)).map((s) => topicOf(s.subject)),
  );
  for (const { id, subject, version, reads, writes } of lock.schemas) {
    if (ids.has(id)) faults.push(`Id ${id} is given twice.`);
    ids.add(id);
    if (id < 1 || id >= lock.nextId) faults.push(`Id ${id} is not below nextId ${lock.nextId}.`);
    const place = `${subject} version ${version}`;
    if (places.has(place)) faults.push(`${place} stands twice.`);
    places.add(place);
    if (!writes) continue;
    if (writing.has(subject)) faults.push(`${subject} writes two versions.`);
    writing.add(subject);
    if (!reads) faults.push(`${place} is written but not read.`);
    if (
      last !== undefined &&
      topicsOfLastRelease.has(topicOf(subject)) &&
      !last.reads.includes(id)
    ) {
      faults.push(`${place} is written, but release ${last.release} does not read it.`);
    }
  }
  for (const { release, reads, writes } of lock.releases) {
    for (const id of [...reads, ...writes]) {
      if (!ids.has(id)) faults.push(`Id ${id} of release ${release} is gone from the lock.`);
    }
  }
  return faults;
}

/** One schema a line, so that a change shows as one line in a diff. */
export function lockText(lock: SchemaLock): string {
  const rows = (items: readonly unknown[]): string =>
    items.length === 0
      ? '[]'
      : `[\n${items.map((i) => `    ${JSON.stringify(i)}`).join(',\n')}\n  ]`;
  const parts = [
    `  "nextId": ${lock.nextId}`,
    `  "releases": ${rows(lock.releases)}`,
    `  "schemas": ${rows(lock.schemas)}`,
  ];
  return `{\n${parts.join(',\n')}\n}\n`;
}

export function releasedIds(lock: SchemaLock): Set<number> {
  return new Set(lock.releases.flatMap(({ reads, writes }) => [...reads, ...writes]));
}

function topicOf(subject: string): string {
  return subject.slice(0, subject.lastIndexOf('-'));
}

function sameSchema(a: AvroSchema, b: AvroSchema): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
