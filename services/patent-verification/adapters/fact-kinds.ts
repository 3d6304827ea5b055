// The kinds of facts that are kept for a while, and which of their answers speak for the applicant.
import type {
  AnnuitySays,
  AppraisalSays,
  BureauSays,
  GuarantorSays,
  ListingsSays,
  RegisterSays,
  RegistrySays,
} from '../facts.ts';

export interface FactKind<Says> {
  readonly kind: string;
  /** Of the answer's shape; another one does not read what this one kept. */
  readonly version: number;
  readonly speaksFor: (says: Says) => boolean;
}

export const registerFacts: FactKind<RegisterSays> = {
  kind: 'register',
  version: 2,
  speaksFor(says) {
    if (!says.known) return false;
    const { status, owners, coOwnersConsent, sameDay, bars } = says.entry;
    const { pledged, preserved, suspended } = says.entry;
    return (
      status === 'granted' &&
      !(pledged || preserved || suspended) &&
      (owners.length === 1 || coOwnersConsent === true) &&
      sameDay === null &&
      bars?.length === 0
    );
  },
};

/** Whether a fee is late depends on the filing date, which is not told here. */
export const annuityFacts: FactKind<AnnuitySays> = {
  kind: 'annuity',
  version: 1,
  speaksFor: ({ known }) => known,
};

export const appraisalFacts: FactKind<AppraisalSays> = {
  kind: 'appraisal',
  version: 1,
  speaksFor: ({ known }) => known,
};

export const registryFacts: FactKind<RegistrySays> = {
  kind: 'enterprise',
  version: 2,
  speaksFor: (says) => says.known && says.status === 'in-business',
};

export const listingFacts: FactKind<ListingsSays> = {
  kind: 'listings',
  version: 1,
  speaksFor: ({ dishonestDebtor, seriousViolation }) =>
    dishonestDebtor === null && seriousViolation === null,
};

export const bureauFacts: FactKind<BureauSays> = {
  kind: 'bureau',
  version: 1,
  speaksFor: (says) => says.known && says.overdueFen === 0n && says.worstTier === 'normal',
};

/** By the key of the request: another application, revision or round is another confirmation. */
export const guaranteeFacts: FactKind<GuarantorSays> = {
  kind: 'guarantee',
  version: 1,
  speaksFor: (says) => says.known && says.confirmed,
};
