// What the watcher needs of the world: the scores of late, and where drifts are written down.
import type { ModelDrifted } from '@saidao/schemas';
import type { WatchedScore } from './reference.ts';

export interface ScoresOfLate {
  readonly scores: readonly WatchedScore[];
  /** When the first and the last of them was scored. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface WatchStore {
  /** The last so many scores of a lender by a model, whichever application. */
  scoresOf(model: NamedModel, lenderId: string, scoresMax: number): Promise<ScoresOfLate>;
  /** Writes a drift down unless one of its id is there already: the first stands. */
  note(id: string, drift: ModelDrifted): Promise<void>;
  /** Those not yet said on the topic; `said` marks them once that is done. */
  unsaid(): Promise<readonly { readonly id: string; readonly drift: ModelDrifted }[]>;
  said(ids: readonly string[]): Promise<void>;
  /** Does the work in one process at a time; elsewhere meanwhile it resolves with false. */
  alone(work: () => Promise<void>): Promise<boolean>;
}

/** A model by its name, as scores are found by it. */
export interface NamedModel {
  readonly id: string;
  readonly version: number;
}

/** A model as the register has it. */
export interface WatchedModel extends NamedModel {
  readonly digest: string;
  /** Above this index a drift is told. */
  readonly boundPpm: number;
}
