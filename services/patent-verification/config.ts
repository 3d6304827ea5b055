// The settings of patent-verification: whom it asks, how long it waits, how long answers are kept.
import {
  date,
  durationMsBetween,
  listOf,
  settings,
  textLike,
  type Setting,
  type SettingsOf,
} from '@saidao/config';
import { checkUscc, parsePatentNumber } from '@saidao/values';
import {
  cacheSettings,
  callSettings,
  gatherMsMaxOf,
  outsideWorldSettings,
  workerSettings,
} from '@saidao/worker';

const DAY_MS = 86_400_000;

interface Kept<Key extends string> {
  readonly key: Key;
  readonly env: string;
}

type KeepTable<Key extends string> = {
  readonly [K in `${Key}${'KeepMs' | 'NegativeKeepMs'}`]: Setting<number>;
};

/** How long its answers are kept. */
function keepSettings<const Key extends string>({ key, env }: Kept<Key>, keepFor: string) {
  return {
    [`${key}KeepMs`]: {
      env: `${env}_KEEP_MS`,
      parse: durationMsBetween(0, DAY_MS),
      default: keepFor,
      example: keepFor,
      doc: "How long its answers in the applicant's favour are kept in Redis; 0 keeps none.",
    },
    [`${key}NegativeKeepMs`]: {
      env: `${env}_NEGATIVE_KEEP_MS`,
      parse: durationMsBetween(0, 60_000),
      default: '5s',
      example: '5s',
      doc: 'The same for those that speak against, or know nothing: briefly, since it may be mended.',
    },
  } as unknown as KeepTable<Key>; // Names that are made widen to string.
}

const register = {
  key: 'register',
  env: 'REGISTER',
  path: 'register',
  doc: 'The patent register; without it every ground is unknown.',
} as const;
const annuity = {
  key: 'annuity',
  env: 'ANNUITY',
  path: 'annuities',
  doc: 'The office of annuities; without it PL04 is unknown.',
} as const;
const valuation = {
  key: 'valuation',
  env: 'VALUATION',
  path: 'valuation',
  doc: 'The registry of appraisals; without it an appraisal is what the applicant says.',
} as const;
const registry = {
  key: 'registry',
  env: 'ENTERPRISE_REGISTRY',
  path: 'enterprise-registry',
  doc: 'The enterprise registry; without it the standing of an enterprise is unknown.',
} as const;
const watchlists = {
  key: 'watchlists',
  env: 'WATCHLISTS',
  path: 'watchlists',
  doc: 'The lists of dishonest debtors and serious violations; without them both are unknown.',
} as const;
const bureau = {
  key: 'bureau',
  env: 'CREDIT_BUREAU',
  path: 'credit-bureau',
  doc: 'The credit bureau; without it what an enterprise owes is unknown.',
} as const;
const guarantor = {
  key: 'guarantor',
  env: 'GUARANTOR',
  path: 'guarantor',
  doc: 'The platform of the guarantee institutions; without it a guarantee is unknown.',
} as const;
const pledgeOffice = {
  key: 'pledgeOffice',
  env: 'PLEDGE_OFFICE',
  path: 'pledge-office',
  doc: 'The pledge office; without it no pledge is registered.',
} as const;

/** All who are asked, by the names of their settings. */
export const providers = {
  register,
  annuity,
  valuation,
  registry,
  watchlists,
  bureau,
  guarantor,
  pledgeOffice,
};
export type ProviderKey = keyof typeof providers;
/** Those whose answers are kept for a while. */
const kept = [
  'register',
  'annuity',
  'valuation',
  'registry',
  'watchlists',
  'bureau',
  'guarantor',
] as const;
export type KeptKey = (typeof kept)[number];

export const patentVerificationSettings = settings({
  ...workerSettings,
  ...cacheSettings,
  ...outsideWorldSettings,
  ...callSettings(register),
  ...keepSettings(register, '1m'),
  registerControlPatent: {
    env: 'REGISTER_CONTROL_PATENT',
    parse: textLike(/^(?:\d{12}|\d{8})\.[\dX]$/, 'an application number, as 201710601862.3'),
    default: '201710601862.3',
    example: '201710601862.3',
    doc: 'A patent to ask about when only some patents go unanswered; any number will do.',
  },
  ...callSettings(annuity),
  ...keepSettings(annuity, '1m'),
  ...callSettings(valuation),
  ...keepSettings(valuation, '5m'),
  ...callSettings(registry),
  ...keepSettings(registry, '5m'),
  registryControlUscc: {
    env: 'ENTERPRISE_REGISTRY_CONTROL_USCC',
    parse: textLike(/^[0-9A-Z]{18}$/, 'a credit code, as 91330100MA2H000142'),
    default: '91330100MA2H000142',
    example: '91330100MA2H000142',
    doc: 'An enterprise to ask about when only some go unanswered; any code will do.',
  },
  ...callSettings(watchlists),
  ...keepSettings(watchlists, '1m'),
  ...callSettings(bureau),
  ...keepSettings(bureau, '5m'),
  ...callSettings(guarantor),
  ...keepSettings(guarantor, '5m'),
  ...callSettings(pledgeOffice),
  pledgeProducts: {
    env: 'PLEDGE_PRODUCTS',
    parse: listOf(textLike(/^[A-Z][A-Z0-9_]*$/, 'a product in capitals')),
    default: 'IP_PLEDGE',
    example: 'IP_PLEDGE,GROWTH_PLEDGE',
    doc: 'Products that a pledge of patents secures: theirs are valued, locked and pledged.',
  },
  verificationFreshMs: {
    env: 'VERIFICATION_FRESH_MS',
    parse: durationMsBetween(1_000, DAY_MS),
    default: '10m',
    example: '10m',
    doc: 'How old an answer may grow while others are waited for, before it is asked again.',
  },
  verificationShelfLifeMs: {
    env: 'VERIFICATION_SHELF_LIFE_MS',
    parse: durationMsBetween(1_000, 365 * DAY_MS),
    default: '7d',
    example: '7d',
    doc: 'How long what was verified may be decided on, before all is asked again.',
  },
  pledgeRegistrationMsMax: {
    env: 'PLEDGE_REGISTRATION_MS_MAX',
    parse: durationMsBetween(1_000, 30 * DAY_MS),
    default: '3d',
    example: '3d',
    doc: 'How long a registration may take, on days on which the office works, before it counts as refused.',
  },
  pledgeOfficeHolidays: {
    env: 'PLEDGE_OFFICE_HOLIDAYS',
    parse: listOf(date),
    optional: true,
    example: '2027-01-01,2027-02-08',
    doc: 'Days beside Saturdays and Sundays on which the pledge office rests.',
  },
  pledgeConfirmedMs: {
    env: 'PLEDGE_CONFIRMED_MS',
    parse: durationMsBetween(1_000, 30 * DAY_MS),
    default: '1d',
    example: '1d',
    doc: 'How long a loan may be booked on a confirmed pledge, before it has to be confirmed again.',
  },
  collateralWatchMs: {
    env: 'COLLATERAL_WATCH_MS',
    parse: durationMsBetween(1_000, 365 * DAY_MS),
    default: '1d',
    example: '1d',
    doc: 'How long after one look at locked and pledged patents in the register comes the next.',
  },
});

export type PatentVerificationSettings = SettingsOf<typeof patentVerificationSettings>;

/** What the settings say against each other. */
export function contradictionsOf(read: PatentVerificationSettings): string[] {
  const faults: string[] = [];
  const deadlines = Object.values(providers).map(({ key, env }) => ({
    env: `${env}_DEADLINE_MS`,
    ms: read[`${key}DeadlineMs` as const],
  }));
  const tooSlow = deadlines.filter(({ ms }) => ms > gatherMsMaxOf(read));
  if (tooSlow.length > 0) {
    faults.push(
      `SESSION_TIMEOUT_MS (${read.sessionTimeoutMs} ms) leaves ${gatherMsMaxOf(read)} ms for ` +
        `gathering, less than one question may take: raise it, or lower ` +
        tooSlow.map(({ env, ms }) => `${env} (${ms} ms)`).join(', '),
    );
  }
  for (const key of kept) {
    if (read[`${key}KeepMs` as const] <= read.verificationFreshMs) continue;
    faults.push(
      `${providers[key].env}_KEEP_MS is longer than an answer may be old: ` +
        'lower it, or raise VERIFICATION_FRESH_MS',
    );
  }
  if (read.verificationShelfLifeMs < read.verificationFreshMs) {
    faults.push(
      'VERIFICATION_SHELF_LIFE_MS is shorter than VERIFICATION_FRESH_MS: what is verified would be ' +
        'too old at once; raise it',
    );
  }
  if (!parsePatentNumber(read.registerControlPatent).ok) {
    faults.push('REGISTER_CONTROL_PATENT has a wrong check character: give another number');
  }
  if (!checkUscc(read.registryControlUscc).ok) {
    faults.push('ENTERPRISE_REGISTRY_CONTROL_USCC has a wrong check character: give another code');
  }
  return faults;
}
