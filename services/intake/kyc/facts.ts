// What the providers say of an enterprise's papers and persons, in this service's words.
import type { BusinessDate, Fen, FiveTier } from '@saidao/values';

export type RegistrySays =
  | {
      readonly known: true;
      /** Null: for good. */
      readonly licenceValidTo: BusinessDate | null;
      readonly registeredCapitalFen: Fen | null;
      /** Persons filed who hold a quarter or more; null: nobody filed any. */
      readonly beneficialOwners: number | null;
      /** Null: it does not say. */
      readonly naturalHoldersOnly: boolean | null;
    }
  /** That it knows no such enterprise is an answer too. So for every provider. */
  | { readonly known: false };

export const identities = ['matches', 'differs', 'unknown'] as const;
export const offices = ['LEGAL_REPRESENTATIVE', 'BENEFICIAL_OWNER'] as const;
export type Office = (typeof offices)[number];

export interface PersonSays {
  /** Whether name and number belong together; unknown: nobody is known to bear the number. */
  readonly identity: (typeof identities)[number];
  /** What the registry has the person as, at the enterprise asked about; null: it does not say. */
  readonly offices: readonly Office[] | null;
  /** On the list of dishonest debtors. */
  readonly isListed: boolean;
}

export type FileSays =
  | { readonly known: true; readonly overdueFen: Fen; readonly worstTier: FiveTier }
  /** The bureau keeps no file: the person has never borrowed. */
  | { readonly known: false };

export type TalentSays =
  | {
      readonly known: true;
      readonly grade: string;
      /** Whether the certificate is this person's. */
      readonly isHolder: boolean;
      readonly validTo: BusinessDate;
    }
  | { readonly known: false };
