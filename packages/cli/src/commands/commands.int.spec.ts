// `trace`, `topics` and `dead-letters` on real engines, with a line that stumbles and goes on.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka } from '@saidao/event-log';
import type { EventLog, OutgoingRecord } from '@saidao/event-log';
import { allTopicNames } from '@saidao/schemas';
import type { EventMap, EventName } from '@saidao/schemas';
import { eventually, testDatabase } from '@saidao/testkit';
import type { TestDatabase } from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import { deadLetterOf as writtenLetter, migrateLine, startLine } from '@saidao/worker';
import type { RunningLine } from '@saidao/worker';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { content, LENDER, outgoing, PARTITIONS } from '../case-events.fixture.ts';
import type { Known } from '../case-events.fixture.ts';
import { runCommand, type Ran } from '../command.fixture.ts';
import type { CommandContext } from '../context.ts';
import { answeredOf, instructed, toyPayout } from '../toy-payout.fixture.ts';
import * as deadLetters from './dead-letters.ts';
import * as topicsCommand from './topics.ts';
import * as trace from './trace.ts';

let home: string;
let log: EventLog;
let db: TestDatabase;
let line: RunningLine;
/** While true the toy cannot decide anything about an amount of one fen. */
let stumbles = true;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'saidao-commands-'));
  log = connectKafka({ brokers: inject('brokers'), clientId: 'test', logger: quiet });
  await log.createTopics(allTopicNames([LENDER]).map((name) => ({ name, partitions: PARTITIONS })));
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  await migrateLine(db.database, 'payout');
  line = await startLine({
    line: toyPayout(() => stumbles),
    log,
    database: db.database,
    lenders: [LENDER],
    partitions: PARTITIONS,
  });
});

afterAll(async () => {
  await line?.stop();
  await log?.close();
  await db?.close();
  rmSync(home, { recursive: true, force: true });
});

const quiet = { debug: () => undefined, warn: () => undefined };
const newId = () => uuidV7(Date.now(), randomBytes(10));

/** Runs a command line and returns what it printed, with its exit code. */
function run(...args: string[]): Promise<Ran> {
  const environment = {
    SAIDAO_HOME: home,
    KAFKA_BROKERS: inject('brokers').join(','),
    LENDERS: LENDER,
    PARTITIONS: String(PARTITIONS),
  };
  const register = (program: Command, context: CommandContext) => {
    for (const command of [trace, topicsCommand, deadLetters]) command.register(program, context);
  };
  return runCommand(register, environment, args);
}

interface Listed {
  readonly id: string;
  readonly code: string;
  readonly applicationId: string;
  readonly blocks: boolean;
  readonly state: string;
  readonly became?: string;
  readonly original: { readonly offset: string };
}

const jsonOf = (lines: readonly string[]) => lines.map((text) => JSON.parse(text) as Listed);

const resultsOf = (applicationId: string) => answeredOf(log, applicationId);

/** A dead letter of this application, once it is there. */
function deadLetterOf(applicationId: string): Promise<Listed> {
  return eventually(`a dead letter of ${applicationId}`, async () => {
    const { lines } = await run('dead-letters', 'list', '--application', applicationId, '--json');
    return jsonOf(lines)[0];
  });
}

/** A letter of a number whose turn it is not, as a request that came too late leaves one. */
function letterOf(applicationId: string, number: number, offset: bigint): OutgoingRecord {
  const { headers, ...record } = instructed(applicationId, number);
  const met = { ...record, headers: headers as Record<string, Buffer> };
  const [code, reason] = ['SAIDAO_DECIDE_FAILED', 'Error in decide.'];
  const identity = `${applicationId}/${record.topic}/${number}`;
  return writtenLetter(
    'payout',
    record.partition,
    { ...met, offset, timestampMs: Date.now() },
    { code, reason, identity, applicationId, blocks: false },
  );
}

describe('dead letters', () => {
  it('are listed with who waits, shown without their bytes, and given up', async () => {
    const applicationId = newId();
    const truncated = instructed(applicationId, 1);
    await log.send([
      { ...truncated, value: (truncated.value as Buffer).subarray(0, 20) },
      instructed(applicationId, 2),
    ]);
    const letter = await deadLetterOf(applicationId);
    expect(letter).toMatchObject({ code: 'SAIDAO_TRUNCATED', blocks: true, state: 'open' });

    const { lines: list } = await run('dead-letters', 'list', '--line', 'payout');
    expect(list.join('\n')).toContain(`Waiting: ${applicationId} at payout`);
    const { lines: shown } = await run('dead-letters', 'show', letter.id);
    expect(shown.join('\n')).toContain(`${applicationId}/saidao.disbursements.v1/1`);
    expect(shown.join('\n')).not.toContain('base64');
    const { lines: bytes } = await run('dead-letters', 'show', letter.id, '--value');
    expect(bytes.at(-1)).toMatch(/^base64 AAAAA/);
    expect(await resultsOf(applicationId)).toEqual([]);

    const discard = ['dead-letters', 'discard', letter.id, '--actor', 'sre', '--reason', 'lost'];
    const { lines: planned } = await run(...discard, '--dry-run');
    expect(planned).toEqual([
      `${letter.id}: would discard ${applicationId}/saidao.disbursements.v1/1`,
    ]);
    expect(await resultsOf(applicationId)).toEqual([]);
    expect(await run(...discard)).toEqual({
      lines: [`${letter.id}: discard taken by the line`],
      code: 0,
    });
    await eventually('the next number is taken', async () =>
      (await resultsOf(applicationId)).includes('2'),
    );

    const again = await run(...discard);
    expect(again.code).toBe(0);
    expect(again.lines[0]).toMatch(/discard was asked for by sre at .*: lost/);
    expect((await run('dead-letters', 'list', '--application', applicationId)).lines[0]).toMatch(
      /^No dead letters/,
    );
  });

  it('are taken again once the line is mended; until then a replay fails again', async () => {
    const applicationId = newId();
    await log.send([instructed(applicationId, 1, 1n), instructed(applicationId, 2)]);
    const letter = await deadLetterOf(applicationId);
    expect(letter).toMatchObject({ code: 'SAIDAO_DECIDE_FAILED', blocks: true });

    const replay = ['dead-letters', 'replay', '--application', applicationId, '--actor', 'sre'];
    const failed = await run(...replay, '--reason', 'too early', '--json');
    expect(failed.code).toBe(1);
    expect(jsonOf(failed.lines)).toMatchObject([{ id: letter.id, became: 'failed' }]);

    stumbles = false;
    const taken = await run(...replay, '--reason', 'mended', '--json');
    expect(taken.code).toBe(0);
    expect(jsonOf(taken.lines)).toMatchObject([{ became: 'taken' }]);
    await eventually('both numbers are taken, in order', async () => {
      const taken_ = await resultsOf(applicationId);
      return taken_.join(',') === '1,2';
    });
  });

  it('whose turn it is not yet say so, and can be asked for again', async () => {
    const applicationId = newId();
    const whole = instructed(applicationId, 1);
    const broken = { ...whole, value: (whole.value as Buffer).subarray(0, 20) };
    await log.send([broken, instructed(applicationId, 2), instructed(applicationId, 3)]);
    const letter = await deadLetterOf(applicationId);
    // They were sent together. A made-up place may be the first one's: letters of a place are one.
    await log.send([letterOf(applicationId, 2, BigInt(letter.original.offset) + 1n)]);
    const other = await eventually('the other letter is there', async () => {
      const { lines } = await run('dead-letters', 'list', '--application', applicationId, '--json');
      return jsonOf(lines).find(({ id }) => id !== letter.id);
    });
    const who = ['--actor', 'sre', '--reason', 'lost'];
    const early = await run('dead-letters', 'discard', other.id, ...who);
    expect(early.code).toBe(1);
    expect(early.lines[0]).toMatch(
      /failed again: SAIDAO_REPLAY_EARLY .* first number 1 of saidao\.disbursements\.v1/,
    );
    expect((await run('dead-letters', 'discard', letter.id, ...who)).code).toBe(0);
    const again = await run('dead-letters', 'discard', letter.id, ...who, '--again');
    expect(again).toEqual({ lines: [`${letter.id}: discard taken by the line`], code: 0 });
    expect(await resultsOf(applicationId)).toEqual(['2', '3']);
  });

  it('of an identity that came before with other bytes are given up, never taken', async () => {
    const applicationId = newId();
    const forged = { ...instructed(applicationId, 1), value: Buffer.from('other bytes') };
    await log.send([instructed(applicationId, 1), forged]);
    const { id } = await deadLetterOf(applicationId);
    const of = ['--application', applicationId];
    const who = ['--actor', 'sre', '--reason', 'to be sure'];
    expect(await run('dead-letters', 'replay', ...of, ...who)).toEqual({
      lines: [`${id}: left out, its identity is another’s; discard it`],
      code: 0,
    });
    const { lines, code } = await run('dead-letters', 'replay', id, ...who);
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/failed again: SAIDAO_OTHER_BYTES .* the first stands/);
    expect((await run('dead-letters', 'discard', ...of, ...who)).code).toBe(0);
    expect((await run('dead-letters', 'list', ...of)).lines[0]).toMatch(/^No dead letters/);
    expect(await resultsOf(applicationId)).toEqual(['1']);
    const { rows } = await db.database.query<{ action: string; outcome: string }>(
      'select action, outcome from payout.replays where application_id = $1 order by done_at',
      [applicationId],
    );
    expect(rows.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      ...['REPLAY refused', 'DISCARD decided'],
    ]);
  });

  it('need somebody who asks, a reason, and a choice', async () => {
    await expect(run('dead-letters', 'replay', 'payout/0/0')).rejects.toThrow(/--actor/);
    for (const action of ['replay', 'discard']) {
      const asked = ['dead-letters', action, 'payout/0/0'];
      for (const who of [
        ['--actor', '', '--reason', 'b'],
        ['--actor', 'a', '--reason', ' '],
      ]) {
        await expect(run(...asked, ...who)).rejects.toThrow(/It may not be blank/);
      }
    }
    const who = ['--actor', 'a', '--reason', 'b'];
    await expect(run('dead-letters', 'replay', ...who)).rejects.toThrow(/Say which/);
    await expect(run('dead-letters', 'discard', 'payout/0/999', ...who)).rejects.toThrow(
      /There is no dead letter payout\/0\/999/,
    );
    await expect(run('dead-letters', 'list', '--line', 'nobody')).rejects.toThrow(/nobody/);
  });
});

describe('trace', () => {
  it('finds an application by its id and by its reference, and tells what caused what', async () => {
    const applicationId = newId();
    const reference = `r-${randomBytes(4).toString('hex')}`;
    const key = `${LENDER}/bank-portal/${reference}`;
    const say = <N extends Known>(type: N, cause?: string) => {
      const data = content[type] as unknown as EventMap[EventName];
      const change = {
        ...('applicationId' in data && { applicationId }),
        ...('reference' in data && { reference }),
      } as Partial<EventMap[N]>;
      const isDoor = type === 'ApplicationSubmitted';
      return log.send([
        outgoing(type, change, {
          key: isDoor ? key : applicationId,
          ...(cause !== undefined && { cause }),
          ...(isDoor && { id: `message-${reference}` }),
        }),
      ]);
    };
    await say('ApplicationSubmitted');
    await say('ApplicationReceived', `message-${reference}`);
    await say('PatentsVerified', `${applicationId}/saidao.applications.v1/1`);
    await say('LoanReferred', `${applicationId}/saidao.patent-findings.v1/1`);

    const expected = [
      ['ApplicationSubmitted', undefined],
      ['ApplicationReceived', 1],
      ['PatentsVerified', 2],
      ['LoanReferred', 3],
    ];
    for (const id of [applicationId, key]) {
      const { lines, code } = await run('trace', id, '--json');
      const entries = lines.map((text) => JSON.parse(text) as { type: string; cause?: number });
      expect(entries.map(({ type, cause }) => [type, cause])).toEqual(expected);
      expect(lines.join('\n')).not.toContain('13800000000');
      expect(code).toBe(0);
    }
    const { lines } = await run('trace', applicationId);
    expect(lines[0]).toBe(`${applicationId}  ${key}`);
    expect(lines.at(-1)).toMatch(/^4 events in \d+ ms\.$/);
  });

  it('says when there is nothing, or no such thing', async () => {
    expect(await run('trace', newId())).toMatchObject({ code: 1 });
    await expect(run('trace', 'what')).rejects.toThrow(/neither an application id nor/);
  });
});

describe('topics', () => {
  it('are in flow order with records, writer, readers and lag', async () => {
    await log.send([outgoing('ApplicationReceived', {}, { key: newId() })]);
    const { lines } = await run('topics', '--json');
    const rows = JSON.parse(lines[0] ?? '') as {
      name: string;
      partitions: number;
      records: string;
      writer: string;
      readers: { line: string; lag: string }[];
    }[];
    expect(rows.map(({ name }) => name)).toEqual(allTopicNames([LENDER]));
    const applications = rows.find(({ name }) => name === 'saidao.applications.v1');
    expect(applications).toMatchObject({ partitions: PARTITIONS, writer: 'intake' });
    expect(Number(applications?.records)).toBeGreaterThan(0);
    // Nobody decides here, so all of it is still to be taken.
    const decisioning = applications?.readers.find((reader) => reader.line === 'decisioning');
    expect(Number(decisioning?.lag)).toBeGreaterThan(0);
    await eventually('the toy has taken all', async () => {
      const { lines: now } = await run('topics');
      const disbursements = now.find((text) => text.startsWith('saidao.disbursements.v1'));
      return disbursements?.includes('payout (0)') === true;
    });
  });
});
