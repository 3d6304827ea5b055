// How a worker's process is started, here and in tests.
import { join } from 'node:path';

const COMPILE_CACHE = join(import.meta.dirname, '../../../node_modules/.cache/saidao-compile');

/** What Node is given before a worker's main.ts. */
export const workerNodeOptions: readonly string[] = [
  // Objects are let go sooner, young ones and, below such a bound, V8's old ones too: a worker
  // stays below 250 MB, whatever it is sent: 151 to 223 were measured in a flood of 1 MB values.
  // The young ones by its own thread: the other cores have the engines to run, and what helper
  // threads have copied takes more room.
  '--max-semi-space-size=4',
  '--no-parallel-scavenge',
  '--max-old-space-size=256',
  // Large buffers are let go when they have been sent (packages/event-log/src/kafka.ts).
  '--expose-gc',
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
