// Strangers at the line: Python and kcat read and decode what it decides, submit, and accept.
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
import { eventually, kcatProgram, pythonProgram } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sampleBody, wire, type Leaves } from './avro-sample.ts';
import { newId } from './hostile-records.ts';
import { root, startSystem, type System } from './system.ts';

const PARTITIONS = 6;
const LENDERS = ['czb-hz', 'boc-zj', 'exim-zj'];
/** No line serves it, so that its topic holds whatever we put there. */
const OTHER_LENDER = 'nobody';
const WORLD_TOLD_MS = 10_000;
const SUBMISSIONS = topicName(topics.submissions);
const APPLICATIONS = topicName(topics.applications);
const EXAMPLES = join(root, 'examples/subscribers');
const environment = { ...process.env };

vi.setConfig({ testTimeout: 120_000 });

let system: System;
let python: string;
let brokers: string;
let folder: string;

beforeAll(async () => {
  const requirements = join(EXAMPLES, 'python/requirements.txt');
  await kcatProgram({ environment });
  python = await pythonProgram({ environment, requirements, cache: SHARED_CACHE });
  folder = mkdtempSync(join(tmpdir(), 'saidao-foreign-'));
  system = await startSystem({
    environment,
    lenders: LENDERS,
    partitions: PARTITIONS,
    businessDate: '2026-11-20',
  });
  brokers = system.engines.brokers.join(',');
}, 600_000);

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** What a program wrote; what it said besides is told when it fails. */
function run(command: string, args: readonly string[], input?: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The examples' programs find each other as in a shell whose virtual environment is active.
    const PATH = [dirname(python), environment['PATH']].join(delimiter);
    const env = { ...environment, PATH, KAFKA_BROKERS: brokers, PYTHONDONTWRITEBYTECODE: '1' };
    const options = { env, encoding: 'buffer', maxBuffer: 2 ** 26, timeout: 60_000 } as const;
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}\n${stderr.toString()}`, { cause: error }));
    });
    child.stdin?.end(input);
  });
}

const example = (script: string, ...args: string[]): Promise<Buffer> =>
  run(python, [join(EXAMPLES, 'python', script), ...args]);

/** A record as the examples print it and as we read it; numbers are bigints, however they came. */
interface Seen {
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
  const seen: Seen[] = [];
  await system.log.scan([topic], (record) => {
    const headers = headersOf(record);
    const key = String(record.key);
    const number = Number(headers['ce_sequence']);
    if (number <= (heads.get(key) ?? 0)) return;
    heads.set(key, number);
    const { type, data } = decode(record.value, topic);
    const { partition, offset } = record;
    const exact = withBigints(data);
    seen.push({ partition: BigInt(partition), offset, key, headers, event: type, data: exact });
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
    const file = readFileSync(join(EXAMPLES, 'python/submission.json'), 'utf8');
    const { enterprise } = JSON.parse(file) as { enterprise: { name: string; uscc: string } };
    const told = await fetch(`${system.worldUrl}/control/seed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: readFileSync(join(EXAMPLES, 'python/world.json'), 'utf8'),
    });
    expect(told.status).toBe(200);
    await told.body?.cancel();
    const args = ['--brokers', brokers, '--reference', 'from-python', '--accept'];
    const seen = seenByStranger(await example('publish_submission.py', ...args));
    expect(seen.map(({ event }) => event)).toEqual(['LoanApproved', 'DisbursementAuthorised']);
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
    const paid = (await eventsOn(topicName(topics.disbursements))).filter(
      ({ type, data }) => type === 'LoanDisbursed' && data.applicationId === applicationId,
    );
    expect(paid).toHaveLength(1);
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

function sampleOf(file: string): Sample {
  return JSON.parse(readFileSync(join(root, 'samples', file), 'utf8')) as Sample;
}

describe('what was decided', () => {
  beforeAll(async () => {
    await decideSamples();
    await system.log.createTopics([{ name: otherTopic, partitions: PARTITIONS }]);
    await system.log.send(oddEvents());
  }, 120_000);

  const readers: readonly [string, (lender: string) => Promise<Buffer>][] = [
    [
      'Python',
      (lender) => example('read_decisions.py', lender, '--brokers', brokers, '--until-end'),
    ],
    [
      'kcat, piped into a decoder,',
      async (lender) => {
        const script = join(EXAMPLES, 'kcat/read-decisions.sh');
        const frames = await run(script, [lender, '--frames']);
        return run(python, [join(EXAMPLES, 'python/decode_frames.py')], frames);
      },
    ],
  ];

  describe.each(readers)('%s', (_name, read) => {
    test.each([...LENDERS, OTHER_LENDER])('reads as we do, for %s', async (lender) => {
      const ours = await seenByUs(topicName(topics.decisions, lender));
      expect(ours.length).toBeGreaterThan(0);
      expect(inPlace(seenByStranger(await read(lender)))).toEqual(ours);
    });
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
    const ours = await seenByUs(decisionsOf('czb-hz'));
    const lines = output.toString().trim().split('\n').sort();
    const expected = ours.map(({ partition, offset, key, headers }) => {
      const given = Object.entries(headers).map(([name, value]) => `${name}=${value}`);
      return `${partition} ${offset} ${key} ${given.join(',')}`;
    });
    expect(lines).toEqual(expected.sort());
  });
});

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
        },
      };
    }),
  );
}
