// Logs: JSON lines on stdout that name only what is on the list, and nothing of a natural person.
import { pino, stdTimeFunctions, type DestinationStream, type Logger as PinoLogger } from 'pino';
import type { Observer, Outcome } from './observe.ts';
import type { Provider } from './provider.ts';
import { traceIdOf } from './trace-context.ts';

export type Logger = PinoLogger;
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

export interface LoggerOptions {
  readonly service: string;
  readonly level?: LogLevel;
  /** Default: stdout. */
  readonly destination?: DestinationStream;
}

/**
 * The fields that may be printed. Redaction by path misses the paths nobody thought of; a field
 * that is not here is left out, whatever is handed to the logger.
 */
const PRINTED = new Set([
  'action',
  'address',
  'applicationId',
  'attempts',
  'broker',
  'brokers',
  'cause',
  'code',
  'count',
  'durationMs',
  'err',
  'error',
  'eventId',
  'eventType',
  'gatherMs',
  'groupId',
  'ignored',
  'kind',
  'lanes',
  'lenderId',
  'level',
  'line',
  'lines',
  'memberId',
  'method',
  'migrations',
  'node',
  'offset',
  'outcome',
  'outcomes',
  'partition',
  'principal',
  'produced',
  'provider',
  'publishMs',
  'published',
  'reason',
  'records',
  'requestId',
  'retryCount',
  'route',
  'schema',
  'service',
  'signal',
  'state',
  'statusCode',
  'step',
  'taken',
  'topic',
  'traceId',
  'transactionMs',
  'waitMs',
]);
const TEXT_LENGTH_MAX = 1_000;
const ITEMS_MAX = 100;

export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level ?? 'info',
    base: { service: options.service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: {
      level: (level: string) => ({ level }),
      log: printed,
    },
    // pino's own serializer of `err` prints every property; ours ran before it.
    serializers: { err: (error: unknown) => error },
    hooks: {
      logMethod(this: Logger, args: Parameters<Logger['info']>, method: PinoLogFn) {
        method.apply(this, fitted(args) as Parameters<Logger['info']>);
      },
    },
  };
  const logger = pino(settings, options.destination ?? pino.destination({ fd: 1, sync: false }));
  // pino formats no bindings of a child; its children inherit this method.
  const plainChild = logger.child;
  const child = function (this: Logger, bindings: Record<string, unknown>, given?: object) {
    return plainChild.call(this, printed(bindings), given);
  };
  logger.child = child as unknown as Logger['child'];
  return logger;
}

type PinoLogFn = (this: Logger, ...args: Parameters<Logger['info']>) => void;

/** Fields and one text; what a format (`%o`) would have put into the text is dropped. */
function fitted(args: readonly unknown[]): readonly unknown[] {
  const [first, second] = args;
  if (typeof first === 'string') return [masked(first)];
  const fields = first instanceof Error ? { err: first } : first;
  if (typeof second === 'string') return [fields, masked(second)];
  // Without a text pino would take the error's own.
  const { err } = (fields ?? {}) as { err?: unknown };
  return [fields, printedError(err)?.message ?? ''];
}

function printed(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!PRINTED.has(name)) continue;
    const fitted = name === 'err' ? printedError(value) : printedValue(value);
    if (fitted !== undefined) kept[name] = fitted;
  }
  return kept;
}

/** Scalars, and lists and maps of scalars; anything deeper could be an application. */
function printedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map(printedScalar);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([name, item]) => [name, printedScalar(item)]));
  }
  return printedScalar(value);
}

function printedScalar(value: unknown): unknown {
  if (typeof value === 'string') return masked(value);
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

export interface PrintedError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly stack: string;
  readonly cause?: PrintedError;
}

const WITHHELD = 'message withheld: it may quote data';
const CAUSES_MAX = 4;
// These quote types and names of the program, never a value.
const QUOTES_PROGRAM = new Set(['TypeError', 'ReferenceError', 'AggregateError', 'SchemaError']);
const OWN_CODE = /^(?:SAIDAO_|E[A-Z]{2,}|FST_|UND_|ERR_)/;
const SQL_STATE = /^[0-9A-Z]{5}$/;

/** An error without what it may quote: class, code, places and, where that is safe, its text. */
export function printedError(error: unknown, depth = 0): PrintedError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code: given } = error as { code?: unknown };
  const code = typeof given === 'string' ? given : undefined;
  const cause = depth < CAUSES_MAX ? printedError(error.cause, depth + 1) : undefined;
  return {
    type: error.name,
    ...(code !== undefined && { code }),
    message: maySay(error, code) ? masked(error.message) : WITHHELD,
    stack: placesOf(error),
    ...(cause !== undefined && { cause }),
  };
}

function maySay(error: Error, code: string | undefined): boolean {
  if (code !== undefined && SQL_STATE.test(code) && !OWN_CODE.test(code)) {
    // Classes 22 and 23 quote the row that was refused.
    return !/^2[23]/.test(code);
  }
  return (
    QUOTES_PROGRAM.has(error.name) ||
    error.name.startsWith('KafkaJS') ||
    (code !== undefined && OWN_CODE.test(code))
  );
}

/** The stack's lines without its head, which repeats the message. */
function placesOf(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .join('\n');
}

// The second net: mobile numbers and identity-card numbers inside a text that is printed.
const PERSONAL_NUMBERS =
  /(?<![0-9A-Za-z])(?:(?:\+?86[- ]?)?1[3-9]\d{9}|\d{17}[\dXx])(?![0-9A-Za-z])/g;

function masked(text: string): string {
  const short = text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
  return short.replace(PERSONAL_NUMBERS, '[masked]');
}

const QUIET: ReadonlySet<Outcome> = new Set(['passed-over', 'repeated', 'ignored']);

/** Turns what a line tells into log lines. */
export function logLine(observer: Observer, logger: Logger): void {
  observer.on('decided', (event) => {
    const level = QUIET.has(event.outcome) ? 'debug' : 'info';
    if (!logger.isLevelEnabled(level)) return;
    logger[level](
      {
        line: event.line,
        applicationId: event.applicationId,
        traceId: traceIdOf(event.traceparent),
        eventType: event.type,
        eventId: event.id,
        outcome: event.outcome,
        produced: event.produced,
        ignored: event.ignored,
      },
      `${event.type} ${event.outcome}`,
    );
  });
  observer.on('deadLettered', (letter) => {
    const { line, code, reason, topic, partition, offset, applicationId } = letter;
    logger.warn(
      { line, code, reason, topic, partition, offset, applicationId },
      'record became a dead letter',
    );
  });
  observer.on('alarm', ({ line, kind, message, applicationId, error }) => {
    // With an error the message repeats what the error says, which may quote data.
    const reason = error === undefined ? message : undefined;
    logger.error({ line, kind, applicationId, err: error, reason }, `alarm: ${kind}`);
  });
  observer.on('paused', ({ line, reason }) => {
    if (reason === undefined) logger.info({ line }, 'line goes on');
    else logger.warn({ line, reason }, 'line is paused');
  });
  observer.on('lanes', ({ line, lanes }) => logger.info({ line, lanes }, 'line owns lanes'));
  observer.on('turn', (turn) => {
    if (!logger.isLevelEnabled('debug')) return;
    const { line, lanes, records, taken, published } = turn;
    const { durationMs, gatherMs, transactionMs, publishMs } = turn;
    logger.debug(
      { line, lanes, records, taken, published, durationMs, gatherMs, transactionMs, publishMs },
      'turn ended',
    );
  });
}

/** Tells when a provider's breaker opens, is tried and closes. */
export function logProvider(provider: Provider, logger: Logger): void {
  provider.on('state', ({ lenderId, state }) => {
    const level = state === 'open' ? 'warn' : 'info';
    logger[level]({ provider: provider.name, lenderId, state }, `breaker is ${state}`);
  });
}
