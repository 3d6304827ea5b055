// The patent register: what it says of a patent, and the pledges that the pledge office records in it.
import { type Static, Type } from 'typebox';
import type { Behaviours } from '../behaviour.ts';
import {
  Day,
  exactly,
  Instant,
  Name,
  nullOr,
  type Part,
  PatentNumber,
  problem,
  type Surroundings,
} from '../wire.ts';
import { askRoute, createTold, tellRoute } from './told.ts';

const needed = {
  kind: Type.Enum(['invention', 'utility-model', 'design']),
  filed: Day,
  status: Type.Enum([
    'published',
    'in-examination',
    'granted',
    'in-grace',
    'in-invalidation',
    'invalidated-in-part',
    'invalidated',
    'terminated-fee',
    'terminated-expiry',
    'terminated-waiver',
    'withdrawn',
    'deemed-withdrawn',
    'rejected',
  ]),
  /** The credit code is empty where the owner is a person. */
  owners: Type.Array(exactly({ name: Name, uscc: Type.String({ pattern: '^([0-9A-Z]{18})?$' }) }), {
    minItems: 1,
    maxItems: 50,
  }),
  pledged: Type.Boolean(),
  preserved: Type.Boolean(),
  /** Null where nothing is said: a sole owner, or an agreement that was never filed. */
  coOwnersConsent: nullOr(Type.Boolean()),
};

const count = Type.Integer({ minimum: 0 });
const more = {
  granted: nullOr(Day),
  suspended: Type.Boolean(),
  licences: Type.Array(exactly({ kind: Type.Enum(['exclusive', 'other']), until: nullOr(Day) })),
  /** The application for the same creation that was filed on the same day. */
  sameDay: nullOr(PatentNumber),
  compensationDays: count,
  ipc: Type.Array(Name),
  claims: nullOr(count),
  citations: nullOr(count),
  familyCountries: nullOr(count),
  /** Null: the register does not say whether anything else stands against a pledge. */
  bars: nullOr(Type.Array(Name)),
};

const facts = { ...needed, ...more };
const seed = {
  ...needed,
  granted: Type.Optional(more.granted),
  suspended: Type.Optional(more.suspended),
  licences: Type.Optional(more.licences),
  sameDay: Type.Optional(more.sameDay),
  compensationDays: Type.Optional(more.compensationDays),
  ipc: Type.Optional(more.ipc),
  claims: Type.Optional(more.claims),
  citations: Type.Optional(more.citations),
  familyCountries: Type.Optional(more.familyCountries),
  bars: Type.Optional(more.bars),
  /** Not the register's to say: the fees are asked about elsewhere. */
  annuityPaidThroughYear: Type.Integer({ minimum: 0, maximum: 100 }),
};

/** What is left out of a seed is the most ordinary: no licence, no bar, nothing counted. */
export const PatentSeed = exactly(seed);
export type PatentSeed = Static<typeof PatentSeed>;
/** A seed among others, which says of which patent. */
export const SeededPatent = exactly({ number: PatentNumber, ...seed });
const PatentFacts = exactly(facts);
export type PatentFacts = Static<typeof PatentFacts>;
export const PatentRecord = exactly({ number: PatentNumber, ...facts, asOf: Instant });
export type PatentRecord = Static<typeof PatentRecord>;

export interface Register extends Part {
  /** What the register says now, pledges included; undefined where it knows no such patent. */
  find(number: string): PatentFacts | undefined;
}

/** Each answer takes `delayMs`. */
export function createRegister(
  surroundings: Surroundings,
  behaviours: Behaviours,
  delayMs: number,
): Register {
  const seeds = new Map<string, PatentSeed>();
  const registrationOf = new Map<string, string>();
  const told = createTold<PatentFacts>('number');
  const say = (number: string) => told.say(number, surroundings.now());

  function renew(number: string): void {
    const patent = seeds.get(number);
    if (patent !== undefined) told.set(number, factsOf(patent, registrationOf.has(number)));
  }

  return {
    find: told.find,
    apply(entry) {
      if (entry.type === 'patent-seeded') {
        seeds.set(entry.number, entry.patent);
        renew(entry.number);
      }
      if (entry.type === 'pledge-registered') {
        for (const number of entry.patents) {
          registrationOf.set(number, entry.registrationId);
          renew(number);
        }
      }
      if (entry.type === 'pledge-released') {
        for (const [number, registrationId] of registrationOf) {
          if (registrationId !== entry.registrationId) continue;
          registrationOf.delete(number);
          renew(number);
        }
      }
    },
    clear() {
      seeds.clear();
      registrationOf.clear();
      told.clear();
    },
    routes(app) {
      askRoute(app, surroundings, behaviours, {
        provider: 'register',
        path: '/register/patents/:number',
        say,
        unknown: (number) =>
          problem(404, 'patent-unknown', `The register knows no patent ${number}.`),
        delayMs,
      });
      tellRoute(app, surroundings, {
        path: '/control/register/patents/:number',
        key: PatentNumber,
        body: PatentSeed,
        entryOf: (number, patent) => ({ type: 'patent-seeded', number, patent }),
        say,
      });
    },
  };
}

function factsOf(patent: PatentSeed, hasPledge: boolean): PatentFacts {
  const { annuityPaidThroughYear: _, ...said } = patent;
  return {
    granted: null,
    suspended: false,
    licences: [],
    sameDay: null,
    compensationDays: 0,
    ipc: [],
    claims: null,
    citations: null,
    familyCountries: null,
    bars: [],
    ...said,
    pledged: patent.pledged || hasPledge,
  };
}
