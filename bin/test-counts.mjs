// Counts what vitest reported, so that a run that broke down is never told as a good one.

import { faultText } from './prepare.mjs';

/**
 * Runs the tests and prints the counts last, also if it never came to any; gives the exit code.
 * `demandsAll`: what could not be run here (`notRun`, told above the counts) has failed.
 */
export async function endWithCounts(run, print, { demandsAll = false } = {}) {
  let done = { code: 1, report: null };
  try {
    done = await run();
  } catch (error) {
    process.stderr.write(`\n${faultText(error)}\n`);
  }
  const { notRun = null } = done;
  if (notRun !== null) print(notRun);
  const code = demandsAll && notRun !== null ? 1 : done.code;
  const counts = countTests(done.report, code);
  print(lastLine(counts));
  return code === 0 && counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

export function countTests(report, exitCode) {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 };
  // A file that could not be loaded has failed without a test of its own.
  const brokenFiles = report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((one) => one.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  return {
    passed: report.numPassedTests,
    // An unhandled error outside any test shows only in the exit code.
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

export function lastLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
