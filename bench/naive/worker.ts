// What the main.ts of a service sees of the naive form: all as it was, but for runWorker.
export * from '@saidao/worker';
export { runWorker } from './run-worker.ts';
