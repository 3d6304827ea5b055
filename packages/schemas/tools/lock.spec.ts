// How schema ids are given, frozen and released, and that releases side by side read each other.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import earlierLock from '../fixtures/lock-of-an-earlier-release.json' with { type: 'json' };
import { arbitraryOf } from '../src/arbitraries.ts';
import { createCodec } from '../src/codec.ts';
import { incompatibilities } from '../src/compatibility.ts';
import { schemaLock } from '../src/lock.ts';
import type { LockedSchema, SchemaLock } from '../src/lock.ts';
import { readSchema } from '../src/schema.ts';
import type { AvroSchema } from '../src/schema.ts';
import { EMPTY_LOCK, lockFaults, lockText, markReleased, nextLock, releasedIds } from './lock.ts';

const TOPIC = 'saidao.screenings.v1';
const SCREENED = `${TOPIC}-saidao.Screened`;
const WITHDRAWN = `${TOPIC}-saidao.ScreeningWithdrawn`;
const EARLIER = earlierLock as unknown as SchemaLock;

const record = (name: string, ...fields: object[]): AvroSchema => ({
  type: 'record',
  name,
  namespace: 'saidao',
  fields: [{ name: 'applicationId', type: 'string' }, ...fields],
});
const note = { name: 'note', type: ['null', 'string'], default: null };
const sources = (screened: AvroSchema, ...more: [string, AvroSchema][]): Map<string, AvroSchema> =>
  new Map([[SCREENED, screened], ...more]);
const marks = ({ schemas }: SchemaLock): string[] =>
  schemas.map(({ id, version, reads, writes }) => {
    return `${id} v${version}${reads ? ' reads' : ''}${writes ? ' writes' : ''}`;
  });

describe('nextLock', () => {
  it('gives the next id to what is new and writes it: no release is out yet', () => {
    const lock = nextLock(EMPTY_LOCK, sources(record('Screened')));
    expect(lock.nextId).toBe(2);
    expect(marks(lock)).toEqual(['1 v1 reads writes']);
  });

  it('rewrites a draft in place before its release, whatever the change', () => {
    const draft = nextLock(EMPTY_LOCK, sources(record('Screened', note)));
    const lock = nextLock(draft, sources(record('Screened', { name: 'n', type: 'int' })));
    expect(marks(lock)).toEqual(['1 v1 reads writes']);
    expect(JSON.stringify(lock.schemas[0]!.schema)).toContain('"n"');
  });

  it('never gives an id twice, not even one of a draft that was dropped', () => {
    const draft = nextLock(EMPTY_LOCK, sources(record('Screened')));
    const dropped = nextLock(draft, new Map());
    expect(dropped).toMatchObject({ nextId: 2, schemas: [] });
    expect(marks(nextLock(dropped, sources(record('Screened'))))).toEqual(['2 v1 reads writes']);
  });

  it('takes a change in one release and writes it in the next', () => {
    const first = nextLock(EMPTY_LOCK, sources(record('Screened')));
    const released = markReleased(first, '0.1.0');
    const changed = sources(record('Screened', note));
    const second = nextLock(released, changed);
    expect(marks(second)).toEqual(['1 v1 reads writes', '2 v2 reads']);
    expect(nextLock(second, changed)).toEqual(second);
    const third = nextLock(markReleased(second, '0.2.0'), changed);
    expect(marks(third)).toEqual(['1 v1 reads', '2 v2 reads writes']);
    expect(third.releases).toEqual([
      { release: '0.1.0', reads: [1], writes: [1] },
      { release: '0.2.0', reads: [1, 2], writes: [1] },
    ]);
  });

  it('takes a new event of a known topic in one release and writes it in the next', () => {
    const released = markReleased(nextLock(EMPTY_LOCK, sources(record('Screened'))), '0.1.0');
    const added = sources(record('Screened'), [WITHDRAWN, record('ScreeningWithdrawn')]);
    const second = nextLock(released, added);
    expect(marks(second)).toEqual(['1 v1 reads writes', '2 v1 reads']);
    expect(marks(markReleased(second, '0.2.0')).at(-1)).toBe('2 v1 reads writes');
  });

  it('writes an event of a new topic at once: no reader of it is in the field', () => {
    const released = markReleased(nextLock(EMPTY_LOCK, sources(record('Screened'))), '0.1.0');
    const other: [string, AvroSchema] = ['saidao.alerts.v1-saidao.Alerted', record('Alerted')];
    const lock = nextLock(released, sources(record('Screened'), other));
    expect(marks(lock)).toEqual(['1 v1 reads writes', '2 v1 reads writes']);
  });

  it('refuses what breaks with a released version and says what and what to do', () => {
    const released = markReleased(nextLock(EMPTY_LOCK, sources(record('Screened', note))), '0.1.0');
    expect(() => nextLock(released, sources(record('Screened')))).toThrow(
      /Screened against its released version 1: note is gone.*\n.*new topic/s,
    );
  });

  it('refuses what breaks with any released version, not the last one only', () => {
    // Pairwise each step would pass where removal is allowed: n gone, then back as something else.
    const lock: SchemaLock = {
      nextId: 3,
      releases: [
        { release: '0.1.0', reads: [1], writes: [1] },
        { release: '0.2.0', reads: [1, 2], writes: [2] },
      ],
      schemas: [
        locked(
          1,
          1,
          false,
          record('Screened', { name: 'n', type: ['null', 'int'], default: null }),
        ),
        locked(2, 2, true, record('Screened')),
      ],
    };
    const back = record('Screened', { name: 'n', type: ['null', 'string'], default: null });
    expect(() => nextLock(lock, sources(back))).toThrow(/version 1: n was int and is string/);
  });

  it('refuses to lose a released event', () => {
    const released = markReleased(nextLock(EMPTY_LOCK, sources(record('Screened'))), '0.1.0');
    expect(() => nextLock(released, new Map())).toThrow(/Screened is released .* back/);
  });

  it('names a release once', () => {
    const released = markReleased(EMPTY_LOCK, '0.1.0');
    expect(() => markReleased(released, '0.1.0')).toThrow(/already/);
  });

  it('keeps its text readable back, one schema a line', () => {
    const text = lockText(EARLIER);
    expect(JSON.parse(text)).toEqual(EARLIER);
    expect(text.split('\n').filter((line) => line.includes('"subject"')).length).toBe(3);
  });

  function locked(id: number, version: number, writes: boolean, schema: AvroSchema): LockedSchema {
    return { id, subject: SCREENED, version, reads: true, writes, schema };
  }
});

describe('lockFaults', () => {
  const faulty: [string, (lock: SchemaLock) => void, RegExp][] = [
    ['an id given twice', ({ schemas }) => (schemas[1]!.id = 1), /Id 1 is given twice/],
    ['an id not below nextId', (lock) => (lock.nextId = 3), /not below nextId/],
    ['a version twice', ({ schemas }) => (schemas[2]!.version = 1), /stands twice/],
    ['two versions written', ({ schemas }) => (schemas[0]!.writes = true), /writes two versions/],
    ['written but not read', ({ schemas }) => (schemas[2]!.reads = false), /written but not read/],
    [
      'written before a release reads it',
      ({ releases }) => (releases[1]!.reads = [1, 2]),
      /release 0\.2\.0 does not read it/,
    ],
    ['a released id gone', ({ schemas }) => schemas.shift(), /Id 1 of release 0\.1\.0 is gone/],
  ];
  it.each(faulty)('finds %s', (_what, spoil, message) => {
    const lock = structuredClone(EARLIER);
    expect(lockFaults(lock)).toEqual([]);
    spoil(lock);
    expect(lockFaults(lock).join('\n')).toMatch(message);
  });
});

/** The codec of the last release: what it read and wrote then, and no more. */
function codecOfLastRelease(lock: SchemaLock): ReturnType<typeof createCodec> | undefined {
  const last = lock.releases.at(-1);
  if (last === undefined) return undefined;
  const schemas = lock.schemas
    .filter(({ id }) => last.reads.includes(id))
    .map((schema) => ({ ...schema, writes: last.writes.includes(schema.id) }));
  return createCodec({ schemas, catalogueName: (name) => name });
}

describe.each([
  ['the committed lock', schemaLock],
  ['a lock after two releases', EARLIER],
  ['the same with a change under way', withChange()],
])('%s', (_which, lock) => {
  it('keeps its own rules', () => {
    expect(lockFaults(lock)).toEqual([]);
  });

  it('has, for each subject, versions that all read each other', () => {
    const released = releasedIds(lock);
    for (const newer of lock.schemas) {
      for (const older of lock.schemas) {
        if (older.subject !== newer.subject || older.version >= newer.version) continue;
        if (!released.has(older.id)) continue;
        expect(incompatibilities(older.schema, newer.schema)).toEqual([]);
      }
    }
  });

  it("writes only what the last release's readers read, and reads all that it wrote", () => {
    const before = codecOfLastRelease(lock);
    if (before === undefined) {
      expect(lock.releases).toEqual([]);
      return;
    }
    const now = createCodec({ schemas: lock.schemas, catalogueName: (name) => name });
    const topicsBefore = new Set(
      lock.schemas.filter(({ id }) => lock.releases.at(-1)!.reads.includes(id)).map(topicOfSubject),
    );
    const directions = [
      { writer: now, reader: before, writing: lock.schemas.filter(({ writes }) => writes) },
      {
        writer: before,
        reader: now,
        writing: lock.schemas.filter(({ id }) => lock.releases.at(-1)!.writes.includes(id)),
      },
    ];
    for (const { writer, reader, writing } of directions) {
      for (const schema of writing) {
        const topic = topicOfSubject(schema);
        if (!topicsBefore.has(topic)) continue;
        const newest = newestOf(lock, writer === before, schema.subject);
        const { name } = readSchema(schema.schema);
        fc.assert(
          fc.property(arbitraryOf(readSchema(newest.schema)), (data) => {
            const bytes = writer.encode(name, data as object, topic);
            expect(bytes.readInt32BE(1)).toBe(schema.id);
            expect(reader.decode(bytes, topic).type).toBe(name);
          }),
          { numRuns: 20 },
        );
      }
    }
  });
});

function topicOfSubject({ subject }: LockedSchema): string {
  return subject.slice(0, subject.lastIndexOf('-'));
}

/** What data of a subject look like to the code of a release: its newest version. */
function newestOf(lock: SchemaLock, lastRelease: boolean, subject: string): LockedSchema {
  const ids = lastRelease ? lock.releases.at(-1)!.reads : lock.schemas.map(({ id }) => id);
  return lock.schemas
    .filter((schema) => schema.subject === subject && ids.includes(schema.id))
    .reduce((newest, schema) => (schema.version > newest.version ? schema : newest));
}

function withChange(): SchemaLock {
  const newest = (subject: string): AvroSchema => newestOf(EARLIER, false, subject).schema;
  const screened = structuredClone(newest(SCREENED)) as { fields: object[] };
  screened.fields.push(note);
  return nextLock(
    EARLIER,
    new Map<string, AvroSchema>([
      [SCREENED, screened as unknown as AvroSchema],
      [WITHDRAWN, newest(WITHDRAWN)],
      [`${TOPIC}-saidao.ScreeningRenewed`, record('ScreeningRenewed')],
    ]),
  );
}
