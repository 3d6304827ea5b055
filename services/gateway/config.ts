// The settings of the gateway: how long feeds are kept, who may read them, where webhooks lead.
import {
  boolean,
  durationMsBetween,
  integer,
  listOf,
  macKey,
  port,
  SettingFault,
  settings,
  type Parser,
  type SettingsOf,
} from '@saidao/config';
import { doorSettings, workerSettings } from '@saidao/worker';
import { networkOf, type Network } from './webhooks/addresses.ts';

const network: Parser<Network> = Object.assign(
  (given: string) => {
    try {
      return networkOf(given);
    } catch {
      throw new SettingFault('is no network');
    }
  },
  { expects: 'a network, as 10.20.0.0/16' },
);

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
  webhookKey: {
    env: 'WEBHOOK_KEY',
    parse: macKey,
    example: 'at-least-32-random-characters-0123456789',
    doc: 'Key that the secrets of webhooks are made of; with another every secret is another.',
  },
  webhookNetworks: {
    env: 'WEBHOOK_NETWORKS',
    parse: listOf(network),
    optional: true,
    example: '10.20.0.0/16',
    doc: 'Networks that webhooks may lead to although they are not public.',
  },
  webhookPorts: {
    env: 'WEBHOOK_PORTS',
    parse: listOf(port),
    default: '443',
    example: '443,8443',
    doc: 'Ports that webhooks may lead to; 0 among them: any.',
  },
  webhookHttp: {
    env: 'WEBHOOK_HTTP',
    parse: boolean,
    default: 'false',
    example: 'false',
    doc: 'Whether webhooks may be without TLS; for trying out.',
  },
  webhookTimeoutMs: {
    env: 'WEBHOOK_TIMEOUT_MS',
    parse: durationMsBetween(100, 60_000),
    default: '10s',
    example: '10s',
    doc: 'How long a webhook may take to answer.',
  },
  webhookRetriesMs: {
    env: 'WEBHOOK_RETRIES',
    parse: listOf(durationMsBetween(1, 30 * 86_400_000)),
    default: '5s,5m,30m,2h,5h,10h,14h,20h,24h',
    example: '5s,5m,30m,2h,5h,10h,14h,20h,24h',
    doc: 'How long after each failed attempt a webhook is tried again; then it is given up.',
  },
  webhookAtOnceMax: {
    env: 'WEBHOOK_AT_ONCE_MAX',
    parse: integer(1, 100),
    default: '8',
    example: '8',
    doc: 'Requests of this process to one webhook at once.',
  },
  webhookRotationMs: {
    env: 'WEBHOOK_ROTATION_MS',
    parse: durationMsBetween(0, 30 * 86_400_000),
    default: '24h',
    example: '24h',
    doc: 'How long the secret before a rotation signs too.',
  },
  webhooksOfLenderMax: {
    env: 'WEBHOOKS_OF_LENDER_MAX',
    parse: integer(1, 1_000),
    default: '20',
    example: '20',
    doc: 'Webhooks that one lender may have.',
  },
});

export type GatewaySettings = SettingsOf<typeof gatewaySettings>;
