// Where things are, and what every run of the bench has in common.
import { join } from 'node:path';

export const PROJECT_ROOT = join(import.meta.dirname, '..');

export const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'] as const;
/** As the local default. */
export const PARTITIONS = 6;

/** The five services, in the order in which they are started: intake, which lets work in, last. */
export const SERVICES = [
  'disbursement-ledger',
  'decisioning',
  'scoring',
  'patent-verification',
  'intake',
] as const;
export type Service = (typeof SERVICES)[number];
