// Declared settings: tables of environment variables, their parsers and their papers.
export * from './kafka-login.ts';
export * from './parsers.ts';
export * from './render.ts';
export * from './secret.ts';
export * from './settings.ts';
