// JSON over HTTP as providers are asked: bounded answers, told apart from what is no answer.
import { isUtf8 } from 'node:buffer';
import { Agent, errors, type Dispatcher } from 'undici';
import { ProviderError } from './provider.ts';

const ANSWER_BYTES_MAX = 64 * 1024;

// Not fetch: its streams and signals cost more than an answer of a few hundred bytes is worth.
const agent = new Agent({ maxResponseSize: ANSWER_BYTES_MAX });

/** Statuses by which a provider says that it cannot answer now, or not to us. */
const NO_ANSWER = new Set([401, 403, 407, 408, 425, 429]);

export interface JsonRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  /** Whose account at the provider is used. */
  readonly accountId?: string;
  /** Statuses that are answers here, though they mostly are none. */
  readonly judged?: readonly number[];
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
  /** The body as it was received. */
  readonly text: string;
}

/**
 * Rejects with ProviderError for a status that is no answer, such as 429, 503 or a redirect
 * (`error`), and for what is no JSON or longer than 64 KiB (`garbage`); another 4xx with JSON is
 * left to the caller to judge.
 */
export async function askJson(asked: JsonRequest, signal: AbortSignal): Promise<JsonAnswer> {
  const { status, bytes } = await exchange(asked, signal);
  const isNone = status >= 500 || (status >= 300 && status < 400) || NO_ANSWER.has(status);
  if (isNone && asked.judged?.includes(status) !== true) {
    throw new ProviderError('error', `answered with status ${status}`);
  }
  if (bytes === undefined) {
    throw new ProviderError('garbage', `answered with more than ${ANSWER_BYTES_MAX} bytes`);
  }
  try {
    if (isUtf8(bytes)) {
      const text = bytes.toString('utf8');
      return { status, body: JSON.parse(text), text };
    }
  } catch {
    // Told below, as for bytes that are no text.
  }
  throw new ProviderError('garbage', `answered with status ${status} and no JSON`);
}

interface Exchanged {
  readonly status: number;
  /** Undefined: more than may come. */
  readonly bytes: Buffer | undefined;
}

/** Not undici's `request`: a stream for each answer costs more than the answer. */
async function exchange(asked: JsonRequest, signal: AbortSignal): Promise<Exchanged> {
  const { method, url, body, idempotencyKey, accountId } = asked;
  signal.throwIfAborted();
  const { origin, pathname, search } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<Exchanged>();
  const chunks: Buffer[] = [];
  let status = 0;
  let running: Dispatcher.DispatchController | undefined;
  const giveUp = (): void => {
    const reason = signal.reason as Error;
    reject(reason);
    running?.abort(reason);
  };
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    agent.dispatch(
      {
        origin,
        path: pathname + search,
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
          ...(accountId === undefined ? {} : { 'x-account-id': accountId }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      {
        onRequestStart(controller) {
          running = controller;
          if (signal.aborted) controller.abort(signal.reason as Error);
        },
        onResponseStart(_controller, statusCode) {
          // Below 200 the answer is still to come.
          if (statusCode >= 200) status = statusCode;
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          const [first, ...rest] = chunks;
          const isOne = first !== undefined && rest.length === 0;
          resolve({ status, bytes: isOne ? first : Buffer.concat(chunks) });
        },
        onResponseError(_controller, error) {
          const isTooLong = error instanceof errors.ResponseExceededMaxSizeError;
          if (isTooLong) resolve({ status, bytes: undefined });
          else reject(error);
        },
      },
    );
    return await promise;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
