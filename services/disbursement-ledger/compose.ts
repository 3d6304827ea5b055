// Puts the lines and the doors together with their adapters; main and the spec of the service use it.
import { takenKeysIn, type BuiltWorker, type WorkerContext } from '@saidao/worker';
import { haltsMetrics } from './adapters/halts-metrics.ts';
import { haltsIn } from './adapters/halts-postgres.ts';
import { loanAccountsIn } from './adapters/loan-accounts-postgres.ts';
import { loansIn } from './adapters/loans-postgres.ts';
import { payoutRailHttp, payoutRailProbe } from './adapters/payout-rail-http.ts';
import { totalsMetrics } from './adapters/totals-metrics.ts';
import { unpaidMetrics } from './adapters/unpaid-metrics.ts';
import { bookLine } from './book.worker.ts';
import { payoutRailUrlOf, type DisbursementLedgerSettings } from './config.ts';
import { composeDays } from './days/compose-days.ts';
import { signerFrom } from './days/signing-key.ts';
import { callbacksDoor } from './door/callbacks.door.ts';
import { ledgerDoor } from './door/loans.door.ts';
import { loanDoor } from './loan/doors/loan.door.ts';
import { products, world } from './loan/shipped.ts';
import { payoutLine } from './payout.worker.ts';

/** Questions at once for each lender; as many events of a turn are gathered for at a time. */
const CONCURRENT_MAX = 64;

export function composeDisbursementLedger(
  context: WorkerContext<DisbursementLedgerSettings>,
): BuiltWorker {
  const { settings, database } = context;
  const url = payoutRailUrlOf(settings);
  if (url === undefined) throw new Error('The settings name no payout rail.');
  const rail = context.provider({
    name: 'payout-rail',
    deadlineMs: settings.payoutRailDeadlineMs,
    concurrencyMax: CONCURRENT_MAX,
    probe: payoutRailProbe(url),
  });
  const payout = payoutLine(payoutRailHttp({ provider: rail, url }), haltsIn(database));
  const { unpaidAlarmAfterMs } = settings;
  const book = bookLine({ products, world, unpaidAlarmAfterMs });
  unpaidMetrics({
    ...{ metrics: context.metrics, database, lenders: settings.lenders },
    clock: () => context.clock.nowMs(),
  });
  haltsMetrics({ metrics: context.metrics, database, lenders: settings.lenders });
  totalsMetrics({ metrics: context.metrics, database });
  const signer = signerFrom(settings, context.logger);
  const days = composeDays({ ...context, world, signer });
  const { payoutCallbackSecret: secret, partitions, lenders } = settings;
  const callbacks =
    secret === undefined
      ? []
      : [
          callbacksDoor({
            log: context.log,
            partitions,
            lenders,
            secret: secret.reveal(),
            clock: () => context.clock.nowMs(),
          }),
        ];
  const loan = loanDoor({
    ...{ log: context.log, partitions, world },
    accounts: loanAccountsIn(database),
    takenKeys: takenKeysIn(database, 'book'),
    clock: () => context.clock.nowMs(),
  });
  return {
    lines: [book, { line: payout, needs: [rail] }, days.line],
    doors: [ledgerDoor(loansIn(database)), loan, ...callbacks, days.door],
  };
}
