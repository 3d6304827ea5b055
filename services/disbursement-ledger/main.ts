// The process of the disbursement ledger: the book line, the payout line and the door to the loans.
import { runWorker } from '@saidao/worker';
import { LEDGER_ROLE } from './adapters/tables-postgres.ts';
import { composeDisbursementLedger } from './compose.ts';
import { contradictionsOf, disbursementLedgerSettings } from './config.ts';

await runWorker({
  service: 'disbursement-ledger',
  env: process.env,
  settings: disbursementLedgerSettings,
  check: contradictionsOf,
  migrations: new URL('./migrations/', import.meta.url),
  role: LEDGER_ROLE,
  build: composeDisbursementLedger,
});
