// Standard Webhooks: whether a message is the sender's own, and of now.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the sender's clock and ours may be apart, either way; Standard Webhooks' own advice. */
export const TOLERANCE_MS = 300_000;

/** Without a full stop: it would blur what is signed. */
const ID = /^[\x21-\x2d\x2f-\x7e]{1,200}$/;
const SECONDS = /^[0-9]{1,12}$/;

/**
 * The id of a genuine message; undefined where its signature, its time or its headers are not as
 * they must be. The secret is `whsec_` and the key in base64. Several signatures may stand side by
 * side while a secret is changed: one of them has to fit.
 *
 * Source: standardwebhooks.com, the specification. Certainty: found.
 */
export function genuineId(
  headers: Readonly<Record<string, unknown>>,
  body: Buffer,
  { secret, nowMs }: { readonly secret: string; readonly nowMs: number },
): string | undefined {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  if (typeof timestamp !== 'string' || !SECONDS.test(timestamp)) return undefined;
  if (typeof signatures !== 'string') return undefined;
  if (Math.abs(nowMs - Number(timestamp) * 1_000) > TOLERANCE_MS) return undefined;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  return signatures.split(' ').some((one) => isEqual(one, expected)) ? id : undefined;
}

function isEqual(signature: string, expected: Buffer): boolean {
  if (!signature.startsWith('v1,')) return false;
  const given = Buffer.from(signature.slice(3), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
