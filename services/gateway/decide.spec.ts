// What a feed is told of a decision: all but what names persons, whatever its revision.
import { event, scenario } from '@saidao/testkit';
import { lockedSchemas, topics } from '@saidao/schemas';
import { describe, expect, it } from 'vitest';
import { cloudEventOf } from './cloud-event.ts';
import { about, recorded } from './decided.fixture.ts';
import type { FeedRow } from './decide.ts';
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
  interface Declared {
    readonly name: string;
    readonly fields: readonly { readonly name: string; readonly type: unknown; doc?: string }[];
  }
  const schemas = lockedSchemas
    .filter(({ subject, writes }) => writes && subject.startsWith(topics.decisions.name))
    .map(({ schema }) => schema as unknown as Declared);

  it('are there in the events that they are said to be of', () => {
    for (const [type, fields] of Object.entries(personalFields)) {
      const schema = schemas.find(({ name }) => name === type);
      for (const path of Object.keys(fields)) {
        const text = JSON.stringify(schema?.fields ?? []);
        for (const name of path.split('.')) expect(text, `${type}.${path}`).toContain(`"${name}"`);
      }
    }
  });

  it('are all that name officers', () => {
    const missed = schemas.flatMap(({ name, fields }) =>
      fields
        .filter((field) => /By$|^officer$|^approvers$/.test(field.name))
        .filter((field) => !Object.hasOwn(personalFields[name as never] ?? {}, field.name))
        .map((field) => `${name}.${field.name}`),
    );
    expect(missed).toEqual([]);
    const overriding = schemas.filter(({ fields }) =>
      fields.some(({ name, type }) => name === 'override' && JSON.stringify(type) !== '"boolean"'),
    );
    expect(overriding.map(({ name }) => name).toSorted()).toEqual(['LoanApproved', 'LoanDeclined']);
  });
});
