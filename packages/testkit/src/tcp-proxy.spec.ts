// The proxy hands on every byte in its order, and breaks what it is told to break, no more.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

interface Echo {
  /** All that it has been sent, over all connections. */
  readonly heard: Buffer[];
  readonly address: string;
}

/** Sends back whatever it is sent. */
async function startEcho(): Promise<Echo> {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {
      // Connections are cut on purpose.
    });
    socket.on('data', (piece: Buffer) => {
      heard.push(piece);
      socket.write(piece);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  return { heard, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function proxyTo(target: string): Promise<TcpProxy> {
  const proxy = await startTcpProxy({ target: () => target });
  opened.push(proxy);
  return proxy;
}

interface Client {
  readonly socket: Socket;
  readonly answers: Buffer[];
  readonly closed: Promise<unknown>;
}

async function clientOf(proxy: TcpProxy): Promise<Client> {
  const socket = connect(proxy.port, proxy.host);
  const answers: Buffer[] = [];
  socket.on('data', (piece: Buffer) => answers.push(piece));
  socket.on('error', () => {
    // Connections are cut on purpose.
  });
  const closed = closeOf(socket);
  await once(socket, 'connect');
  return { socket, answers, closed };
}

/** Unlike `once`, whatever broke it. */
function closeOf(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}

/** So many bytes of which neighbours differ. */
function bytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff));
}

const textOf = (pieces: readonly Buffer[]) => Buffer.concat(pieces).toString('latin1');

test('whatever is sent arrives byte for byte, both ways', async () => {
  const echo = await startEcho();
  const proxy = await proxyTo(echo.address);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 200_000 }).map(bytes), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0, 1),
      async (pieces, delayMs) => {
        proxy.slow(delayMs);
        const { socket, answers } = await clientOf(proxy);
        for (const piece of pieces) socket.write(piece);
        const all = Buffer.concat(pieces);
        const count = () => answers.reduce((sum, { length }) => sum + length, 0);
        await eventually('all comes back', () => count() === all.length);
        expect(Buffer.concat(answers).equals(all)).toBe(true);
        socket.destroy();
      },
    ),
    { numRuns: 20 },
  );
  await eventually('nothing stays open', () => proxy.open === 0);
});

test('a slow way is slow both ways, and keeps the order', async () => {
  const echo = await startEcho();
  const proxy = await proxyTo(echo.address);
  const { socket, answers } = await clientOf(proxy);
  proxy.slow(60);
  const startedMs = performance.now();
  socket.write('one');
  socket.write('two');
  await eventually('both are back', () => textOf(answers) === 'onetwo');
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(119);
});

test('a cut breaks what is open and takes nothing until it is mended', async () => {
  const echo = await startEcho();
  const proxy = await proxyTo(echo.address);
  const { closed } = await clientOf(proxy);
  await eventually('it is through', () => proxy.open === 1);
  proxy.cut();
  await closed;
  expect(proxy.open).toBe(0);
  const refused = connect(proxy.port, proxy.host);
  refused.on('error', () => {
    // It is reset at once, or ends.
  });
  await closeOf(refused);
  expect(echo.heard).toEqual([]);

  proxy.mend();
  const after = await clientOf(proxy);
  after.socket.write('again');
  await eventually('it is back', () => textOf(after.answers) === 'again');
});

test('what is judged lost never arrives', async () => {
  const echo = await startEcho();
  const proxy = await proxyTo(echo.address);
  proxy.judge((piece) => (piece.includes('commit') ? 'lose' : 'pass'));
  const { socket, answers, closed } = await clientOf(proxy);
  socket.write('begin');
  await eventually('it is through', () => textOf(answers) === 'begin');
  socket.write('commit');
  await closed;
  expect(textOf(echo.heard)).toBe('begin');
});

test('what is judged the last arrives, and its answer does not', async () => {
  const echo = await startEcho();
  const proxy = await proxyTo(echo.address);
  proxy.judge((piece) => (piece.includes('commit') ? 'last' : 'pass'));
  const { socket, answers, closed } = await clientOf(proxy);
  socket.write('begin');
  await eventually('it is through', () => textOf(answers) === 'begin');
  socket.write('commit');
  await closed;
  await eventually('it has arrived', () => textOf(echo.heard) === 'begincommit');
  expect(textOf(answers)).toBe('begin');
  await eventually('nothing stays open', () => proxy.open === 0);
});

test('of connections that ended in good order nothing is left', async () => {
  const socketsOpen = () =>
    process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const before = socketsOpen();
  const echo = await startEcho();
  const proxy = await proxyTo(echo.address);
  for (const word of ['pass', 'last'] as const) {
    proxy.judge(() => word);
    const { socket, closed } = await clientOf(proxy);
    socket.end('good bye');
    await closed;
  }
  await eventually('no pair is open', () => proxy.open === 0);
  await eventually('no socket is open', () => socketsOpen() <= before);
});

test('a server that is not there is a broken connection', async () => {
  const proxy = await proxyTo('127.0.0.1:1');
  const { closed } = await clientOf(proxy);
  await closed;
  await eventually('nothing stays open', () => proxy.open === 0);
});
