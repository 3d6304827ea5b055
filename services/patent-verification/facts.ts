// What the providers say, in this service's words: adapters translate into it, decisions read it.
import type { BusinessDate, Fen, PatentKind } from '@saidao/values';

/** The states of a right or an application that the register has; a grace period is the annuity's. */
export const registerStatuses = [
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
] as const;
export type RegisterStatus = (typeof registerStatuses)[number];

/** What the register holds of a patent. */
export interface RegisterEntry {
  readonly number: string;
  readonly kind: PatentKind;
  /** Of an international application its own, of a divisional one its parent's. */
  readonly filed: BusinessDate;
  readonly granted: BusinessDate | null;
  readonly status: RegisterStatus;
  /** The credit code is empty where the owner is a person. */
  readonly owners: readonly { readonly name: string; readonly uscc: string }[];
  readonly pledged: boolean;
  /** By a court. */
  readonly preserved: boolean;
  /** Over a dispute of ownership. */
  readonly suspended: boolean;
  readonly licences: readonly {
    readonly kind: 'exclusive' | 'other';
    readonly until: BusinessDate | null;
  }[];
  /** True: all co-owners consent, or agreed that each may pledge. Null: the register is silent. */
  readonly coOwnersConsent: boolean | null;
  /** The application for the same creation filed on the same day; null: none. */
  readonly sameDay: string | null;
  /** Days by which the term was extended. */
  readonly compensationDays: number;
  readonly ipc: readonly string[];
  readonly claims: number | null;
  readonly citations: number | null;
  readonly familyCountries: number | null;
  /** Other bars to a pledge that the register names; null: it does not say. */
  readonly bars: readonly string[] | null;
}

/** The register's answer; that it knows no such patent is an answer too. So for every provider. */
export type RegisterSays =
  { readonly known: true; readonly entry: RegisterEntry } | { readonly known: false };

/** Through which patent year the fees are paid; 3: those of the first three years. */
export type AnnuitySays =
  { readonly known: true; readonly paidThroughYear: number } | { readonly known: false };

export type AppraisalSays =
  | {
      readonly known: true;
      readonly valueFen: Fen;
      readonly appraiser: string;
      readonly reportId: string;
      readonly appraisedOn: BusinessDate;
      readonly validUntil: BusinessDate;
    }
  | { readonly known: false };

export const enterpriseStatuses = [
  'in-business',
  'abnormal',
  'revoked',
  'deregistered',
  'moved-out',
] as const;
export type EnterpriseStatus = (typeof enterpriseStatuses)[number];

export type RegistrySays =
  | {
      readonly known: true;
      readonly name: string;
      readonly status: EnterpriseStatus;
      readonly established: BusinessDate;
      /** Division of GB/T 2260, six digits. */
      readonly regionCode: string;
      /** Class of GB/T 4754, as C3569. */
      readonly industryCode: string;
      readonly registeredCapitalFen: Fen | null;
      readonly insuredStaff: number | null;
      /** Credit code of the head of its group; null: it belongs to none. */
      readonly groupHead: string | null;
    }
  | { readonly known: false };

/** An entry of a list: its reference there, and since when. */
export interface Listing {
  readonly reference: string;
  readonly since: BusinessDate;
}

/** Null: not on that list. An enterprise that the lists have never heard of is on neither. */
export interface ListingsSays {
  readonly dishonestDebtor: Listing | null;
  readonly seriousViolation: Listing | null;
}

export const debtTiers = ['normal', 'special-mention', 'substandard', 'doubtful', 'loss'] as const;
export type DebtTier = (typeof debtTiers)[number];

export type BureauSays =
  | {
      readonly known: true;
      readonly creditFen: Fen;
      readonly overdueFen: Fen;
      readonly worstTier: DebtTier;
      readonly guaranteeFen: Fen;
    }
  /** The bureau keeps no file: the enterprise has never borrowed. */
  | { readonly known: false };

export type GuarantorSays =
  | { readonly known: true; readonly confirmed: boolean; readonly reference: string }
  | { readonly known: false };
