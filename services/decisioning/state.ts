// What decisioning keeps of an application, and with what a newer revision begins.
import type {
  ApplicationContent,
  DecisionBasis,
  EnterpriseScored,
  LoanTerms,
  Reason,
} from '@saidao/schemas';
import type { PinnedPolicy } from './policies.ts';
import type { PledgeResult } from './assessment/figures.ts';
import type { Phase } from './transitions.ts';

export interface Approval {
  readonly approvalId: string;
  /** Of the application, when it was given. */
  readonly revision: number;
  readonly terms: LoanTerms;
  readonly expiresAtMs: number;
  readonly authorisationId: string | null;
  /** Adverse facts that were known when it was given, by their codes. */
  readonly adverse: readonly string[];
  /** The shared row in which its amount stands. */
  readonly group: string;
}

export interface Referral {
  readonly basis: DecisionBasis;
  readonly reasons: readonly Reason[];
  readonly atMs: number;
  /** What would be offered; null: nothing can be. */
  readonly terms: LoanTerms | null;
  /** Officers who have approved these terms so far. */
  readonly approvers: readonly string[];
}

export interface DecisioningState {
  readonly revision: number;
  readonly phase: Phase;
  readonly lenderId: string;
  readonly productId: string;
  /** From its entry to its end it is judged by this one; null: it has not entered. */
  readonly policy: PinnedPolicy | null;
  readonly businessDate: string;
  /** Kept until the decision is taken. */
  readonly application: ApplicationContent | null;
  readonly score: EnterpriseScored | null;
  readonly pledge: PledgeResult | null;
  readonly referral: Referral | null;
  readonly approval: Approval | null;
  /** An offer of an older revision that has not been undone yet. */
  readonly superseded: Approval | null;
  /** Patents whose rows name this application, and the revision under which. */
  readonly heldPatents: readonly string[];
  readonly heldRevision: number;
  /** The phase that a refused cancellation goes back to. */
  readonly cancelling: 'authorised' | 'booked' | null;
  readonly withdrawn: boolean;
}

export const initialState: DecisioningState = {
  revision: 0,
  phase: 'open',
  lenderId: '',
  productId: '',
  policy: null,
  businessDate: '',
  application: null,
  score: null,
  pledge: null,
  referral: null,
  approval: null,
  superseded: null,
  heldPatents: [],
  heldRevision: 0,
  cancelling: null,
  withdrawn: false,
};

/**
 * A newer revision is decided afresh; its offer falls. Once money may move nothing is decided
 * afresh: intake takes no amendment then, and one that came all the same changes no content.
 */
export function stateAt(state: DecisioningState, revision: number): DecisioningState {
  switch (state.phase) {
    case 'authorised':
    case 'booked':
    case 'disbursed':
    case 'cancelling':
    case 'closed':
      return { ...state, revision };
    default:
      return {
        ...initialState,
        revision,
        lenderId: state.lenderId,
        productId: state.productId,
        policy: state.policy,
        superseded: state.phase === 'offered' ? state.approval : state.superseded,
        heldPatents: state.heldPatents,
        heldRevision: state.heldRevision,
      };
  }
}
