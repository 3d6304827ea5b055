// Topics and rights as a broker is to have them, and what one has instead.
export { applyDifferences } from './apply.ts';
export { isWrong, planOf, type PlanOptions } from './plan.ts';
export { textOf, type Difference } from './differences.ts';
export {
  aclsOf,
  inputsOfServices,
  principalOf,
  principalsOf,
  type RightsOptions,
} from './rights.ts';
export { wantedTopology, type TopologyOptions } from './wanted.ts';
