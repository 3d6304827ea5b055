// A schema registry of somebody else's over HTTP: what it answers, or why it refuses.
import { Told } from './told.ts';

const ANSWER_MS_MAX = 30_000;
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';

/** An answer that is no yes: its code is Confluent's, or the status alone. */
export class RegistryRefusal extends Told {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string) {
    super(`The registry refuses: ${reason} (${code}).`);
    this.name = 'RegistryRefusal';
    this.code = code;
    this.reason = reason;
  }
}

export class ForeignRegistry {
  /** As it may be printed. */
  readonly address: string;
  readonly #headers: Record<string, string>;

  /** Of `https://user:password@host/path` the first two are sent as every client sends them. */
  constructor(url: string) {
    if (!URL.canParse(url) || !/^https?:/.test(url)) {
      throw new Told(`${url} is no address of a registry; it is one like http://localhost:8081.`);
    }
    const { origin, pathname, username, password } = new URL(url);
    this.address = `${origin}${pathname}`.replace(/\/$/, '');
    const secret = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#headers = {
      accept: `${CONTENT_TYPE}, application/json`,
      'content-type': CONTENT_TYPE,
      ...(username !== '' && {
        authorization: `Basic ${Buffer.from(secret).toString('base64')}`,
      }),
    };
  }

  /** Undefined for what is not there. */
  async find<Answer>(path: string): Promise<Answer | undefined> {
    try {
      return await this.ask<Answer>('GET', path);
    } catch (error) {
      if (error instanceof RegistryRefusal && /^404/.test(String(error.code))) return undefined;
      throw error;
    }
  }

  /** Throws a RegistryRefusal for whatever is not a success. */
  async ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const answer = await fetch(`${this.address}${path}`, {
      method,
      headers: this.#headers,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      const { message, cause } = error as Error;
      const reason = (cause as Error | undefined)?.message || message;
      throw new Told(`The registry at ${this.address} does not answer: ${reason}.`);
    });
    const said = jsonOf(await answer.text());
    if (answer.ok && said !== undefined) return said as Answer;
    const { error_code: code = answer.status, message = 'it gave no reason' } = (said ?? {}) as {
      error_code?: number;
      message?: string;
    };
    throw new RegistryRefusal(code, message);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
