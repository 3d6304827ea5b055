// The partition of a key: murmur2, as the Java client computes it; and how a partition is named.

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** The 32-bit hash (signed) of Java's org.apache.kafka.common.utils.Utils.murmur2. */
export function murmur2(data: Uint8Array): number {
  const { length } = data;
  let hash = SEED ^ length;
  const aligned = length & ~3;
  for (let at = 0; at < aligned; at += 4) {
    let word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    word = Math.imul(word, M);
    word ^= word >>> 24;
    word = Math.imul(word, M);
    hash = Math.imul(hash, M) ^ word;
  }
  const rest = length & 3;
  if (rest === 3) hash ^= data[aligned + 2]! << 16;
  if (rest >= 2) hash ^= data[aligned + 1]! << 8;
  if (rest >= 1) hash = Math.imul(hash ^ data[aligned]!, M);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return hash ^ (hash >>> 15);
}

/** The partition that every Kafka client with the Java partitioner gives to this key. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  if (!Number.isInteger(partitions) || partitions < 1) {
    throw new RangeError(`the number of partitions must be a positive integer, not ${partitions}`);
  }
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/** One name for a topic's partition, as `saidao.applications.v1/3`. */
export function partitionName(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
