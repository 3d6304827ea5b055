// What the player of samples is given: `playSamples(context: PlayContext): Promise<{ ok: boolean }>`.
import type { Access } from './access.ts';
import type { Addresses } from './run-state.ts';

export interface PlayContext {
  readonly addresses: Addresses;
  readonly tokens: Access['tokens'];
  readonly lenders: readonly string[];
  readonly partitions: number;
  /** The local home: how often samples were played is remembered there. */
  readonly home: string;
  /** Lines of JSON instead of text. */
  readonly json: boolean;
  print(line: string): void;
  remark(line: string): void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
