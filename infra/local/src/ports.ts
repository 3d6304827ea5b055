// Ports of this machine: a free one, whether one is taken and by whom.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { commandOf } from './process-life.ts';

const HOST = '127.0.0.1';

/** The system may give a port that was just let go of to the next who asks: each is given once. */
const given = new Set<number>();

export async function freePort(): Promise<number> {
  for (;;) {
    const port = await tryPort(0);
    if (port === null) throw new Error(`no free port on ${HOST}`);
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

export async function portIsTaken(port: number): Promise<boolean> {
  return (await tryPort(port)) === null;
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else reject(error);
    });
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}

/**
 * The program that listens on the port, if the system lets us see it: `redis-server (process 812)`.
 */
export function holderOf(port: number): string | null {
  if (process.platform !== 'linux') return null;
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readLines(table).slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === '0A' && local?.endsWith(`:${wanted}`)) sockets.add(`socket:[${inode}]`);
    }
  }
  if (sockets.size === 0) return null;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
        if (!sockets.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`))) continue;
        const program = commandOf(Number(pid))?.split(' ')[0]?.split('/').at(-1) ?? 'a program';
        return `${program} (process ${pid})`;
      }
    } catch {
      // Another user's process, or one that has just ended.
    }
  }
  return null;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
