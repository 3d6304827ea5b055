// Loaded before a worker's main.ts by a test alone: gives its sources fault points, and the faults.
import { appendFileSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { createFaultPoints, faultsIn, FAULTS, OCCURRED, PASSED, textOfFault } from './faults.ts';
import { POINT } from './instrument.ts';
import { instrumented } from './instrumented.ts';
import { pointFileOf } from './point-files.ts';

/** How often the file of faults is read again: a process need not be started anew for new ones. */
const LOOK_MS = 50;

const { [FAULTS]: faults, [OCCURRED]: occurred, [PASSED]: passed } = process.env;
// What this process starts is another one.
for (const name of [FAULTS, OCCURRED, PASSED, 'NODE_OPTIONS']) delete process.env[name];

if (isMainThread && faults !== undefined && occurred !== undefined && passed !== undefined) {
  // Written at once: of a process that is killed nothing else would be left.
  const { arm, point } = createFaultPoints({
    occurs: (fault) => appendFileSync(occurred, `${textOfFault(fault)}\n`),
    passes: (name) => appendFileSync(passed, `${name}\n`),
    kill: () => process.kill(process.pid, 'SIGKILL'),
  });
  Object.defineProperty(globalThis, POINT, { value: point });
  let armed = '';
  const look = () => {
    const found = readFileSync(faults, 'utf8');
    if (found === armed) return;
    armed = found;
    arm(faultsIn(found));
  };
  look();
  setInterval(look, LOOK_MS).unref();
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const path = url.startsWith('file:') ? fileURLToPath(url) : undefined;
      const file = path === undefined ? undefined : pointFileOf(path);
      if (path === undefined || file === undefined || loaded.source == null) return loaded;
      return { ...loaded, source: instrumented(String(loaded.source), path, file) };
    },
  });
}
