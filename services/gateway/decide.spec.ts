// What a feed is told of a decision: all but what names persons, whatever its revision.
import { event, scenario } from '@saidao/testkit';
import { lockedSchemas, topics } from '@saidao/schemas';
import { describe, expect, it } from 'vitest';
import { cloudEventOf } from './cloud-event.ts';
import { about, recorded } from './decided.fixture.ts';
import type { FeedRow } from './decide.ts';
import { impersonalFields } from './impersonal-fields.fixture.ts';
import { personalFields } from './personal-fields.ts';
import { gateway } from './worker.ts';

const ID = '01900000-0000-7000-8000-000000000001';
const line = gateway({ record: async () => undefined, observes: () => undefined });
const said = () => scenario(line, { applicationId: ID, nowMs: Date.UTC(2026, 10, 20, 1) });
const noted = recorded(ID, 'boc-zj');
const rowOf = (decision: { readonly rows?: readonly FeedRow[] }) => decision.rows?.[0] as FeedRow;
const contentOf = (row: FeedRow) => JSON.parse(cloudEventOf(row)) as Record<string, unknown>;

describe('a decision', () => {
  const appendedAtMs = Date.UTC(2026, 10, 20, 0, 59);
  const row = rowOf(said().when(event('ReviewRecorded', noted, { number: 3, appendedAtMs })));

  it('is one row of its lender’s feed', () => {
    expect(row).toMatchObject({
      lenderId: 'boc-zj',
      eventId: `${ID}/saidao.decisions.boc-zj.v1/3`,
      applicationId: ID,
      type: 'ReviewRecorded',
      productId: 'NEW_QUALITY',
      channel: 'bank-portal',
      recordedAtMs: Date.UTC(2026, 10, 20, 1),
    });
  });

  it('is told as a CloudEvent, with large numbers as text', () => {
    expect(contentOf(row)).toMatchObject({
      specversion: '1.0',
      id: row.eventId,
      subject: ID,
      time: '2026-11-20T00:59:00.000Z',
      sequence: '3',
      data: { action: 'NOTED', about: { asked: { minor: '9007199254740993', currency: 'CNY' } } },
    });
  });

  it('names no officer and quotes nobody', () => {
    const text = cloudEventOf(row);
    for (const word of ['w.li', 'h.wang', 'Mr Chen']) expect(text).not.toContain(word);
    expect(Object.keys(contentOf(row)['data'] as object)).not.toContain('officer');
  });

  it('of an older revision is told too', () => {
    const closed = { applicationId: ID, lenderId: 'boc-zj', cause: 'WITHDRAWN', about } as const;
    const after = said().given(event('ApplicationClosed', { ...closed, revision: 3 }));
    expect(after.when(event('ReviewRecorded', noted, { number: 2 })).rows).toHaveLength(1);
  });

  it('of the time before it said whom it is about is of no product', () => {
    const data = { applicationId: ID, lenderId: 'boc-zj', revision: 1, cause: 'WITHDRAWN' };
    const early = said().when(event('ApplicationClosed', { ...data, about: null } as never));
    expect(rowOf(early)).toMatchObject({ productId: null, channel: null });
  });
});

describe('personal fields', () => {
  const texts = lockedSchemas
    .filter(({ subject, writes }) => writes && subject.startsWith(topics.decisions.name))
    .flatMap(({ schema }) => textsOf(schema as unknown as Declared));
  const saidPersonal = Object.entries(personalFields).flatMap(([event, fields]) =>
    Object.keys(fields).map((path) => `${event}.${path}`),
  );
  const isIn = (path: string, field: string) => path === field || path.startsWith(`${field}.`);
  const isPersonal = (path: string) => saidPersonal.some((field) => isIn(path, field));
  const isImpersonal = ({ record, name }: Text) =>
    impersonalFields[record]?.includes(name) === true;

  it('or not: of each text of each decision it is said which', () => {
    const told = texts.filter(({ path }) => !isPersonal(path));
    expect(texts.length).toBeGreaterThan(told.length);
    expect(told.filter((text) => !isImpersonal(text)).map(({ path }) => path)).toEqual([]);
  });

  it('are there in the events that they are said to be of', () => {
    const gone = saidPersonal.filter((field) => !texts.some(({ path }) => isIn(path, field)));
    expect(gone).toEqual([]);
  });

  it('are not also said to be none, and what is said to be none is there', () => {
    const told = texts.filter(({ path }) => !isPersonal(path));
    for (const [record, names] of Object.entries(impersonalFields)) {
      const there = told.filter((text) => text.record === record).map(({ name }) => name);
      expect(new Set(names), record).toEqual(new Set(there));
    }
  });
});

/** A field that holds text, of a record somewhere within an event. */
interface Text {
  readonly path: string;
  readonly record: string;
  readonly name: string;
}

type Declared = string | readonly Declared[] | DeclaredType;
interface DeclaredType {
  readonly type: Declared;
  readonly name?: string;
  readonly fields?: readonly { readonly name: string; readonly type: Declared }[];
  readonly items?: Declared;
  readonly values?: Declared;
}

/** Also text in lists, maps and unions. A record is written out where it first comes. */
function textsOf(schema: Declared): Text[] {
  const records = new Map<string, DeclaredType>();
  const within = (type: Declared, path: string, record: string): Text[] => {
    if (typeof type === 'string') {
      const known = records.get(type.replace(/^.*\./, ''));
      if (known !== undefined) return within(known, path, record);
      const name = path.replace(/^.*\./, '');
      return type === 'string' || type === 'bytes' ? [{ path, record, name }] : [];
    }
    if (Array.isArray(type)) return type.flatMap((one: Declared) => within(one, path, record));
    const { type: kind, name = '', fields = [], items, values } = type as DeclaredType;
    if (kind === 'enum') return [];
    if (kind !== 'record') return within(items ?? values ?? kind, path, record);
    records.set(name, type as DeclaredType);
    return fields.flatMap((field) => within(field.type, `${path || name}.${field.name}`, name));
  };
  return within(schema, '', '');
}
