// The public lists: dishonest judgment debtors, and enterprises in serious violation of the law.
import { type Static, Type } from 'typebox';
import type { Behaviours } from '../behaviour.ts';
import { exactly, Listing, nullOr, type Part, problem, type Surroundings, Uscc } from '../wire.ts';
import { askRoute, createTold, sayOnce, tellRoute } from './told.ts';

export const listFields = {
  dishonestDebtor: Type.Optional(nullOr(Listing)),
  seriousViolation: Type.Optional(nullOr(Listing)),
};
/** What is left out: not on that list. */
export const Listings = exactly(listFields);
export type Listings = Static<typeof Listings>;

const onNeither = { dishonestDebtor: null, seriousViolation: null };

/** Of an enterprise that they have never heard of the lists say that it is on neither. */
export function createWatchlists(surroundings: Surroundings, behaviours: Behaviours): Part {
  const told = createTold<Listings>('uscc');
  const say = (uscc: string) =>
    told.say(uscc, surroundings.now()) ?? sayOnce({ uscc, ...onNeither }, surroundings.now());
  return {
    apply(entry) {
      if (entry.type !== 'listings-seeded') return;
      told.set(entry.uscc, { ...onNeither, ...entry.listings });
    },
    clear: told.clear,
    routes(app) {
      askRoute(app, surroundings, behaviours, {
        provider: 'watchlists',
        path: '/watchlists/enterprises/:uscc',
        say,
        unknown: (uscc) => problem(404, 'enterprise-unknown', `There is no enterprise ${uscc}.`),
      });
      tellRoute(app, surroundings, {
        path: '/control/watchlists/enterprises/:uscc',
        key: Uscc,
        body: Listings,
        entryOf: (uscc, listings) => ({ type: 'listings-seeded', uscc, listings }),
        say,
      });
    },
  };
}
