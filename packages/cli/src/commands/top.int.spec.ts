// `saidao top` against a real broker: on a terminal that has to be left in order, and for programs.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lines, services } from '@saidao/schemas';
import { plainPython } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runCommand } from '../command.fixture.ts';
import type { LineReading } from '../line-readings.ts';
import * as top from './top.ts';

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, '..', 'main.ts');
const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures');
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';

interface Terminal {
  readonly output: string;
  /** Negative: the signal that ended it. */
  readonly code: number;
  /** Whether echo, lines and signals of keys are as they were before. */
  readonly restored: boolean;
}

let home: string;
let python: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'saidao-top-'));
  python = await plainPython({ environment: process.env });
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

const environment = (brokers = inject('brokers').join(',')) => ({
  ...{ SAIDAO_HOME: home, KAFKA_BROKERS: brokers, LENDERS: 'exim-zj', NO_COLOR: '1' },
});

/** On a terminal of 100 by 30; once `until` is seen, `act` is typed or sent. */
async function onTerminal(
  program: string[],
  until: string,
  act: string,
  brokers?: string,
): Promise<Terminal> {
  const command = [process.execPath, ...program];
  const asked = JSON.stringify({ command, until, act, rows: 30, columns: 100 });
  const env = { PATH: process.env['PATH'], TERM: 'xterm', ...environment(brokers) };
  const { stdout } = await run(python, [join(FIXTURES, 'on_terminal.py'), asked], { env });
  return JSON.parse(stdout) as Terminal;
}

describe('on a terminal', () => {
  it.each([
    ['Ctrl-C', '\x03'],
    ['q', 'q'],
    ['SIGTERM', 'SIGTERM'],
  ])('it is drawn in place, and %s gives the terminal back', async (_, act) => {
    const program = [MAIN, 'top', '--interval', '0.2'];
    const { output, code, restored } = await onTerminal(program, 'book  ', act);
    expect(output.startsWith(ENTER)).toBe(true);
    expect(output.endsWith(LEAVE)).toBe(true);
    expect(output).toContain('\x1b[Hsaidao top  ');
    for (const line of lines) expect(output).toContain(`${line} `);
    expect({ code, restored }).toEqual({ code: 0, restored: true });
  });

  it('a failure on the way gives the terminal back, and is told below', async () => {
    const failing = await onTerminal([join(FIXTURES, 'failing-screen.ts')], '', '');
    expect(failing.output).toContain('failed on the way');
    expect(failing.output.lastIndexOf(LEAVE)).toBeGreaterThan(failing.output.indexOf('a page'));
    expect(failing).toMatchObject({ code: 1, restored: true });
  });

  it('a broker that does not answer is told without taking the screen', async () => {
    const { output, code } = await onTerminal([MAIN, 'top'], '', '', '127.0.0.1:1');
    expect(output).not.toContain(ENTER);
    expect(output).toContain('Kafka could not look at the groups');
    expect(code).toBe(1);
  });
});

/** Rejects unless it ends with 0. */
async function printedBy(
  more: Readonly<Record<string, string>>,
  ...options: string[]
): Promise<string[]> {
  const args = [MAIN, 'top', '--once', '--interval', '0.2', ...options];
  const env = { PATH: process.env['PATH'], ...environment(), ...more };
  const { stdout } = await run(process.execPath, args, { env });
  return stdout.trimEnd().split('\n');
}

describe('for programs', () => {
  it('once, it prints a line for each line of the system', async () => {
    const printed = await printedBy({}, '--metrics', 'http://127.0.0.1:1/');
    const form = / workers=\d+ rate=\d+\.\d lag=\S+ oldest=\S+ errors=– dead-letters=\d+ parked=–/;
    for (const [at, line] of lines.entries()) {
      expect(printed[at]).toContain(` ${line} `);
      expect(printed[at]).toMatch(form);
    }
    expect(printed.at(-1)).toMatch(/ note a worker does not answer at http:\/\/127\.0\.0\.1:1$/);
  });

  it('it asks every service whose address is known', async () => {
    const known = Object.fromEntries(
      services.map((service, at) => [
        `${service.toUpperCase().replaceAll('-', '_')}_URL`,
        `http://127.0.0.1:${at + 1}`,
      ]),
    );
    const printed = await printedBy(known);
    for (const address of Object.values(known)) {
      expect(printed.join('\n')).toContain(`a worker does not answer at ${address}`);
    }
  });

  it('as JSON, it is one line for each look', async () => {
    const printed = await printedBy({}, '--json');
    expect(printed).toHaveLength(1);
    const { at, readings, notes } = JSON.parse(printed[0]!) as {
      at: string;
      readings: LineReading[];
      notes: string[];
    };
    expect(Date.parse(at)).toBeGreaterThan(0);
    expect(readings.map(({ line }) => line)).toEqual(lines);
    expect(notes).toEqual([]);
  });

  it.each(['0', 'soon', '4000'])('an interval of %s is refused', async (interval) => {
    const args = ['top', '--interval', interval];
    await expect(runCommand(top.register, environment(), args)).rejects.toMatchObject({
      code: 'commander.invalidArgument',
    });
  });
});
