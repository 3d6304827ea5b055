#!/usr/bin/env node
// `npm test`: sets up the machine, runs the tests and ends with one plain line of counts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADVICE, buildStandIns, containersMissing } from './containers.mjs';
import { ROOT, main, prepare, runNode } from './prepare.mjs';
import { endWithCounts } from './test-counts.mjs';

const PROJECTS = ['unit', 'int', 'e2e', 'containers'];
const WITH_ENGINES = ['int', 'e2e'];

await main(() =>
  endWithCounts(runTests, (line) => process.stdout.write(`${line}\n`), {
    demandsAll: process.env.SAIDAO_TEST_ALL === 'true',
  }),
);

async function runTests() {
  const args = process.argv.slice(2);
  const chosen = PROJECTS.filter((project) => args.includes(project));
  const rest = args.filter((arg) => !PROJECTS.includes(arg));
  const missing = chosen.length > 0 ? null : await missingForContainers();
  const possible = PROJECTS.filter((project) => missing === null || project !== 'containers');
  const projects = chosen.length > 0 ? chosen : possible;
  const engines = projects.some((project) => WITH_ENGINES.includes(project));
  const { node } = await prepare({ engines });
  if (engines) {
    // Tests start their engines silently: what has to be fetched for them is fetched here.
    const code = await runNode(node, [join(ROOT, 'infra', 'local', 'src', 'main.ts')]);
    if (code !== 0) return { code, report: null };
  }
  const notRun = missing === null ? null : `containers: NOT RUN, ${missing}; ${ADVICE}.`;
  const folder = mkdtempSync(join(tmpdir(), 'saidao-test-'));
  const report = join(folder, 'report.json');
  try {
    process.chdir(ROOT);
    const code = await runNode(node, [
      join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...projects.map((project) => `--project=${project}`),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...rest,
    ]);
    return { code, report: readReport(report), notRun };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Nobody has to have Docker; whoever asks for containers by name gets to see what is amiss. */
async function missingForContainers() {
  await buildStandIns();
  return containersMissing();
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
