// The public lists over HTTP: dishonest judgment debtors, and serious violations of the law.
import { assertAbout, assertOk, dateIn, readerOf, type FactApi } from '@saidao/worker';
import { Type } from 'typebox';
import type { ListingsSays } from '../../facts.ts';
import type { EnterprisesAt } from './enterprise-registry-http.ts';

const Listing = Type.Union([
  Type.Object({ reference: Type.String({ minLength: 1, maxLength: 200 }), since: Type.String() }),
  Type.Null(),
]);
const readListings = readerOf(
  Type.Object({ uscc: Type.String(), dishonestDebtor: Listing, seriousViolation: Listing }),
);

/** Asked for at `<url>/enterprises/<code>`; whoever the lists have never heard of is on neither. */
export function watchlistsApi({ url, controlUscc }: EnterprisesAt): FactApi<string, ListingsSays> {
  return {
    nameOf: (uscc) => uscc,
    control: controlUscc,
    requestOf: (uscc) => ({
      method: 'GET',
      url: `${url}/enterprises/${encodeURIComponent(uscc)}`,
    }),
    read(answer, uscc) {
      assertOk(answer);
      const read = readListings(answer);
      assertAbout(read.uscc, uscc);
      return {
        dishonestDebtor: listingOf(read.dishonestDebtor),
        seriousViolation: listingOf(read.seriousViolation),
      };
    },
  };
}

function listingOf(listing: Type.Static<typeof Listing>): ListingsSays['dishonestDebtor'] {
  return listing && { reference: listing.reference, since: dateIn(listing.since) };
}
