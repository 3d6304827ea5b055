// The packed subscriber in an empty folder: installed with no registry, it reads a real broker's decisions.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectKafka, type EventLog } from '@saidao/event-log';
import { topicSpecs } from '@saidao/schemas';
import { recordOf } from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { packSubscribe } from './pack-subscribe.ts';

const PARTITIONS = 2;
const MINUTES_MS = 180_000;
const root = join(import.meta.dirname, '..');
const run = promisify(execFile);
const lender = `bank-${randomBytes(4).toString('hex')}`;
const applicationId = uuidV7(Date.now(), randomBytes(10));

let log: EventLog;
/** Of a team that has nothing of the project but the tarball. */
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'saidao-team-'));
  const tarball = await packSubscribe(home);
  writeFileSync(join(home, 'package.json'), '{"name":"team","private":true,"type":"module"}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: home });

  const quiet = { debug: () => undefined, warn: () => undefined };
  log = connectKafka({ brokers: inject('brokers'), clientId: 'test', logger: quiet });
  const mine = topicSpecs([lender], PARTITIONS).filter(({ name }) => name.includes(lender));
  await log.createTopics(mine);
  await log.send(
    [1, 2, 2].map((number) => {
      const data = { applicationId, revision: 1, lenderId: lender, cause: 'WITHDRAWN' } as const;
      return recordOf(
        'ApplicationClosed',
        { ...data, about: null },
        { partitions: PARTITIONS, number },
      );
    }),
  );
}, MINUTES_MS);

afterAll(async () => {
  await log?.close();
  if (home !== undefined) rmSync(home, { recursive: true, force: true });
});

const node = (...words: string[]) => run(process.execPath, words, { cwd: home });

test('it asks for nothing but what is in it', async () => {
  expect(readdirSync(join(home, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
    '@saidao',
  ]);
  expect(readdirSync(join(home, 'node_modules/@saidao'))).toEqual(['subscribe']);
  // The client with its patches, which its kafkajs insists on.
  const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: home });
  expect(stdout).toContain('@saidao/subscribe/node_modules/kafkajs');
});

test(
  'a subscriber in JavaScript takes each event once',
  async () => {
    writeFileSync(
      join(home, 'main.js'),
      `import { connectKafka, kafkaLogin, memoryHeads, subscribe, topics } from '@saidao/subscribe';
const [brokers, lender] = process.argv.slice(2);
const logger = { debug() {}, warn() {} };
const own = { brokers: brokers.split(','), clientId: 'team', logger };
const log = connectKafka({ ...own, ...kafkaLogin(process.env) });
const seen = [];
const subscription = await subscribe({
  log, heads: memoryHeads(), group: \`lender-\${lender}.js\`, lenders: [lender],
  topics: [topics.decisions],
  handle({ type, number, data }) {
    seen.push(\`\${number} \${type} \${data.cause}\`);
    if (number === 2) setImmediate(() => subscription.stop());
  },
  onTrouble({ message }) { throw new Error(message); },
});
await subscription.ended;
await log.close();
console.log(JSON.stringify(seen));
`,
    );
    const { stdout } = await node('main.js', inject('brokers').join(), lender);
    expect(JSON.parse(stdout)).toEqual(
      [1, 2].map((number) => `${number} ApplicationClosed WITHDRAWN`),
    );
  },
  MINUTES_MS,
);

test(
  'the example in TypeScript runs there as it stands, and its types hold',
  async () => {
    cpSync(join(root, 'examples/risk-team-typescript/main.ts'), join(home, 'main.ts'));
    // What a team has of its own.
    for (const name of ['pg', '@types']) {
      symlinkSync(join(root, 'node_modules', name), join(home, 'node_modules', name));
    }
    const { stdout } = await node(
      'main.ts',
      lender,
      '--until-end',
      '--brokers',
      inject('brokers').join(),
    );
    expect(stdout.split('\n')).toEqual([
      ...[1, 2].map((n) => `${applicationId}/saidao.decisions.${lender}.v1/${n} ApplicationClosed`),
      '',
    ]);
    const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'esnext'];
    const more = ['--allowImportingTsExtensions', '--types', 'node', 'main.ts'];
    await run(join(root, 'node_modules/.bin/tsc'), [...strict, ...more], { cwd: home });
  },
  MINUTES_MS,
);
