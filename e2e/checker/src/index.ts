// What this package offers: the check over what was read, and readers of a whole system.
export { check, createChecker } from './checker.ts';
export type { Checker } from './checker.ts';
export { checkSystem, readRail } from './check-system.ts';
export type { SystemToCheck } from './check-system.ts';
export { readLog } from './read-log.ts';
export { readTables } from './read-tables.ts';
export * from './readings.ts';
export * from './report.ts';
