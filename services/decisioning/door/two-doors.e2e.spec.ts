// Two processes of decisioning on real engines: officers who decide at once by their two doors.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka, type EventLog } from '@saidao/event-log';
import { startEngines, type Engines } from '@saidao/local';
import { type EventMap, type EventName, topicSpecs } from '@saidao/schemas';
import { type WorkerProcess, eventually, recordOf, startWorkerProcess } from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { amendTerms, caseNamed, locked, received, scoredOf, verdict } from '../cases.fixture.ts';

const ROUNDS = 1_000;
const RACE_MS = 600_000;
/** Rounds that go on at once. */
const TOGETHER = 20;
const PARTITIONS = 6;
const LENDER = 'exim-zj';
const MAIN = join(import.meta.dirname, '..', 'main.ts');
const ROLES = {
  'officer-a': 'officer',
  'officer-b': 'committee',
  'officer-c': 'committee',
} as const;
type Officer = keyof typeof ROLES;
const tokenOf = (officer: Officer) => `the-token-of-${officer}`;
const sample = caseNamed('smart-lock-ip-pledge');

let home: string;
let engines: Engines;
let log: EventLog;
let workers: WorkerProcess[];
let doors: string[];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'saidao-two-doors-'));
  const ports = { kafka: 0, postgres: 0, redis: 0 };
  const environment = { ...process.env, KAFKA_BROKERS: '', DATABASE_URL: '', REDIS_URL: '' };
  engines = await startEngines({ home, ports, environment });
  const quiet = { debug: () => undefined, warn: () => undefined };
  log = connectKafka({ brokers: engines.brokers, clientId: 'test', logger: quiet });
  await log.createTopics(topicSpecs([LENDER], PARTITIONS));
  const settings = {
    KAFKA_BROKERS: engines.brokers.join(','),
    DATABASE_URL: engines.databaseUrl,
    LENDERS: LENDER,
    PARTITIONS: String(PARTITIONS),
    HTTP_PORT: '0',
    REQUESTS_PER_SECOND_MAX: '10000',
    PRINCIPALS: JSON.stringify(
      Object.entries(ROLES).map(([principal, role]) => ({
        principal,
        role,
        lenders: [LENDER],
        token: tokenOf(principal as Officer),
      })),
    ),
  };
  // One after the other: the first makes the tables.
  workers = [];
  doors = [];
  for (let index = 0; index < 2; index += 1) {
    const worker = startWorkerProcess(MAIN, settings);
    workers.push(worker);
    doors.push(await worker.ready());
  }
});

afterAll(async () => {
  await Promise.all((workers ?? []).map((worker) => worker.stop()));
  await log?.close();
  await engines?.stop();
  rmSync(home, { recursive: true, force: true });
});

const newId = () => uuidV7(Date.now(), randomBytes(10));

/** Numbered, or under an id of its own, as what officers do. */
function written<N extends EventName>(
  applicationId: string,
  type: N,
  data: EventMap[N],
  place: { readonly number: number } | { readonly id: string },
) {
  const own = { ...data, applicationId, lenderId: LENDER };
  return recordOf(type, own, { partitions: PARTITIONS, ...place });
}

const newUscc = () => `9133${randomBytes(7).toString('hex').toUpperCase()}`;

/** All that decisioning hears of a revision until it refers it, but how it entered. */
function entering(uscc: string, revision: number, submittedBy: string | null) {
  const one = { ...sample, enterprise: { ...sample.enterprise, uscc } };
  const { content } = received(one);
  const enterprise = { ...content.enterprise, usccValid: true };
  return {
    entered: received(one, { revision, submittedBy, content: { ...content, enterprise } }),
    scored: scoredOf(one, { revision }),
    pledged: locked(one, { revision }),
  };
}

/** An application of an enterprise of its own, so that none takes of another's limit. */
async function refer(uscc = newUscc()): Promise<string> {
  const applicationId = newId();
  const { entered, scored, pledged } = entering(uscc, 1, null);
  const place = { number: 1 };
  await log.send([
    written(applicationId, 'ApplicationReceived', entered, place),
    written(applicationId, 'EnterpriseScored', scored, place),
    written(applicationId, 'PledgeLocked', pledged, place),
  ]);
  return applicationId;
}

interface Told {
  readonly outcome: {
    readonly outcome: string;
    readonly cause: string | null;
    readonly en: string;
  };
}

const approving = { verdict: 'APPROVE', reason: 'Facts checked on site.' };

async function act(
  door: string,
  officer: Officer,
  applicationId: string,
  path: string,
  body: object = path === 'claim' ? {} : approving,
) {
  const response = await fetch(`${door}/v1/reviews/${applicationId}/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokenOf(officer)}`,
      'content-type': 'application/json',
      prefer: 'wait=5',
    },
    body: JSON.stringify(body),
  });
  const said: unknown = await response.json();
  return { status: response.status, outcome: (said as Partial<Told>).outcome };
}

/** What came of an action that was sent by the topic, past every door. */
async function outcomeOf(actionId: string): Promise<Told['outcome']> {
  return eventually('it is answered', async () => {
    const answer = await fetch(`${doors[0]}/v1/review-outcomes/${actionId}`, {
      headers: { authorization: `Bearer ${tokenOf('officer-a')}` },
    });
    return answer.ok ? ((await answer.json()) as Told['outcome']) : undefined;
  });
}

/** One of two wins, and the other one is told; answers which. */
async function round(first: string, second: string): Promise<Officer> {
  const applicationId = await refer();
  await eventually('it is referred', async () => {
    const claimed = await act(first, 'officer-a', applicationId, 'claim');
    return claimed.status === 200;
  });
  expect(await act(second, 'officer-a', applicationId, 'verdict')).toMatchObject({ status: 200 });
  const answers = await Promise.all([
    act(first, 'officer-b', applicationId, 'verdict'),
    act(second, 'officer-c', applicationId, 'verdict'),
  ]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  const loser = answers.find(({ status }) => status === 409);
  expect(loser?.outcome).toMatchObject({
    outcome: 'REFUSED',
    cause: 'ALREADY_DECIDED',
    en: 'The application is decided already: approved.',
  });
  return answers[0].status === 200 ? 'officer-b' : 'officer-c';
}

test(
  `in ${ROUNDS} rounds one of two who approve at once wins, and the other is told`,
  async () => {
    const won = { 'officer-a': 0, 'officer-b': 0, 'officer-c': 0 };
    const [one, two] = doors as [string, string];
    let begun = 0;
    const player = async () => {
      for (let index = begun++; index < ROUNDS; index = begun++) {
        won[await round(...(index % 2 === 0 ? ([one, two] as const) : ([two, one] as const)))] += 1;
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, player));
    expect(won['officer-b'] + won['officer-c']).toBe(ROUNDS);
    // Neither door nor officer is favoured so much that nothing was decided between them.
    expect(Math.min(won['officer-b'], won['officer-c'])).toBeGreaterThan(0);
  },
  RACE_MS,
);

test('nobody checks what he has approved himself, by whichever door', async () => {
  const [one, two] = doors as [string, string];
  const applicationId = await refer();
  await eventually('it is referred', async () => {
    return (await act(one, 'officer-b', applicationId, 'claim')).status === 200;
  });
  expect((await act(one, 'officer-b', applicationId, 'verdict')).status).toBe(200);
  const again = await Promise.all([
    act(one, 'officer-b', applicationId, 'verdict'),
    act(two, 'officer-b', applicationId, 'verdict'),
  ]);
  for (const { status, outcome } of again) {
    expect(status).toBe(409);
    expect(outcome).toMatchObject({ cause: 'SAME_OFFICER' });
  }
});

test('nor by the topic, past every door', async () => {
  const [one] = doors as [string, string];
  const applicationId = await refer();
  await eventually('it is referred', async () => {
    return (await act(one, 'officer-b', applicationId, 'claim')).status === 200;
  });
  expect((await act(one, 'officer-b', applicationId, 'verdict')).status).toBe(200);
  // Whoever may write there can call himself what he likes; the same name is the same person.
  for (const officer of ['officer-b', 'OFFICER-B']) {
    const id = newId();
    const { data } = verdict(sample, officer);
    await log.send([written(applicationId, 'ReviewSubmitted', data, { id })]);
    expect(await outcomeOf(id)).toMatchObject({ outcome: 'REFUSED', cause: 'SAME_OFFICER' });
  }
});

test('nor after an amendment, be it of the terms or of the application', async () => {
  const [one, two] = doors as [string, string];
  const uscc = newUscc();
  const applicationId = await refer(uscc);
  await eventually('it is referred', async () => {
    return (await act(one, 'officer-b', applicationId, 'claim')).status === 200;
  });
  expect((await act(one, 'officer-b', applicationId, 'verdict')).status).toBe(200);
  // The maker amends the terms: his own approval falls, and he approves nothing on them.
  const { amount, termMonths } = amendTerms(sample, 'officer-b').data;
  const less = {
    ...{ amount: String(amount.minor / 200n), termMonths },
    ...{ reasonCode: 'F02', reason: 'Cash flow.' },
  };
  expect((await act(two, 'officer-b', applicationId, 'amend', less)).status).toBe(200);
  expect(await act(one, 'officer-b', applicationId, 'claim')).toMatchObject({
    ...{ status: 409, outcome: { cause: 'AMENDER' } },
  });
  expect((await act(one, 'officer-a', applicationId, 'claim')).status).toBe(200);
  expect((await act(two, 'officer-a', applicationId, 'verdict')).status).toBe(200);
  expect(await act(one, 'officer-b', applicationId, 'verdict')).toMatchObject({
    ...{ status: 409, outcome: { cause: 'AMENDER' } },
  });

  // Then somebody called officer-c amends the application itself: all begins anew, without him.
  const { entered, scored, pledged } = entering(uscc, 2, 'officer-c');
  const place = { number: 2 };
  await log.send([
    written(applicationId, 'ApplicationAmended', entered, place),
    written(applicationId, 'EnterpriseScored', scored, place),
    written(applicationId, 'PledgeLocked', pledged, place),
  ]);
  await eventually('the amended one is referred', async () => {
    const claimed = await act(one, 'officer-a', applicationId, 'claim', { revision: 2 });
    return claimed.status === 200;
  });
  for (const path of ['claim', 'verdict']) {
    const body = path === 'claim' ? { revision: 2 } : { ...approving, revision: 2 };
    const tried = await act(two, 'officer-c', applicationId, path, body);
    expect(tried).toMatchObject({ status: 409, outcome: { cause: 'SUBMITTER' } });
  }
  expect((await act(one, 'officer-a', applicationId, 'verdict')).status).toBe(200);
  expect(await act(two, 'officer-a', applicationId, 'verdict')).toMatchObject({
    ...{ status: 409, outcome: { cause: 'SAME_OFFICER' } },
  });
  expect((await act(two, 'officer-b', applicationId, 'verdict')).status).toBe(200);
});
