// One kafkajs client: its sockets, its settings against piled-up delays, and its log made bearable.
import net from 'node:net';
import tls from 'node:tls';
import kafkajs from 'kafkajs';
import type { ISocketFactory, KafkaConfig, LogEntry, RetryOptions, SASLOptions } from 'kafkajs';
import type { Kafka } from 'kafkajs';

/** What a pino logger offers, as far as it is used here. */
export interface LogSink {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: LogSink;
  readonly ssl?: tls.ConnectionOptions | boolean;
  readonly sasl?: SASLOptions;
  /** How to reach a host and port; default: net or tls. Tests cut the line here. */
  readonly socketFactory?: ISocketFactory;
}

export interface OffsetOutOfRange {
  readonly topic: string;
  readonly partition: number;
}

export interface KafkaClient {
  readonly kafka: Kafka;
  /** The last means: ends what does not end by itself. */
  destroySockets(): void;
}

const KEEP_ALIVE_MS = 60_000;
const REPEAT_MS = 5000;

/**
 * Retries of kafkajs are nested (a join looks for the coordinator, which refreshes metadata, which
 * connects), so that the inner ones must be few and short: the outermost loop decides.
 */
const INNER_RETRY: Required<Omit<RetryOptions, 'restartOnFailure'>> = {
  initialRetryTime: 100,
  maxRetryTime: 500,
  factor: 0.2,
  multiplier: 2,
  retries: 2,
};

/** Said by kafkajs at WARN or ERROR although it is how groups, leaders and producers work. */
const ORDINARY = [
  /rebalanc/i,
  /re-?join/i,
  /is not aware of this member/,
  /is not the correct coordinator/,
  /coordinator is (loading|not available)/,
  /not the leader for that topic-partition/,
  /in the middle of a leadership election/,
  /does not host this topic-partition/,
  /Limiting retries for the idempotent producer/,
  /Consumer group received unsubscribed topics/,
];
const SAFE_FIELDS = [
  'broker',
  'groupId',
  'memberId',
  'topic',
  'partition',
  'retryCount',
  'error',
] as const;

export function openKafkaClient(
  options: KafkaOptions,
  onOffsetOutOfRange: (place: OffsetOutOfRange) => void = () => {},
): KafkaClient {
  const sockets = new Set<net.Socket>();
  const connect = options.socketFactory ?? connectSocket;
  let destroyed = false;
  const socketFactory: ISocketFactory = (target) => {
    if (destroyed) throw new Error('this client has been closed');
    const socket = connect(target);
    // Requests are small and follow each other: they must not wait for acknowledgements of TCP.
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const config: KafkaConfig = {
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: 3000,
    authenticationTimeout: 10_000,
    requestTimeout: 10_000,
    enforceRequestTimeout: true,
    retry: INNER_RETRY,
    socketFactory,
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => logTo(options.logger, onOffsetOutOfRange, () => destroyed),
  };
  if (options.ssl !== undefined) config.ssl = options.ssl;
  if (options.sasl !== undefined) config.sasl = options.sasl;
  return {
    kafka: new kafkajs.Kafka(config),
    destroySockets: () => {
      destroyed = true;
      // Only an error makes kafkajs reject the requests that wait for an answer on the socket.
      for (const socket of sockets) socket.destroy(new Error('the client was closed'));
    },
  };
}

/** kafkajs as it is published arms a timer without end and takes stale batches for fresh ones. */
export function refuseUnpatchedKafkajs(): void {
  if ((kafkajs as { readonly saidaoPatch?: number }).saidaoPatch === 4) return;
  throw new Error(
    'kafkajs lacks this project’s patch (install scripts were not allowed): run `npx patch-package` ' +
      'in the project’s folder',
  );
}

const connectSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? tls.connect(
        { host, port, ...(net.isIP(host) ? {} : { servername: host }), ...ssl },
        onConnect,
      )
    : net.connect({ host, port }, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return socket;
};

/** All of it at WARN at most: what is really fatal comes as an alarm or a crash. */
function logTo(
  logger: LogSink,
  onOffsetOutOfRange: (place: OffsetOutOfRange) => void,
  isClosed: () => boolean,
): (entry: LogEntry) => void {
  const lastMs = new Map<string, number>();
  return ({ namespace, log }) => {
    const { message } = log;
    if (message.startsWith('Offset out of range, resetting')) {
      onOffsetOutOfRange({ topic: String(log['topic']), partition: Number(log['partition']) });
    }
    const fields: Record<string, unknown> = { namespace };
    for (const name of SAFE_FIELDS) {
      const value: unknown = log[name];
      if (typeof value === 'string' || typeof value === 'number') fields[name] = value;
    }
    const text = `kafkajs: ${message}`;
    const nowMs = performance.now();
    const isRepeat = nowMs - (lastMs.get(message) ?? -Infinity) < REPEAT_MS;
    const error = String(fields['error'] ?? '');
    if (isClosed() || isRepeat || ORDINARY.some((form) => form.test(message) || form.test(error))) {
      logger.debug(fields, text);
      return;
    }
    if (lastMs.size > 100) lastMs.clear();
    lastMs.set(message, nowMs);
    logger.warn(fields, text);
  };
}
