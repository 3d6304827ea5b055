// How this machine’s own programs log in to a guarded broker.
import type { KafkaGuard } from './kafka-guard.ts';

/** May do anything. */
export const KAFKA_ADMIN = 'admin';

export interface LocalLogin {
  readonly sasl?: {
    readonly mechanism: 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  readonly ssl?: { readonly ca: string };
}

/** What a client needs to be this user there; nothing where the broker is not guarded. */
export function kafkaLogin(guard: KafkaGuard | undefined, user = KAFKA_ADMIN): LocalLogin {
  if (guard === undefined) return {};
  const password = guard.users[user];
  if (password === undefined) throw new Error(`The broker knows no user ${user}.`);
  return {
    sasl: { mechanism: 'scram-sha-512', username: user, password },
    ...(guard.tls !== undefined && { ssl: { ca: guard.tls.authority } }),
  };
}
