// Bad input at every door and on every topic of all five processes, which take the good input between.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { partitionOf, type IncomingRecord } from '@saidao/event-log';
import {
  allTopics,
  decode,
  encode,
  loanLines as lines,
  submittedOf,
  workerTopics,
  type ApplicationSubmitted,
  type EventOf,
  type SubmissionJson,
  type Topic,
} from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { checkUscc } from '@saidao/values';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  header,
  hostileRecordsFor,
  newId,
  schemasOf,
  soundDraft,
  strangeHeaders,
  type Draft,
  type TargetTopic,
} from './hostile-records.ts';
import { mutation, oddReplays, oddTimers, timersAlike } from './odd-words.ts';
import { openRawProducer, type RawProducer, type RawRecord } from './raw-producer.ts';
import {
  root,
  services,
  startSystem,
  type Principal,
  type Service,
  type System,
} from './system.ts';

const PARTITIONS = 6;
const LENDERS = ['czb-hz', 'boc-zj', 'exim-zj'];
const LENDER = 'czb-hz';
const WORLD = { partitions: PARTITIONS, lender: LENDER, otherLender: 'boc-zj' };
const RSS_MIB_MAX = 250;
const SUBMISSIONS = 'saidao.submissions.v1';
const DISBURSEMENTS = 'saidao.disbursements.v1';
const APPLICATIONS = 'saidao.applications.v1';
const DECISIONS = `saidao.decisions.${LENDER}.v1`;
const SETTLED_MS = 60_000;
const TEST_MS = 180_000;

vi.setConfig({ testTimeout: TEST_MS });

let system: System;
let raw: RawProducer;
let sample: SubmissionJson;

beforeAll(async () => {
  system = await startSystem({
    environment: { ...process.env },
    lenders: LENDERS,
    partitions: PARTITIONS,
  });
  raw = await openRawProducer(system.engines.brokers[0] as string);
  const file = JSON.parse(readFileSync(join(root, 'samples/innovation-5m.json'), 'utf8')) as {
    submission: SubmissionJson;
  };
  sample = file.submission;
  const institution = encodeURIComponent(sample.guarantee?.institution ?? '');
  await system.tellWorld(`/control/guarantor/institutions/${institution}`, { confirms: true });
}, 240_000);

afterAll(async () => {
  raw?.close();
  await system?.[Symbol.asyncDispose]();
}, 60_000);

afterEach(() => {
  for (const [service, worker] of system.workers) {
    expect(worker.isRunning(), `${service} runs`).toBe(true);
    expect(worker.stderr).toEqual([]);
    expect(rssMaxMib(worker.pid), `the memory of ${service} in MiB`).toBeLessThan(RSS_MIB_MAX);
  }
});

/** The most memory the process has had; elsewhere than on Linux, what it has now. */
function rssMaxMib(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kib = existsSync(status)
    ? /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Math.round(Number(kib) / 1024);
}

/** Every topic that a line reads, with its readers. */
function targets(known: readonly string[]): TargetTopic[] {
  const shared = allTopics([LENDER]).flatMap(({ name, topic, line }): TargetTopic[] => {
    const readers = topic.readers.filter((reader) => lines.includes(reader));
    if (line !== undefined || readers.length === 0) return [];
    const kind = topic.numbered ? 'numbered' : kindOfDoor[topic.key];
    const { name: catalogueName, perLender } = topic;
    return [{ name, catalogueName, kind, perLender, readers, known: kind === 'door' ? known : [] }];
  });
  const own = lines.flatMap((line): TargetTopic[] => {
    const { timers, replay } = workerTopics(line);
    const common = { kind: 'own', perLender: false, readers: [line] } as const;
    return [
      { ...common, name: timers, catalogueName: '{line}.timers.v1' },
      { ...common, name: replay, catalogueName: '{line}.replay.v1' },
    ];
  });
  return [...shared, ...own];
}

const kindOfDoor = {
  applications: 'door',
  references: 'submissions',
  days: 'days',
  models: 'door',
} as const satisfies Record<Topic['key'], TargetTopic['kind']>;

/** An application of which every line that reads doors has heard, so that none waits for it. */
async function knownToAll(): Promise<string> {
  const { reference, ...first } = submissionRecord(submission());
  await raw.send(first);
  const applicationId = (await decided([reference])).get(reference) as string;
  const data = {
    ...{ applicationId, revision: 1, lenderId: LENDER },
    ...{ authorisationId: 'none', cause: 'so that payouts know it' },
  };
  const key = Buffer.from(applicationId);
  await raw.send({
    topic: DISBURSEMENTS,
    partition: partitionOf(key, PARTITIONS),
    key,
    value: encode('AuthorisationCancelled', data, DISBURSEMENTS),
    headers: [
      header('ce_id', `${applicationId}/${DISBURSEMENTS}/1`),
      header('ce_type', 'AuthorisationCancelled'),
      header('ce_lenderid', LENDER),
    ],
  });
  await settled();
  return applicationId;
}

let firms = 0;

/** A sound submission of a firm of its own. */
function submission(change: (body: ApplicationSubmitted) => void = () => {}): ApplicationSubmitted {
  const body = structuredClone(sample);
  firms += 1;
  const code = `91330200MA${String(firms).padStart(7, '0')}`;
  const checked = checkUscc(`${code}0`);
  body.enterprise.uscc = `${code}${checked.ok ? '0' : (checked.expectedCheck ?? '0')}`;
  body.reference = newId();
  const data = submittedOf(body);
  change(data);
  return data;
}

/** The record of a submission as a channel would send it. */
function submissionRecord(data: ApplicationSubmitted): RawRecord & { readonly reference: string } {
  const key = Buffer.from(`${data.lenderId}/${data.channel}/${data.reference}`);
  return {
    topic: SUBMISSIONS,
    partition: partitionOf(key, PARTITIONS),
    key,
    value: encode('ApplicationSubmitted', data, SUBMISSIONS),
    headers: [
      header('ce_id', newId()),
      header('ce_type', 'ApplicationSubmitted'),
      header('ce_lenderid', data.lenderId),
    ],
    reference: data.reference,
  };
}

async function eventsOn(topic: string): Promise<EventOf[]> {
  const events: EventOf[] = [];
  await system.log.scan([topic], ({ value }) => {
    try {
      events.push(decode(value, topic));
    } catch {
      // One of those that this test has put there.
    }
  });
  return events;
}

/** Waits until all lines have taken all that lies on their topics. */
async function settled(): Promise<void> {
  const lagOf = async (line: (typeof lines)[number]): Promise<string[]> => {
    const topics = targets([])
      .filter(({ readers }) => readers.includes(line))
      .map(({ name }) => name);
    const lags = await system.log.lag(`saidao.${line}`, topics);
    return lags.filter(({ lag }) => lag > 0n).map((one) => `${one.topic}/${one.partition}`);
  };
  await whileAllRun('every line has taken everything', async () => {
    const behind = (await Promise.all(lines.map(lagOf))).flat();
    if (behind.length > 0) throw new Error(`behind on ${[...new Set(behind)].join(', ')}`);
    return true;
  });
}

/** Waits for it, but not for a process that has ended or a line that has stopped. */
async function whileAllRun<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  const ended = Symbol('ended');
  const seen = await eventually<T | typeof ended>(
    what,
    async () => (stopped().length > 0 ? ended : look()),
    { deadlineMs: SETTLED_MS, everyMs: 250 },
  ).catch((error: Error) => {
    throw new Error([error.message, ...failedTurns()].join('\n'), { cause: error });
  });
  if (seen === ended) throw new Error(stopped().join('\n'));
  return seen as T;
}

function stopped(): string[] {
  return [...system.workers].flatMap(([service, { isRunning, lines: told, stderr }]) => {
    const alarms = told.filter(({ msg }) => /^alarm: (?:paused|broken-invariant)$/.test(msg));
    if (isRunning() && alarms.length === 0) return [];
    const last = told.filter(({ level }) => level === 'fatal');
    return [`${service}: ${JSON.stringify([...alarms, ...last])} ${stderr.join('\n')}`];
  });
}

function failedTurns(): string[] {
  const reasons = [...system.workers.values()].flatMap(({ lines: told }) =>
    told
      .filter(({ msg }) => msg === 'alarm: turn-failed')
      .map((one) => `${one['line']}: ${one['reason']}`),
  );
  return [...new Set(reasons)].slice(0, 30);
}

/** Waits until each submission has been decided, and nothing has been decided twice. */
async function decided(references: readonly string[]): Promise<Map<string, string>> {
  const verdicts = new Set(['LoanApproved', 'LoanReferred', 'LoanDeclined']);
  return whileAllRun(`${references.length} submissions are decided`, async () => {
    const idOf = new Map<string, string>();
    for (const { type, data } of await eventsOn(APPLICATIONS)) {
      if (type === 'ApplicationReceived') idOf.set(data.reference, data.applicationId);
    }
    const decisions = new Map<string, string>();
    for (const { type, data } of await eventsOn(DECISIONS)) {
      if (verdicts.has(type) && 'applicationId' in data) decisions.set(data.applicationId, type);
    }
    const missing = references.filter((one) => !decisions.has(idOf.get(one) ?? ''));
    if (missing.length > 0) throw new Error(`${missing.length} of ${references.length} are not`);
    return idOf;
  });
}

interface DeadLetter {
  readonly line: string;
  /** `<topic>/<partition>/<offset>` of the record it came from. */
  readonly place: string;
  readonly code: string;
  readonly reason: string;
  readonly record: IncomingRecord;
}

async function deadLetters(): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const line of lines) {
    await system.log.scan([workerTopics(line).deadLetter], (record) => {
      const text = (name: string) => String(record.headers[`x-dlq-${name}`]);
      const place = `${text('topic')}/${text('partition')}/${text('offset')}`;
      letters.push({ line, place, code: text('code'), reason: text('reason'), record });
    });
  }
  return letters;
}

/** Sends them one by one with a sound submission after every few; resolves with their places. */
async function sendBetween<T extends { readonly record: RawRecord }>(
  hostile: readonly T[],
  every: number,
): Promise<{ readonly places: Map<string, T>; readonly references: string[] }> {
  const places = new Map<string, T>();
  const references: string[] = [];
  const sendSound = async () => {
    const sound = submissionRecord(submission());
    await raw.send(sound);
    references.push(sound.reference);
  };
  for (const [index, one] of hostile.entries()) {
    if (index % every === 0) await sendSound();
    const { topic, partition } = one.record;
    places.set(`${topic}/${partition}/${await raw.send(one.record)}`, one);
  }
  for (let lane = 0; lane < 2 * PARTITIONS; lane += 1) await sendSound();
  return { places, references };
}

describe('records that are wrong', () => {
  test('become one dead letter each, with their code, and hold up nobody', async () => {
    const all = targets([await knownToAll()]);
    const hostile = shuffled(
      all.flatMap((topic) =>
        hostileRecordsFor(topic, WORLD).map((one) => ({ ...one, readers: topic.readers })),
      ),
    );
    const { places, references } = await sendBetween(hostile, 4);
    await settled();
    await decided(references);

    const letters = await deadLetters();
    const wrong: string[] = [];
    for (const [place, { what, code, readers, record }] of places) {
      for (const line of readers) {
        const found = letters.filter((one) => one.line === line && one.place === place);
        // A lane that moved publishes again; then the copies are the same to the byte.
        const distinct = new Set(found.map(({ record }) => digestOf(record)));
        if (distinct.size !== 1) wrong.push(`${what}: ${distinct.size} dead letters of ${line}`);
        for (const letter of found) {
          if (letter.code !== code) wrong.push(`${what}: ${letter.code} of ${line}, not ${code}`);
          if (letter.reason.length < 10) wrong.push(`${what}: no reason given`);
          const { key, value } = letter.record;
          const same = (key ?? Buffer.alloc(0)).equals(record.key ?? Buffer.alloc(0));
          const sameValue = value === null ? record.value === null : record.value?.equals(value);
          if (!same || sameValue !== true) wrong.push(`${what}: other bytes than were sent`);
        }
      }
    }
    const strangers = letters.filter(({ place }) => !places.has(place));
    expect(wrong).toEqual([]);
    expect(strangers.map(({ place, code }) => `${code} ${place}`)).toEqual([]);
  });
});

describe('submissions of wrong content', () => {
  test.each<[string, string, (data: ApplicationSubmitted) => void]>([
    ['zero', 'request.amount', (data) => (data.request.amount.minor = 0n)],
    ['a negative amount', 'request.amount', (data) => (data.request.amount.minor = -1n)],
    ['2^53 fen', 'request.amount', (data) => (data.request.amount.minor = 2n ** 53n)],
    ['-2^53 fen', 'request.amount', (data) => (data.request.amount.minor = -(2n ** 53n))],
    ['2^63-1 fen', 'request.amount', (data) => (data.request.amount.minor = 2n ** 63n - 1n)],
    ['-2^63 fen', 'request.amount', (data) => (data.request.amount.minor = -(2n ** 63n))],
    [
      'payees whose sum overflows',
      'request.payees',
      (data) =>
        (data.request.payees = Array.from({ length: 40 }, () => ({
          name: 'x',
          amount: { minor: 2n ** 63n - 1n, currency: 'CNY' },
        }))),
    ],
    ['another currency', 'request.amount', (data) => (data.request.amount.currency = '__proto__')],
    ['no product', 'product', (data) => (data.productId = '__proto__')],
    ['no plan of repayment', 'request.repayment', (data) => (data.request.repayment = 'toString')],
    ['a term of 2^31-1', 'request.termMonths', (data) => (data.request.termMonths = 2 ** 31 - 1)],
    ['a term of -2^31', 'request.termMonths', (data) => (data.request.termMonths = -(2 ** 31))],
    [
      'a day that never was',
      'enterprise.founded',
      (data) => (data.enterprise.founded = '2025-02-30'),
    ],
    ['fewer than no people', 'enterprise.staff', (data) => (data.enterprise.staff = -1)],
    ['a name of 200 KB', 'enterprise.name', (data) => (data.enterprise.name = 'x'.repeat(200_000))],
    ['a name of nothing', 'enterprise.name', (data) => (data.enterprise.name = '\u3000 ')],
    ['a control character', 'enterprise.name', (data) => (data.enterprise.name = 'a\u001b[2Jb')],
    [
      'a year of -2^31',
      'enterprise.revenue[0].year',
      (data) =>
        (data.enterprise.revenue = [{ year: -(2 ** 31), amount: { minor: 1n, currency: 'CNY' } }]),
    ],
    [
      'five thousand patents',
      'patents',
      (data) =>
        (data.patents = Array.from({ length: 5_000 }, () => ({ number: 'x', appraised: null }))),
    ],
    ['a channel that is a word of JavaScript', 'channel', (data) => (data.channel = '__proto__')],
    ['a reference with a slash', 'reference', (data) => (data.reference = '../../etc/passwd')],
  ])('%s is refused with its path', async (_what, path, spoil) => {
    const record = submissionRecord(submission(spoil));
    await raw.send(record);
    const rejected = await whileAllRun('it is refused', async () => {
      const events = await eventsOn(APPLICATIONS);
      for (const { type, data } of events) {
        if (type === 'SubmissionRejected' && data.reference === record.reference) return data;
      }
      throw new Error('not yet');
    });
    expect(rejected.code).toBe('INVALID');
    expect(rejected.faults.map((fault) => fault.path)).toContain(path);
    expect(rejected.faults.length).toBeLessThanOrEqual(50);
  });

  test('odd words and strange headers are no fault, and are decided', async () => {
    const words = [
      '__proto__',
      'constructor',
      'toString',
      '𠮷野家',
      '\u202eabc',
      "'; drop table x; --",
    ];
    const records = words.flatMap((word) => [
      submissionRecord(submission((data) => (data.enterprise.name = word))),
      submissionRecord(submission((data) => (data.enterprise.sector = word))),
      submissionRecord(submission((data) => (data.enterprise.industry = word))),
      submissionRecord(submission((data) => (data.request.purpose = word))),
    ]);
    const plain = submissionRecord(submission());
    const strange = { ...plain, headers: [...plain.headers, ...strangeHeaders()] };
    const many = submissionRecord(submission());
    const extra = Array.from({ length: 1_000 }, (_none, at) => header(`x-${at}`, 'y'));
    for (const one of [...records, strange, { ...many, headers: [...many.headers, ...extra] }]) {
      await raw.send(one);
    }
    await decided([...records, strange, many].map(({ reference }) => reference));
  });

  test('a key that names another submission pauses nobody, however often it comes', async () => {
    const wrong = Array.from({ length: 30 }, () => {
      const own = submissionRecord(submission());
      const { key, partition } = submissionRecord(submission());
      return { record: { ...own, key, partition }, code: 'SAIDAO_KEY_MISMATCH' };
    });
    const huge = Array.from({ length: 3 }, () => {
      const { headers, key, partition } = submissionRecord(submission());
      const data = submission((one) => (one.reference = randomBytes(60_000).toString('hex')));
      const value = encode('ApplicationSubmitted', data, SUBMISSIONS);
      return {
        record: { topic: SUBMISSIONS, headers, key, partition, value },
        code: 'SAIDAO_KEY_MISMATCH',
      };
    });
    const { places, references } = await sendBetween([...wrong, ...huge], 1_000);
    await settled();
    await decided(references);
    const letters = await deadLetters();
    for (const [place, { code }] of places) {
      expect(letters.filter((one) => one.place === place).map((one) => one.code)).toEqual([code]);
    }
  });
});

describe('a line’s own topics', () => {
  test('hold what no line would write, and the line goes on', async () => {
    const first = submissionRecord(submission());
    await raw.send(first);
    const known = (await decided([first.reference])).get(first.reference) as string;
    const hostile = lines.flatMap((line) => [
      ...oddTimers(line, known, WORLD),
      ...oddReplays(line, known, WORLD),
    ]);
    const { references } = await sendBetween(shuffled(hostile.map((record) => ({ record }))), 12);
    await settled();
    await decided(references);
  });

  test('hold long runs of timers alike, and the line goes on', async () => {
    const known = await knownToAll();
    const alike = lines.flatMap((line) => timersAlike(line, known, WORLD));
    const { references } = await sendBetween(
      alike.map((record) => ({ record })),
      alike.length,
    );
    await settled();
    await decided(references);
  });
});

describe('a flood', () => {
  test('of values of 1 MB, and of records with a hundred thousand headers', async () => {
    const topics = targets([]).filter(({ name }) => [SUBMISSIONS, APPLICATIONS].includes(name));
    const headers = Array.from({ length: 100_000 }, (_none, at) => header(at.toString(36), ''));
    const flood = topics.flatMap((topic) =>
      Array.from({ length: 12 }, (_none, serial) => {
        const draft = soundDraft(topic, WORLD, serial);
        const record =
          serial % 33 === 0
            ? { ...draft, value: null, headers: [...draft.headers, ...headers] }
            : { ...draft, value: Buffer.alloc(1_000_000) };
        const code = record.value === null ? 'SAIDAO_EMPTY' : 'SAIDAO_TOO_LARGE';
        return { record, code, readers: topic.readers };
      }),
    );
    const { places, references } = await sendBetween(flood, 20);
    await settled();
    await decided(references);
    const letters = await deadLetters();
    for (const [place, { code, readers }] of places) {
      const found = letters.filter((one) => one.place === place);
      expect(found.map((one) => one.code)).toEqual(readers.map(() => code));
    }
  });
});

describe('the doors', () => {
  const huge = 'x'.repeat(1_000_000);
  test.each<[string, 'intake' | 'decisioning', string, Buffer | string]>([
    ['no JSON', 'intake', '/v1/applications', '{'],
    ['nothing', 'intake', '/v1/applications', ''],
    ['null', 'intake', '/v1/applications', 'null'],
    ['a list', 'intake', '/v1/applications', '[]'],
    ['invalid UTF-8', 'intake', '/v1/applications', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a])],
    ['__proto__', 'intake', '/v1/applications', '{"__proto__": {"lender": "czb-hz"}}'],
    ['constructor', 'intake', '/v1/applications', '{"constructor": {"prototype": {"a": 1}}}'],
    ['1 MB', 'intake', '/v1/applications', `{"lender": "${huge}"}`],
    ['a list of 10 million', 'intake', '/v1/applications', `[${'1,'.repeat(10_000_000)}1]`],
    ['a nest of 100 000', 'intake', '/v1/applications', '['.repeat(100_000)],
    ['a number of 200 000 digits', 'intake', '/v1/applications', '9'.repeat(200_000)],
    ['no JSON', 'decisioning', `/v1/reviews/${newId()}/verdict`, '{'],
    [
      '__proto__',
      'decisioning',
      `/v1/reviews/${newId()}/verdict`,
      '{"__proto__": {"verdict": "APPROVE"}}',
    ],
    ['1 MB', 'decisioning', `/v1/reviews/${newId()}/verdict`, `{"reason": "${huge}"}`],
    ['a place that is none', 'decisioning', '/v1/reviews/%00%ff/verdict', '{}'],
  ])('refuse a body of %s at %s', async (_what, service, path, body) => {
    const principal = service === 'intake' ? 'channels' : 'officer-a';
    const answer = await post(service, path, body, principal).catch(hungUp);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.body.error?.code).toMatch(/^SAIDAO_HTTP_/);
  });

  test.each(['__proto__', '%00', '%ff', '..%2f..%2f', 'x'.repeat(10_000), "'%20or%201=1"])(
    'know nothing at the place %s',
    async (place) => {
      for (const [service, path] of [
        ['intake', 'applications'],
        ['disbursement-ledger', 'loans'],
      ] as const) {
        const response = await fetch(`${await system.addressOf(service)}/v1/${path}/${place}`, {
          headers: { authorization: `Bearer ${system.tokenOf('reader')}` },
        });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        await response.body?.cancel();
      }
    },
  );

  test('survive what is no HTTP', async () => {
    for (const service of services) {
      const { hostname, port } = new URL(await system.addressOf(service));
      for (const bytes of [
        randomBytes(100_000),
        Buffer.from(`GET / HTTP/1.1\r\nx: ${huge}\r\n\r\n`),
      ]) {
        const socket = connect(Number(port), hostname);
        // A server may well hang up in the middle.
        socket.on('error', () => undefined);
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.end(bytes);
        socket.resume();
        await closed;
      }
      expect((await fetch(`${await system.addressOf(service)}/livez`)).status).toBe(200);
    }
  });

  test('take the sound submission after all that', async () => {
    const body = { ...structuredClone(sample), reference: newId() };
    const answer = await post('intake', '/v1/applications', JSON.stringify(body), 'channels');
    expect(answer.status).toBe(202);
    await decided([body.reference]);
  });
});

describe('chance', () => {
  test('changes the bytes of sound records, and each is taken or set aside', async () => {
    const seed = Number(process.hrtime.bigint() % 1_000_000n);
    const originals = await soundRecords(targets([await knownToAll()]));
    const hostile = fc
      .sample(fc.tuple(fc.constantFrom(...originals), mutation), { numRuns: 400, seed })
      .map(([{ topic, make }, change]) => {
        const record = make();
        record.value = change(record.value as Buffer);
        let code: string | undefined;
        try {
          decode(record.value, record.topic);
        } catch (error) {
          code = (error as { code: string }).code;
        }
        return { record, code, readers: topic.readers };
      });
    const { places, references } = await sendBetween(hostile, 4);
    await settled();
    await decided(references);
    const letters = await deadLetters();
    const wrong: string[] = [];
    for (const [place, { code, readers, record }] of places) {
      if (code === undefined) continue;
      for (const line of readers) {
        const found = letters.filter((one) => one.line === line && one.place === place);
        if (found[0]?.code === code) continue;
        const told = `${found[0]?.code} of ${line}, not ${code}`;
        wrong.push(`${record.topic} ${record.value?.toString('hex')}: ${told}`);
      }
    }
    expect(wrong, `seed ${seed}`).toEqual([]);
  });
});

function digestOf({ key, value, headers }: IncomingRecord): string {
  const told = Object.entries(headers).map(([name, one]) => `${name}=${String(one)}`);
  return [String(key), value?.toString('base64') ?? 'null', ...told.sort()].join('\n');
}

/** In another order at each run: what one record leaves behind must not matter to the next. */
function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

/** Sound records of every topic, made anew each time: samples, and what the lines wrote. */
async function soundRecords(
  all: readonly TargetTopic[],
): Promise<{ readonly topic: TargetTopic; readonly make: () => Draft }[]> {
  const made: { topic: TargetTopic; make: () => Draft }[] = [];
  for (const topic of all) {
    for (const schema of schemasOf(topic)) {
      made.push({ topic, make: () => soundDraft(topic, WORLD, 0, schema) });
    }
    const written = new Map<string, IncomingRecord[]>();
    await system.log.scan([topic.name], (record) => {
      const type = String(record.headers['ce_type']);
      const some = written.get(type) ?? [];
      if (isSound(record) && some.length < 3) written.set(type, [...some, record]);
    });
    if (topic.kind !== 'numbered' && topic.kind !== 'submissions') continue;
    for (const [type, records] of written) {
      for (const record of records) made.push({ topic, make: () => anew(topic, type, record) });
    }
  }
  return made;
}

function isSound({ value, topic, key, headers }: IncomingRecord): boolean {
  try {
    const { type } = decode(value, topic);
    const named = type === String(headers['ce_type']);
    return named && String(headers['ce_lenderid']) === LENDER && UUID.test(String(key));
  } catch {
    return false;
  }
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The same record of another application, or of another reference. */
function anew(topic: TargetTopic, type: string, record: IncomingRecord): Draft {
  const before = UUID.exec(String(record.key))?.[0] as string;
  const id = newId();
  const renamed = (bytes: Buffer) =>
    Buffer.from(bytes.toString('latin1').replaceAll(before, id), 'latin1');
  const key = renamed(record.key as Buffer);
  const ceId = topic.kind === 'numbered' ? `${id}/${topic.name}/1` : `hostile ${newId()}`;
  return {
    topic: topic.name,
    partition: partitionOf(key, PARTITIONS),
    key,
    value: renamed(record.value as Buffer),
    headers: [
      header('ce_id', ceId),
      header('ce_type', type),
      header('ce_lenderid', String(record.headers['ce_lenderid'])),
    ],
  };
}

/** Of a body that is far too long a door may not read the end, so that its answer can be lost. */
function hungUp({ cause }: Error): Awaited<ReturnType<typeof post>> {
  expect((cause as { code?: string } | undefined)?.code).toMatch(/^(?:EPIPE|ECONNRESET)$/);
  return { status: 413, body: { error: { code: 'SAIDAO_HTTP_TOO_LARGE' } } };
}

async function post(
  service: Service,
  path: string,
  body: Buffer | string,
  principal: Principal,
): Promise<{ status: number; body: { error?: { code: string } } }> {
  const response = await fetch(`${await system.addressOf(service)}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${system.tokenOf(principal)}`,
      'content-type': 'application/json',
    },
    body,
  });
  return { status: response.status, body: (await response.json()) as { error?: { code: string } } };
}
