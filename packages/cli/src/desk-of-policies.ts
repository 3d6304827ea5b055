// What the desk of policies, a process of decisioning's own, may be asked and answers.
import { askDesk, type AskedBack } from './desk.ts';

export interface Rate {
  readonly hits: number;
  readonly of: number;
  readonly ppm: number;
  readonly lowPpm: number;
  readonly highPpm: number;
}

export type BoundedPpm = Pick<Rate, 'ppm' | 'lowPpm' | 'highPpm'>;

interface BoundedFen {
  readonly fen: string;
  readonly lowFen: string;
  readonly highFen: string;
}

export interface AttachedRun {
  readonly id: string;
  readonly since: string;
  readonly until: string;
  readonly applications: number;
  readonly flips: number;
  readonly at: string;
  readonly by: string;
}

export interface PolicySummary {
  readonly ref: string;
  readonly lenderId: string;
  readonly status: string;
  readonly role: string;
  readonly sharePpm: number | null;
  readonly owner: string;
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly digest: string;
  readonly approvals: readonly { readonly by: string; readonly at: string }[];
  readonly testRun: AttachedRun | null;
}

export interface PolicyShown extends PolicySummary {
  readonly source: string;
  readonly files: {
    readonly products: readonly string[];
    readonly tables: Readonly<Record<string, string>>;
    readonly reasons: string;
  };
  readonly rules: object;
  readonly products: readonly {
    readonly id: string;
    readonly version: number;
    readonly name: { readonly zh: string; readonly en: string };
  }[];
}

export interface PolicyDifference {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface HistoryLine {
  readonly at: string;
  readonly ref: string;
  readonly what: string;
}

export interface Entered {
  readonly ref: string;
  readonly status: string;
  readonly role: string;
  readonly sharePpm: number | null;
  readonly digest: string;
  /** Of a draft; what is validated has none. */
  readonly faults: readonly string[];
}

export interface Published {
  readonly ref: string;
  readonly outcome: 'approved' | 'activated';
  readonly retired: string | null;
  readonly from: string | null;
  readonly approvalsNeeded: number;
  readonly testRun: AttachedRun | null;
}

export interface SideFigures {
  readonly approved: Rate | null;
  readonly referred: Rate | null;
  readonly declined: Rate | null;
  readonly approvedFen: string;
  readonly proposedFen: string;
  readonly medianFen: string | null;
  readonly price: BoundedPpm | null;
}

export interface Figures {
  readonly applications: number;
  readonly before: SideFigures;
  readonly after: SideFigures;
  readonly approvedDifference: BoundedPpm | null;
  readonly referredDifference: BoundedPpm | null;
  readonly declinedDifference: BoundedPpm | null;
  readonly proposedDifference: BoundedFen;
  readonly priceDifference: BoundedPpm | null;
}

interface CodeCount {
  readonly code: string;
  readonly count: number;
}

export interface TestRun {
  readonly id: string;
  readonly digest: string;
  readonly policy: { readonly ref: string; readonly digest: string } | null;
  readonly card: { readonly ref: string; readonly digest: string } | null;
  readonly since: string;
  readonly until: string;
  readonly lenders: readonly string[];
  readonly figures: {
    readonly total: Figures;
    readonly groups: Readonly<Record<string, readonly (Figures & { readonly group: string })[]>>;
    readonly flips: readonly {
      readonly from: string;
      readonly to: string;
      readonly count: number;
      readonly share: Rate | null;
      readonly came: readonly CodeCount[];
      readonly went: readonly CodeCount[];
    }[];
    readonly flipped: number;
    readonly otherTerms: number;
    readonly otherTier: number;
    readonly otherReasons: number;
  };
}

export interface Tested {
  readonly run: TestRun;
  readonly page: string | null;
  readonly method: readonly string[];
  readonly texts: Readonly<Record<string, { readonly zh: string; readonly en: string }>>;
  readonly seconds: number;
}

export interface SampleFigures {
  readonly policy: string;
  readonly role: string;
  readonly applications: number;
  readonly approved: Rate | null;
  readonly referred: Rate | null;
  readonly declined: Rate | null;
  readonly proposedFen: string;
  readonly mean: BoundedFen | null;
  readonly price: BoundedPpm | null;
  readonly overridden: Rate | null;
}

export interface PolicyTrial {
  readonly since: string;
  readonly until: string;
  readonly champion: SampleFigures;
  readonly challenger: SampleFigures;
  readonly approvedDifference: BoundedPpm | null;
  readonly declinedDifference: BoundedPpm | null;
  readonly priceDifference: BoundedPpm | null;
  readonly overriddenDifference: BoundedPpm | null;
  readonly says: string;
}

export interface PolicyReport {
  readonly lenderId: string;
  readonly policies: readonly SampleFigures[];
  readonly trials: readonly PolicyTrial[];
}

interface Answers {
  readonly list: { readonly ask: 'list'; readonly answer: readonly PolicySummary[] };
  readonly show: { readonly ask: 'show'; readonly ref: string; readonly answer: PolicyShown };
  readonly diff: {
    readonly ask: 'diff';
    readonly a: string;
    readonly b: string;
    readonly answer: readonly PolicyDifference[];
  };
  readonly history: {
    readonly ask: 'history';
    readonly lenderId: string;
    readonly answer: readonly HistoryLine[];
  };
  readonly enter: {
    readonly ask: 'enter';
    readonly file: string;
    readonly owner: string;
    readonly isValidated: boolean;
    readonly challengerShare: string | null;
    readonly source: string | null;
    readonly answer: Entered;
  };
  readonly publish: {
    readonly ask: 'publish';
    readonly ref: string;
    readonly by: string;
    /** As it was written; null: the one that is attached already. */
    readonly run: unknown;
    readonly from: string | null;
    readonly answer: Published;
  };
  readonly end: {
    readonly ask: 'end';
    readonly ref: string;
    readonly by: string;
    readonly answer: { readonly ref: string; readonly lastDay: string };
  };
  readonly test: {
    readonly ask: 'test';
    readonly databaseUrl: string;
    readonly policy: string | null;
    readonly card: { readonly ref: string; readonly digest: string } | null;
    readonly since: string;
    readonly until: string;
    /** Null: the policy's own. */
    readonly lenders: readonly string[] | null;
    readonly threads: number;
    readonly isPageWanted: boolean;
    readonly answer: Tested;
  };
  readonly report: {
    readonly ask: 'report';
    readonly databaseUrl: string;
    readonly lenders: readonly string[];
    readonly since: string;
    readonly until: string;
    readonly answer: readonly PolicyReport[];
  };
}

/** Rejects with a sentence where the desk has no answer. */
export async function askPolicies<K extends keyof Answers>(
  question: Omit<Answers[K], 'answer'> & { readonly ask: K },
  askedBack?: AskedBack,
): Promise<Answers[K]['answer']> {
  return (await askDesk('decisioning', question, askedBack)) as Answers[K]['answer'];
}
