// Checks of everything that can be missing or wrong on this machine, each with one sentence that says what to do.
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkDataVersion, checkLeftData, dataVersionFile } from './data-version.ts';
import { downloadState } from './downloads.ts';
import type { Download } from './downloads.ts';
import { SHARED_CACHE, askEngine, homeOwner } from './engines.ts';
import { LocalFault, fault } from './faults.ts';
import type { FaultCode } from './faults.ts';
import { kafkaDownload } from './kafka.ts';
import { checkDisk, checkNode, findJava, findMaven, freeMiB } from './machine.mjs';
import type { Environment } from './machine.mjs';
import { holderOf, portIsTaken } from './ports.ts';
import {
  postgresLinksMissing,
  postgresPackage,
  postgresProgramVersion,
  postgresPrograms,
  unprivilegedUser,
} from './postgres.ts';
import { findRedisHere, redisDownload } from './redis.ts';

export interface CheckResult {
  name: string;
  /** A note is worth knowing but stops nothing. */
  state: 'good' | 'note' | 'bad';
  /** What was found or, if bad, what to do. */
  says: string;
  code?: string;
}

export interface WantedPort {
  port: number;
  what: string;
  setting: string;
}

export interface CheckOptions {
  home: string;
  projectRoot: string;
  /** Default: SHARED_CACHE. */
  cache?: string;
  environment: Environment;
  ports: readonly WantedPort[];
  /** Default: the Node that runs this. */
  nodeVersion?: string;
}

/** All checks, in the order in which a start would meet them. */
export async function checkMachine(options: CheckOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of [
    nodeCheck,
    packagesCheck,
    javaCheck,
    kafkaCheck,
    postgresCheck,
    redisCheck,
    diskCheck,
    homeCheck,
    dataCheck,
    userCheck,
  ]) {
    results.push(await check(options));
  }
  for (const wanted of options.ports) results.push(await portCheck(options, wanted));
  return results;
}

function good(name: string, says: string): CheckResult {
  return { name, state: 'good', says };
}

function note(name: string, says: string, code?: FaultCode): CheckResult {
  return { name, state: 'note', says, ...(code && { code }) };
}

/** A fault that is thrown becomes a bad result; any other error is a defect of the check itself. */
async function checked(name: string, check: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof LocalFault)) throw error;
    return { name, state: 'bad', code: error.code, says: error.message };
  }
}

function nodeCheck({ nodeVersion = process.versions.node }: CheckOptions) {
  return checked('Node', async () => {
    checkNode(nodeVersion);
    return good('Node', nodeVersion);
  });
}

/** npm may have been told not to run install scripts (ignore-scripts, or npm 12's own rule). */
function packagesCheck({ projectRoot }: CheckOptions) {
  return checked('Packages', async () => {
    const missing: string[] = [];
    if (!existsSync(join(projectRoot, 'node_modules', 'node', 'bin', 'node'))) {
      missing.push('Node 24');
    }
    const programs = postgresPrograms(projectRoot);
    if (programs && postgresLinksMissing(programs)) missing.push("PostgreSQL's links");
    if (missing.length === 0) return good('Packages', 'installed');
    const code = 'SAIDAO_SCRIPTS_NOT_ALLOWED';
    const { message } = fault(code, { missing: missing.join(', ') });
    return { name: 'Packages', state: 'bad', code, says: message };
  });
}

function javaCheck({ environment }: CheckOptions) {
  return checked('Java', async () => {
    if (environment['KAFKA_BROKERS']) return good('Java', 'not needed: KAFKA_BROKERS is set');
    const { path, version } = await findJava(environment);
    return good('Java', `${version} at ${path}`);
  });
}

function kafkaCheck({ environment, cache = SHARED_CACHE }: CheckOptions) {
  return checked('Kafka', async () => {
    const given = environment['KAFKA_BROKERS'];
    if (given) return givenCheck('Kafka', 'kafka', 'KAFKA_BROKERS', given);
    return downloadCheck('Kafka', kafkaDownload(cache), environment);
  });
}

async function downloadCheck(
  name: string,
  { what, folder }: Download,
  environment: Environment,
): Promise<CheckResult> {
  const state = downloadState(folder);
  if (state === 'complete') return good(name, `fetched to ${folder}`);
  findMaven(environment);
  if (state === 'absent') return note(name, `${what} will be fetched by Maven at the next start`);
  const code = 'SAIDAO_DOWNLOAD_UNFINISHED';
  return note(name, fault(code, { what, folder }).message, code);
}

function postgresCheck({ environment, projectRoot }: CheckOptions) {
  return checked('PostgreSQL', async () => {
    const given = environment['DATABASE_URL'];
    if (given) return givenCheck('PostgreSQL', 'postgres', 'DATABASE_URL', given);
    const programs = postgresPrograms(projectRoot);
    if (!programs) {
      throw fault('SAIDAO_POSTGRES_BINARIES_MISSING', { package: postgresPackage() });
    }
    // Without its links it can't run yet, which the check of packages tells.
    if (postgresLinksMissing(programs)) return note('PostgreSQL', 'its libraries lack their links');
    return good('PostgreSQL', await postgresProgramVersion(programs, environment));
  });
}

function redisCheck({ environment, cache = SHARED_CACHE }: CheckOptions) {
  return checked('Redis', async () => {
    const given = environment['REDIS_URL'];
    if (given) return givenCheck('Redis', 'redis', 'REDIS_URL', given);
    const here = await findRedisHere(cache, environment);
    if (here) return good('Redis', `${here.version} at ${here.path}`);
    return downloadCheck('Redis', redisDownload(cache), environment);
  });
}

async function givenCheck(
  name: string,
  engine: 'kafka' | 'postgres' | 'redis',
  setting: string,
  address: string,
): Promise<CheckResult> {
  const reason = await askEngine(engine, address);
  if (reason === null) return good(name, `yours answers (${setting})`);
  throw fault('SAIDAO_ENGINE_UNREACHABLE', { setting, address, reason });
}

function diskCheck({ home }: CheckOptions) {
  return checked('Disk', async () => {
    checkDisk(home);
    return good('Disk', `${freeMiB(home)} MiB free`);
  });
}

function homeCheck({ home }: CheckOptions) {
  return checked('Folder', async () => {
    let at = home;
    while (!existsSync(at)) at = dirname(at);
    try {
      accessSync(at, constants.W_OK | constants.X_OK);
    } catch {
      throw fault('SAIDAO_DATA_UNREADABLE', { folder: home, reason: `no right to write ${at}` });
    }
    return good('Folder', home);
  });
}

function dataCheck({ home, environment }: CheckOptions) {
  return checked('Data', async () => {
    const isGiven = Boolean(environment['KAFKA_BROKERS'] || environment['DATABASE_URL']);
    const wrong = checkDataVersion(home) ?? (isGiven ? null : checkLeftData(home));
    if (wrong) throw wrong;
    return good('Data', existsSync(dataVersionFile(home)) ? 'of this version' : 'none yet');
  });
}

function userCheck() {
  return checked('User', async () => {
    const as = unprivilegedUser();
    if (!as) return good('User', 'not root');
    return note('User', `root, which is fine: PostgreSQL will run as ${as.user}`);
  });
}

function portCheck({ home }: CheckOptions, { port, what, setting }: WantedPort) {
  const name = `Port ${port}`;
  return checked(name, async () => {
    if (!(await portIsTaken(port))) return good(name, `free for ${what}`);
    if (homeOwner(home) !== null) return good(name, `${what} of the Saidao that now runs`);
    throw fault('SAIDAO_PORT_TAKEN', { port, what, setting, holder: holderOf(port) });
  });
}
