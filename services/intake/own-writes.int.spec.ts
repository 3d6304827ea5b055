// Reading what one has just written: a look at an application waits for the revision that it names.
import { eventually } from '@saidao/testkit';
import type { RunningLine } from '@saidao/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIntake, TOKEN, type IntakeService } from './service.fixture.ts';
import { sound } from './submission.fixture.ts';

const WAIT_MS = 4_000;
const PAUSED = 'the spec wants it so';
const { lender: _l, channel: _c, reference: _r, ...content } = sound;

let service: IntakeService;
let line: RunningLine;
let submissions = 0;

beforeAll(async () => {
  service = await openIntake({ REVISION_WAIT_MS: `${WAIT_MS}ms` });
  line = service.worker.lines[0] as RunningLine;
});

afterAll(() => service.close());

async function send(path: string, body: object): Promise<string> {
  const answer = await fetch(`${service.worker.address}/v1/applications${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { applicationId: string }).applicationId;
}

const submit = () => send('', { ...sound, reference: `R-own-${(submissions += 1)}` });
const amend = (id: string, termMonths: number) =>
  send(`/${id}/amendments`, { ...content, request: { ...content.request, termMonths } });

interface Seen {
  readonly status: number;
  readonly revision: number | undefined;
  readonly termMonths: number | undefined;
  readonly etag: string | null;
  readonly again: string | null;
}

async function look(id: string, query = '', ifMatch?: string, token = TOKEN): Promise<Seen> {
  const answer = await fetch(`${service.worker.address}/v1/applications/${id}${query}`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    },
  });
  const body = (await answer.json()) as { revision?: number; termMonths?: number };
  return {
    status: answer.status,
    revision: body.revision,
    termMonths: body.termMonths,
    etag: answer.headers.get('etag'),
    again: answer.headers.get('retry-after'),
  };
}

test('shows what was submitted and amended a moment ago, time and again', async () => {
  const id = await submit();
  expect(await look(id, '?revision=1')).toMatchObject({ status: 200, revision: 1, etag: '"1"' });
  for (let revision = 2; revision <= 6; revision += 1) {
    await amend(id, revision);
    const seen = await (revision % 2 === 0
      ? look(id, `?revision=${revision}`)
      : look(id, '', `"${revision}"`));
    expect(seen).toMatchObject({ status: 200, revision, termMonths: revision, again: null });
  }
  // A later one than was asked for is no older one.
  expect(await look(id, '?revision=3', '*')).toMatchObject({ status: 200, revision: 6 });
});

test('waits while the line is behind, and not at all where no revision is named', async () => {
  const id = await submit();
  await look(id, '?revision=1');
  line.pause(PAUSED);
  await amend(id, 24);
  const waiting = look(id, '?revision=2');
  expect(await look(id)).toMatchObject({ status: 200, revision: 1 });
  line.resume(PAUSED);
  expect(await waiting).toMatchObject({ status: 200, revision: 2, termMonths: 24 });
});

test('says that it is not there yet, in time, with what is', async () => {
  const id = await submit();
  await look(id, '?revision=1');
  line.pause(PAUSED);
  const fresh = await submit();
  const startedMs = performance.now();
  const [behind, unseen] = await Promise.all([look(id, '?revision=2'), look(fresh, '', '"1"')]);
  const tookMs = performance.now() - startedMs;
  line.resume(PAUSED);
  expect(behind).toMatchObject({ status: 202, revision: 1, etag: '"1"', again: '1' });
  expect(unseen).toMatchObject({ status: 202, revision: undefined, etag: null, again: '1' });
  expect(tookMs).toBeGreaterThanOrEqual(WAIT_MS - 10);
  expect(tookMs).toBeLessThan(WAIT_MS + 2_000);
  await eventually('it comes', async () => (await look(fresh, '?revision=1')).status === 200);
});

test('refuses what names no revision, and keeps nobody waiting for what he may not see', async () => {
  const id = await submit();
  for (const query of ['?revision=0', '?revision=x', '?revision=1&revision=2']) {
    expect((await look(id, query)).status).toBe(400);
  }
  for (const tag of ['1', 'W/"1"', '"x"', '"1", "2"']) {
    expect((await look(id, '', tag)).status).toBe(400);
  }
  const startedMs = performance.now();
  expect((await look(id, '?revision=9', undefined, `${TOKEN}-2`)).status).toBe(404);
  expect((await look('nobody', '?revision=9')).status).toBe(404);
  expect(performance.now() - startedMs).toBeLessThan(WAIT_MS / 2);
});
