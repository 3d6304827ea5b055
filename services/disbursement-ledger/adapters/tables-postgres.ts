// The tables of all lines without a worker, for tools and specs; and the role that the lines run as.
import { migrateService } from '@saidao/worker';

/** Older than those that the machinery names after their services. */
export const LEDGER_ROLE = 'saidao_ledger';

export async function migrateLedger(databaseUrl: string): Promise<void> {
  await migrateService({
    ...{ databaseUrl, service: 'disbursement-ledger', role: LEDGER_ROLE },
    lines: ['book', 'payout', 'days'],
    folder: new URL('../migrations/', import.meta.url),
  });
}
