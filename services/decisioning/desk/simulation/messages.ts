// What the desk and its threads say to each other while past applications are judged again.
import type { Comparison } from './comparison.ts';

/** Whatever a thread needs to judge by itself. */
export interface ThreadData {
  readonly databaseUrl: string;
  /** A reference or a manifest's file; null: each by the version that judged it. */
  readonly policy: string | null;
  readonly policyFolder: string;
  /** Whether each is scored anew by another card first. */
  readonly isRescored: boolean;
}

/** One score that was given, of an application's revision. */
export interface GivenScore {
  readonly applicationId: string;
  readonly revision: number;
  readonly round: number;
}

export type ToThread =
  | { readonly kind: 'judge'; readonly page: number; readonly ids: readonly bigint[] }
  /** As the desk of models said it: a line of canonical JSON. */
  | { readonly kind: 'rescored'; readonly page: number; readonly line: string }
  | { readonly kind: 'end' };

export type FromThread =
  | { readonly kind: 'judged'; readonly page: number }
  | { readonly kind: 'rescore'; readonly page: number; readonly given: readonly GivenScore[] }
  | { readonly kind: 'compared'; readonly comparison: Comparison };
