// Sets up what a bare machine lacks (packages, Node 24), on whatever Node from 20 on runs it.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  LocalFault,
  checkDisk,
  checkNode,
  findJava,
  findMaven,
  machineFault,
} from '../infra/local/src/machine.mjs';
import { stepPrinter } from './steps.mjs';

const run = promisify(execFile);
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const NODE_WANTED = [24, 16];

/**
 * Leaves node_modules complete and says which Node 24 to use. With `engines`, what the engines need
 * of the machine is checked first: a missing Java should not wait for the packages.
 */
export async function prepare({ engines = false, environment = process.env } = {}) {
  checkNode();
  const step = stepPrinter();
  const missing = missingPackages();
  if (engines) await checkMachine(environment, missing !== null);
  if (missing !== null) {
    if (!engines) checkDisk(ROOT, 1024);
    await step('Packages (npm ci)', (tell) => installPackages(tell, environment));
  }
  const node = await findNode24(step, environment);
  await repairPatches(step, node, environment);
  return { node, root: ROOT };
}

async function checkMachine(environment, first) {
  if (first) checkDisk(environment.SAIDAO_HOME ?? ROOT);
  if (environment.KAFKA_BROKERS) return;
  await findJava(environment);
  const cache = join(ROOT, '.saidao', 'cache');
  const fetched =
    existsSync(cache) && readdirSync(cache).some((name) => /^kafka-[\d.]+$/.test(name));
  if (!fetched) findMaven(environment);
}

/**
 * Null if node_modules holds what package-lock.json says, else why not. npm writes its own lock
 * there last.
 */
export function missingPackages(root = ROOT) {
  const wanted = readLock(join(root, 'package-lock.json'));
  const present = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (present === null) return 'node_modules is missing or unfinished';
  for (const [path, { version, optional, link }] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/')) continue;
    const found = present[path];
    if (found === undefined && !optional) return `${path} is missing`;
    if (found !== undefined && !link && found.version !== version) {
      return `${path} is ${found.version}, not ${version}`;
    }
  }
  return null;
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}

/** The npm that runs us, if one does: another one on PATH may be older. */
function npm(environment) {
  const script = environment.npm_execpath;
  return script && /npm-cli\.js$/.test(script)
    ? { command: process.execPath, first: [script] }
    : { command: 'npm', first: [] };
}

async function installPackages(tell, environment) {
  const { command, first } = npm(environment);
  const child = spawn(
    command,
    [
      ...first,
      'ci',
      '--include=dev',
      '--include=optional',
      '--loglevel=error',
      '--no-fund',
      '--no-audit',
    ],
    {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
      // onnxruntime-node would fetch what only graphics cards need, or be left out offline.
      env: { ...environment, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    },
  );
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const counting = setInterval(() => {
    if (existsSync(MODULES)) tell(`${readdirSync(MODULES).length} folders`);
  }, 500);
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', resolve);
  });
  clearInterval(counting);
  if (code === 127 && errors === '')
    throw machineFault('SAIDAO_PACKAGES_FAILED', { reason: 'npm was not found' });
  const missing = missingPackages();
  if (code === 0 && missing === null) return `${readdirSync(MODULES).length} folders`;
  const said = errors
    .split('\n')
    .filter((line) => /^npm (error|ERR!)/.test(line) && !/ code |log of this run/.test(line))
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, ''));
  const reason = said.find((line) => line !== '') ?? missing ?? `npm ended with code ${code}`;
  throw machineFault('SAIDAO_PACKAGES_FAILED', { reason });
}

/**
 * The npm package's Node 24; where install scripts were not allowed, its own script is run by name.
 */
async function findNode24(step, environment) {
  const own = join(MODULES, 'node', 'bin', 'node');
  if (await isNode24(own)) return own;
  // On a system the package has no program for, the Node that runs this may do.
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_WANTED[0] || (major === NODE_WANTED[0] && minor >= NODE_WANTED[1])) {
    return process.execPath;
  }
  await step('Node 24 (install scripts were not run)', async () => {
    const script = join(MODULES, 'node', 'installArchSpecificPackage.js');
    await run(process.execPath, [script], { cwd: dirname(script), env: environment }).catch(
      () => {},
    );
    if (!(await isNode24(own)))
      throw machineFault('SAIDAO_SCRIPTS_NOT_ALLOWED', { missing: 'Node 24' });
  });
  return own;
}

async function isNode24(path) {
  if (!existsSync(path)) return false;
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 20_000 });
    const [major, minor] = stdout.trim().slice(1).split('.').map(Number);
    return major === NODE_WANTED[0] && minor >= NODE_WANTED[1];
  } catch {
    return false;
  }
}

/**
 * Patches of dependencies are put on by an install script, which npm may have been told not to run.
 */
async function repairPatches(step, node, environment) {
  const folder = join(ROOT, 'patches');
  if (!existsSync(folder)) return;
  const hash = createHash('sha256').update(readFileSync(join(MODULES, '.package-lock.json')));
  for (const name of readdirSync(folder).sort())
    hash.update(name).update(readFileSync(join(folder, name)));
  const stamp = join(MODULES, '.saidao-patches');
  const wanted = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await step('Patches of dependencies', async () => {
    const tool = join(MODULES, 'patch-package', 'index.js');
    try {
      await run(node, [tool, '--error-on-fail'], { cwd: ROOT, env: environment });
    } catch (error) {
      throw new LocalFault(
        'SAIDAO_PATCHES_FAILED',
        'The patches in patches/ do not fit the installed packages: run `npm ci` and try again.',
        { cause: error },
      );
    }
    writeFileSync(stamp, wanted);
  });
}

/**
 * Runs a script under Node 24 and resolves to its exit code. Ctrl-C reaches it by itself, as it is
 * in the same process group; other signals are passed on, and should this process be killed, the
 * script learns it by its closed channel.
 */
export function runNode(node, args, { environment = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(node, args, {
      cwd: process.cwd(),
      // What one start has compiled the next need not: workers are ready in half the time.
      env: { NODE_COMPILE_CACHE: join(ROOT, '.saidao', 'cache', 'node'), ...environment },
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    const ignore = () => {};
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', ignore);
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, pass);
    child.once('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

/** A fault is one sentence; anything else is a defect and shows its stack. */
export function faultText(error) {
  return error instanceof LocalFault ? error.message : (error?.stack ?? String(error));
}

/** Ends the process as its work ended. */
export async function main(work) {
  try {
    process.exit(await work());
  } catch (error) {
    process.stderr.write(`\n${faultText(error)}\n`);
    process.exit(1);
  }
}
