// The settings of the outside world.
import { durationMsBetween, port, settings, text } from '@saidao/config';

export const outsideWorldSettings = settings({
  port: {
    env: 'OUTSIDE_WORLD_PORT',
    parse: port,
    default: '18090',
    example: '18090',
    doc: 'Port of the simulated register, pledge office, guarantor and payout rail.',
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
});
