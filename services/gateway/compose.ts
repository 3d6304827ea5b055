// Puts the gateway together: its line, the streams that the feed is read by, and what keeps it small.
import { Counter, Gauge } from '@prometheus-io/client';
import type { BuiltWorker, WorkerContext } from '@saidao/worker';
import { feedIn, recordFeed } from './adapters/feed-postgres.ts';
import type { GatewaySettings } from './config.ts';
import { StreamPlaces } from './stream/places.ts';
import { streamDoor } from './stream/stream.door.ts';
import { FeedWatch } from './stream/watch.ts';
import { gateway } from './worker.ts';

const DROP_EVERY_MS = 60_000;
/** Of one feed at once. */
const DROPPED_MAX = 5_000;

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
  const registers = [metrics.registry];
  new Gauge({
    name: 'saidao_streams',
    help: 'Streams of server-sent events that are open.',
    registers,
    collect() {
      this.set(places.taken);
    },
  });
  const streamed = new Counter({
    name: 'saidao_stream_events_total',
    help: 'Events that streams were given, each for each stream.',
    registers,
  });

  const dropping = setInterval(() => {
    feed.drop(clock.nowMs() - settings.feedKeptMs, DROPPED_MAX).catch((error: unknown) => {
      logger.warn({ err: error }, 'old events could not be dropped, trying again');
    });
  }, DROP_EVERY_MS);
  onStop(async () => clearInterval(dropping));

  return {
    lines: [gateway({ record: recordFeed, observes: () => watch.poke() })],
    doors: [
      streamDoor({
        ...{ feed, watch, places },
        heartbeatMs: settings.streamHeartbeatMs,
        streamMsMax: settings.streamMsMax,
        onEvent: () => streamed.inc(),
      }),
    ],
  };
}
