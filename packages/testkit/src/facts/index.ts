// For specs of providers of facts: one in memory, a log of calls, and what every source must do.
export * from './call-log-memory.ts';
export * from './fact-memory.ts';
export * from './fact.conformance.ts';
