// What each service's role may do, right by right and table by table, in one database of all of them.
//
// It is set up as docs/database-rights.md tells an administrator: an owner that migrates, and a
// login for each worker that is a member of its role and of nothing else.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTables } from '@saidao/checker';
import { linesOf, services, type Service } from '@saidao/schemas';
import { startWorkerProcess } from '@saidao/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const DENIED = '42501';
interface Table {
  readonly name: string;
  /** One that a statement may set. */
  readonly column: string;
}

const RIGHTS = ['select', 'insert', 'update', 'delete', 'truncate'] as const;
const OWN = {
  database: `rights_${randomBytes(4).toString('hex')}`,
  mark: randomBytes(3).toString('hex'),
};

// What each role may do to each table of its own, where that is not all that a new table has; to
// every other table, and in every other way, nothing.
const ofEachLine = {
  applications: 'select insert update',
  shared_rows: 'select insert update',
  journal: 'select insert delete',
  parked: 'select insert delete',
  replays: 'select insert',
  timers: 'select insert delete',
  table_versions: 'select',
};
const ALL = 'select insert update delete';
const KEPT = 'select insert';
const REWRITTEN = 'select insert update';
const ofService: Readonly<Record<Service, Readonly<Record<string, string>>>> = {
  intake: {
    'intake.migrations': 'select',
    'intake.claims': REWRITTEN,
    'intake.answered_keys': REWRITTEN,
    'intake.statuses': REWRITTEN,
    'intake.provider_calls': KEPT,
  },
  'patent-verification': {
    'verify.migrations': 'select',
    'verify.provider_calls': KEPT,
    'pledge.past_pledges': KEPT,
  },
  scoring: {
    'scoring.migrations': 'select',
    'scoring.scores': KEPT,
    'scoring.model_drifts': REWRITTEN,
  },
  decisioning: {
    'decisioning.migrations': 'select',
    'decisioning.decisions': KEPT,
    'decisioning.assessments': KEPT,
    'decisioning.approvals': REWRITTEN,
    'decisioning.latest': REWRITTEN,
    'decisioning.answered_keys': REWRITTEN,
    'decisioning.review_outcomes': KEPT,
  },
  'disbursement-ledger': {
    'book.migrations': 'select',
    'book.accounts': KEPT,
    'book.entries': KEPT,
    'book.postings': KEPT,
    'book.periods': KEPT,
    'book.period_balances': KEPT,
    'book.lane_days': KEPT,
    'book.day_digests': KEPT,
    'book.chain_heads': 'select',
    'book.halts': KEPT,
    'book.halt_log': 'select',
    'book.reconciliations': 'select',
    'book.loans': REWRITTEN,
    'book.payouts': REWRITTEN,
    'book.positions': REWRITTEN,
    'book.repayments': REWRITTEN,
    'book.loan_actions': KEPT,
    'book.answered_keys': REWRITTEN,
    'payout.payouts': REWRITTEN,
  },
  gateway: { 'gateway.migrations': 'select' },
};

function isOf(service: Service, { name }: Table): boolean {
  return linesOf[service].some((line) => name.startsWith(`${line}.`));
}

function rightsOf(service: Service): Record<string, string> {
  const own = tables.filter((table) => isOf(service, table));
  const ofLines = linesOf[service].flatMap((line) =>
    Object.entries(ofEachLine).map(([table, rights]) => [`${line}.${table}`, rights]),
  );
  return {
    ...Object.fromEntries(own.map(({ name }) => [name, ALL])),
    ...Object.fromEntries(ofLines),
    ...ofService[service],
  };
}

/** The page's own SQL, its database and its logins under names that no other test has. */
const [asAdministrator, asOwner] = [
  ...readFileSync(join(root, 'docs/database-rights.md'), 'utf8').matchAll(/```sql\n([^]*?)```/g),
].map(([, text = '']) =>
  text
    .replaceAll(/\bdatabase saidao\b/g, `database ${OWN.database}`)
    .replaceAll(/\b(\w+_login|saidao_(?:owner|reader|desk))\b/g, `$1_${OWN.mark}`)
    .split(';\n')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== ''),
) as [string[], string[]];

function urlOf(login: string): string {
  const url = new URL(inject('databaseUrl'));
  return Object.assign(url, {
    username: `${login}_${OWN.mark}`,
    password: 'change-me',
    pathname: `/${OWN.database}`,
  }).href;
}
const ownerUrl = urlOf('saidao_owner');
const loginOf = (service: Service) => `${service.replaceAll('-', '_')}_login`;

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Makes the tables of a service as a release does; resolves when its process has ended. */
async function migrate(service: Service): Promise<void> {
  await using worker = startWorkerProcess(join(root, 'services', service, 'main.ts'), {
    MIGRATIONS: 'only',
    DATABASE_URL: ownerUrl,
    // Neither is there: a migration needs the database alone.
    KAFKA_BROKERS: 'localhost:1',
    REDIS_URL: 'redis://localhost:1',
    OUTSIDE_WORLD_URL: 'http://localhost:1',
    LENDERS: 'exim-zj,czb-hz',
    PARTITIONS: '2',
    CACHE_MAC_KEY: 'a-key-for-tests-of-more-than-32-characters',
    PERSONS_MAC_KEY: 'another-key-for-tests-of-more-than-32-characters',
    WEBHOOK_KEY: 'a-third-key-for-tests-of-more-than-32-characters',
    CHALLENGERS: 'onnx:soft-power-net@1',
  });
  const code = await worker.exited;
  expect({ code, stderr: worker.stderr }, worker.lines.map(({ msg }) => msg).join('\n')).toEqual({
    code: 0,
    stderr: [],
  });
}

let tables: readonly Table[];

beforeAll(async () => {
  await connected(inject('databaseUrl'), async (client) => {
    for (const statement of asAdministrator) {
      await client.query(statement).catch((error: { code?: string }) => {
        // Roles of services are of the whole cluster, which other tests use.
        if (error.code !== '42710') throw error;
      });
    }
  });
  await Promise.all(services.map(migrate));
  tables = await connected(ownerUrl, async (client) => {
    // As the page says of challengers.
    const shadowed = (text: string) => text.replace('scoring, ', 'scoring, shadow, ');
    for (const statement of asOwner) await client.query(shadowed(statement));
    const { rows } = await client.query(
      `select c.oid::regclass::text as name, (
         select quote_ident(attname) from pg_attribute
         where attrelid = c.oid and attnum > 0 and attidentity = '' order by attnum limit 1
       ) as column
       from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and n.nspname !~ '^pg_|^information_schema$' order by 1`,
    );
    return rows as Table[];
  });
});

afterAll(async () => {
  await connected(inject('databaseUrl'), async (client) => {
    await client.query(`drop database if exists ${OWN.database} with (force)`);
    const { rows } = await client.query(
      `select rolname as name from pg_roles where rolname like '%\\_${OWN.mark}'`,
    );
    for (const { name } of rows as { name: string }[]) await client.query(`drop role ${name}`);
  });
});

/** Whether it is refused for want of a right; whatever it did is taken back. */
async function isDenied(client: pg.Client, statement: string): Promise<boolean> {
  await client.query('begin');
  try {
    await client.query(statement);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === DENIED;
  } finally {
    await client.query('rollback');
  }
}

function statementOf(right: (typeof RIGHTS)[number], { name, column }: Table): string {
  return {
    select: `select from ${name} limit 0`,
    insert: `insert into ${name} default values`,
    update: `update ${name} set ${column} = ${column} where false`,
    delete: `delete from ${name} where false`,
    truncate: `truncate ${name}`,
  }[right];
}

describe.each(services)('the login of %s', (service) => {
  test('has each right to its tables that it needs, and none besides to any table', async () => {
    const found = await connected(urlOf(loginOf(service)), async (client) => {
      const held: Record<string, string> = {};
      for (const table of tables) {
        const rights: string[] = [];
        for (const right of RIGHTS) {
          if (!(await isDenied(client, statementOf(right, table)))) rights.push(right);
        }
        if (rights.length > 0) held[table.name] = rights.join(' ');
      }
      return held;
    });
    expect(found).toEqual(rightsOf(service));
  });

  test('makes, alters and drops nothing, and gets no other rights', async () => {
    const [own] = linesOf[service] as readonly [string];
    const table = `${own}.applications`;
    const statements = [
      `drop table ${table}`,
      `alter table ${table} add column more text`,
      `alter table ${table} disable trigger all`,
      `alter table ${table} owner to saidao_owner_${OWN.mark}`,
      `create index on ${table} (revision)`,
      `create trigger other before insert on ${table} for each row execute function
         suppress_redundant_updates_trigger()`,
      `create table ${own}.other (a int)`,
      'create table public.other (a int)',
      'create temporary table other (a int)',
      `create function ${own}.other() returns int language sql as 'select 1'`,
      'create schema other',
      'create role other',
      `set session_replication_role = 'replica'`,
      `set role saidao_owner_${OWN.mark}`,
      `copy ${table} to program 'cat'`,
    ];
    await connected(urlOf(loginOf(service)), async (client) => {
      for (const statement of ['set role none', 'reset role', `reset session authorization`]) {
        await client.query(statement);
      }
      for (const statement of statements) {
        expect(await isDenied(client, statement), statement).toBe(true);
      }
      // Not within a transaction.
      await expect(client.query('create database other')).rejects.toMatchObject({ code: DENIED });
    });
  });
});

test('of tables there are none but those of services', () => {
  const isOwned = (table: Table) => services.some((service) => isOf(service, table));
  expect(tables.filter((table) => !isOwned(table))).toEqual([]);
});

test('a reader reads what `saidao verify` compares, and no content of an application', async () => {
  const read = await readTables(urlOf('reader_login'));
  expect(read).toMatchObject({ standings: [], putOff: [], books: { entries: [] } });
  await connected(urlOf('reader_login'), async (client) => {
    for (const statement of [
      'select state from intake.applications',
      'select from intake.provider_calls',
      `insert into book.halts (lender_id, reason) values ('czb-hz', 'x')`,
    ]) {
      expect(await isDenied(client, statement), statement).toBe(true);
    }
  });
});

test('a desk halts, lifts and reconciles, and books nothing', async () => {
  await connected(urlOf('desk_login'), async (client) => {
    await client.query(`insert into book.halts (lender_id, reason) values ('czb-hz', 'x')`);
    await client.query('select from book.halts for update');
    await client.query('delete from book.halts');
    const { rows } = await client.query('select what from book.halt_log order by id');
    expect(rows).toEqual([{ what: 'HALTED' }, { what: 'LIFTED' }]);
    const booked = 'insert into book.entries default values';
    expect(await isDenied(client, booked)).toBe(true);
  });
});
