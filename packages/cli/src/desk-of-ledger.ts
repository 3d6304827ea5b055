// What the desk of the ledger, a process of the service's own, may be asked and answers.
import { askDesk } from './desk.ts';

export interface Schedule {
  readonly principal: string;
  readonly rates: readonly { readonly from: string; readonly rate: string }[];
  readonly months: number;
  readonly method: string;
  readonly from: string;
  readonly dayCount: string;
  readonly interestDay: number | null;
  readonly convention: string;
  readonly calendar: string;
  readonly instalments: readonly {
    readonly number: number;
    readonly from: string;
    readonly to: string;
    readonly dueOn: string;
    readonly opening: string;
    readonly principal: string;
    readonly interest: string;
    readonly payment: string;
    readonly closing: string;
  }[];
  readonly interestTotal: string;
  readonly paymentTotal: string;
}

export interface TrialBalance {
  readonly lender: string;
  readonly accounts: readonly {
    readonly account: string;
    readonly name: string;
    readonly nature: string;
    readonly grows: string;
    readonly currency: string;
    readonly debits: string;
    readonly credits: string;
    readonly balance: string;
  }[];
  readonly totals: readonly {
    readonly currency: string;
    readonly debits: string;
    readonly credits: string;
    readonly difference: string;
  }[];
}

export interface AccountStatement {
  readonly lender: string;
  readonly account: string;
  readonly name: string;
  readonly grows: string;
  readonly currency: string;
  readonly loan: string | null;
  readonly since: string;
  readonly until: string;
  readonly opening: string;
  readonly lines: readonly {
    readonly bookingDate: string;
    readonly valueDate: string;
    readonly bookedAt: string;
    readonly entry: string;
    readonly movement: string;
    readonly loan: string;
    readonly side: string;
    readonly amount: string;
    readonly balance: string;
  }[];
  readonly closing: string;
}

export interface LoanTold {
  readonly loan: string;
  readonly lender: string;
  readonly application: string;
  readonly borrower: string;
  readonly uscc: string;
  readonly product: string | null;
  readonly limit: string;
  readonly undrawn: string;
  readonly rate: string;
  readonly months: number;
  readonly method: string;
  readonly bookedOn: string;
  readonly maturesOn: string;
  readonly status: string;
  readonly asOf: string | null;
  /** What is as it is now, whatever day was asked about. */
  readonly ofToday: readonly string[];
  readonly standing: {
    readonly on: string;
    readonly drawn: string;
    readonly principal: string;
    readonly overduePrincipal: string;
    readonly dueInterest: string;
    readonly daysPastDue: number;
    readonly tier: string;
    readonly ownTier: string;
    readonly accrued: string;
    readonly penalty: string;
    readonly compound: string;
    readonly costs: string;
    readonly received: string;
    readonly suspense: string;
    readonly nonAccrualFrom: string | null;
    readonly writtenOffOn: string | null;
    readonly writtenOff: string;
    readonly recovered: string;
    readonly claimed: string;
    readonly guaranteePaid: string;
    readonly guaranteeHeld: string;
    readonly settled: boolean;
  } | null;
  readonly instalments: readonly {
    readonly number: number;
    readonly dueOn: string;
    readonly principal: string;
    readonly interest: string;
    readonly paidPrincipal: string;
    readonly paidInterest: string;
  }[];
  readonly payouts: readonly {
    readonly payout: string;
    readonly payee: string;
    readonly amount: string;
    readonly status: string;
    readonly railReference: string | null;
    readonly paidAt: string | null;
    readonly cause: string | null;
  }[];
  readonly balances: readonly {
    readonly account: string;
    readonly name: string;
    readonly debits: string;
    readonly credits: string;
    readonly balance: string;
  }[];
}

export type TierName = 'normal' | 'special-mention' | 'substandard' | 'doubtful' | 'loss';

export interface Portfolio {
  readonly asOf: string;
  readonly rows: readonly {
    readonly lender: string;
    readonly product: string;
    readonly basis: string;
    readonly firms: number;
    readonly loans: number;
    readonly disbursed: string;
    readonly balance: string;
    readonly tiers: Readonly<
      Record<TierName, { readonly loans: number; readonly balance: string }>
    >;
  }[];
}

export interface VerifiedBooks {
  readonly lenders: readonly {
    readonly lender: string;
    readonly chains: number;
    readonly entries: number;
    readonly postings: number;
    readonly days: number;
    readonly loans: number;
  }[];
  readonly faults: readonly {
    readonly kind: string;
    readonly lender: string;
    readonly lane: number | null;
    readonly seq: string | null;
    readonly entry: string | null;
    readonly says: string;
  }[];
  readonly areMore: boolean;
  readonly isDevelopmentKey: boolean;
  readonly seconds: number;
}

export interface ReconciledPayout {
  readonly payoutId: string;
  readonly loanId: string;
  readonly payee: string;
  readonly amount: string;
  readonly status: string;
  readonly paidOn: string | null;
  readonly railReference: string | null;
}

export interface ReconciledLine {
  readonly place: string;
  readonly valueDate: string;
  readonly references: readonly string[];
  readonly payee: string | null;
  readonly amount: string;
  readonly currency: string;
}

export interface Reconciliation {
  readonly lender: string;
  readonly file: string;
  readonly sha256: string;
  readonly format: string;
  readonly since: string;
  readonly until: string;
  readonly counts: Readonly<
    Record<'lines' | 'matched' | 'missing' | 'extra' | 'differing' | 'repeated' | 'pending', number>
  >;
  readonly mismatch: string;
  readonly bound: string;
  readonly halted: readonly { readonly kind: string; readonly reason: string }[];
  readonly missing: readonly ReconciledPayout[];
  readonly extra: readonly ReconciledLine[];
  readonly differing: readonly {
    readonly payout: ReconciledPayout;
    readonly lines: readonly ReconciledLine[];
    readonly differences: readonly {
      readonly kind: string;
      readonly ours: string;
      readonly theirs: string;
    }[];
    readonly mismatch: string;
  }[];
  readonly repeated: readonly ReconciledLine[];
}

export interface Halts {
  readonly halts: readonly {
    readonly lender: string;
    readonly kind: string;
    readonly reason: string;
    readonly applicationId: string | null;
    readonly lane: number | null;
    readonly haltedAt: string;
  }[];
  readonly log: readonly {
    readonly lender: string;
    readonly what: string;
    readonly kind: string;
    readonly reason: string;
    readonly by: string;
    readonly at: string;
  }[];
}

interface EntryFilter {
  readonly databaseUrl: string;
  readonly lender: string | null;
  readonly loan: string | null;
  readonly account: string | null;
  readonly since: string | null;
  readonly until: string | null;
  readonly asOf: string | null;
}

interface Answers {
  readonly schedule: {
    readonly ask: 'schedule';
    readonly principal: string;
    readonly rate: string;
    readonly resets: readonly string[];
    readonly months: string;
    readonly method: string;
    readonly from: string;
    readonly dayCount: string | null;
    readonly interestDay: string | null;
    readonly convention: string;
    readonly answer: Schedule;
  };
  readonly 'trial-balance': {
    readonly ask: 'trial-balance';
    readonly databaseUrl: string;
    readonly lender: string | null;
    readonly asOf: string | null;
    readonly valueDate: string | null;
    readonly answer: readonly TrialBalance[];
  };
  readonly entries: EntryFilter & {
    readonly ask: 'entries';
    readonly form: 'json' | 'csv' | 'text';
    readonly answer: { readonly entries: number };
  };
  readonly statement: {
    readonly ask: 'statement';
    readonly databaseUrl: string;
    readonly lender: string;
    readonly account: string;
    readonly loan: string | null;
    readonly since: string | null;
    readonly until: string | null;
    readonly asOf: string | null;
    readonly answer: AccountStatement;
  };
  readonly loan: {
    readonly ask: 'loan';
    readonly databaseUrl: string;
    readonly loan: string;
    readonly asOf: string | null;
    readonly answer: LoanTold;
  };
  readonly portfolio: {
    readonly ask: 'portfolio';
    readonly databaseUrl: string;
    readonly lender: string | null;
    readonly asOf: string | null;
    readonly answer: Portfolio;
  };
  readonly export: EntryFilter & {
    readonly ask: 'export';
    readonly answer: { readonly entries: number; readonly lines: number };
  };
  readonly verify: {
    readonly ask: 'verify';
    readonly databaseUrl: string;
    readonly lender: string | null;
    readonly keys: readonly string[];
    readonly answer: VerifiedBooks;
  };
  readonly 'close-period': {
    readonly ask: 'close-period';
    readonly databaseUrl: string;
    readonly lender: string;
    readonly through: string;
    readonly answer: { readonly lender: string; readonly through: string };
  };
  readonly reconcile: {
    readonly ask: 'reconcile';
    readonly databaseUrl: string;
    readonly file: string;
    readonly lender: string;
    readonly since: string | null;
    readonly until: string | null;
    readonly bound: string;
    readonly by: string;
    readonly isDryRun: boolean;
    readonly answer: Reconciliation;
  };
  readonly halts: {
    readonly ask: 'halts';
    readonly databaseUrl: string;
    readonly answer: Halts;
  };
  readonly lift: {
    readonly ask: 'lift';
    readonly databaseUrl: string;
    readonly lender: string;
    readonly kind: string | null;
    readonly by: string;
    readonly reason: string;
    readonly answer: {
      readonly lender: string;
      readonly kind: string;
      readonly left: readonly string[];
    };
  };
  readonly 'hand-over': {
    readonly ask: 'hand-over';
    readonly databaseUrl: string;
    readonly lenderId: string;
    readonly loanIds: readonly string[];
    readonly to: {
      readonly url: string;
      readonly tenant: string;
      readonly user: string;
      readonly password: string;
      readonly officeId: number;
      readonly productId: number;
    };
    readonly answer: readonly HandedOver[];
  };
}

export interface HandedOver {
  readonly loanId: string;
  readonly outcome: 'booked' | 'was-there' | 'refused' | 'silent';
  /** The core's own ids, where it has the loan now. */
  readonly core?: { readonly clientId: number; readonly loanId: number };
  readonly why?: string;
}

/**
 * Rejects with a sentence where the desk has no answer. An answer that is long comes in parts,
 * lines of text, each handed over before the next is asked for.
 */
export async function askLedger<K extends keyof Answers>(
  question: Omit<Answers[K], 'answer'> & { readonly ask: K },
  onPart?: (lines: readonly string[]) => void,
): Promise<Answers[K]['answer']> {
  const askedBack = (line: string): Promise<string> => {
    onPart?.((JSON.parse(line) as { readonly part: readonly string[] }).part);
    return Promise.resolve('taken');
  };
  return (await askDesk('disbursement-ledger', question, askedBack)) as Answers[K]['answer'];
}
