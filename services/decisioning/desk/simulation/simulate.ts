// Judges all past applications of a span by a candidate, in threads, and adds up what they found.
import { Worker } from 'node:worker_threads';
import { openDatabase } from '@saidao/worker';
import { merge, noComparison, type Comparison } from './comparison.ts';
import type { FromThread, GivenScore, ThreadData, ToThread } from './messages.ts';
import { pastAssessmentsIn, type PastAssessments, type Span } from './past-assessments.ts';

export interface SimulationOptions extends Omit<ThreadData, 'isRescored'> {
  readonly span: Span;
  readonly threads: number;
  /** Scores anew by another card; says it as a line of canonical JSON. Null: no other card. */
  readonly rescore: ((given: readonly GivenScore[]) => Promise<string>) | null;
}

const STATEMENT_MS_MAX = 60_000;
const IDS_MAX = 5_000;
const PAGE = 100;
/** Of each thread: one is judged while the next is read. */
const PAGES_AT_ONCE = 2;

/** A page at a time needs little; without bounds garbage would lie about until there is a lot. */
const HEAP = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 16 } as const;

/** The same applications and candidate give the same sums, however many threads there are. */
export async function simulate(options: SimulationOptions): Promise<Comparison> {
  const { databaseUrl, policy, policyFolder, rescore, span } = options;
  const data = { databaseUrl, policy, policyFolder, isRescored: rescore !== null };
  const database = openDatabase({ url: databaseUrl, statementTimeoutMs: STATEMENT_MS_MAX });
  const threads = Array.from({ length: options.threads }, () => openThread(data, rescore));
  try {
    const pages = pagesOf(pastAssessmentsIn(database), span);
    const lanes = threads.flatMap((thread) =>
      Array.from({ length: PAGES_AT_ONCE }, async () => {
        for (;;) {
          const { value: ids, done } = await pages.next();
          if (done === true) return;
          await thread.judge(ids);
        }
      }),
    );
    await Promise.all(lanes);
    const whole = noComparison();
    for (const thread of threads) merge(whole, await thread.end());
    return whole;
  } finally {
    await Promise.all(threads.map((thread) => thread.stop()));
    await database.close();
  }
}

async function* pagesOf(past: PastAssessments, span: Span): AsyncGenerator<bigint[], void> {
  let after = '';
  for (;;) {
    const found = await past.idsAfter(after, span, IDS_MAX);
    for (let at = 0; at < found.length; at += PAGE) {
      yield found.slice(at, at + PAGE).map(({ id }) => id);
    }
    const last = found.at(-1);
    if (last === undefined || found.length < IDS_MAX) return;
    after = last.applicationId;
  }
}

function openThread(data: ThreadData, rescore: SimulationOptions['rescore']) {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: data,
    resourceLimits: HEAP,
  });
  const tell = (told: ToThread) => worker.postMessage(told, []);
  const failed = Promise.withResolvers<never>();
  // Whoever waits for an answer hears of it; that nobody does is no fault of its own.
  failed.promise.catch(() => undefined);
  const compared = Promise.withResolvers<Comparison>();
  const judged = new Map<number, () => void>();
  let pages = 0;
  worker.on('error', failed.reject);
  worker.on('exit', () => failed.reject(new Error('A thread of the simulation has ended.')));
  worker.on('message', (said: FromThread) => {
    switch (said.kind) {
      case 'judged':
        judged.get(said.page)?.();
        judged.delete(said.page);
        return;
      case 'rescore':
        rescore?.(said.given).then(
          (line) => tell({ kind: 'rescored', page: said.page, line }),
          failed.reject,
        );
        return;
      case 'compared':
        compared.resolve(said.comparison);
    }
  });
  return {
    async judge(ids: readonly bigint[]): Promise<void> {
      const page = (pages += 1);
      const done = new Promise<void>((resolve) => judged.set(page, resolve));
      tell({ kind: 'judge', page, ids });
      await Promise.race([done, failed.promise]);
    },
    end(): Promise<Comparison> {
      tell({ kind: 'end' });
      return Promise.race([compared.promise, failed.promise]);
    },
    async stop(): Promise<void> {
      await worker.terminate();
    },
  };
}
