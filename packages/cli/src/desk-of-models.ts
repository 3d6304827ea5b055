// Asks the desk of models, a process of scoring's own: what models are is that service's to know.
import type { KafkaLogin } from '@saidao/config';
import { askDesk } from './desk.ts';

export interface ModelSummary {
  readonly ref: string;
  readonly id: string;
  readonly version: number;
  readonly kind: string;
  readonly status: string;
  readonly role: string;
  readonly owner: string;
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly digest: string;
  readonly approvals: readonly { readonly by: string; readonly at: string }[];
}

export interface ModelShown extends ModelSummary {
  readonly source: string;
  /** The page of the model, as Markdown. */
  readonly card: string;
}

export interface ModelDifference {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface Activated {
  readonly ref: string;
  readonly outcome: 'approved' | 'activated';
  readonly retired: string | null;
  /** First business date that it scores; null: not active yet. */
  readonly from: string | null;
  readonly approvalsNeeded: number;
}

export interface ParityGroup {
  readonly group: string;
  readonly scored: number;
  readonly meanPoints: number;
  readonly meanRatioPpm: number | null;
  readonly decided: number;
  readonly approved: number;
  readonly approvalPpm: number | null;
  readonly approvalRatioPpm: number | null;
  readonly belowFourFifths: boolean;
}

export interface LenderReport {
  readonly lenderId: string;
  readonly applications: number;
  readonly parity: readonly { readonly by: string; readonly groups: readonly ParityGroup[] }[];
  readonly stability: {
    readonly scores: number;
    readonly boundPpm: number;
    readonly moved: readonly { readonly subject: string; readonly psiPpm: number }[];
  } | null;
}

export interface ModelReport {
  readonly model: string;
  readonly casesMin: number;
  readonly lenders: readonly LenderReport[];
}

interface Answers {
  readonly list: { readonly ask: 'list'; readonly answer: readonly ModelSummary[] };
  readonly show: { readonly ask: 'show'; readonly ref: string; readonly answer: ModelShown };
  readonly diff: {
    readonly ask: 'diff';
    readonly a: string;
    readonly b: string;
    readonly answer: readonly ModelDifference[];
  };
  readonly activate: {
    readonly ask: 'activate';
    readonly ref: string;
    readonly by: string;
    readonly from?: string;
    readonly answer: Activated;
  };
  readonly report: {
    readonly ask: 'report';
    readonly databaseUrl: string;
    readonly brokers: readonly string[];
    readonly login: KafkaLogin;
    readonly lenders: readonly string[];
    readonly answer: ModelReport;
  };
}

/** Rejects with a sentence where the desk has no answer. */
export async function askModels<K extends keyof Answers>(
  question: Omit<Answers[K], 'answer'> & { readonly ask: K },
): Promise<Answers[K]['answer']> {
  return (await askDesk('scoring', question)) as Answers[K]['answer'];
}
