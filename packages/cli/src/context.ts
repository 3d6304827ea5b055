// What every command of `saidao` is given: the environment, the settings and where to print.
import { isAbsolute, join } from 'node:path';
import { faultsOfLogin, readSettings } from '@saidao/config';
import type { Environment, SettingsOf } from '@saidao/config';
import { commandSettings } from './settings.ts';

/** The project's root: commands work from any folder. */
export const PROJECT_ROOT = join(import.meta.dirname, '..', '..', '..');

export interface CommandContext {
  readonly environment: Environment;
  readonly settings: SettingsOf<typeof commandSettings>;
  /** The folder of data, logs and run files, absolute. */
  readonly home: string;
  /** One line to standard output. */
  print(line: string): void;
  /** One line to standard error: progress and remarks, which `--json` leaves to people. */
  remark(line: string): void;
}

export function commandContext(environment: Environment): CommandContext {
  const settings = readSettings(commandSettings, environment, faultsOfLogin);
  return {
    environment,
    settings,
    home: isAbsolute(settings.home) ? settings.home : join(PROJECT_ROOT, settings.home),
    print: (line) => process.stdout.write(`${line}\n`),
    remark: (line) => process.stderr.write(`${line}\n`),
  };
}
