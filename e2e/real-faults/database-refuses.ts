// PostgreSQL refuses: deadlocks, serialization failures at commit, no connection left for anyone.
import { loanLines as lines } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import pg from 'pg';
import type { Case } from '../torture/case.ts';
import { underFire, type Fire } from './under-fire.ts';

const COUNT = 100;
const RATE = 3;
const BEFORE = 10;
/** Of so many transactions that write one fails so, and another one so. */
const ONE_IN = 7;
/** For so long nobody gets a connection: longer than a turn waits for one. */
const TAKEN_MS = 8_000;
const TOO_MANY = '53300';

export function databaseRefusesCases(environment: NodeJS.ProcessEnv): Case[] {
  const options = { environment, count: COUNT, rate: RATE };
  return [
    {
      group: 'real-faults',
      name: 'transactions fail by deadlock, and at commit by serialization',
      run: () => underFire(options, refuseTransactions),
    },
    {
      group: 'real-faults',
      name: 'PostgreSQL has no connection left',
      run: () => underFire(options, takeConnections),
    },
  ];
}

/** The database itself raises what it raises in a real one, where and how it would. */
async function refuseTransactions(fire: Fire) {
  const client = new pg.Client({ connectionString: fire.system.engines.databaseUrl });
  await client.connect();
  try {
    await fire.untilSubmitted(BEFORE);
    // A sequence is not rolled back: it counts what was.
    for (const [name, code, rest] of [
      ['deadlock', '40P01', 1],
      ['unserializable', '40001', 2],
    ] as const) {
      await client.query(`create sequence public.${name}_count`);
      await client.query(`
        create function public.${name}() returns trigger language plpgsql security definer as $$
        begin
          if pg_current_xact_id()::text::bigint % ${ONE_IN} = ${rest} then
            perform nextval('public.${name}_count');
            raise exception '${name}, by a test' using errcode = '${code}';
          end if;
          return null;
        end
        $$`);
    }
    const triggers = lines.flatMap((line) => [
      `create trigger fails_by_deadlock after insert on ${line}.journal
         for each statement execute function public.deadlock()`,
      `create constraint trigger fails_at_commit after insert on ${line}.journal
         deferrable initially deferred for each row execute function public.unserializable()`,
    ]);
    for (const statement of triggers) await client.query(statement);
    await fire.untilSubmitted(COUNT);
    for (const line of lines) {
      await client.query(`drop trigger fails_by_deadlock on ${line}.journal`);
      await client.query(`drop trigger fails_at_commit on ${line}.journal`);
    }
    const { rows } = await client.query<{ deadlocks: string; failures: string }>(
      `select coalesce(pg_sequence_last_value('public.deadlock_count'), 0) as deadlocks,
              coalesce(pg_sequence_last_value('public.unserializable_count'), 0) as failures`,
    );
    const [{ deadlocks, failures } = { deadlocks: '0', failures: '0' }] = rows;
    const none = [deadlocks, failures].includes('0');
    return {
      runs: Number(deadlocks) + Number(failures),
      findings: none ? ['no transaction was refused in one of the ways'] : [],
      notes: [`${deadlocks} deadlocks, ${failures} serialization failures`],
    };
  } finally {
    await client.end();
  }
}

/** The workers' connections are ended, and taken by others before they can be opened again. */
async function takeConnections(fire: Fire) {
  const { databaseUrl } = fire.system.engines;
  const taken: pg.Client[] = [];
  await fire.untilSubmitted(COUNT / 2);
  let refused = false;
  const take = async (): Promise<boolean> => {
    const client = new pg.Client({ connectionString: databaseUrl });
    client.on('error', () => {
      // Ended with the engine.
    });
    try {
      await client.connect();
      taken.push(client);
      return true;
    } catch (error) {
      if ((error as { code?: string }).code !== TOO_MANY) throw error;
      refused = true;
      return false;
    }
  };
  try {
    while (await take());
    const [first] = taken;
    const sinceMs = performance.now();
    await eventually(
      'nobody gets a connection for long',
      async () => {
        await first!.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name like 'saidao%' and pid <> pg_backend_pid()`,
        );
        while (await take());
        return performance.now() - sinceMs > TAKEN_MS;
      },
      { everyMs: 20 },
    );
  } finally {
    await Promise.all(taken.map((client) => client.end()));
  }
  await fire.untilReady();
  return {
    runs: 1,
    findings: refused ? [] : ['there was always a connection left'],
    notes: [`${taken.length} connections were taken`],
  };
}
