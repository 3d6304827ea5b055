// The bench: measures Saidao beside the naive form in one run, and prints what was measured.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runBench, type BenchResult } from './bench.ts';
import { OutcomesDiffer } from './comparison.ts';
import { readOptions, UsageError, USAGE, type BenchOptions } from './options.ts';
import { linesOf } from './report.ts';

const LISTED_MAX = 200;

const print = (text: string) => void process.stdout.write(`${text}\n`);

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stopping.abort(new Error(`told to stop by ${signal}`)));
}
try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) print(USAGE);
  else {
    let measured: BenchResult | undefined;
    try {
      await runBench({
        options,
        environment: process.env,
        signal: stopping.signal,
        tell: (text) => void process.stderr.write(`… ${text}\n`),
        onPart: (result) => (measured = result),
      });
    } catch (error) {
      // An hour's figures are not lost with a later part; beside a difference none is worth printing.
      if (!(error instanceof OutcomesDiffer)) tellMeasured(measured, options);
      throw error;
    }
    tellMeasured(measured, options);
  }
} catch (error) {
  process.stderr.write(`${textOf(error)}\n`);
  process.exitCode = 1;
}

function tellMeasured(measured: BenchResult | undefined, { json }: BenchOptions): void {
  if (measured === undefined) return;
  const { report, profiles } = measured;
  print(linesOf(report).join('\n'));
  if (profiles.length > 0) print(profiles.join('\n'));
  if (json !== null) writeFileSync(resolve(json), `${JSON.stringify(report, null, 2)}\n`);
}

function textOf(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\n\n${USAGE}`;
  if (!(error instanceof OutcomesDiffer)) return (error as Error).stack ?? String(error);
  const { message, differences } = error;
  const more = differences.length - LISTED_MAX;
  const listed = differences.slice(0, LISTED_MAX).map((line) => `  ${line}`);
  return [message, ...listed, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n');
}
