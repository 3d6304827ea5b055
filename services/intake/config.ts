// The settings of intake: its doors, the day on which samples are judged, whom it asks about persons.
import {
  date,
  durationMsBetween,
  integer,
  macKey,
  settings,
  textLike,
  type SettingsOf,
} from '@saidao/config';
import { checkUscc } from '@saidao/values';
import {
  callSettings,
  doorSettings,
  gatherMsMaxOf,
  outsideWorldSettings,
  workerSettings,
} from '@saidao/worker';

const registry = {
  key: 'registry',
  env: 'ENTERPRISE_REGISTRY',
  path: 'enterprise-registry',
  doc: 'The enterprise registry; without it licence and beneficial owners are unknown.',
} as const;
const persons = {
  key: 'persons',
  env: 'PERSONS',
  path: 'persons',
  doc: 'Identity, offices and lists of persons; without it nobody is identified.',
} as const;
const personsBureau = {
  key: 'personsBureau',
  env: 'PERSONS_BUREAU',
  path: 'persons-bureau',
  doc: "The credit bureau's files of persons; without it what they owe is unknown.",
} as const;
const talents = {
  key: 'talents',
  env: 'TALENTS',
  path: 'talents',
  doc: 'The office of talents; without it no talent is recognised.',
} as const;

/** All who are asked, by the names of their settings. */
export const providers = { registry, persons, personsBureau, talents };
export type ProviderKey = keyof typeof providers;

const TEN_MILLION_YUAN = '10000000';

export const intakeSettings = settings({
  ...workerSettings,
  ...doorSettings,
  ...outsideWorldSettings,
  businessDate: {
    env: 'BUSINESS_DATE',
    parse: date,
    optional: true,
    example: '2026-11-20',
    doc: 'Judges every application as of this day, for samples; left out: the day it came.',
  },
  revisionWaitMs: {
    env: 'REVISION_WAIT_MS',
    parse: durationMsBetween(0, 8_000),
    default: '5s',
    example: '5s',
    doc: 'How long GET of an application waits for the revision that it names.',
  },
  ...callSettings(registry),
  registryControlUscc: {
    env: 'ENTERPRISE_REGISTRY_CONTROL_USCC',
    parse: textLike(/^[0-9A-Z]{18}$/, 'a credit code, as 91330100MA2H000142'),
    default: '91330100MA2H000142',
    example: '91330100MA2H000142',
    doc: 'An enterprise to ask about when only some go unanswered; any code will do.',
  },
  ...callSettings(persons),
  ...callSettings(personsBureau),
  ...callSettings(talents),
  personsMacKey: {
    env: 'PERSONS_MAC_KEY',
    parse: macKey,
    example: 'at-least-32-random-characters-0123456789',
    doc: 'Key of the hashes that stand for persons in the log of calls and in evidence.',
  },
  kycWaitMs: {
    env: 'KYC_WAIT_MS',
    parse: durationMsBetween(0, 86_400_000),
    default: '10m',
    example: '10m',
    doc: 'How long an application waits for answers about its persons, before they are unknown.',
  },
  ownersExemptCapitalYuan: {
    env: 'OWNERS_EXEMPT_CAPITAL_YUAN',
    parse: integer(0, 1_000_000_000),
    default: TEN_MILLION_YUAN,
    example: TEN_MILLION_YUAN,
    doc: 'Registered capital up to which natural holders need not file (2024 no. 3; to be confirmed).',
  },
});

export type IntakeSettings = SettingsOf<typeof intakeSettings>;

/** What the settings say against each other. */
export function contradictionsOf(read: IntakeSettings): string[] {
  const faults: string[] = [];
  const tooSlow = Object.values(providers).filter(
    ({ key }) => read[`${key}DeadlineMs` as const] > gatherMsMaxOf(read),
  );
  if (tooSlow.length > 0) {
    faults.push(
      `SESSION_TIMEOUT_MS (${read.sessionTimeoutMs} ms) leaves ${gatherMsMaxOf(read)} ms for ` +
        `gathering, less than one question may take: raise it, or lower ` +
        tooSlow.map(({ env }) => `${env}_DEADLINE_MS`).join(', '),
    );
  }
  if (!checkUscc(read.registryControlUscc).ok) {
    faults.push('ENTERPRISE_REGISTRY_CONTROL_USCC has a wrong check character: give another code');
  }
  return faults;
}
