#!/usr/bin/env node
// `npm run check`: format, lint, types, generated files, house rules and all tests, as CI runs them.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, main, prepare } from './prepare.mjs';
import { stepPrinter } from './steps.mjs';

const OUTPUT_LINES_MAX = 200;
const COUNTS = /^(\d+) passed, (\d+) failed(, \d+ skipped)?$/;
const tool = (path) => join(ROOT, 'node_modules', path);

const STEPS = [
  {
    name: 'Format (prettier)',
    args: [tool('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'],
    advice: 'npm run format',
  },
  {
    name: 'Lint (oxlint)',
    args: [tool('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings'],
    advice: 'npx oxlint --type-aware --fix',
  },
  { name: 'Types (tsc)', args: [tool('typescript/bin/tsc'), '--noEmit', '-p', '.'] },
  {
    name: 'Generated files',
    args: [join(ROOT, 'tools', 'generate.ts'), '--check'],
    advice: 'npm run generate',
  },
  { name: 'House rules (tidy)', args: [join(ROOT, 'tools', 'tidy.ts')] },
];

await main(async () => {
  const args = process.argv.slice(2);
  const withTests = !args.includes('static');
  const { node } = await prepare();
  const step = stepPrinter();
  const failed = [];
  for (const { name, args, advice } of STEPS) {
    const ran = { code: 1, output: '' };
    try {
      await step(name, async () => {
        Object.assign(ran, await runQuietly(node, args));
        if (ran.code !== 0) throw new Error(name);
      });
    } catch {
      failed.push(advice === undefined ? name : `${name}: try \`${advice}\``);
      process.stdout.write(`${shorten(ran.output)}\n`);
    }
  }
  const tests = withTests
    ? await runTests(node, args)
    : { passed: 0, failed: 0, more: '', code: 0 };
  if (tests.code !== 0) failed.push('Tests (npm test)');
  for (const failure of failed) process.stdout.write(`FAILED ${failure}\n`);
  // A check that failed counts as a failed test: the last line has to agree with the exit code.
  const stepsFailed = failed.length - (tests.code === 0 ? 0 : 1);
  const passed = tests.passed + STEPS.length - stepsFailed;
  const failures = Math.max(tests.failed + stepsFailed, failed.length > 0 ? 1 : 0);
  process.stdout.write(`${passed} passed, ${failures} failed${tests.more}\n`);
  return failed.length === 0 ? 0 : 1;
});

function runQuietly(node, args) {
  return new Promise((resolve) => {
    const child = spawn(node, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const hold = (chunk) => (output += chunk);
    child.stdout.setEncoding('utf8').on('data', hold);
    child.stderr.setEncoding('utf8').on('data', hold);
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * Runs `npm test` with what was given to us (unit, a file) and shows what it prints, but for its line
 * of counts, which becomes part of ours.
 */
function runTests(node, args) {
  return new Promise((resolve) => {
    const counts = { passed: 0, failed: 0, more: '' };
    const color = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
    const child = spawn(node, [join(ROOT, 'bin', 'test.mjs'), ...args], {
      cwd: ROOT,
      stdio: ['inherit', 'pipe', 'inherit'],
      env: { ...process.env, ...color },
    });
    // Ctrl-C reaches the tests by themselves; we wait until they have stopped their engines.
    process.on('SIGINT', () => {});
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    let rest = '';
    const show = (line) => {
      const found = COUNTS.exec(line);
      if (found === null) process.stdout.write(`${line}\n`);
      else {
        const [, passed, failed, more = ''] = found;
        Object.assign(counts, { passed: Number(passed), failed: Number(failed), more });
      }
    };
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(show);
    });
    child.once('error', () => resolve({ ...counts, code: 1 }));
    child.once('close', (code) => {
      if (rest !== '') show(rest);
      resolve({ ...counts, code: code ?? 1 });
    });
  });
}

function shorten(output) {
  const lines = output.trimEnd().split('\n');
  if (lines.length <= OUTPUT_LINES_MAX) return lines.join('\n');
  const more = `… and ${lines.length - OUTPUT_LINES_MAX} more lines`;
  return [...lines.slice(0, OUTPUT_LINES_MAX), more].join('\n');
}
