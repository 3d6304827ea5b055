// The secrets of webhooks, and what is signed by them: Standard Webhooks, symmetric, version 1.
import { createHmac } from 'node:crypto';

/**
 * As its owner is shown it: `whsec_` and 32 bytes in base64. Made of the gateway's key each time, so
 * that the database holds nothing to sign by; a new generation is a new secret.
 */
export function secretOf(key: string, webhookId: string, generation: number): string {
  const bytes = createHmac('sha256', key).update(`webhook ${webhookId} ${generation}`).digest();
  return `whsec_${bytes.toString('base64')}`;
}

/**
 * Headers that a receiver knows a request by; while a secret is rotated both sign.
 * Source: standardwebhooks.com, the specification. Certainty: found.
 */
export function signedHeaders(
  message: { readonly id: string; readonly body: string; readonly atMs: number },
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(message.atMs / 1_000));
  const text = `${message.id}.${timestamp}.${message.body}`;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
  });
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

/** The same for every try, and for a replay: receivers take an id once. Free of dots. */
export function messageIdOf(applicationId: string, sequence: string): string {
  return `evt_${applicationId}_${sequence}`;
}
