// JSON over HTTP as providers are asked: bounded answers, told apart from what is no answer.
import { isUtf8 } from 'node:buffer';
import { Agent, errors, request } from 'undici';
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
  const { method, url, body, idempotencyKey, accountId, judged } = asked;
  const response = await request(url, {
    dispatcher: agent,
    method,
    signal,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      ...(accountId === undefined ? {} : { 'x-account-id': accountId }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { statusCode: status } = response;
  const isNone = status >= 500 || (status >= 300 && status < 400) || NO_ANSWER.has(status);
  if (isNone && judged?.includes(status) !== true) {
    await response.body.dump({ limit: ANSWER_BYTES_MAX });
    throw new ProviderError('error', `answered with status ${status}`);
  }
  const bytes = await response.body.bytes().catch((error: unknown) => {
    if (!(error instanceof errors.ResponseExceededMaxSizeError)) throw error;
    throw new ProviderError('garbage', `answered with more than ${ANSWER_BYTES_MAX} bytes`);
  });
  try {
    if (isUtf8(bytes)) {
      const text = Buffer.from(bytes).toString('utf8');
      return { status, body: JSON.parse(text), text };
    }
  } catch {
    // Told below, as for bytes that are no text.
  }
  throw new ProviderError('garbage', `answered with status ${status} and no JSON`);
}
