// What a team needs that reads what Saidao decides: each event once, in order, and the present state.
export { connectKafka } from '@saidao/event-log';
export type { EventLog, KafkaOptions } from '@saidao/event-log';
export { topics } from '@saidao/schemas';
export type { EventMap, EventName, LatestDecision } from '@saidao/schemas';
export type { Envelope, EventOn } from './envelope.ts';
export type { HeadStore, HeldHead, Parked, Place } from './heads.ts';
export { kafkaLogin } from './login.ts';
export { memoryHeads } from './memory-heads.ts';
export { postgresHeads } from './postgres-heads.ts';
export type { PostgresHeads } from './postgres-heads.ts';
export { rebuild } from './rebuild.ts';
export type { RebuildOptions, Rebuilt } from './rebuild.ts';
export { subscribe } from './subscribe.ts';
export type { SubscribeOptions, Subscription } from './subscribe.ts';
export type { Trouble } from './take.ts';
