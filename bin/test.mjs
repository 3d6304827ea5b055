#!/usr/bin/env node
// `npm test`: sets up the machine, runs the tests and ends with one plain line of counts.
// line of counts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, main, prepare, runNode } from './prepare.mjs';
import { countTests, lastLine } from './test-counts.mjs';

const PROJECTS = ['unit', 'int', 'e2e'];

await main(async () => {
  const args = process.argv.slice(2);
  const chosen = PROJECTS.filter((project) => args.includes(project));
  const projects = chosen.length > 0 ? chosen : PROJECTS;
  const rest = args.filter((arg) => !PROJECTS.includes(arg));
  const engines = projects.some((project) => project !== 'unit');
  const { node } = await prepare({ engines });
  if (engines) {
    // Tests start their engines silently: what has to be fetched for them is fetched here.
    const fetched = await runNode(node, [join(ROOT, 'infra', 'local', 'src', 'main.ts')]);
    if (fetched !== 0) return fetched;
  }
  const folder = mkdtempSync(join(tmpdir(), 'saidao-test-'));
  const report = join(folder, 'report.json');
  let code;
  let counts;
  try {
    process.chdir(ROOT);
    code = await runNode(node, [
      join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...projects.map((project) => `--project=${project}`),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...rest,
    ]);
    counts = countTests(readReport(report), code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${lastLine(counts)}\n`);
  return code === 0 && counts.failed === 0 && counts.passed > 0 ? 0 : 1;
});

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
