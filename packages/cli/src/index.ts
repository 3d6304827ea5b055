// What tests and papers may use of the `saidao` command.
export { commandSettings } from './settings.ts';
export { readRunState } from './run-state.ts';
export type { Addresses, RunState } from './run-state.ts';
export { table } from './table.ts';
export type { PlayContext } from './play-context.ts';
