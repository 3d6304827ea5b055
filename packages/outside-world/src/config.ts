// The settings of the outside world.
import { date, durationMsBetween, port, settings, text } from '@saidao/config';

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
  businessDate: {
    env: 'BUSINESS_DATE',
    parse: date,
    optional: true,
    example: '2026-11-20',
    doc: 'The pledge office counts annuities as of this day, for samples; left out: today.',
  },
});
