// Strangers at the line, each an example: Python, Java, kcat and TypeScript read decisions and submit.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { seedOutsideWorld, submissionBody, type Sample } from '@saidao/applicants';
import { partitionOf, type IncomingRecord, type OutgoingRecord } from '@saidao/event-log';
import { SHARED_CACHE } from '@saidao/local';
import {
  decode,
  encode,
  lockedSchemas,
  submittedOf,
  topicName,
  topics,
  workerTopics,
  type EventMap,
  type EventOf,
} from '@saidao/schemas';
import {
  eventually,
  javaProgram,
  kcatProgram,
  pythonProgram,
  startWorkerProcess,
  type JavaProgram,
  type WorkerProcess,
} from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sampleBody, wire, type Leaves } from './avro-sample.ts';
import { newId } from './hostile-records.ts';
import { root, startSystem, type System } from './system.ts';

const PARTITIONS = 6;
const LENDERS = ['czb-hz', 'boc-zj', 'exim-zj'];
/** No line serves it, so that its topic holds whatever we put there. */
const OTHER_LENDER = 'nobody';
const WORLD_TOLD_MS = 10_000;
/** A busy machine takes long to compile a Java program. */
const RUN_MS = 120_000;
const SUBMISSIONS = topicName(topics.submissions);
const APPLICATIONS = topicName(topics.applications);
const EXAMPLES = join(root, 'examples');
const environment = { ...process.env };

vi.setConfig({ testTimeout: 240_000 });

let system: System;
let registry: WorkerProcess;
let python: string;
let java: JavaProgram;
/** Where all of them find what they need. */
let at: readonly string[];
let brokers: string;
let folder: string;

beforeAll(async () => {
  const requirements = join(EXAMPLES, 'risk-team-python/requirements.txt');
  const pom = join(EXAMPLES, 'risk-team-java/pom.xml');
  await kcatProgram({ environment });
  python = await pythonProgram({ environment, requirements, cache: SHARED_CACHE });
  java = await javaProgram({ environment, pom, cache: SHARED_CACHE });
  folder = mkdtempSync(join(tmpdir(), 'saidao-foreign-'));
  system = await startSystem({
    environment,
    lenders: LENDERS,
    partitions: PARTITIONS,
    businessDate: '2026-11-20',
  });
  brokers = system.engines.brokers.join(',');
  registry = startWorkerProcess(join(root, 'services/schema-registry/main.ts'), { HTTP_PORT: '0' });
  at = ['--brokers', brokers, '--registry', await registry.ready()];
}, 600_000);

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** What a program wrote; what it said besides is told when it fails. */
function run(command: string, args: readonly string[], input?: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The examples' programs find each other as in a shell whose virtual environment is active.
    const PATH = [dirname(python), environment['PATH']].join(delimiter);
    const env = { ...environment, PATH, KAFKA_BROKERS: brokers, PYTHONDONTWRITEBYTECODE: '1' };
    const options = { env, encoding: 'buffer', maxBuffer: 2 ** 26, timeout: RUN_MS } as const;
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}\n${stderr.toString()}`, { cause: error }));
    });
    child.stdin?.end(input);
  });
}

const inPython = (script: string, ...args: readonly string[]): Promise<Buffer> =>
  run(python, [join(EXAMPLES, script), ...args, ...at]);

const inJava = (...args: readonly string[]): Promise<Buffer> => {
  const program = join(EXAMPLES, 'risk-team-java/RiskTeam.java');
  // It runs for seconds: compiled the quick way.
  const options = ['-XX:TieredStopAtLevel=1', '-cp', java.classpath];
  return run(java.java, [...options, program, ...args, ...at]);
};

const inTypescript = (main: string, ...args: readonly string[]): Promise<Buffer> =>
  run(process.execPath, [join(EXAMPLES, main), ...args, '--brokers', brokers]);

/** A record as the examples print it and as we read it; numbers are bigints, however they came. */
interface Seen {
  readonly topic: string;
  readonly partition: bigint;
  readonly offset: bigint;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly event: string;
  readonly data: unknown;
}

function seenByStranger(output: Buffer): Seen[] {
  // A double would round what JSON says exactly.
  const exact = (_key: string, value: unknown, context: { source: string }) =>
    typeof value === 'number' ? BigInt(context.source) : value;
  return output
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line, exact as (key: string, value: unknown) => unknown) as Seen);
}

/** The topic's events by our own codec, each number of an application once. */
async function seenByUs(topic: string): Promise<Seen[]> {
  const heads = new Map<string, number>();
  return (await recordsByUs(topic)).filter(({ key, headers }) => {
    const number = Number(headers['ce_sequence']);
    if (number <= (heads.get(key) ?? 0)) return false;
    heads.set(key, number);
    return true;
  });
}

/** The same with its repeats. */
async function recordsByUs(topic: string): Promise<Seen[]> {
  const seen: Seen[] = [];
  await system.log.scan([topic], (record) => {
    const { type, data } = decode(record.value, topic);
    const place = { topic, partition: BigInt(record.partition), offset: record.offset };
    const [key, headers] = [String(record.key), headersOf(record)];
    seen.push({ ...place, key, headers, event: type, data: withBigints(data) });
  });
  return inPlace(seen);
}

function headersOf({ headers }: IncomingRecord): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function withBigints(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value);
  if (Array.isArray(value)) return value.map(withBigints);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withBigints(one)]));
}

/** By partition; within one they stay in the order in which they were read. */
function inPlace(seen: readonly Seen[]): Seen[] {
  return [...seen].sort((one, other) => Number(one.partition - other.partition));
}

async function eventsOn(topic: string): Promise<EventOf[]> {
  const events: EventOf[] = [];
  await system.log.scan([topic], ({ value }) => events.push(decode(value, topic)));
  return events;
}

describe('a key', () => {
  const rows = readFileSync(join(root, 'packages/event-log/fixtures/partitions-of-keys.csv'))
    .toString()
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(','));

  test.each([
    [6, 1],
    [12, 2],
  ])('of %i partitions gets the same from murmur2_random as from us', async (count, column) => {
    const topic = `foreign-keys-${count}`;
    await system.log.createTopics([{ name: topic, partitions: count }]);
    const keys = rows.map(([key = '']) => key);
    const script = join(import.meta.dirname, 'partitions_of_keys.py');
    const output = await run(python, [script, brokers, topic], Buffer.from(keys.join('\n')));
    const given = output.toString().trim().split('\n').map(Number);
    expect(given).toHaveLength(200);
    expect(given).toEqual(keys.map((key) => partitionOf(Buffer.from(key), count)));
    expect(given).toEqual(rows.map((row) => Number(row[column])));
  });
});

describe('a submission', () => {
  test('by Python becomes a loan', async () => {
    const file = readFileSync(join(EXAMPLES, 'channel-python/submission.json'), 'utf8');
    const { enterprise } = JSON.parse(file) as { enterprise: { name: string; uscc: string } };
    const told = await fetch(`${system.worldUrl}/control/seed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: readFileSync(join(EXAMPLES, 'channel-python/world.json'), 'utf8'),
    });
    expect(told.status).toBe(200);
    await told.body?.cancel();
    const submit = async () => {
      const args = ['--reference', 'from-python', '--accept'];
      return seenByStranger(await inPython('channel-python/submit.py', ...args));
    };
    const seen = await submit();
    expect(seen.map(({ event }) => event)).toEqual(['LoanApproved', 'DisbursementAuthorised']);
    // As after a crash, when it is not known whether the first one came: nothing more happens.
    expect(await submit()).toEqual(seen);
    expect(await receivedAs('from-python')).toBe(1);
    const [{ key: applicationId } = { key: '' }] = seen;

    const ledger = await system.addressOf('disbursement-ledger');
    const ask = async (path: string): Promise<unknown> => {
      const headers = { authorization: `Bearer ${system.tokenOf('reader')}` };
      return (await fetch(`${ledger}/v1/loans${path}`, { headers })).json();
    };
    const loanId = await eventually('the loan is paid out', async () => {
      const { loans } = (await ask(`?applicationId=${applicationId}`)) as {
        loans: { loanId: string; status: string }[];
      };
      expect(loans.length).toBeLessThanOrEqual(1);
      return loans[0]?.status === 'disbursed' && loans[0].loanId;
    });
    const loan = await ask(`/${loanId}`);
    expect(loan).toMatchObject({
      applicationId,
      lender: 'czb-hz',
      borrower: { name: enterprise.name, uscc: enterprise.uscc },
      principal: '500000.00',
      payouts: [{ payee: enterprise.name, amount: '500000.00', status: 'paid' }],
    });
    const { balances } = loan as { balances: { debits: string; credits: string }[] };
    const fen = (yuan: string) => BigInt(yuan.replace('.', ''));
    const total = (side: 'debits' | 'credits') =>
      balances.reduce((sum, balance) => sum + fen(balance[side]), 0n);
    expect(total('debits')).toBe(total('credits'));
    expect(total('debits')).toBeGreaterThan(0n);
    const paid = (await seenByUs(topicName(topics.disbursements))).filter(
      ({ event, key }) => event === 'LoanDisbursed' && key === applicationId,
    );
    expect(paid).toHaveLength(1);
  });

  test('by TypeScript is decided once, though it is submitted twice', async () => {
    const { world } = sampleOf('talent-3m.json');
    await seedOutsideWorld(system.worldUrl, [{ world }], AbortSignal.timeout(WORLD_TOLD_MS));
    const file = join(root, 'samples/talent-3m.json');
    const submit = () =>
      inTypescript('channel-typescript/main.ts', file, '--reference', 'from-typescript');
    const first = (await submit()).toString();
    expect(first).toMatch(/^[0-9a-f-]{36} LoanApproved\n( {2}\S+ .+ \/ .+\n)*$/);
    expect((await submit()).toString()).toBe(first);
    expect(await receivedAs('from-typescript')).toBe(1);
  });

  test('on the partition of librdkafka’s default is a dead letter, on the right one taken', async () => {
    const keyOf = (reference: string) => `czb-hz/talent-office/${reference}`;
    const references = Array.from({ length: 50 }, (_none, at) => `from-kcat-${at}`);
    const reference = references.find((one) => {
      const key = Buffer.from(keyOf(one));
      return crc32(key) % PARTITIONS !== partitionOf(key, PARTITIONS);
    });
    const body = submissionBody(sampleOf('talent-3m.json').submission, reference as string);
    const value = join(folder, 'submission.bin');
    writeFileSync(value, encode('ApplicationSubmitted', submittedOf(body), SUBMISSIONS));
    const send = (...more: string[]) => {
      const headers = ['ce_id=1', 'ce_type=ApplicationSubmitted', 'ce_lenderid=czb-hz'];
      const given = headers.flatMap((header) => ['-H', header]);
      const target = ['-b', brokers, '-t', SUBMISSIONS, '-k', keyOf(body.reference)];
      return run('kcat', ['-P', ...target, ...given, ...more, value]);
    };

    await send();
    const letter = await eventually('the dead letter is there', async () => {
      const letters: IncomingRecord[] = [];
      const topic = workerTopics('intake').deadLetter;
      await system.log.scan([topic], (record) => letters.push(record));
      return letters.find(({ key }) => String(key) === keyOf(body.reference));
    });
    expect(headersOf(letter)).toMatchObject({
      'x-dlq-code': 'SAIDAO_WRONG_PARTITION',
      'x-dlq-reason': expect.stringContaining('murmur2') as string,
    });
    expect(letter.value).toEqual(readFileSync(value));

    await send('-X', 'topic.partitioner=murmur2_random');
    await eventually('it is received', async () =>
      (await eventsOn(APPLICATIONS)).some(
        ({ type, data }) => type === 'ApplicationReceived' && data.reference === body.reference,
      ),
    );
  });
});

/** How often intake has taken it for a new application. */
async function receivedAs(reference: string): Promise<number> {
  const seen = await seenByUs(APPLICATIONS);
  return seen.filter(
    ({ event, data }) =>
      event === 'ApplicationReceived' && (data as { reference: string }).reference === reference,
  ).length;
}

function sampleOf(file: string): Sample {
  return JSON.parse(readFileSync(join(root, 'samples', file), 'utf8')) as Sample;
}

describe('what was decided', () => {
  beforeAll(async () => {
    await decideSamples();
    await system.log.createTopics([{ name: otherTopic, partitions: PARTITIONS }]);
    // Each comes again, as after a worker's restart: a reader has to know it by its identity.
    const odd = oddEvents();
    await system.log.send([...odd, ...odd]);
  }, 120_000);

  const all = [...LENDERS, OTHER_LENDER];
  const toTheEnd = ['--json', '--until-end'];
  const readers: readonly [string, () => Promise<Seen[]>][] = [
    [
      'Python',
      async () =>
        seenByStranger(await inPython('risk-team-python/read_decisions.py', ...all, ...toTheEnd)),
    ],
    ['Java', async () => seenByStranger(await inJava(...all, ...toTheEnd))],
    [
      'kcat, piped into a decoder,',
      async () => {
        const seen: Seen[] = [];
        for (const lender of all) {
          const frames = await run(join(EXAMPLES, 'kcat/read-decisions.sh'), [lender, '--frames']);
          const decoder = [join(EXAMPLES, 'kcat/decode_frames.py'), await registry.ready()];
          seen.push(...seenByStranger(await run(python, decoder, frames)));
        }
        // It shows what is there: repeats, too.
        return [...Map.groupBy(seen, ({ headers }) => headers['ce_id'])].map(([, [one]]) => one!);
      },
    ],
  ];

  test.each(readers)('%s reads as we do', async (_name, read) => {
    const theirs = await read();
    for (const lender of all) {
      const topic = decisionsOf(lender);
      const ours = await seenByUs(topic);
      expect(ours.length).toBeGreaterThan(0);
      expect(inPlace(theirs.filter((one) => one.topic === topic))).toEqual(ours);
    }
  });

  const teams: readonly [string, () => Promise<Buffer>][] = [
    [
      'Python',
      () => inPython('risk-team-python/read_decisions.py', ...LENDERS, '--until-end', ...asTeam()),
    ],
    ['Java', () => inJava(...LENDERS, '--until-end', ...asTeam())],
    [
      'TypeScript',
      () => inTypescript('risk-team-typescript/main.ts', ...LENDERS, '--until-end', ...asTeam()),
    ],
  ];

  test.each(teams)(
    'a risk team in %s prints, with reasons in both languages',
    async (_name, read) => {
      const ours = (await Promise.all(LENDERS.map((one) => seenByUs(decisionsOf(one))))).flat();
      const expected = byApplication(ours.map(toldOf));
      expect([...expected.values()].flat().join()).toMatch(
        / LoanReferred\n {2}\S+ \p{Script=Han}/u,
      );
      expect(
        byApplication(
          (await read())
            .toString()
            .trim()
            .split(/\n(?! )/),
        ),
      ).toEqual(expected);
    },
  );

  test('can be begun with from the present state, and gone on with after a restart', async () => {
    const read = async (...more: string[]) => {
      const options = ['--group', 'from-state', '--database', system.engines.databaseUrl, ...more];
      const main = 'risk-team-typescript/main.ts';
      return (await inTypescript(main, 'czb-hz', '--until-end', ...options)).toString();
    };
    const applications = new Set((await seenByUs(decisionsOf('czb-hz'))).map(({ key }) => key));
    const states = (await read('--rebuild')).trim().split('\n');
    expect(states.map((line) => line.replace(/ stands at [A-Z]+$/, '')).toSorted()).toEqual(
      [...applications].toSorted(),
    );
    expect(await read()).toBe('');
  });

  test('is of every kind', async () => {
    const odd = await seenByUs(otherTopic);
    expect(new Set(odd.map(({ event }) => event))).toEqual(new Set(topics.decisions.events));
    const real = (await Promise.all(LENDERS.map((lender) => eventsOn(decisionsOf(lender))))).flat();
    const kinds = new Set(real.map(({ type }) => type));
    for (const kind of ['LoanApproved', 'LoanReferred', 'ApplicationClosed'] as const) {
      expect(kinds).toContain(kind);
    }
  });

  test('shows its envelopes in kcat without a decoder', async () => {
    const output = await run(join(EXAMPLES, 'kcat/read-decisions.sh'), ['czb-hz']);
    const ours = await recordsByUs(decisionsOf('czb-hz'));
    const lines = output.toString().trim().split('\n').sort();
    const expected = ours.map(({ topic, partition, offset, key, headers }) => {
      const given = Object.entries(headers).map(([name, value]) => `${name}=${value}`);
      return `${topic} ${partition} ${offset} ${key} ${given.join(',')}`;
    });
    expect(lines).toEqual(expected.sort());
  });
});

/** A group that has read nothing yet. */
let teamsAsked = 0;
const asTeam = () => ['--group', `team-${(teamsAsked += 1)}`];

interface Told {
  readonly terms?: {
    readonly amount: { readonly minor: bigint; readonly currency: string };
  } | null;
  readonly reasons?: readonly { readonly code: string; readonly zh: string; readonly en: string }[];
}

/** What a risk team prints of a decision, whatever its language. */
function toldOf({ headers, event, data }: Seen): string {
  const { terms, reasons = [] } = data as Told;
  const fen = String(terms?.amount.minor ?? '');
  const yuan = terms ? ` ${fen.slice(0, -2)}.${fen.slice(-2)} ${terms.amount.currency}` : '';
  const lines = reasons.map(({ code, zh, en }) => `\n  ${code} ${zh} / ${en}`);
  return `${headers['ce_id']} ${event}${yuan}${lines.join('')}`;
}

/** In the order in which they were told of each. */
const byApplication = (told: readonly string[]): ReadonlyMap<string, readonly string[]> =>
  Map.groupBy(told, (text) => text.slice(0, text.indexOf('/')));

const decisionsOf = (lender: string) => topicName(topics.decisions, lender);
const otherTopic = decisionsOf(OTHER_LENDER);

/** Submits the project's samples and waits until each is decided; one is withdrawn then. */
async function decideSamples(): Promise<void> {
  const samples = readdirSync(join(root, 'samples')).filter((file) => file.endsWith('.json'));
  for (const file of samples) {
    const { submission, world } = sampleOf(file);
    await seedOutsideWorld(system.worldUrl, [{ world }], AbortSignal.timeout(WORLD_TOLD_MS));
    await submit('ApplicationSubmitted', submittedOf(submissionBody(submission, file)));
  }
  const { lender: lenderId, channel } = sampleOf('new-quality-8m.json').submission;
  await decided(samples);
  const reference = 'new-quality-8m.json';
  await submit('WithdrawalSubmitted', {
    lenderId,
    channel,
    reference,
    reason: 'No longer needed.',
  });
  await eventually('it is closed', async () =>
    (await eventsOn(decisionsOf(lenderId))).some(({ type }) => type === 'ApplicationClosed'),
  );
}

async function submit<N extends 'ApplicationSubmitted' | 'WithdrawalSubmitted'>(
  type: N,
  data: EventMap[N],
): Promise<void> {
  const { lenderId, channel, reference } = data;
  const key = Buffer.from(`${lenderId}/${channel}/${reference}`);
  await system.log.send([
    {
      topic: SUBMISSIONS,
      partition: partitionOf(key, PARTITIONS),
      key,
      value: encode(type, data, SUBMISSIONS),
      headers: {
        ce_id: newId(),
        ce_type: type,
        ce_lenderid: lenderId,
        ce_correlationid: reference,
      },
    },
  ]);
}

/** Each names its journey after its reference. */
async function decided(references: readonly string[]): Promise<void> {
  await eventually('all samples are decided', async () => {
    const seen = (await Promise.all(LENDERS.map((one) => seenByUs(decisionsOf(one))))).flat();
    const journeys = new Set(seen.map(({ headers }) => headers['ce_correlationid']));
    const missing = references.filter((reference) => !journeys.has(reference));
    if (missing.length > 0) throw new Error(`not yet: ${missing.join(', ')}`);
    return true;
  });
}

/** Every kind of decision with every part there or none, and with the values that break readers. */
function oddEvents(): OutgoingRecord[] {
  const variants: Leaves[] = [
    { text: '', int: 0n, long: 0n, items: 0, present: false },
    { text: '赛道', int: 2n ** 31n - 1n, long: 2n ** 63n - 1n, items: 1, present: true },
    { text: '𠮷"\\\n\t\u2028', int: -(2n ** 31n), long: -(2n ** 63n), items: 3, present: true },
    { text: 'x'.repeat(300), int: -1n, long: 2n ** 53n + 1n, items: 2, present: true },
  ];
  const prefix = `${topics.decisions.name}-saidao.`;
  const schemas = lockedSchemas.filter((one) => one.writes && one.subject.startsWith(prefix));
  return schemas.flatMap(({ id, schema, subject }) =>
    variants.map((leaves) => {
      const key = newId();
      const texts = { applicationId: key, lenderId: OTHER_LENDER };
      return {
        topic: otherTopic,
        partition: partitionOf(Buffer.from(key), PARTITIONS),
        key: Buffer.from(key),
        value: wire(id, sampleBody(schema, texts, undefined, leaves) as Buffer),
        headers: {
          ce_id: `${key}/${otherTopic}/1`,
          ce_type: subject.slice(prefix.length),
          ce_sequence: '1',
          ce_lenderid: OTHER_LENDER,
          // A channel's own: it is passed on as it came.
          ce_correlationid: 'batch-7,row-12',
        },
      };
    }),
  );
}
