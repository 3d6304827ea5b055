// What tests need: scenarios of decide, databases cloned from a template, waiting, processes, abuse.
export * from './blanks.ts';
export * from './certificates.ts';
export * from './database.ts';
export * from './eventually.ts';
export * from './foreign-programs.ts';
export * from './go-program.ts';
export * from './hledger.ts';
export * from './hostile-caller.ts';
export * from './member.ts';
export * from './otlp-receiver.ts';
export * from './papers.ts';
export * from './record.ts';
export * from './scenario.ts';
export * from './shifted-clock.ts';
export * from './tcp-proxy.ts';
export * from './taken-keys.ts';
export * from './worker-process.ts';
