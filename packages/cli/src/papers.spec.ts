// What runbooks and pages for operators tell one to type is taken by the command as it is defined.
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { commandContext, PROJECT_ROOT } from './context.ts';
import { programOf } from './program.ts';

const papers = [
  ...globSync(join(PROJECT_ROOT, 'docs/runbooks/*.md')).sort(),
  join(PROJECT_ROOT, 'docs/upgrades.md'),
  join(PROJECT_ROOT, 'docs/when-things-fail.md'),
];

/** What stands for a word of the reader's own that the command looks at; others are taken as such. */
const meant: Readonly<Record<string, string>> = { LINE: 'scoring', DATE: '2026-11-20' };

/** Each `npx saidao …` of a paper; one between backticks may go on in the next line. */
function commandsOf(text: string): string[] {
  const found = [...text.matchAll(/`npx saidao ([^`]+)`|^ *npx saidao (.+)$/gm)];
  return found.map(([, quoted, typed]) => (quoted ?? typed)!.replace(/\s+#.*$/, ''));
}

function wordsOf(command: string): string[] {
  const words = command.match(/"[^"]*"|\S+/g) ?? [];
  return words.map((word) => meant[word] ?? word.replaceAll('"', ''));
}

/** Parsed as when it is typed, and nothing done. */
async function faultOf(words: readonly string[]): Promise<string> {
  let said = '';
  const program = programOf(commandContext({}));
  const still = (command: Command): void => {
    command
      .exitOverride()
      .configureOutput({ writeOut: () => {}, writeErr: (text) => (said += text) });
    if (command !== program) command.action(() => {});
    command.commands.forEach(still);
  };
  still(program);
  return program.parseAsync([...words], { from: 'user' }).then(
    () => '',
    (error: Error) => `${error.message} ${said}`,
  );
}

test.each(papers.map((file) => [basename(file), file]))(
  '%s names commands with all that they need',
  async (_, file) => {
    for (const command of commandsOf(readFileSync(file, 'utf8'))) {
      expect(await faultOf(wordsOf(command)), command).toBe('');
    }
  },
);

test.each([
  ['an unknown command', 'fly', 'unknown command'],
  ['one below a command', 'ledger fly', 'too many arguments'],
  ['an unknown option', 'verify --mend', 'unknown option'],
  ['a mandatory option that is missing', 'reviews list', '--as'],
  ['a choice that there is not', 'dead-letters list --line scorer', 'Allowed choices'],
  ['an argument that is missing', 'trace', 'missing required argument'],
])('%s is seen', async (_, command, says) => {
  expect(await faultOf(wordsOf(command))).toContain(says);
});

test('commands are found in sentences, over two lines and in blocks', () => {
  const text =
    'See `npx saidao topics`, `npx saidao trace\nID`.\n\n```sh\nnpx saidao down   # all\n```\n';
  expect(commandsOf(text).map(wordsOf)).toEqual([['topics'], ['trace', 'ID'], ['down']]);
});
