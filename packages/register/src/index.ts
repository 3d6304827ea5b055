// Registers of versions: entries, approvals by two, who is in force, faults, differences.
export {
  activate,
  enter,
  type Activation,
  type Approving,
  type Fault,
  type Kind,
} from './activate.ts';
export { changeFile } from './change-file.ts';
export { differencesOf, type Difference } from './differences.ts';
export {
  APPROVERS_NEEDED,
  personOf,
  refOf,
  roles,
  statuses,
  type Approval,
  type Entry,
  type Role,
  type Status,
} from './entry.ts';
export { faultsOfChampions, faultsOfEntry, faultsOfPerson } from './faults.ts';
export { championOn, isInForceOn, isInForceSometime } from './in-force.ts';
