// The settings of the outside world.
import {
  date,
  durationMsBetween,
  port,
  secretOf,
  settings,
  text,
  textLike,
  url,
  type SettingsOf,
} from '@saidao/config';

export const outsideWorldSettings = settings({
  port: {
    env: 'OUTSIDE_WORLD_PORT',
    parse: port,
    default: '18090',
    example: '18090',
    doc: 'Port of the simulated institutions, from the register to the payout rail.',
  },
  host: {
    env: 'OUTSIDE_WORLD_HOST',
    parse: text,
    default: '127.0.0.1',
    example: '127.0.0.1',
    doc: 'Address the outside world listens on.',
  },
  dataFolder: {
    env: 'OUTSIDE_WORLD_DATA',
    parse: text,
    default: '.saidao/outside-world',
    example: '.saidao/outside-world',
    doc: 'Folder of the book that lets the outside world remember across restarts.',
  },
  pledgeOfficeMs: {
    env: 'PLEDGE_OFFICE_MS',
    parse: durationMsBetween(0, 2000),
    default: '800ms',
    example: '800ms',
    doc: 'How long the pledge office takes over a registration.',
  },
  registerDelayMs: {
    env: 'REGISTER_DELAY_MS',
    parse: durationMsBetween(0, 2000),
    default: '0ms',
    example: '20ms',
    doc: 'How long the register takes over each answer.',
  },
  payoutCallbackUrl: {
    env: 'PAYOUT_CALLBACK_URL',
    parse: url,
    optional: true,
    example: 'http://localhost:18085/v1/payout-callbacks',
    doc: 'Whom the payout rail tells what became of a payout; left out: nobody.',
  },
  payoutCallbackSecret: {
    env: 'PAYOUT_CALLBACK_SECRET',
    parse: secretOf(
      textLike(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'whsec_ and 24 to 64 bytes in base64'),
    ),
    optional: true,
    example: 'whsec_c2FpZGFvLWV4YW1wbGUtc2VjcmV0LTAwMDE=',
    doc: 'By which the payout rail signs its callbacks, as Standard Webhooks has it.',
  },
  businessDate: {
    env: 'BUSINESS_DATE',
    parse: date,
    optional: true,
    example: '2026-11-20',
    doc: 'The pledge office counts annuities as of this day, for samples; left out: today.',
  },
});

/** What the settings say against each other. */
export function contradictionsOf(read: SettingsOf<typeof outsideWorldSettings>): string[] {
  if ((read.payoutCallbackUrl === undefined) === (read.payoutCallbackSecret === undefined)) {
    return [];
  }
  return ['PAYOUT_CALLBACK_URL and PAYOUT_CALLBACK_SECRET go together: set both, or neither'];
}
