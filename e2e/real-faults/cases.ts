// Faults of what workers stand on, each on a whole system of real engines and processes.
import type { Case } from '../torture/case.ts';
import { brokerAwayCases, brokerCases } from './broker.ts';
import { clockCases } from './clock.ts';
import { clusterCases } from './cluster.ts';
import { databaseRefusesCases } from './database-refuses.ts';
import { deadLettersAwayCases } from './dead-letters-away.ts';
import { diskFullCases } from './disk-full.ts';
import { networkCases } from './network.ts';
import { offsetsDeletedCases } from './offsets-deleted.ts';
import { postgresCases } from './postgres.ts';
import { redisCases } from './redis.ts';
import { scaleCases } from './scale.ts';
import { soakCases } from './soak.ts';
import { zombieCases } from './zombies.ts';

/** The environment finds programs, such as Java. */
export function realFaultCases(environment: NodeJS.ProcessEnv): Case[] {
  return [
    ...brokerCases(environment),
    ...brokerAwayCases(environment),
    ...clusterCases(environment),
    ...zombieCases(environment),
    ...postgresCases(environment),
    ...databaseRefusesCases(environment),
    ...scaleCases(environment),
    ...redisCases(environment),
    ...networkCases(environment),
    ...clockCases(environment),
    ...diskFullCases(environment),
    ...deadLettersAwayCases(environment),
    ...offsetsDeletedCases(environment),
    ...soakCases(environment),
  ];
}
