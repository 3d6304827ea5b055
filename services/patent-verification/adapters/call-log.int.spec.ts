// The log of calls on a real database: every call a row, in batches, before anybody stands on it.
import {
  callLogPostgres,
  migrateService,
  openDatabase,
  type ProviderCall,
  type Transaction,
} from '@saidao/worker';
import { testDatabase } from '@saidao/testkit';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

async function openTables() {
  const tables = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'patent-verification',
    prepare: async (databaseUrl) => {
      const folder = new URL('../migrations/', import.meta.url);
      const its = { service: 'patent-verification', lines: ['verify', 'pledge'] };
      await migrateService({ ...its, databaseUrl, folder });
    },
  });
  onTestFinished(() => tables.close());
  const inserts: number[] = [];
  const counting: Pick<Transaction, 'prepared'> = {
    prepared(name, text, values) {
      inserts.push((values[0] as unknown[]).length);
      return tables.database.prepared(name, text, values);
    },
  };
  return { ...tables, log: callLogPostgres(counting, 'verify'), inserts };
}

const call: ProviderCall = {
  provider: 'credit-bureau',
  lenderId: 'exim-zj',
  applicationId: 'application-1',
  subject: '91330100MA2H000142',
  purpose: 'verification',
  consentId: 'consent-1',
  askedAtMs: 1_763_600_000_123,
  answeredAtMs: 1_763_600_000_456,
  outcome: 'answered',
  attempts: 2,
  answerHash: 'ab'.repeat(32),
  answer: '{ "creditFen": "1", "name": "浙江" }\n',
};

it('keeps a call as it was, under the id that is told', async () => {
  const { database, log } = await openTables();
  const keptAt = await log.note(call);
  expect(keptAt).toMatch(/^verify\.provider_calls\/[0-9a-f-]{36}$/);
  const { rows } = await database.query(
    `select provider, lender_id, application_id, subject, purpose, consent_id,
       (extract(epoch from asked_at) * 1000)::bigint as asked,
       (extract(epoch from answered_at) * 1000)::bigint as answered,
       outcome, attempts, answer_hash, answer
     from verify.provider_calls where id = $1`,
    [keptAt.split('/')[1]],
  );
  expect(rows).toEqual([
    {
      provider: 'credit-bureau',
      lender_id: 'exim-zj',
      application_id: 'application-1',
      subject: call.subject,
      purpose: 'verification',
      consent_id: 'consent-1',
      asked: BigInt(call.askedAtMs),
      answered: BigInt(call.answeredAtMs ?? 0),
      outcome: 'answered',
      attempts: 2,
      answer_hash: call.answerHash,
      answer: call.answer,
    },
  ]);
});

it('keeps a call without an answer, and a control question', async () => {
  const { database, log } = await openTables();
  const nothing = { answeredAtMs: null, answerHash: null, answer: null };
  await log.note({ ...call, ...nothing, outcome: 'timeout' });
  await log.note({ ...call, applicationId: null, consentId: null, purpose: 'control' });
  const { rows } = await database.query(
    `select concat_ws(' ', application_id, consent_id, purpose, outcome, answer_hash is null) as said
     from verify.provider_calls order by id`,
  );
  expect(rows).toEqual([
    { said: 'application-1 consent-1 verification timeout t' },
    { said: 'control answered f' },
  ]);
});

it('writes what comes while it writes with the next insert, in order, and loses none', async () => {
  const { database, log, inserts } = await openTables();
  const noted = await Promise.all(
    Array.from({ length: 1_000 }, (_, index) => log.note({ ...call, subject: `patent-${index}` })),
  );
  expect(new Set(noted).size).toBe(1_000);
  expect(inserts).toEqual([1, 200, 200, 200, 200, 199]);
  const { rows } = await database.query<{ subject: string }>(
    'select subject from verify.provider_calls',
  );
  expect(new Set(rows.map(({ subject }) => subject)).size).toBe(1_000);
});

it('writes a strange text without harm to the others of its batch', async () => {
  const { database, log } = await openTables();
  await Promise.all([
    log.note(call),
    log.note({ ...call, subject: 'a\0b', consentId: 'half a \ud800 pair' }),
    log.note(call),
  ]);
  const { rows } = await database.query<{ subject: string }>(
    `select subject from verify.provider_calls where subject <> $1`,
    [call.subject],
  );
  expect(rows).toEqual([{ subject: 'a\u{FFFD}b' }]);
});

describe('a database that is away', () => {
  it('makes every note fail at once, and none of them later a lie', async () => {
    const away = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/nothing' });
    onTestFinished(() => away.close());
    const log = callLogPostgres(away, 'verify');
    const noted = await Promise.allSettled([log.note(call), log.note(call), log.note(call)]);
    expect(noted.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  it('is used again when it is back', async () => {
    const { database } = await openTables();
    let isAway = true;
    const log = callLogPostgres(
      {
        prepared: (name, text, values) =>
          isAway ? Promise.reject(new Error('away')) : database.prepared(name, text, values),
      },
      'verify',
    );
    await expect(log.note(call)).rejects.toThrow('away');
    isAway = false;
    expect(await log.note(call)).toMatch(/^verify/);
  });

  it('holds up nobody for ever when it never answers', async () => {
    const { database } = await openTables();
    let nowMs = 0;
    let asked = 0;
    const { promise: never } = Promise.withResolvers<never>();
    const log = callLogPostgres(
      {
        prepared(name, text, values) {
          asked += 1;
          return asked === 1 ? never : database.prepared(name, text, values);
        },
      },
      'verify',
      () => nowMs,
    );
    void log.note(call);
    nowMs = 10_000;
    const within = log.note(call);
    expect(asked).toBe(1);
    nowMs = 10_001;
    expect(await log.note(call)).toMatch(/^verify/);
    expect(await within).toMatch(/^verify/);
  });
});

it('refuses to change what is evidence', async () => {
  const { database, log } = await openTables();
  await log.note(call);
  await expect(database.query(`update verify.provider_calls set answer = 'other'`)).rejects.toThrow(
    'rows are not changed',
  );
});
