// A receiver of webhooks with a memory of its own: takes each id once, and answers as it is told.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Received {
  readonly id: string;
  readonly subject: string;
  readonly sequence: string;
  readonly type: string;
  /** Answered with 2xx. */
  readonly taken: boolean;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  /** Every request, in the order of their arrival, also those that it had had before. */
  readonly requests: readonly Received[];
  /** Of each id the first that was taken. */
  taken(): readonly Received[];
  /** What signatures were no good for; empty: all were. */
  readonly unsigned: readonly IncomingHttpHeaders[];
  /** Its secrets: one of them has to fit. */
  secrets: readonly string[];
  /** The status that a request is answered with. */
  answer: (event: Omit<Received, 'taken'>) => number | Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const requests: Received[] = [];
  const unsigned: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = Buffer.concat(parts).toString('utf8');
      const event = JSON.parse(body) as Omit<Received, 'id' | 'taken'>;
      const { subject, sequence, type } = event;
      const id = String(request.headers['webhook-id']);
      if (!receiver.secrets.some((secret) => isSigned(secret, body, request.headers))) {
        unsigned.push(request.headers);
      }
      const code = await receiver.answer({ id, subject, sequence, type });
      requests.push({ id, subject, sequence, type, taken: code >= 200 && code < 300 });
      response.writeHead(code).end(`it is ${code}`);
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    ...{ port, requests, unsigned },
    url: `http://127.0.0.1:${port}/hooks`,
    secrets: [],
    answer: () => 204,
    taken() {
      const seen = new Set<string>();
      return requests.filter(({ id, taken }) => taken && !seen.has(id) && seen.add(id));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

function isSigned(secret: string, body: string, headers: IncomingHttpHeaders): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
