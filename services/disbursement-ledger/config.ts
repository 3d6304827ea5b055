// The settings of the disbursement ledger: its door, the payout rail and how long the rail may take.
import {
  durationMsBetween,
  secretOf,
  settings,
  textLike,
  url,
  type SettingsOf,
} from '@saidao/config';
import { doorSettings, outsideWorldSettings, workerSettings } from '@saidao/worker';
import { signingSettings } from './days/signing-key.ts';

const callbackSecret = textLike(
  /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/,
  'whsec_ and 24 to 64 bytes in base64',
);

export const disbursementLedgerSettings = settings({
  ...workerSettings,
  ...doorSettings,
  ...outsideWorldSettings,
  ...signingSettings,
  payoutRailUrl: {
    env: 'PAYOUT_RAIL_URL',
    parse: url,
    optional: true,
    example: 'http://localhost:18090/rail',
    doc: 'The payout rail, which moves money once for each key.',
  },
  payoutRailDeadlineMs: {
    env: 'PAYOUT_RAIL_DEADLINE_MS',
    parse: durationMsBetween(50, 30_000),
    default: '2s',
    example: '2s',
    doc: 'How long one question to the payout rail may take, before the payout counts as unknown.',
  },
  unpaidAlarmAfterMs: {
    env: 'UNPAID_ALARM_AFTER_MS',
    parse: durationMsBetween(100, 30 * 86_400_000),
    default: '15m',
    example: '15m',
    doc: 'How long a payout of a booked loan may be open, before LoanUnpaid is told.',
  },
  payoutCallbackSecret: {
    env: 'PAYOUT_CALLBACK_SECRET',
    parse: secretOf(callbackSecret),
    optional: true,
    example: 'whsec_c2FpZGFvLWV4YW1wbGUtc2VjcmV0LTAwMDE=',
    doc: 'By which the payout rail signs its callbacks; left out: there is no door for them.',
  },
});

export type DisbursementLedgerSettings = SettingsOf<typeof disbursementLedgerSettings>;

/** What the settings say against each other. */
export function contradictionsOf(read: DisbursementLedgerSettings): string[] {
  const faults: string[] = [];
  if (payoutRailUrlOf(read) === undefined) {
    faults.push('Neither PAYOUT_RAIL_URL nor OUTSIDE_WORLD_URL is set: nothing could be paid');
  }
  // A turn gathers within a third of the session; one question must be over somewhat earlier.
  const gatherMsMax = Math.floor((read.sessionTimeoutMs / 3) * 0.8);
  if (read.payoutRailDeadlineMs > gatherMsMax) {
    faults.push(
      `PAYOUT_RAIL_DEADLINE_MS (${read.payoutRailDeadlineMs} ms) is more than the ` +
        `${gatherMsMax} ms that SESSION_TIMEOUT_MS (${read.sessionTimeoutMs} ms) leaves for ` +
        'gathering: lower the one or raise the other',
    );
  }
  return faults;
}

export function payoutRailUrlOf(
  read: Pick<DisbursementLedgerSettings, 'payoutRailUrl' | 'outsideWorldUrl'>,
): string | undefined {
  const { payoutRailUrl, outsideWorldUrl } = read;
  return payoutRailUrl ?? (outsideWorldUrl === undefined ? undefined : `${outsideWorldUrl}/rail`);
}
