// What comes of one event of the pledge line, gathered step by step.
import type { Evidence, PledgeRefusal, PledgeStage } from '@saidao/schemas';
import type { NewTimer, Outgoing } from '@saidao/worker';
import type {
  PatentHolder,
  Pledged,
  PledgeInput,
  PledgeOut,
  PledgePolicy,
  PledgeRow,
  PledgeState,
} from './state.ts';

export const WAKE_TIMER = 'pledge-wake';
export const WATCH_TIMER = 'collateral-watch';

export const rowOf = (number: string): string => `patent/${number}`;

export class Draft {
  readonly input: PledgeInput;
  readonly policy: PledgePolicy;
  state: PledgeState;
  readonly events: Outgoing<PledgeOut>[] = [];
  readonly held: Record<string, PatentHolder | null> = {};
  readonly rows: PledgeRow[] = [];
  /** When to wake; undefined: nothing new is waited for. */
  wakeAfterMs: number | undefined;
  /** When to look at what is kept; undefined: the timer that is set stands. */
  watchAfterMs: number | undefined;
  ignored: string | undefined;

  constructor(input: PledgeInput, policy: PledgePolicy) {
    this.input = input;
    this.policy = policy;
    this.state = input.state;
  }

  get identity(): { applicationId: string; revision: number; lenderId: string } {
    const { applicationId, event } = this.input;
    return { applicationId, revision: this.state.revision, lenderId: event.lenderId };
  }

  change(change: Partial<PledgeState>): void {
    this.state = { ...this.state, ...change };
  }

  /** Whether no other application has it. */
  isFree(number: string): boolean {
    const row = rowOf(number);
    const holder = (row in this.held ? this.held[row] : this.input.held[row]) as
      PatentHolder | null | undefined;
    return (holder ?? null) === null || holder?.applicationId === this.input.applicationId;
  }

  keep(numbers: readonly string[]): void {
    const { applicationId, revision, lenderId } = this.identity;
    for (const number of numbers) {
      this.held[rowOf(number)] = { applicationId, lenderId, revision };
      const atMs = this.input.nowMs;
      this.rows.push({ kind: 'kept', number, applicationId, lenderId, revision, atMs });
    }
    this.change({ kept: [...new Set([...this.state.kept, ...numbers])] });
  }

  free(numbers: readonly string[], cause: string): void {
    if (numbers.length === 0) return;
    const { applicationId } = this.input;
    for (const number of numbers) {
      this.held[rowOf(number)] = null;
      this.rows.push({ kind: 'freed', number, applicationId, cause, atMs: this.input.nowMs });
    }
    this.change({ kept: this.state.kept.filter((number) => !numbers.includes(number)) });
    this.forget(numbers);
    const data = { ...this.identity, patents: [...numbers], cause };
    this.events.push({ type: 'PledgeReleased', data });
  }

  /** What was told against these patents stands no longer. */
  forget(numbers: readonly string[]): void {
    const { watch } = this.state;
    const adverse = watch.adverse.filter(({ number }) => !numbers.includes(number));
    this.change({ watch: { ...watch, adverse } });
  }

  refuseLock(refused: PledgeRefusal[], evidence: Evidence[]): void {
    this.#refuse('LOCK', null, refused, evidence);
  }

  refuseRegistration(
    authorisationId: string,
    refused: PledgeRefusal[],
    evidence: Evidence[],
  ): void {
    this.#refuse('REGISTRATION', authorisationId, refused, evidence);
  }

  #refuse(
    stage: PledgeStage,
    authorisationId: string | null,
    refused: PledgeRefusal[],
    evidence: Evidence[],
  ): void {
    this.change({ task: null });
    const data = { ...this.identity, authorisationId, stage, refused, evidence };
    this.events.push({ type: 'PledgeRefused', data });
  }

  /** Takes back what stands at the office; the patents stay kept unless an event frees them. */
  withdraw(freedBy: string | null): void {
    const { registration, withdrawal } = this.state;
    if (registration !== null) {
      this.change({ registration: null, withdrawal: { registration, freedBy, rounds: 0 } });
    } else if (withdrawal !== null && freedBy !== null) {
      this.change({ withdrawal: { ...withdrawal, freedBy } });
    }
    if (this.state.withdrawal !== null) this.wakeAfterMs = 0;
  }

  decision(): Pledged {
    const timers = [...this.#wakeTimer(), ...this.#watchTimer()];
    return {
      state: this.state,
      events: this.events,
      held: this.held,
      rows: this.rows,
      timers,
      ...(this.ignored === undefined ? {} : { ignored: this.ignored }),
    };
  }

  #wakeTimer(): NewTimer[] {
    const { task, withdrawal, revision, wakeRevision } = this.state;
    if (task === null && withdrawal === null) return [];
    if (wakeRevision !== revision) this.wakeAfterMs ??= 0;
    if (this.wakeAfterMs === undefined) return [];
    const wake = this.state.wake + 1;
    this.change({ wake, wakeRevision: revision });
    return [{ name: WAKE_TIMER, dueAtMs: this.input.nowMs + this.wakeAfterMs, detail: { wake } }];
  }

  /** Whatever is kept is watched, from the first lock on until it is let go. */
  #watchTimer(): NewTimer[] {
    const { kept, watch, revision } = this.state;
    if (kept.length === 0) {
      if (watch.revision !== null) this.change({ watch: { ...watch, revision: null } });
      return [];
    }
    if (watch.revision !== revision) this.watchAfterMs ??= this.policy.collateralWatchMs;
    if (this.watchAfterMs === undefined) return [];
    const wake = watch.wake + 1;
    this.change({ watch: { ...watch, wake, revision } });
    const dueAtMs = this.input.nowMs + this.watchAfterMs;
    return [{ name: WATCH_TIMER, dueAtMs, detail: { watch: wake } }];
  }
}
