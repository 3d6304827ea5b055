// What the shadow line needs of a challenger, wherever its model runs.
import type { Features } from './features.ts';
import type { ChallengerModel, ChallengerSays } from './shadow.decide.ts';

/** One question, asked for a lender; the signal ends the waiting, not the deadline. */
export interface ChallengerQuestion {
  readonly lenderId: string;
  /** What it is about, for logs and metrics: the application's id. */
  readonly subject: string;
  readonly signal: AbortSignal;
}

export interface Challenger {
  readonly model: ChallengerModel;
  /** Answers within its own deadline, and never rejects. */
  score(features: Features, question: ChallengerQuestion): Promise<ChallengerSays>;
}
