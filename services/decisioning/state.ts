// What decisioning keeps of an application, and with what a newer revision begins.
import type {
  ApplicationContent,
  DecisionBasis,
  DecisionSubject,
  EnterpriseScored,
  GuaranteeFinding,
  LoanTerms,
  Reason,
} from '@saidao/schemas';
import type { Tier } from './assessment/assess.ts';
import type { PledgeResult } from './assessment/figures.ts';
import type { PinnedPolicy } from './policies.ts';
import type { Phase } from './transitions.ts';

export interface Approval {
  readonly approvalId: string;
  /** Of the application, when it was given. */
  readonly revision: number;
  readonly terms: LoanTerms;
  readonly tier: Tier;
  readonly expiresAtMs: number;
  readonly authorisationId: string | null;
  /** Adverse facts that were known when it was given, by their codes. */
  readonly adverse: readonly string[];
  /** The day on which it was judged. */
  readonly judgedOn: string;
  /** Until when the checks stand: those it was judged on, or newer ones; null: for good. */
  readonly verifiedUntilMs: number | null;
  /** What the guarantor said of it then; null: nobody was asked. */
  readonly guaranteed: GuaranteeFinding | null;
  /** Bases of inclusive lending that it counts for. */
  readonly inclusive: readonly string[];
}

/** Who works on a referred application, until the claim lapses. */
export interface Claim {
  /** The action that made it; its timer names it. */
  readonly claimId: string;
  readonly officer: string;
  readonly untilMs: number;
}

/** Other terms than policy proposes, by an officer. */
export interface AmendedTerms {
  readonly terms: LoanTerms;
  /** Who may approve them where policy’s own would take less. */
  readonly tier: Tier;
  readonly reasonCode: string;
}

export interface OfficersApproval {
  readonly officer: string;
  readonly overrideCode: string | null;
}

export interface Referral {
  readonly basis: DecisionBasis;
  readonly reasons: readonly Reason[];
  readonly tier: Tier;
  readonly atMs: number;
  /** What policy would offer; null: nothing can be. */
  readonly proposed: LoanTerms | null;
  readonly amended: AmendedTerms | null;
  /** Who has amended the terms in this revision. */
  readonly amenders: readonly string[];
  /** Of the terms that stand. */
  readonly approvals: readonly OfficersApproval[];
}

/** What officers want of the ledger: the authorisation cancelled. */
export interface Undoing {
  readonly by: string;
  readonly reasonCode: string;
}

export interface DecisioningState {
  readonly revision: number;
  readonly phase: Phase;
  readonly lenderId: string;
  readonly productId: string;
  /** From its entry to its end it is judged by this one; null: it has not entered. */
  readonly policy: PinnedPolicy | null;
  /** What it is about, for every event of it. */
  readonly about: DecisionSubject | null;
  /** Principals who submitted or amended it: they decide nothing on it. */
  readonly submitters: readonly string[];
  /** Kept until the decision is taken. */
  readonly application: ApplicationContent | null;
  readonly score: EnterpriseScored | null;
  readonly pledge: PledgeResult | null;
  readonly referral: Referral | null;
  readonly claim: Claim | null;
  /** It stands in the officers' queue. */
  readonly queued: boolean;
  readonly approval: Approval | null;
  /** An offer of an older revision that has not been undone yet. */
  readonly superseded: Approval | null;
  /** Head of the enterprise's group, as far as it is known. */
  readonly groupHead: string | null;
  /** The shared row of its group; null: not known yet. */
  readonly group: string | null;
  /** What it takes of the group's limit there: proposed, promised or lent. */
  readonly takenFen: bigint | null;
  /** Patents whose rows name this application, and the revision under which. */
  readonly heldPatents: readonly string[];
  readonly heldRevision: number;
  /** The phase that a refused cancellation goes back to. */
  readonly cancelling: 'authorised' | 'booked' | null;
  readonly withdrawn: boolean;
  readonly undoing: Undoing | null;
}

export const initialState: DecisioningState = {
  revision: 0,
  phase: 'open',
  lenderId: '',
  productId: '',
  policy: null,
  about: null,
  submitters: [],
  application: null,
  score: null,
  pledge: null,
  referral: null,
  claim: null,
  queued: false,
  approval: null,
  superseded: null,
  groupHead: null,
  group: null,
  takenFen: null,
  heldPatents: [],
  heldRevision: 0,
  cancelling: null,
  withdrawn: false,
  undoing: null,
};

/**
 * A newer revision is decided afresh; its offer, claim and approvals fall. Once money may move
 * nothing is decided afresh: intake takes no amendment then, and one that came all the same
 * changes no content.
 */
export function stateAt(state: DecisioningState, revision: number): DecisioningState {
  switch (state.phase) {
    case 'authorised':
    case 'booked':
    case 'disbursed':
    case 'repaid':
    case 'cancelling':
    case 'closed':
      return { ...state, revision };
    default: {
      const { lenderId, productId, policy, about, submitters, groupHead, group, takenFen } = state;
      const { heldPatents, heldRevision, queued } = state;
      return {
        ...initialState,
        ...{ revision, lenderId, productId, policy, about, submitters },
        ...{ groupHead, group, takenFen, heldPatents, heldRevision, queued },
        superseded: state.phase === 'offered' ? state.approval : state.superseded,
      };
    }
  }
}

/** What is up for approval; null: nothing can be. */
export function termsUp({ amended, proposed }: Referral): LoanTerms | null {
  return amended?.terms ?? proposed;
}
