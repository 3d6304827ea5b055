// What commands about the books share: where these are, and in which form an answer is printed.
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { csvLines } from './csv-text.ts';
import { EXIT } from './exit-codes.ts';
import { plainJson } from '@saidao/values';
import { readRunState } from './run-state.ts';
import { Told } from './told.ts';

/** How an answer is printed: for people, as one line of JSON, or as CSV. */
export interface FormOptions {
  readonly json?: true;
  readonly csv?: true;
}

export function formed(command: Command): Command {
  return command
    .option('--json', 'print it as one line of JSON')
    .option('--csv', 'print it as CSV with a header');
}

/** For people: `text`. */
export function formOf({ json, csv }: FormOptions): 'json' | 'csv' | 'text' {
  if (json && csv) throw new Told('Say --json or --csv, not both.', EXIT.usage);
  return json ? 'json' : csv ? 'csv' : 'text';
}

export function tell(
  { print }: CommandContext,
  options: FormOptions,
  answer: unknown,
  /** Null: it is no table, and has no --csv. */
  rows: (() => readonly (readonly (string | number | null)[])[]) | null,
  lines: () => readonly string[],
): void {
  const form = formOf(options);
  const said =
    form === 'json'
      ? [plainJson(answer)]
      : form === 'csv' && rows !== null
        ? csvLines(rows())
        : lines();
  for (const line of said) print(line);
  process.exitCode = EXIT.ok;
}

export function databaseUrlOf(context: CommandContext): string {
  const databaseUrl =
    readRunState(context.home)?.addresses.databaseUrl ?? context.settings.databaseUrl;
  if (databaseUrl !== undefined) return databaseUrl;
  throw new Told(
    'Nothing runs here: start it with `npm start`, or set DATABASE_URL to reach the database of ' +
      'another system.',
  );
}
