// A rolling upgrade under load: each worker gives way to its next release, one goes back, all is well.
import { join } from 'node:path';
import type * as Schemas from '@saidao/schemas';
import { lockedSchemas, topicName, topics } from '@saidao/schemas';
import { openDatabase } from '@saidao/worker';
import { eventually } from '@saidao/testkit';
import { expect, test } from 'vitest';
import { stopped } from './real-faults/scale.ts';
import { underFire, type Fire } from './real-faults/under-fire.ts';
import type * as Settled from './settled.ts';
import { services, type Service, type System } from './system.ts';
import { makeReleases, NEW_COLUMN, NEW_FIELD, NEW_VALUE } from './upgrade/releases.ts';

const RATE = 8;
/** So many are let go while both releases of a worker run. */
const BETWEEN = 15;
/** So many of them have to be taken before the older one stops: a door refuses a few. */
const TAKEN = 8;
/** From the end of the line to its beginning: a reader before its writer, as after any release. */
const upgraded = [...services].reverse();
/** Reads what the later release of scoring writes, on tables of its own later release. */
const rolledBack: Service = 'decisioning';
/** At first, with each change, and after the last. */
const COUNT = BETWEEN * (1 + upgraded.length + 1 + 1);
const READY_MS = 240_000;
const SCORES = topicName(topics.scores);

test('nothing is lost or done twice while releases change under a flow of applications', async () => {
  using releases = await makeReleases();
  const { before, after } = releases;
  // By the code of the later release: this one knows no such schema.
  const { checked } = (await import(join(after, 'e2e/settled.ts'))) as typeof Settled;
  const releaseOf = new Map<Service, string>();
  let written: Written[] = [];
  let readByOlder = 0;
  let columns = 0;
  const outcome = await underFire(
    {
      ...{ environment: { ...process.env }, count: COUNT, rate: RATE, heldAfter: BETWEEN, checked },
      rootOf: (service) => releaseOf.get(service) ?? before,
    },
    async (fire) => {
      const { system } = fire;
      const replaced = (service: Service, release: string) => {
        releaseOf.set(service, release);
        return replace(service, fire);
      };
      await fire.untilSubmitted(TAKEN);
      const findings: string[] = [];
      for (const service of upgraded) findings.push(...(await replaced(service, after)));
      findings.push(...(await replaced(rolledBack, before)));
      const sent = (await scoresOf(system)).length;
      fire.goOn();
      await fire.untilAllSubmitted();
      await eventually(
        'the older decisioning gets what the later scoring writes',
        async () => {
          written = await scoresOf(system);
          readByOlder = written.length - sent;
          return readByOlder > 0;
        },
        { deadlineMs: READY_MS },
      );
      columns = await columnsOf(system);
      return { runs: upgraded.length + 1, findings };
    },
  );
  expect(outcome.findings).toEqual([]);
  // Two ids, each version read as it is by both releases: with the default where it was not sent.
  const known = new Set(lockedSchemas.map(({ id }) => id));
  const [older, newer] = [
    written.filter(({ id }) => known.has(id)),
    written.filter(({ id }) => !known.has(id)),
  ];
  expect(older.length).toBeGreaterThan(0);
  expect(newer.length).toBeGreaterThan(0);
  expect(readByOlder).toBeGreaterThan(0);
  expect(columns).toBe(1);
  for (const release of [before, after]) {
    const { decode } = (await import(
      join(release, 'packages/schemas/src/index.ts')
    )) as typeof Schemas;
    const said = (some: readonly Written[]) =>
      new Set(
        some.map(
          ({ value }) => (decode(value, SCORES).data as { [NEW_FIELD]?: unknown })[NEW_FIELD],
        ),
      );
    expect(said(older)).toEqual(new Set([null]));
    expect(said(newer)).toEqual(new Set([NEW_VALUE]));
  }
}, 900_000);

/** Both run side by side for a while; a line for what did not end as it should. */
async function replace(service: Service, fire: Fire): Promise<string[]> {
  const next = await fire.system.startAnother(service);
  await next.ready(READY_MS);
  const wanted = fire.acknowledged.length + TAKEN;
  fire.goOn(BETWEEN);
  await fire.untilSubmitted(wanted);
  // What runs workers starts the next release in its place, behind the address that others know.
  const findings = await stopped(fire.workerOf(service));
  await fire.untilReady();
  findings.push(...(await stopped(next)));
  return findings;
}

interface Written {
  /** Of the schema. */
  readonly id: number;
  readonly value: Buffer;
}

async function scoresOf({ log }: System): Promise<Written[]> {
  const written: Written[] = [];
  await log.scan([SCORES], ({ value }) => {
    if (value !== null) written.push({ id: value.readInt32BE(1), value });
  });
  return written;
}

async function columnsOf({ engines }: System): Promise<number> {
  const database = openDatabase({ url: engines.databaseUrl, poolMax: 1 });
  try {
    const { rows } = await database.query(
      `select from information_schema.columns
       where table_schema || '.' || table_name = $1 and column_name = $2`,
      [NEW_COLUMN.table, NEW_COLUMN.name],
    );
    return rows.length;
  } finally {
    await database.close();
  }
}
