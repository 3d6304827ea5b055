// What now runs, written by `up` for the other commands: processes and addresses.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { homeOwner } from '@saidao/local';
import type { EngineName } from '@saidao/local';
import type { Service } from '@saidao/schemas';

export interface Addresses {
  readonly brokers: readonly string[];
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly outsideWorld: string;
  readonly schemaRegistry: string;
  /** Base address of each service's HTTP server: doors, health, `/metrics`, `/docs`. */
  readonly services: Readonly<Record<Service, string>>;
}

export type ProcessState = 'starting' | 'ready' | 'restarting' | 'stopped';

export interface RunningProcess {
  readonly name: string;
  readonly state: ProcessState;
  readonly pid: number | null;
  readonly address: string;
  readonly restarts: number;
  readonly log: string;
}

export interface RunningEngine {
  readonly name: EngineName;
  readonly version: string;
  readonly local: boolean;
  readonly pid: number | null;
  readonly address: string;
}

export interface RunState {
  readonly pid: number;
  readonly startedAt: string;
  readonly lenders: readonly string[];
  readonly partitions: number;
  readonly addresses: Addresses;
  readonly engines: readonly RunningEngine[];
  readonly processes: readonly RunningProcess[];
}

function stateFile(home: string): string {
  return join(home, 'run.json');
}

/** Null when nothing runs from this home; a file left by a killed run counts for nothing. */
export function readRunState(home: string): RunState | null {
  const owner = homeOwner(home);
  if (owner === null) return null;
  try {
    const state = JSON.parse(readFileSync(stateFile(home), 'utf8')) as RunState;
    return state.pid === owner ? state : null;
  } catch {
    return null;
  }
}

export function writeRunState(home: string, state: RunState): void {
  // Whole or not at all: another terminal may be reading. It holds the database's password.
  const partial = `${stateFile(home)}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(partial, stateFile(home));
}

export function removeRunState(home: string): void {
  rmSync(stateFile(home), { force: true });
}
