// The event log: its port, its adapters and the partitioner they share.
export * from './port.ts';
export { openBroker } from './broker-admin.ts';
export type * from './broker-admin.ts';
export { watchGroups } from './group-watch.ts';
export type * from './group-watch.ts';
export { boundLog } from './bound-log.ts';
export { pauseFor } from './deadline.ts';
export { MemoryBroker } from './memory.ts';
export type { MemoryBrokerOptions } from './memory.ts';
export { murmur2, partitionName, partitionOf } from './partitioner.ts';
export { connectKafka } from './kafka.ts';
export type { KafkaEventLog } from './kafka.ts';
export type { KafkaOptions, LogSink } from './kafka-client.ts';
