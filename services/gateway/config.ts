// The settings of the gateway: how long feeds are kept, and how many may read them at once.
import { durationMsBetween, integer, settings, type SettingsOf } from '@saidao/config';
import { doorSettings, workerSettings } from '@saidao/worker';

export const gatewaySettings = settings({
  ...workerSettings,
  ...doorSettings,
  feedKeptMs: {
    env: 'FEED_KEPT_MS',
    parse: durationMsBetween(60_000, 400 * 86_400_000),
    default: '30d',
    example: '30d',
    doc: 'How long events stay in the feed that streams and webhooks are fed from.',
  },
  streamHeartbeatMs: {
    env: 'STREAM_HEARTBEAT_MS',
    parse: durationMsBetween(100, 300_000),
    default: '15s',
    example: '15s',
    doc: 'After so long without an event a stream says that it is there.',
  },
  streamMsMax: {
    env: 'STREAM_MS_MAX',
    parse: durationMsBetween(1_000, 86_400_000),
    default: '1h',
    example: '1h',
    doc: 'After so long a stream is ended, so that its reader shows its token again.',
  },
  streamsOfPrincipalMax: {
    env: 'STREAMS_OF_PRINCIPAL_MAX',
    parse: integer(1, 10_000),
    default: '10',
    example: '10',
    doc: 'Streams that one principal may have open at this process.',
  },
  streamsMax: {
    env: 'STREAMS_MAX',
    parse: integer(1, 10_000),
    default: '500',
    example: '500',
    doc: 'Streams that may be open at this process.',
  },
});

export type GatewaySettings = SettingsOf<typeof gatewaySettings>;
