// The doors of a loan by themselves: who may say what, what is published, and what a loan owes.
import { MemoryBroker, partitionOf, type EventLog, type IncomingRecord } from '@saidao/event-log';
import { decode } from '@saidao/schemas';
import { examplesOf, holdToPapers, takenKeysInMemory, type OpenApi } from '@saidao/testkit';
import { cny } from '@saidao/values';
import {
  createHttp,
  createLogger,
  createMetrics,
  principalsOf,
  type HttpServer,
} from '@saidao/worker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActionRow } from '../changes.ts';
import { APPLICATION, Books, LENDER, LOAN, world } from '../loan.fixture.ts';
import { loanDoor } from './loan.door.ts';

const REPAYMENTS = 'saidao.repayments.v1';
const ACTIONS = 'saidao.loan-actions.v1';
const PARTITIONS = 3;
const ROLES = {
  ops: 'operator',
  li: 'officer',
  chen: 'senior-officer',
  sun: 'auditor',
  web: 'channel',
} as const;

let http: HttpServer;
let log: EventLog;
const recorded: ActionRow[] = [];

beforeEach(async () => {
  recorded.length = 0;
  log = new MemoryBroker().connect();
  await log.createTopics([
    { name: REPAYMENTS, partitions: PARTITIONS },
    { name: ACTIONS, partitions: PARTITIONS },
  ]);
  const { account } = Books.drawn().closeThrough('2026-02-05');
  http = await createHttp({
    name: 'disbursement-ledger',
    logger: createLogger({ service: 'disbursement-ledger', level: 'silent' }),
    metrics: createMetrics({ service: 'disbursement-ledger' }),
    health: { alive: () => undefined, notReady: async () => [] },
    principals: principalsOf(
      Object.entries(ROLES).map(([principal, role]) => ({
        principal,
        role,
        lenders: [LENDER],
        token: tokenOf(principal),
      })),
    ),
    doors: [
      loanDoor({
        ...{ log, world, partitions: PARTITIONS },
        accounts: {
          find: async (loanId, lenders) =>
            loanId === LOAN && lenders.includes(LENDER) ? account : undefined,
          actionsOf: async () => recorded,
        },
        takenKeys: takenKeysInMemory(),
        clock: () => Date.parse('2026-02-06T02:00:00.000Z'),
      }),
    ],
  });
  holdToPapers(http.app);
});

afterEach(async () => {
  await http.close();
  await log.close();
});

const tokenOf = (who: string) => `the-token-of-${who}`.padEnd(20, '-');
const asking = (who: string, headers: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer ${tokenOf(who)}`, ...headers },
});

function post(path: string, body: object, who = 'li', headers: Record<string, string> = {}) {
  return http.app.inject({
    method: 'POST',
    url: path.startsWith('/') ? path : `/v1/loans/${LOAN}/${path}`,
    ...asking(who, headers),
    payload: body,
  });
}
const get = (path: string, who = 'li') =>
  http.app.inject({ url: `/v1/loans/${LOAN}/${path}`, ...asking(who) });

async function told(topic: string): Promise<IncomingRecord[]> {
  const records: IncomingRecord[] = [];
  await log.scan([topic], (record) => records.push(record));
  return records;
}
const dataOf = ({ value, topic }: IncomingRecord) => decode(value as Buffer, topic).data;

const repayment = {
  source: 'bank-file',
  reference: 'R 1/2',
  amount: '103600.00',
  valueDate: '2026-02-05',
};

it('takes every example of its papers', async () => {
  const examples = examplesOf(http.app.swagger() as unknown as OpenApi);
  expect(examples).toHaveLength(8);
  for (const { path, body } of examples) {
    expect((await post(String(path.split('/').at(-1)), body)).statusCode, path).toBe(202);
  }
  expect(await told(REPAYMENTS)).toHaveLength(1);
  expect(await told(ACTIONS)).toHaveLength(7);
});

describe('a repayment', () => {
  it('is published for the application of the loan', async () => {
    const answer = await post('repayments', repayment, 'ops');
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ loanId: LOAN, status: 'received' });
    expect(answer.headers['location']).toBe(`/v1/loans/${LOAN}/standing`);
    const [record, ...others] = await told(REPAYMENTS);
    expect(others).toEqual([]);
    expect(record?.partition).toBe(partitionOf(Buffer.from(APPLICATION), PARTITIONS));
    expect(String(record?.key)).toBe(APPLICATION);
    expect(dataOf(record!)).toEqual({
      applicationId: APPLICATION,
      lenderId: LENDER,
      loanId: LOAN,
      source: 'bank-file',
      reference: 'R 1/2',
      amount: cny(10_360_000n),
      valueDate: '2026-02-05',
      payer: null,
      effect: 'SCHEDULED',
    });
  });

  it('said again under its key is not published again; another under it is refused', async () => {
    const key = { 'idempotency-key': 'one' };
    const first = await post('repayments', repayment, 'li', key);
    const again = await post('repayments', repayment, 'li', key);
    expect(again.json()).toEqual(first.json());
    const other = await post('repayments', { ...repayment, amount: '1' }, 'li', key);
    expect(other.statusCode).toBe(409);
    expect(await told(REPAYMENTS)).toHaveLength(1);
  });

  it.each(['sun', 'web'])('is not for %s to say', async (who) => {
    expect((await post('repayments', repayment, who)).statusCode).toBe(403);
    expect(await told(REPAYMENTS)).toEqual([]);
  });

  it.each([
    ['of nothing', { amount: '0.00' }],
    ['of less than nothing', { amount: '-1' }],
    ['of parts of a fen', { amount: '1.001' }],
    ['of a day that does not exist', { valueDate: '2026-02-30' }],
    ['of a source that could not be named', { source: 'a/b' }],
    ['of a reference with a blank at its end', { reference: 'R1 ' }],
    ['to another effect', { effect: 'OTHERWISE' }],
    ['with more to say', { currency: 'USD' }],
  ])('%s is refused', async (_what, change) => {
    const answer = await post('repayments', { ...repayment, ...change });
    expect(answer.statusCode).toBe(422);
    expect(await told(REPAYMENTS)).toEqual([]);
  });

  it('of a loan that is not there, or not one’s own, is not found', async () => {
    const answer = await post('/v1/loans/another/repayments', repayment);
    expect(answer.statusCode).toBe(404);
  });
});

describe('an action', () => {
  const reason = 'in the file';
  it.each([
    ['drawdowns', 'DrawdownRequested', { amount: '5.00' }],
    [
      'reschedule',
      'RescheduleRequested',
      { from: '2026-02-06', termMonths: 12, repayment: 'BULLET', reason },
    ],
    ['costs', 'CostsCharged', { amount: '500.00', valueDate: '2026-02-06', reason }],
    ['misuse', 'MisuseFound', { from: '2026-02-01', reason }],
    ['write-off', 'WriteOffRequested', { reason }],
    ['reversals', 'ReversalRequested', { source: 'bank-file', reference: 'R1', reason }],
    ['refunds', 'RefundRequested', { amount: '500.00', reason }],
    ['refunds', 'RefundRequested', { amount: '500.00', toGuarantor: true, reason }],
  ])('%s is published with who asks for it', async (path, type, body) => {
    const answer = await post(path, body, 'chen');
    expect(answer.statusCode).toBe(202);
    expect(answer.headers['location']).toBe(`/v1/loans/${LOAN}/actions`);
    const [record] = await told(ACTIONS);
    expect(String(record?.headers['ce_type'])).toBe(type);
    expect(String(record?.headers['ce_id'])).toBe(answer.json().actionId);
    expect(dataOf(record!)).toMatchObject({
      applicationId: APPLICATION,
      lenderId: LENDER,
      loanId: LOAN,
      officer: 'chen',
      role: 'senior-officer',
    });
    expect((await post(path, body, 'ops')).statusCode).toBe(403);
    expect((await post(path, { ...body, officer: 'sun' }, 'chen')).statusCode).toBe(422);
    expect(await told(ACTIONS)).toHaveLength(1);
  });

  it('is listed with what came of it', async () => {
    recorded.push({
      ...{ actionId: 'a', loanId: LOAN, lenderId: LENDER, action: 'CostsCharged' },
      ...{ officer: 'li', status: 'TAKEN', cause: null, atMs: 1_770_000_000_000 },
      content: '{"amount":{"currency":"CNY","minor":{"$bigint":"500"}}}',
    });
    const answer = await get('actions', 'sun');
    expect(answer.json()).toEqual({
      actions: [
        {
          actionId: 'a',
          action: 'CostsCharged',
          officer: 'li',
          status: 'TAKEN',
          cause: null,
          asked: { amount: { currency: 'CNY', minor: '500' } },
          at: '2026-02-02T02:40:00.000Z',
        },
      ],
    });
    expect((await get('actions', 'web')).statusCode).toBe(403);
  });
});

describe('what a loan owes', () => {
  it('is told as of today', async () => {
    const answer = await get('standing', 'web');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      loanId: LOAN,
      asOf: '2026-02-06',
      closedOn: '2026-02-05',
      drawn: '1200000.00',
      principal: '1200000.00',
      overduePrincipal: '100000.00',
      dueInterest: '3600.00',
      daysPastDue: 1,
      oldestDueOn: '2026-02-05',
      tier: 'special-mention',
      settled: false,
    });
  });

  it('is told as of another day, past or to come', async () => {
    const past = await get('standing?asOf=2026-02-04');
    expect(past.json()).toMatchObject({ daysPastDue: 0, overduePrincipal: '0.00' });
    const later = await get('standing?asOf=2026-03-05');
    expect(later.json()).toMatchObject({ daysPastDue: 28, overduePrincipal: '200000.00' });
  });

  it.each([
    ['2026-01-04', 422],
    ['2026-02-30', 422],
    ['2999-01-01', 422],
    ['soon', 400],
  ])('is not told as of %s', async (day, status) =>
    expect((await get(`standing?asOf=${day}`)).statusCode).toBe(status),
  );

  it('falls due by a schedule', async () => {
    const { instalments, maturesOn } = (await get('schedule', 'sun')).json();
    expect(maturesOn).toBe('2027-01-05');
    expect(instalments).toHaveLength(12);
    expect(instalments[0]).toEqual({
      number: 1,
      dueOn: '2026-02-05',
      principal: '100000.00',
      interest: '3600.00',
      paidPrincipal: '0.00',
      paidInterest: '0.00',
      penalty: '30.00',
      compound: '1.08',
      closing: '1100000.00',
    });
    expect(instalments[11]).toMatchObject({ dueOn: '2027-01-05', closing: '0.00' });
  });
});
