// `saidao reviews` and `saidao token` against a door that answers by the book.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issuersOf, Tokens } from '@saidao/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { issuersSetting } from '../issuer.ts';

const LENDERS = ['exim-zj'];
let home: string;
let door: Server;
let address: string;
let asked: string[];

const outcome = {
  actionId: 'a-1',
  outcome: 'RECORDED',
  cause: null,
  zh: '已领取。',
  en: 'Claimed.',
  status: 'REFERRED',
};
const refused = {
  ...outcome,
  outcome: 'REFUSED',
  cause: 'SAME_OFFICER',
  zh: '不可',
  en: 'Not you.',
};
const queued = (id: string, claimedBy: string | null) => ({
  applicationId: id,
  product: 'IP_PLEDGE',
  amount: '1000.00',
  tier: 'officer',
  enterprise: { name: '示例' },
  claimedBy,
  approvers: [],
  reasons: [{ code: 'M01' }],
});

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'saidao-reviews-'));
  const tokens = new Tokens(issuersOf(JSON.parse(issuersSetting(home, LENDERS))));
  door = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const bearer = (request.headers.authorization ?? '').replace('Bearer ', '');
      void tokens.principalOf(bearer).then(({ principal }) => {
        asked.push(`${principal} ${request.method} ${request.url} ${body}`);
        const [status, answer] = answerTo(request.url ?? '');
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      });
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => door.once('listening', resolve));
  address = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await new Promise((resolve) => door.close(resolve));
  rmSync(home, { recursive: true });
});

function answerTo(url: string): [number, object] {
  if (url.endsWith('/claim')) return [200, outcome];
  if (url === '/v1/review-outcomes/a-2') return [200, refused];
  if (url.includes('after=p2')) return [200, { reviews: [queued('i-2', 'li')], next: null }];
  if (url.startsWith('/v1/reviews?')) return [200, { reviews: [queued('i-1', null)], next: 'p2' }];
  if (url.endsWith('/verdict'))
    return [409, { error: { message: 'Not you.', faults: [] }, outcome: refused }];
  if (url.endsWith('/notes')) return [202, { actionId: 'a-2', status: 'received' }];
  const faults = [{ path: 'x', message: 'is wrong' }];
  return [404, { error: { message: 'Nothing like that is under review.', faults } }];
}

async function run(...args: string[]) {
  asked = [];
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'main.ts'), ...args], {
    env: {
      PATH: process.env['PATH'],
      SAIDAO_HOME: home,
      LENDERS: LENDERS.join(','),
      KAFKA_BROKERS: 'localhost:1',
      DECISIONING_URL: address,
    },
  });
  let out = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (out += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out: out.trim() };
}

it('lists the queue, page after page, as the one who asks', async () => {
  const { code, out } = await run('reviews', 'list', '--as', 'officer-a', '--tier', 'officer');
  expect(asked).toEqual([
    'officer-a GET /v1/reviews?tier=officer ',
    'officer-a GET /v1/reviews?tier=officer&after=p2 ',
  ]);
  expect(code).toBe(0);
  expect(out.split('\n').map((line) => line.trim().split(/ {2,}/).slice(0, 5))).toEqual([
    ['i-1', 'IP_PLEDGE', '1000.00', 'officer', 'free'],
    ['i-2', 'IP_PLEDGE', '1000.00', 'officer', 'held by li'],
  ]);
});

it('acts, and tells in both languages what came of it', async () => {
  const claimed = await run('reviews', 'claim', 'i-1', '--as', 'officer-a');
  expect(claimed).toEqual({ code: 0, out: 'Claimed. / 已领取。' });
  const approve = ['reviews', 'approve', 'i-1', '--as', 'officer-b', '--reason', 'Sound.'];
  const twice = await run(...approve, '--override', 'FACT_REFUTED');
  expect(twice).toEqual({ code: 1, out: 'SAME_OFFICER: Not you. / 不可' });
  const body = { verdict: 'APPROVE', reason: 'Sound.', overrideCode: 'FACT_REFUTED' };
  expect(asked).toEqual([`officer-b POST /v1/reviews/i-1/verdict ${JSON.stringify(body)}`]);
  const noted = await run('reviews', 'note', 'i-1', '--as', 'officer-a', '--text', 'Seen.');
  expect(noted.out).toContain('reviews outcome a-2');
  const outcome = await run('reviews', 'outcome', 'a-2', '--as', 'officer-a');
  expect(outcome).toEqual({ code: 1, out: 'SAME_OFFICER: Not you. / 不可' });
});

it('tells the hash of what is attached to a note, and not its content', async () => {
  const file = join(home, 'Visit 1.PDF');
  writeFileSync(file, 'abc');
  const note = ['reviews', 'note', 'i-1', '--as', 'officer-a', '--text', 'Seen.', '--attach'];
  await run(...note, file);
  const attachments = [
    {
      ...{ name: 'Visit 1.PDF', mediaType: 'application/pdf', bytes: 3 },
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    },
  ];
  const body = JSON.stringify({ text: 'Seen.', attachments });
  expect(asked).toEqual([`officer-a POST /v1/reviews/i-1/notes ${body}`]);
  expect(await run(...note, join(home, 'gone'))).toMatchObject({ code: 2 });
  expect(asked).toEqual([]);
});

it('tells what is missing, and what is not there', async () => {
  expect((await run('reviews', 'decline', 'i-1', '--as', 'officer-a')).code).toBe(2);
  expect((await run('reviews', 'claim', 'i-1', '--as', 'nobody')).code).toBe(2);
  const shown = await run('reviews', 'show', 'i-9', '--as', 'auditor');
  expect(shown).toEqual({ code: 1, out: '404 Nothing like that is under review.\n  x is wrong' });
});

it('prints a token that the door takes, with its end', async () => {
  const printed = await run('token', '--as', 'operator', '--minutes', '10', '--json');
  const { token, endsAt } = JSON.parse(printed.out) as { token: string; endsAt: string };
  const answer = await fetch(`${address}/v1/reviews?limit=1`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(200);
  expect(asked.at(-1)).toMatch(/^operator GET/);
  expect(Date.parse(endsAt) - Date.now()).toBeLessThanOrEqual(600_000);
  expect((await run('token', '--as', 'operator', '--minutes', '0')).code).toBe(2);
});
