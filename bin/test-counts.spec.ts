// The last line of a test run never tells a broken run as a good one.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { countTests, endWithCounts, lastLine } from './test-counts.mjs';

const report = (changes: object = {}) => ({
  numPassedTests: 7,
  numFailedTests: 0,
  numPendingTests: 0,
  testResults: [],
  ...changes,
});
const told = (given: object | null, exitCode = 0) => lastLine(countTests(given, exitCode));

test('tells passed and failed, and skipped only if there are any', () => {
  expect(told(report())).toBe('7 passed, 0 failed');
  expect(told(report({ numFailedTests: 2 }), 1)).toBe('7 passed, 2 failed');
  expect(told(report({ numPendingTests: 1, numTodoTests: 2 }))).toBe(
    '7 passed, 0 failed, 3 skipped',
  );
});

test('a file that could not be loaded has failed', () => {
  const testResults = [
    { status: 'failed', assertionResults: [] },
    { status: 'failed', assertionResults: [{ status: 'failed' }] },
    { status: 'passed', assertionResults: [{ status: 'passed' }] },
  ];
  expect(told(report({ numFailedTests: 1, testResults }), 1)).toBe('7 passed, 2 failed');
});

test('an error outside any test has failed', () => {
  expect(told(report(), 1)).toBe('7 passed, 1 failed');
});

test('a run without a report has failed', () => {
  expect(told(null, 0)).toBe('0 passed, 1 failed');
});

test.each([
  ['all passed', { code: 0, report: report() }, '7 passed, 0 failed', 0],
  ['fetching the engines failed', { code: 3, report: null }, '0 passed, 1 failed', 1],
  ['nothing was run', { code: 0, report: report({ numPassedTests: 0 }) }, '0 passed, 0 failed', 1],
])('where %s, the counts come last', async (_what, done, line, code) => {
  const lines: string[] = [];
  const ended = await endWithCounts(
    () => Promise.resolve(done),
    (text) => lines.push(text),
  );
  expect(lines).toEqual([line]);
  expect(ended).toBe(code);
});

test.each([
  [false, '7 passed, 0 failed', 0],
  [true, '7 passed, 1 failed', 1],
])('what could not be run is told, and where all is demanded (%s) it counts', async (...given) => {
  const [demandsAll, line, code] = given;
  const lines: string[] = [];
  const ended = await endWithCounts(
    () => Promise.resolve({ code: 0, report: report(), notRun: 'containers: NOT RUN.' }),
    (text) => lines.push(text),
    { demandsAll },
  );
  expect(lines).toEqual(['containers: NOT RUN.', line]);
  expect(ended).toBe(code);
});

test('a machine without Java is told in a sentence, and the counts come last', () => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'test.mjs'), 'int'],
    { env: { PATH: '/nowhere', KAFKA_BROKERS: '' }, encoding: 'utf8' },
  );
  expect(stderr).toMatch(/Java/);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('0 passed, 1 failed');
  expect(status).toBe(1);
});
