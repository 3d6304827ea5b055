// A network of its own for one broker: one way to it for clients, another for its peers, to be cut.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { KafkaIsland } from '@saidao/local';

const run = promisify(execFile);
const ip = async (words: string): Promise<void> => void (await run('ip', words.split(' ')));

/** Of the range that is set apart for tests (RFC 2544): nobody's. */
const [AT_HOME, ON_ISLAND] = ['198.18.77.1', '198.18.77.2'];
const [PEER_AT_HOME, PEER_ON_ISLAND] = ['198.18.77.5', '198.18.77.6'];

export interface Island {
  readonly place: KafkaIsland;
  /** Peers no longer reach it, nor it them; clients do. */
  cutOff(): Promise<void>;
  join(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** For root on Linux; `pid` keeps the names of two runs apart. */
export async function openIsland(pid = process.pid): Promise<Island> {
  const name = `saidao-island-${pid}`;
  const bridge = async (link: string, home: string, there: string): Promise<void> => {
    await ip(`link add ${link} type veth peer name ${link}i netns ${name}`);
    await ip(`address add ${home}/30 dev ${link}`);
    await ip(`link set ${link} up`);
    await ip(`-n ${name} address add ${there}/30 dev ${link}i`);
    await ip(`-n ${name} link set ${link}i up`);
  };
  await using undo = new AsyncDisposableStack();
  await ip(`netns add ${name}`);
  // Both ends of its ways go with it.
  undo.defer(() => ip(`netns delete ${name}`));
  await ip(`-n ${name} link set lo up`);
  await bridge(`sdc${pid}`, AT_HOME, ON_ISLAND);
  await bridge(`sdp${pid}`, PEER_AT_HOME, PEER_ON_ISLAND);
  const made = undo.move();
  return {
    place: {
      within: ['ip', 'netns', 'exec', name],
      host: ON_ISLAND,
      peerHost: PEER_ON_ISLAND,
      mainlandHost: PEER_AT_HOME,
    },
    cutOff: () => ip(`link set sdp${pid} down`),
    join: () => ip(`link set sdp${pid} up`),
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  };
}
