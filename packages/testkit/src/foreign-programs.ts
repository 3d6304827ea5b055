// Programs of other makers that tests run, and how Python and Java get their packages.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withFetchLock } from '@saidao/local';

const run = promisify(execFile);
const INSTALL_MS = 300_000;
const PYTHON_MINOR_MIN = 9;

export interface ProgramOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Whether missing Debian packages may be installed; left out: if we are root. */
  readonly mayInstall?: boolean;
}

/** kcat as it is called: the one on PATH, else Debian's. */
export async function kcatProgram(options: ProgramOptions): Promise<string> {
  if (await answers('kcat', ['-V'], options)) return 'kcat';
  const what = 'kcat was not found: install it (Debian, Ubuntu: `apt-get install kcat`; macOS:';
  await installDebian(['kcat'], `${what} \`brew install kcat\`).`, options);
  return 'kcat';
}

/** hledger as it is called: the one on PATH, else Debian's. */
export async function hledgerProgram(options: ProgramOptions): Promise<string> {
  if (await answers('hledger', ['--version'], options)) return 'hledger';
  const what = 'hledger was not found: install it (Debian, Ubuntu: `apt-get install hledger`;';
  await installDebian(['hledger'], `${what} macOS: \`brew install hledger\`).`, options);
  return 'hledger';
}

/** Python as it is called, with nothing but its own library. */
export async function plainPython(options: ProgramOptions): Promise<string> {
  await pythonVersion(options);
  return 'python3';
}

/** Prometheus and its promtool as they are called: those on PATH, else Debian's. */
export async function prometheusPrograms(
  options: ProgramOptions,
): Promise<{ readonly prometheus: string; readonly promtool: string }> {
  const programs = { prometheus: 'prometheus', promtool: 'promtool' };
  const areThere = async () =>
    (await answers('prometheus', ['--version'], options)) &&
    (await answers('promtool', ['--version'], options));
  if (await areThere()) return programs;
  const what = 'prometheus or promtool was not found: install them (Debian, Ubuntu:';
  const sentence = `${what} \`apt-get install prometheus\`; macOS: \`brew install prometheus\`).`;
  // Installed for tests, it is not to run as a service: in this runlevel Debian starts none.
  const environment = { ...options.environment, RUNLEVEL: '1' };
  await installDebian(['prometheus'], sentence, { ...options, environment });
  return programs;
}

/** Chromium as it is called: the one on PATH, else Debian's. */
export async function chromiumProgram(options: ProgramOptions): Promise<string> {
  if (await answers('chromium', ['--version'], options)) return 'chromium';
  const what = 'chromium was not found: install it (Debian, Ubuntu: `apt-get install chromium`).';
  await installDebian(['chromium'], what, options);
  return 'chromium';
}

/**
 * The path of a Python that has what `requirements` lists, in a virtual environment below `cache`.
 * It is made once for each list and Python.
 */
export async function pythonProgram(
  options: ProgramOptions & { readonly requirements: string; readonly cache: string },
): Promise<string> {
  const version = await pythonVersion(options);
  const wanted = `${version}\n${readFileSync(options.requirements, 'utf8')}`;
  const hash = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  const folder = join(options.cache, `python-${hash}`);
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  await withFetchLock(`${folder}.lock`, async () => {
    if (existsSync(complete) && (await answers(python, ['-V'], options))) return;
    await installPython(options, folder);
    writeFileSync(complete, wanted);
  });
  return python;
}

async function installPython(
  options: ProgramOptions & { readonly requirements: string },
  folder: string,
): Promise<void> {
  // One that was cut short is begun anew.
  rmSync(folder, { recursive: true, force: true });
  await makeVenv(folder, options);
  const install = ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet'];
  await call(
    join(folder, 'bin', 'python'),
    [...install, '-r', options.requirements],
    options,
  ).catch((error: unknown) => {
    const reason = lastLineOf(error);
    const advice = 'check the network or proxy and run the command again';
    throw new Error(`pip could not install ${options.requirements} (${reason}): ${advice}.`, {
      cause: error,
    });
  });
}

export interface JavaProgram {
  /** As it is called. */
  readonly java: string;
  /** What Maven fetched. */
  readonly classpath: string;
}

/**
 * Java with the jars that a pom.xml wants, in a folder of its own below `cache`. Its plugin copies
 * dependencies to the property `to`.
 */
export async function javaProgram(
  options: ProgramOptions & { readonly pom: string; readonly cache: string },
): Promise<JavaProgram> {
  const { environment, pom, cache } = options;
  const home = environment['JAVA_HOME'];
  const java = home ? join(home, 'bin', 'java') : 'java';
  const hash = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 16);
  const folder = join(cache, `java-${hash}`);
  const program = { java, classpath: join(folder, '*') };
  if (existsSync(folder)) return program;
  // Two tests at once fetch twice; a folder with the last name is whole.
  const partial = `${folder}.${process.pid}`;
  mkdirSync(cache, { recursive: true });
  const goal = ['dependency:copy-dependencies', `-Dto=${partial}`];
  await call('mvn', ['-B', '-q', '-f', pom, ...goal], options).catch((error: unknown) => {
    const reason = lastLineOf(error);
    const advice = 'check that Maven is there, and the network or proxy, and run the command again';
    throw new Error(`mvn could not fetch what ${pom} wants (${reason}): ${advice}.`, {
      cause: error,
    });
  });
  if (existsSync(folder)) rmSync(partial, { recursive: true });
  else renameSync(partial, folder);
  return program;
}

async function pythonVersion(options: ProgramOptions): Promise<string> {
  const what = `Python 3.${PYTHON_MINOR_MIN} or later was not found: install it (Debian, Ubuntu:`;
  const sentence = `${what} \`apt-get install python3-venv\`; macOS: \`brew install python\`).`;
  if (!(await answers('python3', ['-V'], options))) {
    await installDebian(['python3-venv'], sentence, options);
  }
  const version = (await call('python3', ['-V'], options)).trim();
  const minor = Number(/^Python 3\.(\d+)/.exec(version)?.[1] ?? 0);
  if (minor < PYTHON_MINOR_MIN) throw new Error(`${version} is too old. ${sentence}`);
  return version;
}

async function makeVenv(folder: string, options: ProgramOptions): Promise<void> {
  const make = () => call('python3', ['-m', 'venv', folder], options);
  try {
    await make();
  } catch (error) {
    // Debian keeps it in a package of its own.
    const what = `python3 cannot make a virtual environment (${lastLineOf(error)}): install`;
    const sentence = `${what} python3-venv (Debian, Ubuntu: \`apt-get install python3-venv\`).`;
    await installDebian(['python3-venv'], sentence, options);
    await make();
  }
}

/** Installs with apt-get, or says the sentence where that cannot be. */
async function installDebian(
  packages: readonly string[],
  sentence: string,
  options: ProgramOptions,
): Promise<void> {
  const { mayInstall = process.getuid?.() === 0 } = options;
  if (!mayInstall || !(await answers('apt-get', ['--version'], options))) throw new Error(sentence);
  const install = ['install', '--yes', '--no-install-recommends', ...packages];
  try {
    await withFetchLock(join(tmpdir(), 'saidao-apt.lock'), async () => {
      // A new machine has no list of packages yet, or an old one.
      await call('apt-get', install, options).catch(async () => {
        await call('apt-get', ['update'], options);
        await call('apt-get', install, options);
      });
    });
  } catch (error) {
    throw new Error(`${sentence} apt-get failed: ${lastLineOf(error)}`, { cause: error });
  }
}

async function answers(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<boolean> {
  try {
    await call(command, args, options);
    return true;
  } catch {
    // Not there, or unfit to run.
    return false;
  }
}

async function call(
  command: string,
  args: readonly string[],
  { environment }: ProgramOptions,
): Promise<string> {
  const env = { ...environment, DEBIAN_FRONTEND: 'noninteractive' };
  const { stdout } = await run(command, args, { env, timeout: INSTALL_MS });
  return stdout;
}

function lastLineOf(error: unknown): string {
  const { stderr, stdout, message } = error as {
    stderr?: string;
    stdout?: string;
    message: string;
  };
  const said = stderr?.trim() || stdout?.trim() || message;
  return said.split('\n').at(-1) ?? message;
}
