// Ends the sessions of a killed worker at once, as the broker would do when their time is over.
import { connect } from 'node:net';
import kafkajs from 'kafkajs';

const LEAVE_GROUP = 13;
const VERSION = 1;
const ANSWER_MS_MAX = 10_000;

/**
 * Has every member of these groups leave. To the coordinator, and so to whoever joins next, that is
 * what the end of a session is; only the waiting is left out. One broker is all there is.
 */
export async function evict(broker: string, groups: readonly string[]): Promise<void> {
  const kafka = new kafkajs.Kafka({
    brokers: [broker],
    clientId: 'torture',
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const described = await admin.describeGroups([...groups]);
    for (const { groupId, members } of described.groups) {
      for (const { memberId } of members) await leave(broker, groupId, memberId);
    }
  } finally {
    await admin.disconnect();
  }
}

/** kafkajs leaves for itself alone, so the request is written here. */
function leave(broker: string, group: string, member: string): Promise<void> {
  const header = Buffer.alloc(8);
  header.writeInt16BE(LEAVE_GROUP, 0);
  header.writeInt16BE(VERSION, 2);
  const body = Buffer.concat([header, text('torture'), text(group), text(member)]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  const [host = '', port] = broker.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => socket.write(Buffer.concat([size, body])));
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new Error(`${broker} says nothing`)));
    socket.once('error', reject);
    socket.once('data', () => {
      socket.end();
      resolve();
    });
  });
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
