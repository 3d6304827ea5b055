// A member of a line's group on the memory log, as a process of its own would be: its own connections.
import type { MemoryBroker } from '@saidao/event-log';
import { openDatabase, startLine, type Line } from '@saidao/worker';

export interface MemberOptions {
  readonly line: Line;
  readonly broker: MemoryBroker;
  readonly databaseUrl: string;
  readonly lenders: readonly string[];
  readonly partitions: number;
}

/** Whoever starts it stops it. */
export async function startMember(options: MemberOptions) {
  const { line, broker, databaseUrl, lenders, partitions } = options;
  const log = broker.connect();
  const database = openDatabase({ url: databaseUrl, poolMax: 4 });
  const running = await startLine({ line, log, database, lenders, partitions });
  return {
    status: () => running.status(),
    async stop(): Promise<void> {
      await running.stop();
      await log.close();
      await database.close();
    },
  };
}
