// What the pledge line knows of an application, what it is given, and the rows that it changes.
import type { BusinessDate, Fen } from '@saidao/values';
import type { DecideInput, Decision, LineState } from '@saidao/worker';
import type { Item, Reply } from '@saidao/worker/asking';
import type { AnnuitySays, RegisterSays } from '../facts.ts';
import type { Purpose } from '../patents/grounds.ts';

/** What is filed with the pledge office; the authorisation's id is its idempotency key. */
export interface Filing {
  readonly authorisationId: string;
  readonly applicationId: string;
  readonly lenderId: string;
  readonly pledgor: { readonly name: string; readonly uscc: string };
  readonly patents: readonly string[];
  readonly debtFen: Fen;
  /** Reference of the pledge contract. */
  readonly contract: string;
  /** Grounds that recorded declarations lift, by patent: they are handed in with the filing. */
  readonly waived: readonly { readonly number: string; readonly grounds: readonly string[] }[];
}

export type OfficeSays =
  | { readonly status: 'pending'; readonly registrationId: string }
  | {
      readonly status: 'registered';
      readonly registrationId: string;
      readonly registrationNumber: string;
      readonly registeredAtMs: number;
    }
  /** Also a filing that the office does not take. */
  | { readonly status: 'refused'; readonly cause: string }
  /** Taken back, by us or by somebody else. */
  | { readonly status: 'released' }
  /** The office knows no such registration. */
  | { readonly status: 'missing' };

/** A filing that stands at the pledge office, or may stand there: its first answer may be lost. */
export interface Registration {
  readonly filing: Filing;
  readonly registrationId: string | null;
  /** Null until the office has registered it. */
  readonly registrationNumber: string | null;
  /** Until when the last PledgeConfirmed holds; null: nobody waits for one, yet or any more. */
  readonly confirmedUntilMs: number | null;
}

/** A registration to be taken back; until then nothing new is locked or filed. */
export interface Withdrawal {
  readonly registration: Registration;
  /** The event that lets the patents go once it is done; null: they stay kept. */
  readonly freedBy: string | null;
  readonly rounds: number;
}

export interface AskedPatent {
  readonly number: string;
  readonly item: Item<RegisterSays>;
  /** Null before a lock, which the register alone decides: the fees were judged just before. */
  readonly annuity: Item<AnnuitySays> | null;
}

/** What the line is doing for the application; one thing at a time. */
export type Task =
  | {
      readonly kind: 'lock';
      readonly patents: readonly AskedPatent[];
      readonly rounds: number;
      /** How many of the rounds had to ask anew what had been answered before. */
      readonly agedRounds: number;
    }
  /** Asked afresh and kept again, before anything is filed. */
  | {
      readonly kind: 'secure';
      readonly patents: readonly AskedPatent[];
      readonly rounds: number;
      readonly filing: Filing;
      readonly deadlineAtMs: number;
    }
  /** The registration is filed, or asked about; once it stands, the register is asked afresh. */
  | { readonly kind: 'register'; readonly rounds: number; readonly deadlineAtMs: number };

/** What recorded declarations lift for a patent. */
export interface Waiver {
  readonly grounds: readonly string[];
  /** Whose it was when the declarations were judged. */
  readonly owners: readonly string[];
}

/** A ground that was told to stand against a kept patent, and still does. */
export interface Adverse {
  readonly number: string;
  readonly ground: string;
  readonly reason: string;
}

/** How what is kept is watched until it is let go. */
export interface Watch {
  /** Counts its timers; an earlier one is stale. */
  readonly wake: number;
  /** The revision under which the last one was set; null: none is set. */
  readonly revision: number | null;
  readonly adverse: readonly Adverse[];
}

export interface PledgeState extends LineState {
  /** Patents whose shared rows name this application. */
  readonly kept: readonly string[];
  /** What they secure; null until findings or an authorisation have said it. */
  readonly purpose: Purpose | null;
  /** By patent; they stand until the pledge ends. */
  readonly waived: Readonly<Record<string, Waiver>>;
  /** Reference of the pledge contract; null: none was handed in. */
  readonly contract: string | null;
  readonly task: Task | null;
  readonly registration: Registration | null;
  readonly withdrawal: Withdrawal | null;
  readonly watch: Watch;
  /** The event after which this revision wants no pledge, unless one is authorised all the same. */
  readonly endedBy: string | null;
  /** Counts the timers; an earlier one is stale. */
  readonly wake: number;
  /** The revision under which the last timer was set: those of older ones never reach us. */
  readonly wakeRevision: number;
}

export const initialPledgeState: PledgeState = {
  revision: 0,
  kept: [],
  purpose: null,
  waived: {},
  contract: null,
  task: null,
  registration: null,
  withdrawal: null,
  watch: { wake: 0, revision: null, adverse: [] },
  endedBy: null,
  wake: 0,
  wakeRevision: 0,
};

/** A newer revision keeps what is held in the world; what was being done is asked for anew. */
export function pledgeStateAt(state: PledgeState, revision: number): PledgeState {
  return { ...state, revision, task: null, endedBy: null };
}

/** What a shared row `patent/<number>` says: whose the patent is. */
export interface PatentHolder {
  readonly applicationId: string;
  readonly lenderId: string;
  readonly revision: number;
}

/** Changes of the table of live pledges, in order. */
export type PledgeRow =
  | {
      readonly kind: 'kept';
      readonly number: string;
      readonly applicationId: string;
      readonly lenderId: string;
      readonly revision: number;
      readonly atMs: number;
    }
  | {
      readonly kind: 'registered';
      readonly number: string;
      readonly applicationId: string;
      readonly registrationNumber: string;
      readonly atMs: number;
    }
  | {
      readonly kind: 'freed';
      readonly number: string;
      readonly applicationId: string;
      readonly cause: string;
      readonly atMs: number;
    };

/** What came back about patents, by number, and when the provider last answered anybody. */
export interface Replies<Says> {
  readonly replies: ReadonlyMap<string, Reply<Says>>;
  readonly answeredAtMs: number | null;
}

export interface PledgeGathered {
  readonly register: Replies<RegisterSays>;
  readonly annuity: Replies<AnnuitySays>;
  readonly office: OfficeGathered | null;
}

/** What the office was asked: an answer to an earlier state is not one to this. */
export type OfficeGathered =
  | {
      readonly step: 'register';
      readonly authorisationId: string;
      readonly reply: Reply<OfficeSays>;
    }
  | {
      readonly step: 'withdraw';
      readonly authorisationId: string;
      readonly reply: Reply<'withdrawn'>;
    };

export interface PledgePolicy {
  /** How long a registration may take from the authorisation on; only the office's days count. */
  readonly registrationMsMax: number;
  /** Days on which the pledge office rests, beside weekends. */
  readonly officeHolidays: ReadonlySet<BusinessDate>;
  /** How long after the answers a loan may be booked on them. */
  readonly pledgeConfirmedMs: number;
  /** How long after one look at what is kept comes the next. */
  readonly collateralWatchMs: number;
}

export type PledgeIn =
  | 'PatentsVerified'
  | 'LoanDeclined'
  | 'OfferExpired'
  | 'DisbursementAuthorised'
  | 'ApprovalUndone'
  | 'ApplicationClosed'
  | 'LoanBooked'
  | 'LoanRepaid'
  | 'TimerDue';
export type PledgeOut =
  | 'PledgeLocked'
  | 'PledgeRefused'
  | 'PledgeRegistered'
  | 'PledgeConfirmed'
  | 'PledgeReleased'
  | 'CollateralChanged';
export type PledgeInput = DecideInput<PledgeIn, PledgeState, PledgeGathered>;
export type Pledged = Decision<PledgeOut, PledgeState, PledgeRow>;
