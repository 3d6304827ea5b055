// What the machine must have, in plain JavaScript: launchers ask it on Node 20, before all else.
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statSync, statfsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const JAVA_MAJOR_MIN = 17;
const NODE_MAJOR_MIN = 20;
/** Packages, jars and an empty database take 900 MiB; the rest is for logs and data. */
export const FREE_MIB_MIN = 2048;

export const sentences = {
  SAIDAO_NODE_OLD: ({ found }) =>
    `Node ${found} is too old to set Saidao up: install Node ${NODE_MAJOR_MIN} or later (Saidao brings its own Node 24 for the rest).`,
  SAIDAO_JAVA_MISSING: () =>
    'No Java was found: install Java 17 or later (Debian, Ubuntu: `apt-get install openjdk-17-jre-headless`; macOS: `brew install openjdk`), point JAVA_HOME at one, or set KAFKA_BROKERS to a broker of yours.',
  SAIDAO_JAVA_OLD: ({ found, path }) =>
    `Java ${found} at ${path} is too old for the Kafka broker: install Java 17 or later, or point JAVA_HOME at one.`,
  SAIDAO_MAVEN_MISSING: () =>
    'Maven is needed once, to fetch the Kafka broker, and `mvn` was not found on PATH: install it (Debian, Ubuntu: `apt-get install maven`; macOS: `brew install maven`) or set KAFKA_BROKERS to a broker of yours.',
  SAIDAO_DISK_FULL: ({ freeMiB, neededMiB, folder }) =>
    `Only ${freeMiB} MiB are free on the disk of ${folder} and ${neededMiB} MiB are needed: free some space or set SAIDAO_HOME to a folder on another disk.`,
  SAIDAO_SCRIPTS_NOT_ALLOWED: ({ missing }) =>
    `npm did not run install scripts (missing: ${missing}): run \`npm rebuild --ignore-scripts=false\` in this folder.`,
  SAIDAO_PACKAGES_FAILED: ({ reason }) =>
    `npm could not install the packages (${reason}): check the network or proxy and run the command again.`,
};

/** Something the person at the keyboard can put right; the message is for them, without a stack. */
export class LocalFault extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.name = 'LocalFault';
    this.code = code;
  }
}

export function machineFault(code, values = {}) {
  return new LocalFault(code, sentences[code](values));
}

export function onPath(program, environment) {
  for (const folder of (environment.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    const candidate = join(folder, program);
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // Not here.
    }
  }
  return null;
}

export function checkNode(version = process.versions.node) {
  if (Number(version.split('.')[0]) < NODE_MAJOR_MIN) {
    throw machineFault('SAIDAO_NODE_OLD', { found: version });
  }
}

/** JAVA_HOME's Java if that is set and new enough, else the one on PATH. */
export async function findJava(environment) {
  const inHome = environment.JAVA_HOME ? join(environment.JAVA_HOME, 'bin', 'java') : null;
  let tooOld = null;
  for (const path of [inHome, onPath('java', environment)]) {
    const version = path === null ? null : await javaVersion(path);
    if (version === null) continue;
    if (javaMajor(version) >= JAVA_MAJOR_MIN) return { path, version };
    tooOld ??= { path, found: version };
  }
  throw tooOld ? machineFault('SAIDAO_JAVA_OLD', tooOld) : machineFault('SAIDAO_JAVA_MISSING');
}

async function javaVersion(path) {
  try {
    const { stderr, stdout } = await run(path, ['-version'], { timeout: 20_000 });
    return /version "([^"]+)"/.exec(stderr + stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

function javaMajor(version) {
  const [first, second] = version.split(/[._+-]/);
  // Java 8 and before called themselves 1.8.
  return Number(first) === 1 ? Number(second) : Number(first);
}

export function findMaven(environment) {
  const path = onPath('mvn', environment);
  if (path === null) throw machineFault('SAIDAO_MAVEN_MISSING');
  return path;
}

/** The folder may not exist yet: its nearest ancestor that does is on the same disk. */
export function freeMiB(folder) {
  let at = folder;
  while (!existsSync(at)) at = dirname(at);
  const { bavail, bsize } = statfsSync(at);
  return Math.floor((bavail * bsize) / (1024 * 1024));
}

export function checkDisk(folder, neededMiB = FREE_MIB_MIN) {
  const free = freeMiB(folder);
  if (free < neededMiB)
    throw machineFault('SAIDAO_DISK_FULL', { freeMiB: free, neededMiB, folder });
}
