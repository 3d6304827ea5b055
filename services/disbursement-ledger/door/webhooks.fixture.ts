// Signs as a sender of Standard Webhooks does, by the words of the specification.
import { createHmac } from 'node:crypto';

export function signed(message: {
  readonly id: string;
  readonly timestamp: string;
  readonly body: string;
  readonly secret: string;
}): Record<string, string> {
  const { id, timestamp, body, secret } = message;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const content = `${id}.${timestamp}.${body}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${createHmac('sha256', key).update(content).digest('base64')}`,
  };
}
