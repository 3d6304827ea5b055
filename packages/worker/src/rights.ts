// The database role that a service's lines and doors run as, and what it may do: its own tables only.
import { assertRoleName, sqlStateOf, type Database, type Transaction } from './database.ts';

/** A role that is missing, may not be taken, or may do too much; the sentence says what to do. */
export class DatabaseRoleError extends Error {
  readonly code = 'SAIDAO_DATABASE_ROLE';
}

/** `saidao_patent_verification`, of patent-verification. */
export function roleOf(service: string): string {
  return `saidao_${service.replaceAll('-', '_')}`;
}

interface Login {
  readonly login: string;
  /** Null: there is no such role. */
  readonly may_take: boolean | null;
  readonly too_much: boolean | null;
}

const MAKE_ATTEMPTS_MAX = 10;
/** Roles are of the whole cluster: another database of it may do the same at the same time. */
const DONE_BY_ANOTHER = new Set(['42710', '23505', 'XX000']);

/**
 * Makes the role unless it is there, and lets this login take it where it is to (`isTaken`). Throws
 * where the login may not, and where it is the role itself, which then would own tables.
 */
export async function makeRole(database: Database, role: string, isTaken: boolean): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { login, may_take: mayTake } = await loginOf(database, role);
    if (login === role) {
      throw new DatabaseRoleError(
        `The login ${login} is the role that lines run as, so it may not own tables: set ` +
          'MIGRATIONS=check, and bring them up to date by another login with MIGRATIONS=only.',
      );
    }
    if (mayTake === true || (mayTake === false && !isTaken)) return;
    try {
      await database.query(
        mayTake === null ? `create role ${role} nologin` : `grant ${role} to current_user`,
      );
    } catch (error) {
      const state = sqlStateOf(error) ?? '';
      if (state === '42501') throw denied(role, login, mayTake);
      if (!DONE_BY_ANOTHER.has(state) || attempt >= MAKE_ATTEMPTS_MAX) throw error;
    }
  }
}

/** Throws unless the role is there and this login may take it. */
export async function assertMayTake(database: Database, role: string): Promise<void> {
  const { login, may_take: mayTake } = await loginOf(database, role);
  if (mayTake !== true) throw denied(role, login, mayTake);
}

async function loginOf(database: Database, role: string): Promise<Login> {
  assertRoleName(role);
  // Since PostgreSQL 16 a member may be one that cannot take the role.
  const { rows } = await database.query<Login>(
    `select session_user::text as login,
       pg_has_role(session_user, r.oid, case
         when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER'
       end) as may_take,
       r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls
         as too_much
     from (values ($1)) as wanted (name) left join pg_roles as r on r.rolname = wanted.name`,
    [role],
  );
  const [found] = rows as [Login];
  if (found.too_much === true) {
    throw new DatabaseRoleError(
      `The database role ${role} may do more than any line needs: let a database administrator ` +
        `run “alter role ${role} nosuperuser nocreaterole nocreatedb noreplication nobypassrls”.`,
    );
  }
  return found;
}

function denied(role: string, login: string, mayTake: boolean | null): DatabaseRoleError {
  const what =
    mayTake === null
      ? `The database role ${role} is missing, and the login ${login} may not make it`
      : `The login ${login} may not take the database role ${role}`;
  const todo = [
    ...(mayTake === null ? [`create role ${role} nologin`] : []),
    `grant ${role} to "${login}"`,
  ];
  return new DatabaseRoleError(
    `${what}: let a database administrator run “${todo.join('; ')}”; see docs/database-rights.md.`,
  );
}

/**
 * Makes the schema unless it is there, and gives the role what its tables need: reading and
 * changing rows, never TRUNCATE or DDL. Tables of later migrations have it by themselves; those of
 * before the role are given it once, so that what a migration has taken away stays so.
 */
export async function giveSchema(
  transaction: Transaction,
  schema: string,
  role: string,
): Promise<void> {
  await transaction.query(`do $$
    declare
      made record;
    begin
      if to_regnamespace('${schema}') is null then
        create schema ${schema};
      end if;
      if not has_schema_privilege('${role}', '${schema}', 'usage') then
        grant usage on schema ${schema} to ${role};
      end if;
      if not exists (
        select from pg_default_acl as d, aclexplode(d.defaclacl) as a
        where d.defaclrole = (select oid from pg_roles where rolname = current_user)
          and d.defaclnamespace = '${schema}'::regnamespace and d.defaclobjtype = 'r'
          and a.grantee = '${role}'::regrole)
      then
        for made in
          select c.oid::regclass as name from pg_class as c
          where c.relnamespace = '${schema}'::regnamespace and c.relkind in ('r', 'p')
            and pg_has_role(c.relowner, 'member') and not exists (
              select from aclexplode(c.relacl) as a where a.grantee = '${role}'::regrole)
        loop
          execute format('grant select, insert, update, delete on %s to ${role}', made.name);
        end loop;
        alter default privileges in schema ${schema}
          grant select, insert, update, delete on tables to ${role};
      end if;
    end $$`);
}

/** Takes rights to a table away, where the role has one of them: `update, delete`. */
export async function takeAway(
  transaction: Transaction,
  { role, table, rights }: { role: string; table: string; rights: string },
): Promise<void> {
  const { rows } = await transaction.query<{ has: boolean }>(
    'select has_table_privilege($1, $2, $3) as has',
    [role, table, rights],
  );
  if (rows[0]?.has === true) await transaction.query(`revoke ${rights} on ${table} from ${role}`);
}

/**
 * Takes away what everybody has in a new database, where this login may: temporary tables, and up
 * to PostgreSQL 14 making tables in `public`.
 */
export async function closePublic(transaction: Transaction): Promise<void> {
  await transaction.query(`do $$
    begin
      if not pg_has_role(
        (select datdba from pg_database where datname = current_database()), 'usage')
      then
        return;
      end if;
      if has_database_privilege('public', current_database(), 'temporary') then
        execute format('revoke temporary on database %I from public', current_database());
      end if;
      if to_regnamespace('public') is not null and has_schema_privilege('public', 'public', 'create')
      then
        revoke create on schema public from public;
      end if;
    end $$`);
}
