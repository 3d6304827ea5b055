// The watchdog: ends the processes it was told of once its standard input closes, that is, once its parent is gone.
import { createInterface } from 'node:readline';
import { endGroup } from './process-life.ts';
import type { Watched } from './watchdog.ts';

const watched = new Map<number, Watched>();

// Ctrl-C and a closing terminal concern the parent, which tells by closing the pipe.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const message = JSON.parse(line) as { watch?: Watched; forget?: number };
  if (message.watch) watched.set(message.watch.pid, message.watch);
  if (message.forget !== undefined) watched.delete(message.forget);
});
lines.on('close', () => void endAll());

async function endAll(): Promise<never> {
  const ranks = [...new Set([...watched.values()].map((one) => one.rank))].sort((a, b) => b - a);
  for (const rank of ranks) {
    await Promise.all(
      [...watched.values()]
        .filter((one) => one.rank === rank)
        .map((one) => endGroup(one.pid, one.signal, one.graceMs)),
    );
  }
  process.exit(0);
}
