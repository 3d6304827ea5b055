// The doors as the CLI uses them: tries again with the same key, tells refusals, names addresses.
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MemoryBroker } from '@saidao/event-log';
import type { EventLog, IncomingRecord } from '@saidao/event-log';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decode } from '@saidao/schemas';
import type { SubmissionJson } from '@saidao/schemas';
import { messageIdOf } from './door-records.ts';
import { openDoors } from './doors.ts';
import type { DoorsAt } from './doors.ts';
import type { Step } from './samples.ts';

const PARTITIONS = 6;
const submission: SubmissionJson = {
  lender: 'exim-zj',
  channel: 'bank-portal',
  reference: 'r-1',
  product: 'IP_PLEDGE',
  enterprise: {
    name: '浙江示例智能锁科技有限公司',
    uscc: '91330100MA2H000142',
    sector: 'industry',
    industry: 'smart hardware',
  },
  request: { amount: '1000.00', termMonths: 12, purpose: 'raw materials', repayment: 'BULLET' },
  patents: [{ number: '201610345678.2' }],
};
const step = (actor: string, does: Step['does']): Step => ({ actor, does });

interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

let server: Server;
let answers: [status: number, body: object, headers?: Record<string, string>][];
let asked: Asked[];
let reach: DoorsAt;
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
      const [status, answer, more] = answers.shift() ?? [202, { applicationId: 'id' }];
      response.writeHead(status, { 'content-type': 'application/json', ...more });
      response.end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  log = new MemoryBroker().connect();
  const names = ['saidao.submissions.v1', 'saidao.review-actions.v1'];
  await log.createTopics(names.map((name) => ({ name, partitions: PARTITIONS })));
  reach = {
    source: 'saidao/test',
    partitions: PARTITIONS,
    intake: address,
    decisioning: address,
    tokens: { channels: 'c-token', 'officer-a': 'a-token', 'officer-b': 'b', reader: 'r' },
  };
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

const referral = { applicationId: 'id', lenderId: 'exim-zj', revision: 2, time: 1, claim: true };
const amend: Step = { ...step('applicant', 'amend'), change: { 'request.amount': '900.00' } };

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

  it('is tried again with the same key while it is not available, or asked too much', async () => {
    answers = [
      [503, {}],
      [429, {}],
    ];
    await openDoors(reach, log, signal).submit(submission, 'http', 'key-1');
    const keys = asked.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  it('is tried again no sooner than it asks for', async () => {
    answers = [[503, {}, { 'retry-after': '1' }]];
    const beganMs = performance.now();
    await openDoors(reach, log, signal).submit(submission, 'http', 'key-1');
    expect(asked).toHaveLength(2);
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(999);
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
    await openDoors(reach, log, signal).act(step('applicant', 'accept'), submission, 'id', 'http');
    expect(asked.map(({ path }) => path)).toEqual([
      '/v1/applications/id/acceptance',
      '/v1/applications/id/acceptance',
    ]);
  });

  it('takes an officer’s claim and verdict under the officer’s own token', async () => {
    const doors = openDoors(reach, log, signal);
    await doors.review({ ...step('officer-a', 'approve'), reason: 'Seen.' }, referral, 'http');
    const headers = { authorization: 'Bearer a-token' };
    expect(asked).toMatchObject([
      { path: '/v1/reviews/id/claim', headers, body: { revision: 2 } },
      {
        path: '/v1/reviews/id/verdict',
        headers,
        body: { verdict: 'APPROVE', reason: 'Seen.', revision: 2 },
      },
    ]);
    await doors.review(step('officer-b', 'approve'), { ...referral, claim: false }, 'http');
    expect(asked.slice(2).map(({ path }) => path)).toEqual(['/v1/reviews/id/verdict']);
    await expect(doors.review(step('officer-z', 'approve'), referral, 'http')).rejects.toThrow(
      /There is no token of officer-z here/,
    );
  });

  it('is given the whole content anew to amend it', async () => {
    await openDoors(reach, log, signal).act(amend, submission, 'id', 'http');
    const { lender: _, channel: __, reference: ___, ...content } = submission;
    const request = { ...submission.request, amount: '900.00' };
    expect(asked[0]).toMatchObject({ path: '/v1/applications/id/amendments' });
    expect(asked[0]?.body).toEqual({ ...content, request });
  });

  it('says in a sentence which address or token is missing', async () => {
    const submit = (change: Partial<DoorsAt>) =>
      openDoors({ ...reach, ...change }, log, signal).submit(submission, 'http', 'k');
    await expect(submit({ intake: null })).rejects.toThrow(/set INTAKE_URL, or run `npm start`/);
    await expect(submit({ tokens: null })).rejects.toThrow(/There are no access tokens here/);
    answers = [[401, { error: { message: 'A bearer token is needed.' } }]];
    await expect(submit({})).rejects.toThrow(/answered 401: .*bearer token/);
  });
});

describe('the topic’s door', () => {
  const read = async (topic = 'saidao.submissions.v1') => {
    const records: IncomingRecord[] = [];
    await log.scan([topic], (record) => records.push(record));
    return records;
  };
  const said = ({ value, topic }: IncomingRecord) => decode(value, topic);

  it('is given the same application, on its key’s partition', async () => {
    await openDoors(reach, log, signal).submit(submission, 'kafka', 'key-1');
    const [record] = await read();
    expect(String(record?.key)).toBe('exim-zj/bank-portal/r-1');
    expect(String(record?.headers['ce_lenderid'])).toBe('exim-zj');
    expect(said(record!)).toMatchObject({
      type: 'ApplicationSubmitted',
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
    await doors.act(step('applicant', 'accept'), submission, 'id', 'kafka');
    await doors.act(step('applicant', 'withdraw'), submission, 'id', 'kafka');
    await doors.act(step('applicant', 'decline-offer'), submission, 'id', 'kafka');
    await doors.act(amend, submission, 'id', 'kafka');
    const events = (await read()).map(said);
    expect(events.map(({ type }) => type)).toEqual([
      'OfferAcceptanceSubmitted',
      'WithdrawalSubmitted',
      'OfferDeclineSubmitted',
      'AmendmentSubmitted',
    ]);
    expect(events[3]?.data).toMatchObject({ request: { amount: { minor: 90_000n } } });
  });

  it('takes a review as decisioning’s door would append it, once for each referral', async () => {
    const doors = openDoors(reach, log, signal);
    for (const time of [1, 1, 2]) {
      await doors.review(step('officer-b', 'decline'), { ...referral, time }, 'kafka');
    }
    const records = await read('saidao.review-actions.v1');
    const act = { applicationId: 'id', lenderId: 'exim-zj', revision: 2, officer: 'officer-b' };
    const role = 'senior-officer';
    expect(records.slice(0, 2).map(said)).toMatchObject([
      { type: 'ReviewClaimed', data: { ...act, role } },
      {
        type: 'ReviewSubmitted',
        data: { ...act, role, verdict: 'DECLINE', reasonCode: 'F02' },
      },
    ]);
    const ids = records.map(({ headers }) => String(headers['ce_id']));
    expect(new Set(ids).size).toBe(4);
    expect(ids.slice(2, 4)).toEqual(ids.slice(0, 2));
  });

  it('lets nobody act in another’s place', async () => {
    const doors = openDoors(reach, log, signal);
    for (const via of ['http', 'kafka'] as const) {
      const acting = doors.act(step('officer-a', 'approve'), submission, 'id', via);
      await expect(acting).rejects.toThrow('officer-a cannot approve as an applicant');
    }
  });

  it('says what cannot be written as an event', async () => {
    const doors = openDoors(reach, log, signal);
    const bad = { ...submission, request: { ...submission.request, amount: '1.005' } };
    await expect(doors.submit(bad, 'kafka', 'k')).rejects.toThrow(/1\.005/);
    const empty = { lender: 'exim-zj', channel: 'x', reference: 'r' } as typeof submission;
    await expect(doors.submit(empty, 'kafka', 'k')).rejects.toThrow(/is missing or no text/);
  });
});
