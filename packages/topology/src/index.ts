// Topics and rights as a broker is to have them, and what one has instead.
export { applyDifferences } from './apply.ts';
export { differencesOf, textOf, type Difference } from './differences.ts';
export {
  aclsOf,
  inputsOfServices,
  principalOf,
  principalsOf,
  type RightsOptions,
} from './rights.ts';
export { settingsOf, wantedTopology, type Topology, type TopologyOptions } from './wanted.ts';
