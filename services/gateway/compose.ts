// Puts the gateway together: its line, streams and webhooks, and what keeps the feeds small.
import { setTimeout as pause } from 'node:timers/promises';
import {
  counterOf,
  gaugeOf,
  keptAnswer,
  type BuiltWorker,
  type Door,
  type WorkerContext,
} from '@saidao/worker';
import { feedIn, recordFeed } from './adapters/feed-postgres.ts';
import { webhookHttp } from './adapters/webhook-http.ts';
import { deliveryQueueIn, webhooksIn } from './adapters/webhooks-postgres.ts';
import type { GatewaySettings } from './config.ts';
import { StreamPlaces } from './stream/places.ts';
import { streamDoor } from './stream/stream.door.ts';
import { FeedWatch } from './stream/watch.ts';
import { Deliverer, leaseMsOf } from './webhooks/deliver.ts';
import { webhooksDoor } from './webhooks/webhooks.door.ts';
import { gateway } from './worker.ts';

const DROP_EVERY_MS = 60_000;
/** Of one feed at once. */
const DROPPED_MAX = 5_000;
const FIGURES_KEPT_MS = 5_000;
/** A process that stops waits so long for webhooks to answer. */
const ANSWERED_MS_MAX = 4_000;

export function composeGateway(context: WorkerContext<GatewaySettings>): BuiltWorker {
  const { settings, database, clock, logger, metrics, onStop } = context;
  const feed = feedIn(database);
  const watch = new FeedWatch(feed, (error) =>
    logger.warn({ err: error }, 'the feeds could not be looked at, trying again'),
  );
  const places = new StreamPlaces({
    ofOne: settings.streamsOfPrincipalMax,
    ofAll: settings.streamsMax,
  });
  gaugeOf(metrics.registry, 'saidao_streams', (gauge) => gauge.set(places.taken));
  const streamed = counterOf(metrics.registry, 'saidao_stream_events_total');

  const dropping = setInterval(() => {
    feed.drop(clock.nowMs(), settings.feedKeptMs, DROPPED_MAX).catch((error: unknown) => {
      logger.warn({ err: error }, 'old events could not be dropped, trying again');
    });
  }, DROP_EVERY_MS);
  onStop(async () => clearInterval(dropping));
  const webhooks = composeWebhooks(context);

  return {
    lines: [
      gateway({
        record: recordFeed,
        observes() {
          watch.poke();
          webhooks.poke();
        },
      }),
    ],
    doors: [
      streamDoor({
        ...{ feed, watch, places },
        heartbeatMs: settings.streamHeartbeatMs,
        streamMsMax: settings.streamMsMax,
        onEvent: () => streamed.inc(),
      }),
      ...webhooks.doors,
    ],
  };
}

function composeWebhooks(context: WorkerContext<GatewaySettings>) {
  const { settings, database, clock, logger, metrics, onStop } = context;
  const queue = deliveryQueueIn(database);
  const key = settings.webhookKey.reveal();
  const http = webhookHttp({
    rules: {
      networks: settings.webhookNetworks ?? [],
      ports: settings.webhookPorts,
      http: settings.webhookHttp,
    },
    timeoutMs: settings.webhookTimeoutMs,
    nowMs: () => clock.nowMs(),
  });
  const attempts = counterOf(metrics.registry, 'saidao_webhook_attempts_total');
  const figures = keptAnswer(() => queue.figures(), FIGURES_KEPT_MS);
  gaugeOf(metrics.registry, 'saidao_webhook_pending_deliveries', async (gauge) => {
    const told = await figures();
    if (told !== undefined) gauge.set(told.pending);
  });
  gaugeOf(metrics.registry, 'saidao_webhook_failed_deliveries', async (gauge) => {
    const told = await figures();
    if (told !== undefined) gauge.set(told.failed);
  });
  gaugeOf(metrics.registry, 'saidao_webhook_oldest_due_seconds', async (gauge) => {
    const told = await figures();
    if (told === undefined) return;
    const dueAtMs = told.oldestDueAtMs ?? Number.POSITIVE_INFINITY;
    gauge.set(Math.max(0, clock.nowMs() - dueAtMs) / 1_000);
  });
  gaugeOf(metrics.registry, 'saidao_webhooks', async (gauge) => {
    for (const { state, count } of (await figures())?.states ?? []) gauge.set({ state }, count);
  });
  const deliverer = new Deliverer({
    ...{ queue, post: http.post, key, clock, logger },
    retriesMs: settings.webhookRetriesMs,
    atOnceMax: settings.webhookAtOnceMax,
    timeoutMs: settings.webhookTimeoutMs,
    chance: Math.random,
    onSettled: (status) => attempts.inc({ status }),
  });
  onStop(async () => {
    const stopped = deliverer.stop();
    await Promise.race([stopped, pause(ANSWERED_MS_MAX, undefined, { ref: false })]);
    // What is not answered yet is given up, and sent again by whoever comes next.
    deliverer.giveUp();
    await http.close();
    await stopped;
  });
  const poke = () => deliverer.poke();
  const starting: Door = (app) => {
    // Its tables are there by then.
    app.addHook('onReady', async () => deliverer.start());
  };
  const door = webhooksDoor({
    webhooks: webhooksIn(database, leaseMsOf(settings.webhookTimeoutMs)),
    ...{ post: http.post, faultOf: http.faultOf, key },
    ofLenderMax: settings.webhooksOfLenderMax,
    rotationMs: settings.webhookRotationMs,
    nowMs: () => clock.nowMs(),
    onDue: poke,
  });
  return { doors: [door, starting], poke };
}
