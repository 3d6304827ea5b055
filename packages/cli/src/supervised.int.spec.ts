// The supervisor of `saidao up` over a real worker on real engines: what hangs or spins is started again.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka } from '@saidao/event-log';
import type { KafkaEventLog } from '@saidao/event-log';
import { freePort } from '@saidao/local';
import { workerTopics } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { PROJECT_ROOT } from './context.ts';
import { ManagedProcess } from './managed-process.ts';

let folder: string;
let log: KafkaEventLog;
let worker: ManagedProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saidao-supervised-'));
  const logger = { debug: () => undefined, warn: () => undefined };
  log = connectKafka({ brokers: inject('brokers'), clientId: 'test', logger });
});

afterEach(async () => {
  await worker?.stop('kill');
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['hang', ['worker ended (code 1); starting it again', 'worker is ready again']],
  [
    'spin',
    [
      'worker runs but says no longer that it lives; killing it',
      'worker ended (SIGKILL); starting it again',
      'worker is ready again',
    ],
  ],
])('a worker whose turn does %s is started again, and does its work', async (misdeed, told) => {
  const line = `supervised${randomBytes(4).toString('hex')}`;
  const { timers, replay, deadLetter } = workerTopics(line);
  await log.createTopics([timers, replay, deadLetter].map((name) => ({ name, partitions: 2 })));
  const port = await freePort();
  const changes: string[] = [];
  const plan = {
    name: 'worker',
    main: join(PROJECT_ROOT, 'packages/worker/fixtures/watched-worker.ts'),
    cwd: PROJECT_ROOT,
    address: `http://127.0.0.1:${port}`,
    readyPath: '/readyz',
    alivePath: '/livez',
    aliveLookMs: 250,
    log: join(folder, 'log'),
    environment: {
      PATH: process.env['PATH'],
      KAFKA_BROKERS: inject('brokers').join(','),
      DATABASE_URL: inject('databaseUrl'),
      LENDERS: 'boc-zj',
      PARTITIONS: '2',
      HTTP_PORT: String(port),
      SESSION_TIMEOUT_MS: '6s',
      LINE: line,
      MISDEED: misdeed,
      DONE: join(folder, 'done'),
      CUT: join(folder, 'cut'),
    },
    rank: 1,
  };
  const nobody = { watch: () => undefined, forget: () => undefined, release: () => undefined };
  worker = new ManagedProcess(plan, nobody, (change) => changes.push(change));
  await worker.start();
  // What no line can read becomes a dead letter: the turn has something to send.
  const key = Buffer.from('nobody');
  const nonsense = { topic: timers, partition: 0, key, value: Buffer.from('no'), headers: {} };
  await log.send([nonsense]);
  await eventually('it is ready again', () => changes.at(-1) === 'worker is ready again');
  expect(changes).toEqual(told);
  await eventually('the work is done', async () => {
    let count = 0;
    await log.scan([deadLetter], () => (count += 1));
    return count === 1;
  });
});
