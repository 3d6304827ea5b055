// A way between a client and a server, for tests that make it slow, cut it, or listen on it.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What becomes of what a client has just sent. */
export type Verdict =
  /** It goes on. */
  | 'pass'
  /** It is lost, and with it the connection. */
  | 'lose'
  /** It arrives, and then the connection is lost: the client never learns what came of it. */
  | 'last';

export interface TcpProxy {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Pairs of connections that are open. */
  readonly open: number;
  /** Each piece of either direction arrives so much later, in its order; 0 at first. */
  slow(delayMs: number): void;
  /** Cuts all there are, and takes no more until `mend`. */
  cut(): void;
  mend(): void;
  /** Asked about each piece that a client sends; null: all goes on. */
  judge(verdictOf: ((piece: Buffer) => Verdict) | null): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface TcpProxyOptions {
  /** Asked for each connection, as `host:port`: the server may start after the proxy. */
  target(): string;
  /** 0 or left out: any free one. */
  readonly port?: number;
}

/** Resolves once it listens, on this machine alone. */
export async function startTcpProxy({ target, port = 0 }: TcpProxyOptions): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let delayMs = 0;
  let isCut = false;
  let verdictOf: ((piece: Buffer) => Verdict) | null = null;
  const server = createServer((client) => {
    // A client whose connection breaks at once has no other way to learn that nobody is there.
    if (isCut) return void client.resetAndDestroy();
    const [host = '', serverPort] = target().split(':');
    const pair = new Pair(client, connect(Number(serverPort), host), {
      delayMs: () => delayMs,
      verdictOf: (piece) => verdictOf?.(piece) ?? 'pass',
      onEnd: () => pairs.delete(pair),
    });
    pairs.add(pair);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const cutAll = () => {
    for (const pair of [...pairs]) pair.cut();
  };
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    get open() {
      return pairs.size;
    },
    slow(given) {
      delayMs = given;
    },
    cut() {
      isCut = true;
      cutAll();
    },
    mend() {
      isCut = false;
    },
    judge(given) {
      verdictOf = given;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
    },
  };
}

interface PairOptions {
  delayMs(): number;
  verdictOf(piece: Buffer): Verdict;
  onEnd(): void;
}

/** A client's connection and the one that was opened for it. */
class Pair {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #options: PairOptions;
  #isOver = false;

  constructor(client: Socket, server: Socket, options: PairOptions) {
    this.#client = client;
    this.#server = server;
    this.#options = options;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.cut());
      socket.once('close', () => this.cut());
    }
    this.#carry(client, server, (piece) => options.verdictOf(piece));
    this.#carry(server, client, () => 'pass');
  }

  /** Both sides see their connection break, not end. */
  cut(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    breakOff(this.#client);
    breakOff(this.#server);
    this.#options.onEnd();
  }

  #carry(from: Socket, to: Socket, verdictOf: (piece: Buffer) => Verdict): void {
    let last = Promise.resolve();
    const inTurn = (work: () => void | Promise<void>): void => {
      const dueMs = performance.now() + this.#options.delayMs();
      last = last.then(async () => {
        await untilMs(dueMs);
        if (!this.#isOver) await work();
      });
    };
    from.on('data', (piece: Buffer) => {
      const verdict = verdictOf(piece);
      if (verdict === 'lose') return this.cut();
      if (verdict === 'last') this.#loseClient();
      inTurn(async () => {
        // What the receiver does not take is not read from the sender either.
        if (to.destroyed || to.write(piece)) return;
        from.pause();
        await new Promise<void>((resolve) => {
          to.once('drain', resolve);
          to.once('close', resolve);
        });
        from.resume();
      });
      if (verdict === 'last') inTurn(() => void to.end());
    });
    from.on('end', () => inTurn(() => void to.end()));
  }

  /** What was on its way to the server still gets there. */
  #loseClient(): void {
    this.#client.removeAllListeners('close');
    this.#client.resetAndDestroy();
  }
}

/** One that has said its last word cannot be reset any more: it would never be closed. */
function breakOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function untilMs(dueMs: number): Promise<void> {
  const restMs = dueMs - performance.now();
  if (restMs <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, restMs);
  });
}
