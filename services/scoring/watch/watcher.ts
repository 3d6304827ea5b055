// The watcher: compares each lender's scores of late with each model's reference, from time to time.
import type { ModelDrifted } from '@saidao/schemas';
import { businessDateOf } from '@saidao/values';
import type { Logger } from '@saidao/worker';
import type { WatchedModel, WatchStore } from './ports.ts';
import { movedSince, SCORES_MIN, type Reference } from './reference.ts';

export interface WatchOptions {
  readonly models: readonly { readonly model: WatchedModel; readonly reference: Reference }[];
  readonly lenders: readonly string[];
  readonly scoresMax: number;
  readonly everyMs: number;
  readonly store: WatchStore;
  /** Shows an index; `forget` takes back all that were shown, where another process watches. */
  readonly shown: {
    show(model: string, subject: string, lenderId: string, psiPpm: number): void;
    forget(): void;
  };
  publish(id: string, drift: ModelDrifted): Promise<void>;
  readonly logger: Logger;
}

export interface Watch {
  /** Looks now; never rejects, since the next look may succeed. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

export function startWatch(options: WatchOptions): Watch {
  const { store, shown, logger, everyMs } = options;
  let looking: Promise<void> | undefined;

  const lookOnce = async (): Promise<void> => {
    try {
      const mine = await store.alone(async () => {
        await compareAll(options);
        await publishUnsaid(options);
      });
      if (!mine) shown.forget();
    } catch (error) {
      logger.warn({ err: error }, 'the models could not be watched this time');
    }
  };
  const look = (): Promise<void> => {
    looking ??= lookOnce().finally(() => (looking = undefined));
    return looking;
  };
  const timer = setInterval(() => void look(), everyMs);
  return {
    look,
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

async function compareAll({ models, lenders, scoresMax, store, shown }: WatchOptions) {
  for (const { model, reference } of models) {
    for (const lenderId of lenders) {
      const { scores, fromMs, toMs } = await store.scoresOf(model, lenderId, scoresMax);
      if (scores.length < SCORES_MIN) continue;
      const ref = `${model.id}@${model.version}`;
      for (const { subject, psiPpm } of movedSince(reference, lenderId, scores)) {
        shown.show(ref, subject, lenderId, psiPpm);
        if (psiPpm <= model.boundPpm) continue;
        // Once a day: a population that has moved stays so for long.
        const id = `${ref}/${lenderId}/${subject}/${businessDateOf(toMs)}`;
        await store.note(id, {
          modelId: model.id,
          modelVersion: model.version,
          modelDigest: model.digest,
          lenderId,
          subject,
          psiPpm,
          boundPpm: model.boundPpm,
          scores: scores.length,
          from: BigInt(fromMs),
          to: BigInt(toMs),
        });
      }
    }
  }
}

/** What was written down and not said, here or by a process that died, is said as it stands. */
async function publishUnsaid({ store, publish, logger }: WatchOptions): Promise<void> {
  for (const { id, drift } of await store.unsaid()) {
    await publish(id, drift);
    await store.said([id]);
    const { subject, psiPpm, boundPpm, lenderId } = drift;
    const reason = `${subject} at ${psiPpm / 1_000_000}, above ${boundPpm / 1_000_000}`;
    logger.warn({ eventId: id, lenderId, reason }, 'a model has drifted');
  }
}
