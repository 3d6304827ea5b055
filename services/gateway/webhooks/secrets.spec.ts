// Signatures, judged by the library of Standard Webhooks: it takes ours, and nothing else.
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { messageIdOf, secretOf, signedHeaders } from './secrets.ts';

const KEY = 'a-key-of-the-gateway-of-32-characters';
const ID = 'wh_01900000-0000-7000-8000-000000000001';
const body = '{"type":"LoanApproved","data":{"purpose":"订单 – orders"}}';
const message = () => ({ id: messageIdOf('0199', '2'), body, atMs: Date.now() });
const takes = (secret: string, headers: Record<string, string>, said = body) => {
  try {
    return new Webhook(secret).verify(said, headers);
  } catch {
    return false;
  }
};

test('are taken with the secret, and with no other body, id, time or secret', () => {
  const secret = secretOf(KEY, ID, 1);
  const headers = signedHeaders(message(), [secret]);
  expect(takes(secret, headers)).toEqual(JSON.parse(body));
  expect(takes(secret, headers, body.replace('Approved', 'Declined'))).toBe(false);
  expect(takes(secret, { ...headers, 'webhook-id': 'evt_0199_3' })).toBe(false);
  const later = String(Number(headers['webhook-timestamp']) + 1);
  expect(takes(secret, { ...headers, 'webhook-timestamp': later })).toBe(false);
  for (const other of [secretOf(KEY, ID, 2), secretOf(KEY, `${ID}0`, 1), secretOf('k', ID, 1)]) {
    expect(takes(other, headers)).toBe(false);
  }
});

test('are taken with either secret while one is rotated', () => {
  const secrets = [secretOf(KEY, ID, 2), secretOf(KEY, ID, 1)];
  const headers = signedHeaders(message(), secrets);
  for (const secret of secrets) expect(takes(secret, headers)).toEqual(JSON.parse(body));
});

test('a secret is the same each time, 32 bytes, and says nothing of its key', () => {
  const secret = secretOf(KEY, ID, 1);
  expect(secretOf(KEY, ID, 1)).toBe(secret);
  expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
  expect(secret).not.toContain(KEY);
});

test('an id has no dot, which parts what is signed', () => {
  expect(messageIdOf('01900000-0000-7000-8000-000000000001', '12')).toMatch(/^evt_[0-9a-f-]+_12$/);
});
