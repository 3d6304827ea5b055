// What the registry answers: by id, by every name of a subject, to candidates, and to who would write.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockedSchemas, type LockedSchema } from '@saidao/schemas';
import { createLogger, createMetrics } from '@saidao/worker';
import { examplesOf, holdToPapers, type OpenApi } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildRegistry } from './app.ts';

const logger = createLogger({ service: 'schema-registry', level: 'silent' });
const metrics = createMetrics({ service: 'schema-registry', defaults: false });
const app = buildRegistry({ logger, metrics });
beforeAll(async () => {
  await app.ready();
  holdToPapers(app);
});
afterAll(() => app.close());

const VND = 'application/vnd.schemaregistry.v1+json';

async function ask(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  body?: object,
  type = VND,
) {
  const payload = body && { payload: JSON.stringify(body), headers: { 'content-type': type } };
  const answer = await app.inject({ method, url, ...payload });
  expect(answer.headers['content-type']).toContain(VND);
  return { status: answer.statusCode, body: answer.json<unknown>() };
}

const get = (url: string) => ask('GET', url);
const post = (url: string, body: object) => ask('POST', url, body);
const candidate = (schema: unknown, more: object = {}) => ({
  schema: JSON.stringify(schema),
  ...more,
});

interface RecordSchema {
  fields: { name: string; type: unknown; default?: unknown }[];
}

const approved = lockedSchemas.find(({ subject }) => subject.endsWith('.LoanApproved'))!;
const scored = lockedSchemas.find(({ subject }) => subject.endsWith('.EnterpriseScored'))!;
const refused = (code: number, message: unknown = expect.any(String)) => ({
  status: Math.floor(code / 100),
  body: { error_code: code, message },
});

describe('an id', () => {
  test('leads to its schema in full, whatever subject is named beside it', async () => {
    for (const { id, schema, subject, version } of lockedSchemas) {
      for (const query of ['', '?subject=somebody-value', '?fetchMaxId=false']) {
        const { status, body } = await get(`/schemas/ids/${id}${query}`);
        expect(status).toBe(200);
        expect(JSON.parse((body as { schema: string }).schema)).toEqual(schema);
      }
      expect((await get(`/schemas/ids/${id}/versions`)).body).toEqual([{ subject, version }]);
      expect((await get(`/schemas/ids/${id}/subjects`)).body).toEqual([subject]);
      expect((await get(`/schemas/ids/${id}/schema`)).body).toEqual(schema);
    }
  });

  test.each(['0', '99999', '-1', 'x', '1e0'])('%s is nobody’s', async (id) => {
    expect(await get(`/schemas/ids/${id}`)).toEqual(refused(40403, `Schema ${id} not found.`));
  });
});

describe('a subject', () => {
  test('is listed as the lock has it', async () => {
    const { body } = await get('/subjects');
    expect(body).toEqual([...new Set(lockedSchemas.map(({ subject }) => subject))].sort());
  });

  test.each([
    'saidao.decisions.{lender}.v1-saidao.LoanApproved',
    'saidao.decisions.czb-hz.v1-saidao.LoanApproved',
    'saidao.LoanApproved',
    'saidao.decisions.czb-hz.v1-value',
  ])('%s has the schema', async (subject) => {
    const at = `/subjects/${encodeURIComponent(subject)}`;
    const { id } = approved;
    const schema = JSON.stringify(approved.schema);
    expect((await get(`${at}/versions/1`)).body).toEqual({ subject, version: 1, id, schema });
    expect((await get(`${at}/versions/1/schema`)).body).toEqual(approved.schema);
    expect(await post(at, candidate(approved.schema))).toEqual({
      status: 200,
      body: { subject, version: 1, id, schema },
    });
  });

  test('of a topic holds its events in the order of their ids', async () => {
    const at = '/subjects/saidao.pledges.v1-value/versions';
    const ids = lockedSchemas
      .filter(({ subject }) => subject.startsWith('saidao.pledges.v1-'))
      .map(({ id }) => id)
      .sort((one, other) => one - other);
    expect((await get(at)).body).toEqual(ids.map((_id, index) => index + 1));
    for (const [index, id] of ids.entries()) {
      expect((await get(`${at}/${index + 1}`)).body).toMatchObject({ id, version: index + 1 });
    }
    expect((await get(`${at}/latest`)).body).toMatchObject({ id: ids.at(-1) });
    expect((await get(`${at}/-1`)).body).toMatchObject({ id: ids.at(-1) });
  });

  test.each([
    'saidao.pledges.v1-key',
    'saidao.pledges.v1-saidao.LoanApproved',
    'saidao.nothing.v1-value',
    'intake.dead-letter.v1-value',
    'LoanApproved',
    'value',
    '-',
    '__proto__',
  ])('%s is none', async (subject) => {
    const at = `/subjects/${encodeURIComponent(subject)}`;
    const message = `Subject '${subject}' not found.`;
    expect(await get(`${at}/versions`)).toEqual(refused(40401, message));
    expect(await get(`${at}/versions/latest`)).toEqual(refused(40401, message));
    expect(await post(at, candidate(approved.schema))).toEqual(refused(40401, message));
    expect(await get(`/config/${encodeURIComponent(subject)}`)).toEqual(refused(40401, message));
  });

  test.each([
    ['2', 40402],
    ['2147483647', 40402],
    ['0', 42202],
    ['2147483648', 42202],
    ['newest', 42202],
    ['-2', 42202],
    ['99999999999', 42202],
  ])('has no version %s', async (version, code) => {
    expect(await get(`/subjects/saidao.LoanApproved/versions/${version}`)).toEqual(refused(code));
  });
});

describe('who would write', () => {
  const at = '/subjects/saidao.scores.v1-value';
  const added = structuredClone(scored.schema) as unknown as RecordSchema;
  added.fields.push({ name: 'more', type: ['null', 'string'], default: null });

  test('is given the id of what is there, however it is spelled', async () => {
    const { id, schema } = scored;
    const spelled = { ...(schema as object), doc: 'Another sentence.' };
    for (const body of [candidate(schema), candidate(spelled), candidate(schema, { id })]) {
      for (const type of [VND, 'application/json', 'application/vnd.schemaregistry+json']) {
        const registered = await ask('POST', `${at}/versions?normalize=true`, body, type);
        expect(registered).toEqual({ status: 200, body: { id } });
      }
    }
  });

  test('is refused anything new, and another id', async () => {
    const message = expect.stringContaining('is in read-only mode') as string;
    expect(await post(`${at}/versions`, candidate(added))).toEqual(refused(42205, message));
    expect(await post('/subjects/new-value/versions', candidate(added))).toEqual(
      refused(42205, message),
    );
    expect(await post(`${at}/versions`, candidate(scored.schema, { id: 7 }))).toEqual(
      refused(42205, message),
    );
    expect(await post(at, candidate(added))).toEqual(refused(40403, 'Schema not found.'));
  });

  test.each([
    ['no schema', {}],
    ['no JSON', { schema: '{' }],
    ['no Avro', candidate({ type: 'record', name: 'A' })],
    ['an unknown name', candidate('saidao.Money')],
    ['another kind', { schema: 'message A {}', schemaType: 'PROTOBUF' }],
  ])('is told that it sent %s', async (_what, body) => {
    for (const url of [at, `${at}/versions`, `/compatibility${at}/versions/latest`]) {
      expect(await post(url, body)).toEqual(refused(42201));
    }
  });

  test('cannot change modes, levels or anything else', async () => {
    for (const url of ['/config', '/config/a-value', '/mode', '/mode/a-value']) {
      expect(await ask('PUT', url, { mode: 'IMPORT' })).toEqual(refused(42205));
    }
    expect(await ask('DELETE', '/subjects/a-value')).toEqual(refused(42205));
    expect((await get('/mode')).body).toEqual({ mode: 'READONLY' });
    expect((await get('/mode/a-value')).body).toEqual({ mode: 'READONLY' });
    const level = { compatibilityLevel: 'FULL_TRANSITIVE' };
    expect((await get('/config')).body).toEqual(level);
    expect((await get('/config/saidao.scores.v1-value')).body).toEqual(level);
  });

  test('is refused a body that is none', async () => {
    const nothing = await app.inject({ method: 'POST', url: at, payload: 'schema=1' });
    expect(nothing.statusCode).toBe(415);
    expect(nothing.json()).toMatchObject({ error_code: 415 });
    const large = candidate('x'.repeat(300_000));
    expect(await post(at, large)).toMatchObject({ status: 413, body: { error_code: 413 } });
  });
});

describe('a candidate', () => {
  const subjects = ['saidao.scores.v1-saidao.EnterpriseScored', 'saidao.scores.v1-value'];
  const changed = (change: (schema: RecordSchema) => void) => {
    const schema = structuredClone(scored.schema) as unknown as RecordSchema;
    change(schema);
    return candidate(schema);
  };
  const judge = async (subject: string, version: string, body: object) =>
    (await post(`/compatibility/subjects/${subject}/versions${version}?verbose=true`, body)).body;

  test.each(subjects)('with a new field is compatible in %s', async (subject) => {
    const body = changed(({ fields }) =>
      fields.push({ name: 'more', type: ['null', 'string'], default: null }),
    );
    for (const version of ['', '/latest', '/1']) {
      expect(await judge(subject, version, body)).toEqual({ is_compatible: true, messages: [] });
    }
  });

  test.each(subjects)('that cannot be read is not, and is told why, in %s', async (subject) => {
    const body = changed(({ fields }) => fields.push({ name: 'more', type: 'int' }));
    for (const version of ['', '/latest', '/1']) {
      expect(await judge(subject, version, body)).toEqual({
        is_compatible: false,
        messages: ['more is new and has no default; old events lack it. Give it one.'],
      });
    }
    const plain = await post(`/compatibility/subjects/${subject}/versions/latest`, body);
    expect(plain.body).toEqual({ is_compatible: false });
  });

  test('that the house does not allow is told so', async () => {
    const body = changed(({ fields }) =>
      fields.push({ name: 'share', type: 'double', default: 0 }),
    );
    expect(await judge('saidao.EnterpriseScored', '', body)).toMatchObject({
      is_compatible: false,
      messages: [expect.stringContaining('At share stands a double') as string],
    });
  });

  test('of a topic is held against the event of its name, a new one against nothing', async () => {
    const subject = 'saidao.decisions.czb-hz.v1-value';
    const fields = [{ name: 'applicationId', type: 'string' }];
    const fresh = { type: 'record', name: 'LoanForgotten', namespace: 'saidao', fields };
    for (const version of ['', '/latest']) {
      const body = candidate(approved.schema);
      expect(await judge(subject, version, body)).toMatchObject({ is_compatible: true });
      expect(await judge(subject, version, candidate(fresh))).toMatchObject({
        is_compatible: true,
      });
    }
    expect(await judge(subject, '/1', candidate(fresh))).toMatchObject({ is_compatible: false });
    expect(await judge('unheard-of', '', candidate(fresh))).toMatchObject({ is_compatible: true });
    const latest = '/compatibility/subjects/unheard-of/versions/latest';
    expect(await post(latest, candidate(fresh))).toEqual(refused(40401));
  });
});

describe('an event with two versions', () => {
  const { schemas } = JSON.parse(
    readFileSync(
      join(import.meta.dirname, '../../packages/schemas/fixtures/lock-of-an-earlier-release.json'),
      'utf8',
    ),
  ) as { schemas: LockedSchema[] };
  const old = buildRegistry({ logger, metrics, schemas });
  afterAll(() => old.close());
  const [first, , second] = schemas.map(({ schema }) => schema as unknown as RecordSchema);
  const at = 'saidao.screenings.v1-saidao.Screened';
  const send = async (url: string, schema?: object) => {
    const body = schema && { method: 'POST' as const, payload: candidate(schema) };
    return (await old.inject({ url, ...body })).json<Record<string, unknown>>();
  };

  test('has both, the newer as its latest', async () => {
    expect(await send(`/subjects/${at}/versions`)).toEqual([1, 2]);
    expect(await send(`/subjects/${at}/versions/1`)).toMatchObject({ id: 1, version: 1 });
    expect(await send(`/subjects/${at}/versions/latest`)).toMatchObject({ id: 3, version: 2 });
    expect(await send(`/subjects/${at}`, first)).toMatchObject({ id: 1, version: 1 });
    expect(await send(`/subjects/${at}`, second)).toMatchObject({ id: 3, version: 2 });
    expect(await send(`/schemas/ids/3/versions`)).toEqual([{ subject: at, version: 2 }]);
  });

  test('holds a candidate against the one that is named, or against both', async () => {
    const judge = async (version: string, subject = at) =>
      (await send(`/compatibility/subjects/${subject}/versions${version}`, first))['is_compatible'];
    expect(await judge('/1')).toBe(true);
    for (const subject of [at, 'saidao.screenings.v1-value']) {
      expect(await judge('/latest', subject)).toBe(false);
      expect(await judge('', subject)).toBe(false);
    }
    // It agrees with the latest alone: what was renamed in between is in the first.
    const renamed = structuredClone(second!);
    renamed.fields[0]!.name = 'caseId';
    const two = schemas.map((one) => (one.id === 3 ? { ...one, schema: renamed as never } : one));
    const odd = buildRegistry({ logger, metrics, schemas: two });
    const ask = async (version: string) =>
      (
        await odd.inject({
          method: 'POST',
          url: `/compatibility/subjects/${at}/versions${version}`,
          payload: candidate(renamed),
        })
      ).json<unknown>();
    expect(await ask('/latest')).toEqual({ is_compatible: true });
    expect(await ask('')).toEqual({ is_compatible: false });
    await odd.close();
  });
});

test('the rest is as with other services', async () => {
  expect((await get('/')).body).toEqual({});
  expect((await get('/contexts')).body).toEqual(['.']);
  expect((await get('/schemas/types')).body).toEqual(['AVRO']);
  expect((await get('//schemas/types/')).body).toEqual(['AVRO']);
  expect(await get('/elsewhere')).toEqual({
    status: 404,
    body: { error_code: 404, message: 'HTTP 404 Not Found' },
  });
  expect((await app.inject('/livez')).json()).toEqual({ alive: true });
  expect((await app.inject('/readyz')).json()).toEqual({ ready: true, reasons: [] });
  const text = (await app.inject('/metrics')).body;
  expect(text).toContain('route="/schemas/ids/:id",status="200"');
});

test('the examples of the papers are understood', async () => {
  for (const { path, body } of examplesOf(app.swagger() as unknown as OpenApi)) {
    const url = path.replace('{subject}', 'saidao.LoanApproved').replace('{version}', 'latest');
    expect([200, 404, 422]).toContain((await post(url, body)).status);
  }
});
