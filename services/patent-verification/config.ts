// The settings of patent-verification: whom it asks, how long it waits, how long answers are kept.
import { durationMsBetween, settings, textLike, url, type SettingsOf } from '@saidao/config';
import { parsePatentNumber } from '@saidao/values';
import { cacheSettings, outsideWorldSettings, workerSettings } from '@saidao/worker';

export const patentVerificationSettings = settings({
  ...workerSettings,
  ...cacheSettings,
  ...outsideWorldSettings,
  registerUrl: {
    env: 'REGISTER_URL',
    parse: url,
    optional: true,
    example: 'http://localhost:18090/register',
    doc: 'The patent register; without it every ground is unknown.',
  },
  registerDeadlineMs: {
    env: 'REGISTER_DEADLINE_MS',
    parse: durationMsBetween(50, 10_000),
    default: '1s',
    example: '1s',
    doc: 'How long one question to the register may take.',
  },
  registerKeepMs: {
    env: 'REGISTER_KEEP_MS',
    parse: durationMsBetween(0, 86_400_000),
    default: '1m',
    example: '1m',
    doc: "How long a register's answer in the applicant's favour is kept in Redis.",
  },
  registerControlPatent: {
    env: 'REGISTER_CONTROL_PATENT',
    parse: textLike(/^(?:\d{12}|\d{8})\.[\dX]$/, 'an application number, as 201710601862.3'),
    default: '201710601862.3',
    example: '201710601862.3',
    doc: 'A patent to ask about when only some patents go unanswered; any number will do.',
  },
  guarantorUrl: {
    env: 'GUARANTOR_URL',
    parse: url,
    optional: true,
    example: 'http://localhost:18090/guarantor',
    doc: 'The platform of the guarantee institutions; without it a guarantee is unknown.',
  },
  guarantorDeadlineMs: {
    env: 'GUARANTOR_DEADLINE_MS',
    parse: durationMsBetween(50, 10_000),
    default: '1s',
    example: '1s',
    doc: 'How long one question to the guarantor may take.',
  },
  pledgeOfficeUrl: {
    env: 'PLEDGE_OFFICE_URL',
    parse: url,
    optional: true,
    example: 'http://localhost:18090/pledge-office',
    doc: 'The pledge office; without it no pledge is registered.',
  },
  pledgeOfficeDeadlineMs: {
    env: 'PLEDGE_OFFICE_DEADLINE_MS',
    parse: durationMsBetween(50, 10_000),
    default: '1s',
    example: '1s',
    doc: 'How long one call to the pledge office may take.',
  },
  pledgeRegistrationMsMax: {
    env: 'PLEDGE_REGISTRATION_MS_MAX',
    parse: durationMsBetween(1_000, 30 * 86_400_000),
    default: '5d',
    example: '5d',
    doc: 'How long a registration may take from the authorisation on, before it counts as refused.',
  },
});

export type PatentVerificationSettings = SettingsOf<typeof patentVerificationSettings>;

/** What the settings say against each other. */
export function contradictionsOf(read: PatentVerificationSettings): string[] {
  const faults: string[] = [];
  const slowestMs = Math.max(
    read.registerDeadlineMs,
    read.guarantorDeadlineMs,
    read.pledgeOfficeDeadlineMs,
  );
  if (gatherMsMaxOf(read) < slowestMs) {
    faults.push(
      `SESSION_TIMEOUT_MS (${read.sessionTimeoutMs} ms) leaves ${gatherMsMaxOf(read)} ms for ` +
        `gathering, less than one question may take (${slowestMs} ms): raise it, or lower ` +
        'REGISTER_DEADLINE_MS, GUARANTOR_DEADLINE_MS or PLEDGE_OFFICE_DEADLINE_MS',
    );
  }
  if (!parsePatentNumber(read.registerControlPatent).ok) {
    faults.push('REGISTER_CONTROL_PATENT has a wrong check character: give another number');
  }
  return faults;
}

/** A turn gathers within a third of the session; one event must be done somewhat earlier. */
export function gatherMsMaxOf({ sessionTimeoutMs }: { readonly sessionTimeoutMs: number }): number {
  return Math.floor((sessionTimeoutMs / 3) * 0.8);
}
