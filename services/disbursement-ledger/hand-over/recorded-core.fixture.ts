// A core system as a process that plays recorded exchanges and takes no request but the recorded.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';

/** What the core holds; each exchange says at which of it, and what it makes of it. */
interface Held {
  readonly client: 'absent' | 'active';
  readonly loan: 'absent' | 'pending' | 'approved' | 'active';
}

export interface Exchange {
  readonly step: string;
  readonly when: Partial<Held>;
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown };
  readonly response: { readonly status: number; readonly body: object };
  readonly then?: Partial<Held>;
}

/** Takes the place of one answer to the step; then it is over. */
export interface CoreFault {
  readonly step: string;
  readonly does: 'says-503' | 'acts-and-says-500' | 'acts-and-hangs-up' | 'acts-and-is-silent';
}

export interface CoreBook {
  /** Steps that were taken, in their order. */
  readonly steps: readonly string[];
  /** Requests that are not as recorded. */
  readonly unexpected: readonly string[];
}

interface Recorded {
  readonly headers: Readonly<Record<string, string>>;
  readonly exchanges: readonly Exchange[];
}

const [file = ''] = process.argv.slice(2);
const { headers, exchanges } = JSON.parse(readFileSync(file, 'utf8')) as Recorded;
let held: Held = { client: 'absent', loan: 'absent' };
const faults: CoreFault[] = [];
const steps: string[] = [];
const unexpected: string[] = [];

const server = createServer((request, response) => {
  void bodyOf(request).then((body) => answer(request, body, response));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});

function answer(request: IncomingMessage, body: unknown, response: ServerResponse): void {
  const { method = '', url = '' } = request;
  if (url === '/recorded/faults') {
    faults.push(...(body as readonly CoreFault[]));
    return say(response, 200, {});
  }
  if (url === '/recorded/held') {
    held = body as Held;
    return say(response, 200, {});
  }
  if (url === '/recorded/book') return say(response, 200, { steps, unexpected });
  const exchange = exchanges.find(
    ({ when, request: wanted }) =>
      wanted.method === method &&
      wanted.path === url &&
      Object.entries(when).every(([what, state]) => held[what as keyof Held] === state),
  );
  const wrong = exchange === undefined ? 'nothing is recorded' : strayIn(exchange, request, body);
  if (exchange === undefined || wrong !== undefined) {
    unexpected.push(`${method} ${url} with ${JSON.stringify(held)}: ${wrong}`);
    return say(response, 400, { errors: [], defaultUserMessage: wrong });
  }
  play(exchange, response);
}

function play(exchange: Exchange, response: ServerResponse): void {
  const at = faults.findIndex(({ step }) => step === exchange.step);
  const [fault] = at === -1 ? [] : faults.splice(at, 1);
  if (fault?.does === 'says-503') return say(response, 503, {});
  steps.push(exchange.step);
  held = { ...held, ...exchange.then };
  switch (fault?.does) {
    case 'acts-and-says-500':
      return say(response, 500, {});
    case 'acts-and-hangs-up':
      return void response.destroy();
    case 'acts-and-is-silent':
      return;
    case undefined:
      return say(response, exchange.response.status, exchange.response.body);
  }
}

/** Every header that is recorded, and the very body: no field more, none less. */
function strayIn(exchange: Exchange, request: IncomingMessage, body: unknown): string | undefined {
  const wanted = {
    ...headers,
    ...(exchange.request.body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (request.headers[name] !== value)
      return `the header ${name} is ${String(request.headers[name])}`;
  }
  if (isDeepStrictEqual(body, exchange.request.body)) return undefined;
  return `the body is ${JSON.stringify(body)}`;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}

function say(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
