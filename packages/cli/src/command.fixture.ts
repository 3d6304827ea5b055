// A command line as a shell would run it, with what it printed and its exit code.
import { Command } from 'commander';
import { commandContext, type CommandContext } from './context.ts';

export interface Ran {
  readonly lines: string[];
  readonly code: number;
}

/** Runs what `register` adds to `saidao`; the environment is all that it knows of the place. */
export async function runCommand(
  register: (program: Command, context: CommandContext) => void,
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<Ran> {
  const lines: string[] = [];
  const context = {
    ...commandContext(environment),
    print: (text: string) => void lines.push(text),
    remark: (text: string) => void lines.push(text),
  };
  const program = new Command('saidao').exitOverride().configureOutput({ writeErr: () => {} });
  register(program, context);
  await program.parseAsync([...args], { from: 'user' });
  const code = Number(process.exitCode ?? 0);
  process.exitCode = 0;
  return { lines, code };
}
