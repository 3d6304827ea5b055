// JSON over HTTP as providers are asked: bounded answers, told apart from what is no answer.
import { isUtf8 } from 'node:buffer';
import { Agent, errors, request } from 'undici';
import { ProviderError } from './provider.ts';

const ANSWER_BYTES_MAX = 64 * 1024;

// Not fetch: its streams and signals take three times as long for an answer of a few hundred bytes.
const agent = new Agent({ maxResponseSize: ANSWER_BYTES_MAX });

export interface JsonRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Rejects with ProviderError for a status of 500 and above (`error`), for a redirect, and for what
 * is no JSON or longer than 64 KiB (`garbage`); a 4xx with JSON is left to the caller to judge.
 */
export async function askJson(asked: JsonRequest, signal: AbortSignal): Promise<JsonAnswer> {
  const { method, url, body, idempotencyKey } = asked;
  const response = await request(url, {
    dispatcher: agent,
    method,
    signal,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { statusCode: status } = response;
  if (status >= 500 || (status >= 300 && status < 400)) {
    await response.body.dump({ limit: ANSWER_BYTES_MAX });
    throw new ProviderError('error', `answered with status ${status}`);
  }
  const bytes = await response.body.bytes().catch((error: unknown) => {
    if (!(error instanceof errors.ResponseExceededMaxSizeError)) throw error;
    throw new ProviderError('garbage', `answered with more than ${ANSWER_BYTES_MAX} bytes`);
  });
  try {
    if (isUtf8(bytes)) return { status, body: JSON.parse(Buffer.from(bytes).toString('utf8')) };
  } catch {
    // Told below, as for bytes that are no text.
  }
  throw new ProviderError('garbage', `answered with status ${status} and no JSON`);
}
