// What tests of the Kafka adapter need: clients whose line can be cut, and a stranger's producer.
import net from 'node:net';
import kafkajs from 'kafkajs';
import { inject } from 'vitest';
import { connectKafka } from './kafka.ts';
import type { ISocketFactory, Kafka } from 'kafkajs';
import type { ConformanceHarness } from './conformance.ts';
import type { KafkaEventLog } from './kafka.ts';

/** Of a request: its size in four bytes, then what it asks for in two. */
const OFFSET_COMMIT = 8;
const FIND_COORDINATOR = 10;
const asksFor = (request: Buffer, what: number): boolean =>
  request.length > 6 && request.readInt16BE(4) === what;

/** A line to the broker that can be cut and mended, and on which some requests can be lost. */
export class Line {
  readonly #sockets = new Set<net.Socket>();
  #isCut = false;
  #isLosing = false;
  #isHiding = false;
  #lost = 0;

  readonly socketFactory: ISocketFactory = ({ host, port, onConnect }) => {
    if (this.#isCut) throw new Error('the line is cut');
    const socket = net.connect({ host, port }, onConnect);
    const write = socket.write.bind(socket);
    socket.write = (request: Buffer): boolean => {
      if (this.#isHiding && asksFor(request, FIND_COORDINATOR)) {
        socket.destroy(new Error('the line is cut'));
        return true;
      }
      if (!this.#isLosing || !asksFor(request, OFFSET_COMMIT)) return write(request);
      this.#lost += 1;
      return true;
    };
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  };

  cut(): void {
    this.#isCut = true;
    this.#drop();
  }

  mend(): void {
    this.#isCut = false;
    this.#isLosing = false;
    this.#isHiding = false;
  }

  /** Commits of offsets do not arrive until the line is mended; all else does. */
  loseCommits(): void {
    this.#isLosing = true;
  }

  /** Nobody is told which broker coordinates a group until the line is mended. */
  hideCoordinators(): void {
    this.#isHiding = true;
    this.#drop();
  }

  #drop(): void {
    for (const socket of this.#sockets) socket.destroy(new Error('the line is cut'));
  }

  get lostCommits(): number {
    return this.#lost;
  }
}

export interface LoggedLine {
  readonly level: 'debug' | 'warn';
  readonly fields: object;
  readonly message: string;
}

/** Those of the engines that the set-up of the test project has started or was given. */
export const brokersForTests = (): string[] => inject('brokers');

export function connectForTests(line: Line = new Line(), logged: LoggedLine[] = []): KafkaEventLog {
  return connectKafka({
    brokers: brokersForTests(),
    clientId: 'test',
    logger: {
      debug: (fields, message) => void logged.push({ level: 'debug', fields, message }),
      warn: (fields, message) => void logged.push({ level: 'warn', fields, message }),
    },
    socketFactory: line.socketFactory,
  });
}

/** kafkajs as a stranger uses it. */
export function plainKafka(): Kafka {
  return new kafkajs.Kafka({
    brokers: brokersForTests(),
    clientId: 'stranger',
    logLevel: kafkajs.logLevel.NOTHING,
  });
}

export async function openKafkaHarness(): Promise<ConformanceHarness> {
  const kafka = plainKafka();
  const admin = kafka.admin();
  return {
    sessionTimeoutMs: 6000,
    connect: () => {
      const line = new Line();
      return { log: connectForTests(line), kill: () => line.cut() };
    },
    truncate: async (topic, partition, before) => {
      await admin.connect();
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({
        topic,
        partitions: [{ partition, offset: String(before) }],
      });
    },
    appendForeign: async ({ topic, partition, key, value, headers }) => {
      const producer = kafka.producer({
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      const collected: Record<string, Buffer[]> = Object.create(null);
      for (const [name, bytes] of headers) (collected[name] ??= []).push(bytes);
      await producer.send({ topic, messages: [{ key, value, partition, headers: collected }] });
      await producer.disconnect();
    },
    close: async () => {
      await admin.disconnect();
    },
  };
}
