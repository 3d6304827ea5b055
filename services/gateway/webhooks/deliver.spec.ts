// Sending on a queue in memory: what is noted by a process that stops, and which secrets sign.
import { createLogger } from '@saidao/worker';
import { eventually } from '@saidao/testkit';
import { expect, test } from 'vitest';
import type { Answered } from './attempts.ts';
import { Deliverer, secretsOf } from './deliver.ts';
import type { ClaimedDelivery, DeliveryQueue, Settling, Webhook } from './ports.ts';
import { secretOf } from './secrets.ts';

const NOW_MS = Date.UTC(2026, 10, 20);
const KEY = 'a-key-of-the-gateway-of-32-characters';
const webhook: Webhook = {
  ...{ id: 'wh_1', lenderId: 'boc-zj', url: 'https://risk.bank.example/', types: null },
  ...{ productId: null, applicationId: null, disabled: null, generation: 1 },
  ...{ previousUntilMs: null, failingSinceMs: null, createdBy: 'risk', createdAtMs: NOW_MS },
};

/** Has one delivery to be taken. */
class ToyQueue implements DeliveryQueue {
  readonly settled: Settling[] = [];
  readonly #waiting: ClaimedDelivery[] = [
    { number: 1n, applicationId: 'a', attempt: 1, content: '{"sequence":"1"}' },
  ];

  async due(): Promise<readonly Webhook[]> {
    return this.#waiting.length === 0 ? [] : [webhook];
  }
  async claim(): Promise<readonly ClaimedDelivery[]> {
    return this.#waiting.splice(0);
  }
  async settle(settling: Settling): Promise<void> {
    this.settled.push(settling);
  }
  async figures() {
    return { pending: 0, oldestDueAtMs: null, failed: 0, states: [] };
  }
}

/** A deliverer that is stopped while its one request waits to be answered with what is given. */
async function stopping() {
  const queue = new ToyQueue();
  const { promise, resolve: answer } = Promise.withResolvers<Answered>();
  let posts = 0;
  const deliverer = new Deliverer({
    ...{ queue, key: KEY, clock: { nowMs: () => NOW_MS }, chance: () => 0 },
    post() {
      posts += 1;
      return promise;
    },
    // The first attempt is the last.
    ...{ retriesMs: [], atOnceMax: 1, timeoutMs: 10_000 },
    logger: createLogger({ service: 'gateway', level: 'silent' }),
  });
  deliverer.poke();
  await eventually('it is sent', () => posts === 1);
  return { deliverer, answer, stopped: deliverer.stop(), settled: queue.settled };
}

const SILENT: Answered = { kind: 'silent', fault: 'The client is destroyed' };

test('what is given up as it stops is no attempt that failed', async () => {
  const { deliverer, answer, stopped, settled } = await stopping();
  deliverer.giveUp();
  answer(SILENT);
  await stopped;
  expect(settled).toEqual([]);
});

test('an answer is noted however late, and silence that is the endpoint’s own', async () => {
  const answered = await stopping();
  answered.deliverer.giveUp();
  answered.answer({ kind: 'answered', code: 204, answer: '' });
  await answered.stopped;
  expect(answered.settled).toMatchObject([{ settled: { status: 'delivered' } }]);

  const silent = await stopping();
  silent.answer(SILENT);
  await silent.stopped;
  expect(silent.settled).toMatchObject([{ settled: { status: 'failed' } }]);
});

test('the secret before a rotation signs until its time is over, and then no more', () => {
  const rotated = { ...webhook, generation: 3, previousUntilMs: NOW_MS };
  const [newest, before] = [secretOf(KEY, webhook.id, 3), secretOf(KEY, webhook.id, 2)];
  expect(secretsOf(KEY, rotated, NOW_MS - 1)).toEqual([newest, before]);
  expect(secretsOf(KEY, rotated, NOW_MS)).toEqual([newest]);
  expect(secretsOf(KEY, webhook, NOW_MS)).toEqual([secretOf(KEY, webhook.id, 1)]);
});
