// What is done and said when programs or their packages are not there, with ones that pretend.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  hledgerProgram,
  javaProgram,
  kcatProgram,
  prometheusPrograms,
  pythonProgram,
} from './foreign-programs.ts';

let folder: string;
let requirements: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saidao-programs-'));
  requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, 'some-package==1.0\n');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program on the PATH of these tests; every call of it is noted. */
function program(name: string, script: string): void {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho "${name} $*" >> ${join(folder, 'calls')}\n${script}\n`);
  chmodSync(path, 0o755);
}

const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
const environment = () => ({ PATH: folder });
const kcat = (mayInstall: boolean) => kcatProgram({ environment: environment(), mayInstall });
const python = (mayInstall: boolean) =>
  pythonProgram({
    environment: environment(),
    mayInstall,
    requirements,
    cache: join(folder, 'cache'),
  });

/** A python3 that makes environments whose pip succeeds, once python3-venv is there. */
function pretendPython(): void {
  program(
    'python3',
    `case "$*" in
      -V) echo Python 3.11.2 ;;
      *venv*)
        if [ ! -e ${folder}/installed ]; then echo "ensurepip is not available" >&2; exit 1; fi
        /bin/mkdir -p "$3/bin"
        /bin/cp ${folder}/pretended "$3/bin/python" ;;
    esac`,
  );
  program('pretended', '');
}

describe('kcat', () => {
  test('is taken as it is', async () => {
    program('kcat', '');
    expect(await kcat(true)).toBe('kcat');
    expect(calls()).toEqual(['kcat -V']);
  });

  test('is installed by root, with a new list of packages if the old one lacks it', async () => {
    program(
      'apt-get',
      `[ "$1" != install ] || [ -e ${folder}/list ] || exit 100
      [ "$1" != update ] || echo > ${folder}/list`,
    );
    expect(await kcat(true)).toBe('kcat');
    expect(calls()).toEqual([
      'apt-get --version',
      'apt-get install --yes --no-install-recommends kcat',
      'apt-get update',
      'apt-get install --yes --no-install-recommends kcat',
    ]);
  });

  test.each([
    ['nobody may install it', false],
    ['there is no apt-get', true],
  ])('is asked for in one sentence where %s', async (_where, mayInstall) => {
    await expect(kcat(mayInstall)).rejects.toThrow(
      /^kcat was not found: install it \(Debian, Ubuntu: `apt-get install kcat`; macOS: .*\)\.$/,
    );
  });

  test('that cannot be installed says why', async () => {
    program('apt-get', '[ "$1" = --version ] || { echo "E: no network" >&2; exit 100; }');
    await expect(kcat(true)).rejects.toThrow(/^kcat was not found: .* E: no network$/);
  });
});

test('hledger is got in the same ways', async () => {
  const options = { environment: environment(), mayInstall: true };
  program('apt-get', '');
  expect(await hledgerProgram(options)).toBe('hledger');
  expect(calls()).toContain('apt-get install --yes --no-install-recommends hledger');
  program('hledger', '');
  expect(await hledgerProgram({ ...options, mayInstall: false })).toBe('hledger');
  rmSync(join(folder, 'hledger'));
  await expect(hledgerProgram({ ...options, mayInstall: false })).rejects.toThrow(
    /^hledger was not found: install it \(.*apt-get install hledger.*\)\.$/,
  );
});

test('Prometheus is got in the same ways, and with it promtool', async () => {
  const options = { environment: environment(), mayInstall: true };
  program('apt-get', '');
  program('prometheus', '');
  const programs = { prometheus: 'prometheus', promtool: 'promtool' };
  expect(await prometheusPrograms(options)).toEqual(programs);
  expect(calls()).toContain('apt-get install --yes --no-install-recommends prometheus');
  await expect(prometheusPrograms({ ...options, mayInstall: false })).rejects.toThrow(
    /^prometheus or promtool was not found: install them \(.*apt-get install prometheus.*\)\.$/,
  );
  program('promtool', '');
  expect(await prometheusPrograms({ ...options, mayInstall: false })).toEqual(programs);
});

describe('Python', () => {
  test('gets its packages once', async () => {
    pretendPython();
    writeFileSync(join(folder, 'installed'), '');
    const path = await python(false);
    expect(path).toMatch(/cache\/python-[0-9a-f]{16}\/bin\/python$/);
    expect(calls().filter((call) => call.includes('pip install'))).toHaveLength(1);
    expect(await python(false)).toBe(path);
    expect(calls().filter((call) => call.includes('pip install'))).toHaveLength(1);
  });

  test('gets them anew when they are others, or when the first time was cut short', async () => {
    pretendPython();
    writeFileSync(join(folder, 'installed'), '');
    const path = await python(false);
    rmSync(join(path, '../../complete'));
    expect(await python(false)).toBe(path);
    expect(calls().filter((call) => call.includes('pip install'))).toHaveLength(2);
    writeFileSync(requirements, 'some-package==1.1\n');
    expect(await python(false)).not.toBe(path);
  });

  test('that lacks venv is given it by root', async () => {
    pretendPython();
    program('apt-get', `[ "$1" != install ] || echo > ${folder}/installed`);
    expect(existsSync(await python(true))).toBe(true);
    expect(calls()).toContain('apt-get install --yes --no-install-recommends python3-venv');
  });

  test('that lacks venv is complained of in one sentence', async () => {
    pretendPython();
    await expect(python(false)).rejects.toThrow(
      /^python3 cannot make .* \(ensurepip is not available\): install python3-venv \(.*\)\.$/,
    );
  });

  test('that is missing or too old is asked for', async () => {
    const sentence = /Python 3\.9 or later was not found: install it \(.*python3-venv.*\)\.$/;
    await expect(python(false)).rejects.toThrow(sentence);
    program('python3', 'echo Python 3.8.10');
    await expect(python(false)).rejects.toThrow(/^Python 3\.8\.10 is too old\./);
  });

  test('whose packages cannot be fetched says why', async () => {
    pretendPython();
    writeFileSync(join(folder, 'installed'), '');
    program('pretended', 'echo "ERROR: no matching distribution" >&2; exit 1');
    await expect(python(false)).rejects.toThrow(/^pip could not install .*no matching distr.*\.$/);
  });
});

describe('Java', () => {
  const java = (more: NodeJS.ProcessEnv = {}) => {
    const pom = join(folder, 'pom.xml');
    writeFileSync(pom, '<project/>');
    const env = { ...environment(), ...more };
    return javaProgram({ environment: env, pom, cache: join(folder, 'cache') });
  };

  test('gets its packages once, and is the one of JAVA_HOME where that is set', async () => {
    program('mvn', 'for word; do case "$word" in -Dto=*) /bin/mkdir "${word#-Dto=}";; esac; done');
    const { java: command, classpath } = await java();
    expect(command).toBe('java');
    expect(classpath).toMatch(/cache\/java-[0-9a-f]{16}\/\*$/);
    expect(await java({ JAVA_HOME: '/jdk' })).toEqual({ java: '/jdk/bin/java', classpath });
    expect(calls()).toHaveLength(1);
  });

  test('whose packages cannot be fetched says why', async () => {
    program('mvn', 'echo "[ERROR] no network" >&2; exit 1');
    await expect(java()).rejects.toThrow(
      /^mvn could not fetch .*no network.*run the command again/,
    );
  });
});
