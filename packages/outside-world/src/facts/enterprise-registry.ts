// The enterprise registry: who stands under a credit code, since when, where, and in what state.
import { type Static, Type } from 'typebox';
import type { Behaviours } from '../behaviour.ts';
import { Day, exactly, FenFrom0, Name, nullOr, problem, type Surroundings, Uscc } from '../wire.ts';
import { createFactPart, type FactPart } from './told.ts';

export const entryFields = {
  name: Name,
  status: Type.Enum(['in-business', 'abnormal', 'revoked', 'deregistered', 'moved-out']),
  established: Day,
  /** Division of GB/T 2260. */
  regionCode: Type.String({ pattern: '^[0-9]{6}$' }),
  /** Class of GB/T 4754. */
  industryCode: Type.String({ pattern: '^[A-T][0-9]{4}$' }),
  registeredCapitalFen: Type.Optional(nullOr(FenFrom0)),
  insuredStaff: Type.Optional(nullOr(Type.Integer({ minimum: 0 }))),
  /** Head of the group that it belongs to. */
  groupHead: Type.Optional(nullOr(Uscc)),
  /** Null: for good. */
  licenceValidTo: Type.Optional(nullOr(Day)),
  /** How many persons are filed who hold 25 % or more; null: nobody filed any. */
  beneficialOwners: Type.Optional(nullOr(Type.Integer({ minimum: 0 }))),
  /** Whether all holders are natural persons; null: it does not say. */
  naturalHoldersOnly: Type.Optional(nullOr(Type.Boolean())),
};
/** What is left out of it was never registered. */
export const RegistryEntry = exactly(entryFields);
export type RegistryEntry = Static<typeof RegistryEntry>;

/** What it answers of what it was not told. */
const notTold = {
  registeredCapitalFen: null,
  insuredStaff: null,
  groupHead: null,
  licenceValidTo: null,
  beneficialOwners: null,
  naturalHoldersOnly: null,
};

export function createEnterpriseRegistry(
  surroundings: Surroundings,
  behaviours: Behaviours,
): FactPart<RegistryEntry> {
  return createFactPart<RegistryEntry, typeof RegistryEntry>(surroundings, behaviours, {
    provider: 'enterprise-registry',
    askPath: '/enterprise-registry/enterprises/:uscc',
    tellPath: '/control/enterprise-registry/enterprises/:uscc',
    key: Uscc,
    body: RegistryEntry,
    entryOf: (uscc, registered) => ({ type: 'enterprise-seeded', uscc, registered }),
    factOf: (entry) =>
      entry.type === 'enterprise-seeded'
        ? [entry.uscc, { ...notTold, ...entry.registered }]
        : undefined,
    unknown: (uscc) =>
      problem(404, 'enterprise-unknown', `No enterprise is registered as ${uscc}.`),
  });
}
