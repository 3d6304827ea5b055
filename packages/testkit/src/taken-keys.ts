// Idempotency-Keys of a door for a spec without a database.
import type { TakenKey, TakenKeys } from '@saidao/worker';

export function takenKeysInMemory(): TakenKeys {
  const keys = new Map<string, TakenKey>();
  return {
    async take(messageId, asked) {
      const taken = keys.get(messageId) ?? { asked, isPublished: false };
      keys.set(messageId, taken);
      return taken;
    },
    async published(messageId) {
      keys.set(messageId, { ...keys.get(messageId)!, isPublished: true });
    },
  };
}
