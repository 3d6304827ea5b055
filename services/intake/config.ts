// The settings of intake: its doors, and the day on which samples are judged.
import { date, settings, type SettingsOf } from '@saidao/config';
import { doorSettings, workerSettings } from '@saidao/worker';

export const intakeSettings = settings({
  ...workerSettings,
  ...doorSettings,
  businessDate: {
    env: 'BUSINESS_DATE',
    parse: date,
    optional: true,
    example: '2026-11-20',
    doc: 'Judges every application as of this day, for samples; left out: the day it came.',
  },
});

export type IntakeSettings = SettingsOf<typeof intakeSettings>;
