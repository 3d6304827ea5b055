// How a worker's process is started, here and in tests.
import { join } from 'node:path';

const COMPILE_CACHE = join(import.meta.dirname, '../../../node_modules/.cache/saidao-compile');

/** What Node is given before a worker's main.ts. */
export const workerNodeOptions: readonly string[] = [
  // What a turn works on lives as long as the turn: a nursery that holds it is emptied more
  // cheaply, and by the worker's own thread, since the other cores have the engines to run. With
  // the bound on old objects a worker that catches up stays within 250 MB.
  '--min-semi-space-size=16',
  '--max-semi-space-size=16',
  '--no-parallel-scavenge',
  '--max-old-space-size=256',
  // A worker runs the same few functions over and over: compiled at once, they cost less at first.
  '--always-sparkplug',
];

export const workerEnvironment: Readonly<Record<string, string>> = {
  // glibc gives large buffers back as soon as they are free, however many there were.
  MALLOC_MMAP_THRESHOLD_: '131072',
  // One heap for all threads: what each of V8's own threads once needed is not kept for it alone.
  MALLOC_ARENA_MAX: '1',
  // Code compiled before starts sooner and needs no stripper of types.
  NODE_COMPILE_CACHE: COMPILE_CACHE,
};
