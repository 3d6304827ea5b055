// Requests of webhooks: to public addresses alone, told by the address that is connected to.
import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent } from 'undici';
import {
  faultOfUrl,
  hostOf,
  mayConnectTo,
  NOT_PUBLIC,
  type AddressRules,
} from '../webhooks/addresses.ts';
import { retryAfterMsOf, type Answered } from '../webhooks/attempts.ts';
import type { Post } from '../webhooks/ports.ts';

/** How names become addresses; `node:dns` has one. */
export type Resolve = (
  name: string,
  options: { readonly all: true },
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

export interface WebhookHttpOptions {
  readonly rules: AddressRules;
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  readonly resolve?: Resolve;
}

export interface WebhookHttp {
  readonly post: Post;
  /** What is wrong with a URL, its name looked up; undefined: nothing, at this moment. */
  faultOf(url: string): Promise<string | undefined>;
  /** Gives up what is not answered yet. */
  close(): Promise<void>;
}

/** Kept of an answer. */
const ANSWER_CHARS_MAX = 256;
/** Read of an answer, before its connection is given up. */
const ANSWER_BYTES_MAX = 16_384;
const IDLE_MS = 4_000;

export function webhookHttp(options: WebhookHttpOptions): WebhookHttp {
  const { rules, timeoutMs, nowMs } = options;
  const resolve = options.resolve ?? ((name, how, done) => lookup(name, how, done as never));

  /** Instead of the system's: the socket is opened to what this says, so there is nothing between. */
  const guarded: LookupFunction = (name, { all, family }, done) => {
    resolve(name, { all: true }, (error, addresses) => {
      if (error !== null) return done(error, '', 0);
      const refused = addresses.find(({ address }) => !mayConnectTo(address, rules));
      if (refused !== undefined) return done(new Error(`${name} ${NOT_PUBLIC}`), '', 0);
      const usable = addresses.filter((one) => !family || one.family === family);
      const [first] = usable;
      if (first === undefined) return done(new Error(`${name} has no address`), '', 0);
      if (all === true) done(null, [...usable]);
      else done(null, first.address, first.family);
    });
  };
  // No bound on connections here: two webhooks at one host would wait for each other.
  const agent = new Agent({
    connect: { lookup: guarded, timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
  });

  return {
    async post(url, headers, body) {
      // Of an address in numbers no name is looked up.
      const fault = faultOfUrl(url, rules);
      if (fault !== undefined) return { kind: 'silent', fault };
      const { origin, pathname, search } = new URL(url);
      try {
        const response = await agent.request({
          origin,
          path: `${pathname}${search}`,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'saidao', ...headers },
          body,
          signal: AbortSignal.timeout(timeoutMs),
        });
        const asked = response.headers['retry-after'];
        return {
          kind: 'answered',
          code: response.statusCode,
          retryAfterMs: retryAfterMsOf(typeof asked === 'string' ? asked : undefined, nowMs()),
          // It has said by its status whether it took the event.
          answer: await beginningOf(response.body).catch(() => ''),
        };
      } catch (error) {
        return silent(error);
      }
    },
    async faultOf(url) {
      const fault = faultOfUrl(url, rules);
      if (fault !== undefined) return fault;
      const host = hostOf(new URL(url));
      if (isIP(host) !== 0) return undefined;
      const { promise, resolve: found } = Promise.withResolvers<string | undefined>();
      resolve(host, { all: true }, (error, addresses) => {
        if (error !== null || addresses.length === 0) return found('has a name that leads nowhere');
        const isPublic = addresses.every(({ address }) => mayConnectTo(address, rules));
        return found(isPublic ? undefined : NOT_PUBLIC);
      });
      return promise;
    },
    close: () => agent.destroy(),
  };
}

/** PostgreSQL stores no U+0000. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop gives up what is left, and its connection.
  for await (const part of body) {
    parts.push(part);
    bytes += part.length;
    if (bytes > ANSWER_BYTES_MAX) break;
  }
  const text = Buffer.concat(parts)
    .subarray(0, 4 * ANSWER_CHARS_MAX)
    .toString('utf8');
  return text.replaceAll('\0', '').slice(0, ANSWER_CHARS_MAX);
}

function silent(error: unknown): Answered {
  const { name, message, code } = error as { name?: string; message?: string; code?: unknown };
  const fault = name === 'TimeoutError' ? 'no answer in time' : (message ?? String(error));
  const named = typeof code === 'string' ? `${code}: ${fault}` : fault;
  return { kind: 'silent', fault: named.slice(0, ANSWER_CHARS_MAX) };
}
