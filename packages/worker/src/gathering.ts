// Gathering: asks the world for a turn's events at once, within a budget; what is late waits.
import type { Line } from './define.ts';
import { withinSpan } from './tracing.ts';
import type { Planned } from './walk.ts';

/** Events of one turn that are gathered for at the same time. */
const CONCURRENT_MAX = 64;

export interface Gathered {
  /** How many items from the start have all that they need. */
  readonly complete: number;
  readonly answers: ReadonlyMap<string, unknown>;
}

/** Rejects only if the first item's own gathering fails: then nothing of the turn can go on. */
export async function gatherPlanned(options: {
  readonly line: Line;
  readonly planned: readonly Planned[];
  readonly items: number;
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly nowMs: number;
}): Promise<Gathered> {
  const { line, planned, items } = options;
  const answers = new Map<string, unknown>();
  if (planned.length === 0) return { complete: items, answers };
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  let complete = items;
  let firstError: Error | undefined;
  const queue = [...planned];

  const gather = ({ event, applicationId, state }: Planned) =>
    line.gather?.(event as never, { applicationId, state, signal, nowMs: options.nowMs });
  const ask = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (signal.aborted || next.itemIndex >= complete) continue;
      try {
        const { trace } = next;
        const answer = await (trace === undefined
          ? gather(next)
          : withinSpan(trace, () => gather(next)));
        answers.set(next.gatherKey, answer);
      } catch (error) {
        if (next.itemIndex === 0) firstError = error as Error;
        complete = Math.min(complete, next.itemIndex);
      }
    }
  };
  const all = Promise.all(Array.from({ length: Math.min(CONCURRENT_MAX, planned.length) }, ask));
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timeout = setTimeout(() => {
      resolve();
      over.abort(new Error('The time for gathering is over.'));
    }, options.budgetMs);
  });
  await Promise.race([all, late]);
  clearTimeout(timeout);
  for (const { itemIndex, gatherKey } of planned) {
    if (!answers.has(gatherKey)) complete = Math.min(complete, itemIndex);
  }
  if (complete === 0) {
    throw firstError ?? new Error(`Nothing was gathered within ${options.budgetMs} ms.`);
  }
  return { complete, answers };
}
