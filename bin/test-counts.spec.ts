// The last line of a test run never tells a broken run as a good one.
import { expect, test } from 'vitest';
import { countTests, lastLine } from './test-counts.mjs';

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
