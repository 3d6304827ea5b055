// What tests need of fault points: their names, how a fault is written down, what a process loads.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

export { actions, FAULTS, fileOfFaults, OCCURRED, PASSED, textOfFault } from './faults.ts';
export type { Action, Fault } from './faults.ts';
export { allFaultPoints } from './point-files.ts';

/** What Node is to load before main.ts: `--import=<this>`. */
export const faultPointsPreload = String(pathToFileURL(join(import.meta.dirname, 'preload.ts')));
