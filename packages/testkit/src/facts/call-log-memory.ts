// A log of calls in memory, for specs that need no database.
import type { CallLog, ProviderCall } from '@saidao/worker';

export interface MemoryCallLog extends CallLog {
  /** By the place that was told. */
  readonly calls: ReadonlyMap<string, ProviderCall>;
}

export function callLogMemory(): MemoryCallLog {
  const calls = new Map<string, ProviderCall>();
  return {
    calls,
    async note(call) {
      const keptAt = `memory.provider_calls/${calls.size + 1}`;
      calls.set(keptAt, call);
      return keptAt;
    },
  };
}
