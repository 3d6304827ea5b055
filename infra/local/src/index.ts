// The local engines: real Kafka, PostgreSQL and Redis for development and tests, without Docker.
export { checkMachine } from './checks.ts';
export type { CheckResult, WantedPort } from './checks.ts';
export {
  LOCAL_PORTS,
  SHARED_CACHE,
  askEngine,
  homeOwner,
  startEngines,
  withoutSecret,
} from './engines.ts';
export type { Engines, EnginePorts, KafkaIsland, StartEnginesOptions } from './engines.ts';
export type { Engine, EngineName } from './engine.ts';
export { withFetchLock } from './downloads.ts';
export { KAFKA_ADMIN, kafkaLogin } from './kafka-admin.ts';
export type { KafkaGuard } from './kafka-guard.ts';
export { LocalFault, fault, faults } from './faults.ts';
export type { FaultCode } from './faults.ts';
export { deleteData, endLeftovers } from './leftovers.ts';
export { runStep } from './step.ts';
export type { Step, OnStep } from './step.ts';
export { freePort, holderOf, portIsTaken } from './ports.ts';
export { endGroup, isAlive, lastLogLine, launch, logSize, until } from './process-life.ts';
export { startWatchdog } from './watchdog.ts';
export type { Watchdog } from './watchdog.ts';
export { workerEnvironment, workerNodeOptions } from './worker-process.ts';
