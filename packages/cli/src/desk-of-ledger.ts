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
  readonly halted: { readonly kind: string; readonly reason: string } | null;
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
    readonly by: string;
    readonly reason: string;
    readonly answer: { readonly lender: string; readonly kind: string };
  };
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
