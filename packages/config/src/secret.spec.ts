// Secrets: nothing that prints shows them.
import { format, inspect } from 'node:util';
import { expect, it, test } from 'vitest';
import { Secret } from './secret.ts';

const secret = new Secret('hunter2');

it('is given on request', () => expect(secret.reveal()).toBe('hunter2'));

test.each<[string, () => string]>([
  ['a template', () => `${secret}`],
  ['String', () => String(secret)],
  ['joining', () => [secret].join()],
  ['JSON', () => JSON.stringify({ secret })],
  ['inspect', () => inspect({ secret }, { showHidden: true, depth: 9, showProxy: true })],
  ['console formats', () => format('%s %o %O %j', secret, secret, secret, secret)],
  ['an error', () => inspect(new Error('no', { cause: { secret } }))],
])('%s prints [redacted]', (_name, print) => {
  expect(print()).toContain('[redacted]');
  expect(print()).not.toContain('hunter2');
});

it('has no property that holds it', () => {
  expect(Reflect.ownKeys(secret)).toEqual([]);
  expect(Object.values(structuredClone({ ...secret }))).toEqual([]);
});
