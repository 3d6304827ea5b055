// The doors as the CLI uses them: tries again with the same key, tells refusals, names addresses.
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MemoryBroker } from '@saidao/event-log';
import type { EventLog, IncomingRecord } from '@saidao/event-log';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { caseEventOf } from './case-event.ts';
import { PARTITIONS, step, submission } from './case-events.fixture.ts';
import { messageIdOf, openDoors } from './doors.ts';
import type { Reach } from './reach.ts';

interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

let server: Server;
let answers: [status: number, body: object][];
let asked: Asked[];
let reach: Reach;
let log: EventLog;
const { signal } = new AbortController();

beforeEach(async () => {
  answers = [];
  asked = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      const body: unknown = text === '' ? null : JSON.parse(text);
      asked.push({ path: request.url ?? '', headers: request.headers, body });
      const [status, answer] = answers.shift() ?? [202, { applicationId: 'id' }];
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  log = new MemoryBroker().connect();
  await log.createTopics([{ name: 'saidao.submissions.v1', partitions: PARTITIONS }]);
  reach = {
    brokers: [],
    lenders: ['exim-zj'],
    partitions: PARTITIONS,
    intake: address,
    decisioning: address,
    outsideWorld: null,
    tokens: { channels: 'c-token', 'officer-a': 'a-token', 'officer-b': 'b', reader: 'r' },
  };
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

const name = { lender: 'exim-zj', channel: 'bank-portal', reference: 'r-1' };

describe('the HTTP door', () => {
  it('is given the body, the token and the key', async () => {
    const answer = await openDoors(reach, log, signal).submit(submission, 'http', 'key-1');
    expect(answer).toMatchObject({ became: 'taken', status: 202, applicationId: 'id' });
    expect(asked[0]).toMatchObject({
      path: '/v1/applications',
      headers: {
        authorization: 'Bearer c-token',
        'idempotency-key': messageIdOf('exim-zj/bank-portal/r-1', 'key-1'),
      },
      body: submission,
    });
  });

  it('is tried again with the same key while it is not available', async () => {
    answers = [
      [503, {}],
      [503, {}],
    ];
    await openDoors(reach, log, signal).submit(submission, 'http', 'key-1');
    const keys = asked.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  it('has another key for the same reference of another channel', async () => {
    const doors = openDoors(reach, log, signal);
    await doors.submit(submission, 'http', 'key-1');
    await doors.submit({ ...submission, channel: 'other' }, 'http', 'key-1');
    expect(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });

  it('tells what was refused, and what was a conflict', async () => {
    const faults = [{ path: 'request.amount', code: 'RANGE', message: 'It is negative.' }];
    answers = [
      [422, { error: { message: 'no', faults } }],
      [409, { error: { message: 'another body' } }],
    ];
    const doors = openDoors(reach, log, signal);
    expect(await doors.submit(submission, 'http', 'a')).toMatchObject({
      became: 'refused',
      faults,
    });
    expect(await doors.submit(submission, 'http', 'b')).toMatchObject({
      became: 'conflict',
      message: 'another body',
    });
  });

  it('waits until there is an offer to accept', async () => {
    answers = [[409, { error: { message: 'There is no offer to answer.' } }]];
    await openDoors(reach, log, signal).act(step('applicant', 'accept'), name, 'id', 'http');
    expect(asked.map(({ path }) => path)).toEqual([
      '/v1/applications/id/acceptance',
      '/v1/applications/id/acceptance',
    ]);
  });

  it('takes an officer’s review under the officer’s own token', async () => {
    const doors = openDoors(reach, log, signal);
    await doors.review({ ...step('officer-a', 'approve'), reason: 'Seen.' }, 'id', 'k');
    expect(asked[0]).toMatchObject({
      path: '/v1/reviews/id',
      headers: { authorization: 'Bearer a-token' },
      body: { who: 'officer-a', verdict: 'APPROVE', reason: 'Seen.' },
    });
    await expect(doors.review(step('officer-z', 'approve'), 'id', 'k')).rejects.toThrow(
      /There is no token of officer-z here/,
    );
  });

  it('says in a sentence which address or token is missing', async () => {
    const submit = (change: Partial<Reach>) =>
      openDoors({ ...reach, ...change }, log, signal).submit(submission, 'http', 'k');
    await expect(submit({ intake: null })).rejects.toThrow(/set INTAKE_URL, or run `npm start`/);
    await expect(submit({ tokens: null })).rejects.toThrow(/There are no access tokens here/);
    answers = [[401, { error: { message: 'A bearer token is needed.' } }]];
    await expect(submit({})).rejects.toThrow(/answered 401: .*bearer token/);
  });
});

describe('the topic’s door', () => {
  const read = async () => {
    const records: IncomingRecord[] = [];
    await log.scan(['saidao.submissions.v1'], (record) => records.push(record));
    return records;
  };

  it('is given the same application, on its key’s partition', async () => {
    await openDoors(reach, log, signal).submit(submission, 'kafka', 'key-1');
    const [record] = await read();
    expect(String(record?.key)).toBe('exim-zj/bank-portal/r-1');
    expect(caseEventOf(record!)).toMatchObject({
      type: 'ApplicationSubmitted',
      lenderId: 'exim-zj',
      data: { reference: 'r-1', request: { amount: { minor: 100_000n, currency: 'CNY' } } },
    });
  });

  it('names a message by its key: a second try is the same message', async () => {
    const doors = openDoors(reach, log, signal);
    for (const key of ['one', 'one', 'two']) await doors.submit(submission, 'kafka', key);
    const ids = (await read()).map(({ headers }) => String(headers['ce_id']));
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('takes what the applicant does', async () => {
    const doors = openDoors(reach, log, signal);
    await doors.act(step('applicant', 'accept'), name, 'id', 'kafka');
    await doors.act(step('applicant', 'withdraw'), name, 'id', 'kafka');
    expect((await read()).map((record) => caseEventOf(record)?.type)).toEqual([
      'OfferAcceptanceSubmitted',
      'WithdrawalSubmitted',
    ]);
  });

  it('says what cannot be written as an event', async () => {
    const doors = openDoors(reach, log, signal);
    const bad = { ...submission, request: { ...submission.request, amount: '1.005' } };
    await expect(doors.submit(bad, 'kafka', 'k')).rejects.toThrow(/1\.005/);
    const empty = { lender: 'exim-zj', channel: 'x', reference: 'r' } as typeof submission;
    await expect(doors.submit(empty, 'kafka', 'k')).rejects.toThrow(/is missing or no text/);
  });
});
