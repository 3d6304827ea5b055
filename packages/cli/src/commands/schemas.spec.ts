// `saidao schemas` beside registries of others: one that behaves as Confluent's, and our own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { lines, lockedSchemas } from '@saidao/schemas';
import { eventually, startWorkerProcess } from '@saidao/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { runCommand } from '../command.fixture.ts';
import type { Habits, State, Version } from '../confluent-like.fixture.ts';
import { ForeignRegistry } from '../foreign-registry.ts';
import { push, schemasToPush } from '../schema-push.ts';
import { register } from './schemas.ts';

const LENDERS = ['czb-hz', 'boc-zj'];
const ROOT = join(import.meta.dirname, '../../../..');
const wanted = schemasToPush(LENDERS);
const saidao = (...args: string[]) => runCommand(register, { LENDERS: LENDERS.join(',') }, args);

const ending: (() => void)[] = [];
afterEach(() => ending.splice(0).forEach((end) => end()));

/** The registry's process and its address. */
async function registryWith(habits: Habits): Promise<string> {
  const main = join(import.meta.dirname, '../confluent-like.fixture.ts');
  const child = spawn(process.execPath, [main, JSON.stringify(habits)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ending.push(() => child.kill());
  const [address] = (await once(createInterface(child.stdout), 'line')) as [string];
  return address;
}

async function stateOf(url: string): Promise<State> {
  return (await (await fetch(`${url}/state`)).json()) as State;
}

const inOrder = (all: readonly Version[]) =>
  all.map(({ id, subject, version }) => `${id} ${subject} ${version}`);
const all = inOrder(wanted);
const scored = lockedSchemas.find(({ subject }) => subject.endsWith('.EnterpriseScored'))!;
const place = { subject: scored.subject, version: 1 };
const other = JSON.stringify({ type: 'record', name: 'Other', fields: [] });

test('what is pushed is every schema, for each lender and each line, in the order of ids', () => {
  const ids = new Set(wanted.map(({ id }) => id));
  expect(ids).toEqual(new Set(lockedSchemas.map(({ id }) => id)));
  expect([...wanted].sort((one, another) => one.id - another.id)).toEqual(wanted);
  const subjects = wanted.map(({ subject }) => subject);
  expect(new Set(subjects).size).toBe(subjects.length);
  expect(subjects.filter((one) => /[{}]/.test(one))).toEqual([]);
  expect(subjects).toContain('saidao.decisions.boc-zj.v1-saidao.LoanApproved');
  expect(subjects.filter((one) => one.endsWith('.TimerDue'))).toHaveLength(lines.length);
});

describe('a registry that can import', () => {
  test('is filled under our ids, in order, and is as it was besides', async () => {
    const modes = { [scored.subject]: 'READWRITE', 'of-others': 'READONLY' };
    const theirs = { subject: 'of-others', version: 1, id: 9_000, schema: other };
    const url = await registryWith({ modes, versions: [theirs] });

    const tried = await saidao('schemas', 'push', url, '--dry-run');
    expect(tried.code).toBe(0);
    expect(tried.lines).toHaveLength(wanted.length + 1);
    expect(tried.lines.at(-1)).toBe(
      `0 of ${wanted.length} are there already, ${wanted.length} would be registered.`,
    );
    expect(await stateOf(url)).toEqual({ versions: [theirs], modes, writes: [] });

    const { code, lines: said } = await saidao('schemas', 'push', `${url}/`);
    expect(code).toBe(0);
    expect(said.at(-1)).toBe(
      `0 of ${wanted.length} are there already, ${wanted.length} registered.`,
    );
    const filled = await stateOf(url);
    expect(inOrder(filled.versions)).toEqual([...inOrder([theirs]), ...all]);
    expect(filled.modes).toEqual(modes);

    const again = await saidao('schemas', 'push', url, '--json');
    expect(JSON.parse(again.lines[0]!)).toEqual({
      registry: url,
      dryRun: false,
      there: wanted.length,
      missing: [],
      registered: [],
    });
    expect(await stateOf(url)).toEqual(filled);

    await saidao('schemas', 'push', url, '--lender', 'exim-zj');
    const added = (await stateOf(url)).versions.slice(filled.versions.length);
    expect(inOrder(added)).toEqual(
      inOrder(schemasToPush(['exim-zj'])).filter((one) => one.includes('.exim-zj.')),
    );
  });

  test('goes on after it failed midway', async () => {
    const url = await registryWith({ failsOnceAt: 10 });
    await expect(saidao('schemas', 'push', url)).rejects.toThrow(
      /refuses version 1 of saidao\.applications\.v1-saidao\.OfferDeclined under the id 10 \(50002/,
    );
    const half = await stateOf(url);
    expect(inOrder(half.versions)).toEqual(all.slice(0, 9));
    expect(half.modes).toEqual({});
    await saidao('schemas', 'push', url);
    expect(inOrder((await stateOf(url)).versions)).toEqual(all);
  });

  test('takes a second version beside the first', async () => {
    const first = { ...place, id: scored.id, schema: JSON.stringify(scored.schema) };
    const url = await registryWith({ versions: [first] });
    const second = { ...place, version: 2, id: 5_000, schema: other };
    await push(new ForeignRegistry(url), [second], () => {}, new AbortController().signal);
    const { versions, modes } = await stateOf(url);
    expect({ versions, modes }).toEqual({ versions: [first, second], modes: {} });
  });

  test('is left in order by Ctrl-C', async () => {
    const url = await registryWith({ delayMs: 100 });
    const main = join(import.meta.dirname, '../main.ts');
    const env = { PATH: process.env['PATH'], LENDERS: LENDERS.join(',') };
    const child = spawn(process.execPath, [main, 'schemas', 'push', url, '--json'], {
      ...{ env, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    const out = text(child.stdout);
    const ended = once(child, 'close');
    const some = async () => (await stateOf(url)).versions.length > 1;
    await eventually('some are registered', some, { everyMs: 50 });
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    const half = await stateOf(url);
    expect(half.modes).toEqual({});
    expect(half.versions.length).toBeLessThan(wanted.length);
    expect(inOrder(half.versions)).toEqual(all.slice(0, half.versions.length));
    const { registered } = JSON.parse(await out) as { registered: Version[] };
    expect(inOrder(registered)).toEqual(inOrder(half.versions));
  });

  test('is told who asks', async () => {
    const url = await registryWith({ user: 'bank:p@ss:word' });
    const withUser = url.replace('//', '//bank:p%40ss%3Aword@');
    const { lines: said } = await saidao('schemas', 'push', withUser, '--dry-run', '--json');
    expect(said.join('\n')).not.toContain('word');
    await expect(saidao('schemas', 'push', url)).rejects.toThrow(/refuses: Unauthorized \(401\)/);
  });
});

describe('nothing is sent to a registry', () => {
  const refusals: [string, Habits, RegExp][] = [
    [
      'that holds another schema under an id of ours',
      { versions: [{ subject: 'of-others', version: 1, id: 18, schema: other }] },
      /cannot be filled; nothing was sent:\n- id 18 is another schema there/,
    ],
    [
      'that holds another schema as a version of ours',
      { versions: [{ ...place, id: 9_000, schema: other }] },
      /- version 1 of saidao\.scores\.v1-saidao\.EnterpriseScored has the id 9000 there, not 18/,
    ],
    [
      'that holds our schema under another id',
      { versions: [{ ...place, id: 9_000, schema: JSON.stringify(scored.schema) }] },
      /has the id 9000 there, not 18/,
    ],
    [
      'whose subject somebody has closed',
      { modes: { [scored.subject]: 'READONLY' } },
      /- saidao\.scores\.v1-saidao\.EnterpriseScored is read-only there/,
    ],
    ['that only reads', { mode: 'READONLY' }, /is read-only \(READONLY\): 0 of \d+ are there/],
  ];
  test.each(refusals)('%s', async (_what, habits, reason) => {
    const url = await registryWith(habits);
    await expect(saidao('schemas', 'push', url)).rejects.toThrow(reason);
    const { versions, modes, writes } = await stateOf(url);
    expect(modes).toEqual(habits.modes ?? {});
    expect(versions).toEqual(habits.versions ?? []);
    expect(writes).toEqual([]);
  });

  test('whose modes cannot be changed', async () => {
    const url = await registryWith({ mutable: false });
    await expect(saidao('schemas', 'push', url)).rejects.toThrow(
      /refuses the mode IMPORT for saidao\.submissions\S+, so ids cannot be kept \(42205: Mode/,
    );
    expect((await stateOf(url)).versions).toEqual([]);
  });

  test('once it has given an id of its own', async () => {
    const versions = [{ subject: 'of-others', version: 1, id: 9_000, schema: other }];
    const url = await registryWith({ ownIds: true, versions });
    await expect(saidao('schemas', 'push', url)).rejects.toThrow(
      /gave the id 9001 to version 1 of saidao\.submissions\S+, not the id 1: it does not keep ids/,
    );
    const { versions: held, modes } = await stateOf(url);
    expect(held).toHaveLength(2);
    expect(modes).toEqual({});
  });

  test('that is our own: it only reads, and holds everything', async () => {
    const service = startWorkerProcess(join(ROOT, 'services/schema-registry/main.ts'), {
      HTTP_PORT: '0',
    });
    await using _ended = service;
    const url = await service.ready();
    const count = `${wanted.length} of ${wanted.length} are there`;
    await expect(saidao('schemas', 'push', url)).rejects.toThrow(
      `${url} is read-only (READONLY): ${count}, and nothing was sent.`,
    );
    const { code, lines: said } = await saidao('schemas', 'push', url, '--dry-run');
    expect({ code, said }).toEqual({ code: 0, said: [`${count} already, 0 would be registered.`] });
  });

  test('that is none', async () => {
    await expect(saidao('schemas', 'push', 'registry:8081')).rejects.toThrow(
      /registry:8081 is no address of a registry/,
    );
    await expect(saidao('schemas', 'push', 'http://a', '--lender', 'A B')).rejects.toThrow(
      /A B is no lender id/,
    );
    await expect(saidao('schemas', 'push', 'http://127.0.0.1:1')).rejects.toThrow(
      /The registry at http:\/\/127\.0\.0\.1:1 does not answer: /,
    );
  });
});

describe('the schemas of this release', () => {
  test('are listed', async () => {
    const { lines: said } = await saidao('schemas', 'list');
    expect(said).toHaveLength(lockedSchemas.length + 1);
    expect(said.join('\n')).toMatch(
      /^18 +saidao\.scores\.v1-saidao\.EnterpriseScored +1 +reads, writes$/m,
    );
    const { lines: json } = await saidao('schemas', 'list', '--json');
    expect(JSON.parse(json[0]!)).toEqual(
      lockedSchemas.map(({ schema: _schema, ...row }) => ({ ...row })),
    );
  });

  test('are shown by id', async () => {
    const { lines: said } = await saidao('schemas', 'show', '18');
    expect(JSON.parse(said.join('\n'))).toEqual(scored.schema);
    await expect(saidao('schemas', 'show', '0')).rejects.toThrow(/No schema has the id 0;/);
  });
});
