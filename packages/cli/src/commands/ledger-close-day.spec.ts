// `saidao ledger close-day` against a door that closes a lane each time that it is asked.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addDays, businessDateOf } from '@saidao/values';
import { issuersOf, Tokens } from '@saidao/worker';
import type { Command } from 'commander';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runCommand } from '../command.fixture.ts';
import type { CommandContext } from '../context.ts';
import { issuersSetting } from '../issuer.ts';
import { addCloseDay } from './ledger-close-day.ts';

const LENDERS = ['exim-zj'];
const LANES = 2;
let home: string;
let door: Server;
let environment: Record<string, string>;
let asked: string[];
let lanesClosed: number;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'saidao-close-day-'));
  const tokens = new Tokens(issuersOf(JSON.parse(issuersSetting(home, LENDERS))));
  door = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const bearer = (request.headers.authorization ?? '').replace('Bearer ', '');
      void tokens.principalOf(bearer).then(({ principal }) => {
        asked.push(`${principal} ${request.method} ${request.url} ${body}`.trim());
        const [status, answer] = answerTo(request.url ?? '', body);
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      });
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => door.once('listening', resolve));
  environment = {
    SAIDAO_HOME: home,
    LENDERS: LENDERS.join(','),
    KAFKA_BROKERS: 'localhost:1',
    DISBURSEMENT_LEDGER_URL: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
  };
});

beforeEach(() => {
  asked = [];
  lanesClosed = 0;
});

afterAll(async () => {
  await new Promise((resolve) => door.close(resolve));
  rmSync(home, { recursive: true });
});

function answerTo(url: string, body: string): [number, object] {
  if (body.includes('2099')) {
    const faults = [{ path: 'businessDate', message: 'has to be a day up to today' }];
    return [422, { error: { message: 'The request is not as it must be.', faults } }];
  }
  if (url === '/v1/business-days') return [202, {}];
  const [lenderId, businessDate] = url.split('/').slice(3);
  const digest = lanesClosed === LANES ? 'ab12' : null;
  const day = { lenderId, businessDate, lanes: LANES, lanesClosed, digest };
  lanesClosed = Math.min(LANES, lanesClosed + 1);
  return [200, day];
}

const run = (...args: string[]) => {
  const register = (program: Command, context: CommandContext) => addCloseDay(program, context);
  return runCommand(register, environment, ['close-day', ...args]);
};

it('tells the ledger as the operator, and waits until the day is signed', async () => {
  const { lines, code } = await run('--lender', 'exim-zj', '--date', '2026-11-25');
  expect(code).toBe(0);
  expect(asked[0]).toBe(
    'operator POST /v1/business-days {"lenderId":"exim-zj","businessDate":"2026-11-25"}',
  );
  expect(lines).toEqual([
    'exim-zj 2026-11-25: 0 of 2 lanes',
    'exim-zj 2026-11-25: 1 of 2 lanes',
    'exim-zj 2026-11-25: closed, digest ab12.',
  ]);
});

it('is of yesterday where no day is given, and need not wait', async () => {
  const yesterday = addDays(businessDateOf(Date.now()), -1);
  const { lines } = await run('--lender', 'exim-zj', '--no-wait');
  expect(lines).toEqual([`exim-zj ${yesterday}: the ledger has been told.`]);
  expect(asked).toHaveLength(1);
});

it('says how far it is when it is not closed in time', async () => {
  const { lines, code } = await run('--lender', 'exim-zj', '--date', '2026-11-25', '--within', '0');
  expect(code).toBe(1);
  expect(lines).toEqual(['exim-zj 2026-11-25: 0 of 2 lanes, not closed in 0 s.']);
});

it('prints one line of JSON for programs', async () => {
  lanesClosed = LANES;
  const { lines } = await run('--lender', 'exim-zj', '--date', '2026-11-25', '--json');
  expect(JSON.parse(lines[0]!)).toMatchObject({ lanesClosed: LANES, digest: 'ab12' });
});

it('tells what the door refuses', async () => {
  await expect(run('--lender', 'exim-zj', '--date', '2099-01-01')).rejects.toThrow(
    '422 The request is not as it must be.\n  businessDate has to be a day up to today',
  );
  await expect(run('--lender', 'exim-zj', '--within', 'soon')).rejects.toThrow('seconds');
});
