// What may be asked of the desk of the ledger, and who answers it.
import { entriesTold, type EntriesQuestion } from './books/entries.ts';
import { exported, type ExportQuestion } from './books/export.ts';
import { periodClosed, type PeriodQuestion } from './books/period.ts';
import { statementAnswer, type StatementQuestion } from './books/statement.ts';
import { trialBalances, type TrialBalanceQuestion } from './books/trial-balance.ts';
import { verifyAnswer, type VerifyQuestion } from './books/verify.ts';
import type { Conversation } from './conversation.ts';
import { answerHandOver, type HandOverQuestion } from '../hand-over/hand-over.ts';
import { haltsNow, lifted, type HaltsQuestion, type LiftQuestion } from './halts.ts';
import { loanAnswer, type LoanQuestion } from './loans/loan.ts';
import { portfolioAnswer, type PortfolioQuestion } from './loans/portfolio-question.ts';
import { reconciled, type ReconcileQuestion } from './reconcile/reconciling.ts';
import { scheduleAnswer, type ScheduleQuestion } from './schedule.ts';

/** Not by arguments: others may read those, and a database's address holds a password. */
export type Question =
  | ({ readonly ask: 'schedule' } & ScheduleQuestion)
  | ({ readonly ask: 'trial-balance' } & TrialBalanceQuestion)
  | ({ readonly ask: 'entries' } & EntriesQuestion)
  | ({ readonly ask: 'statement' } & StatementQuestion)
  | ({ readonly ask: 'loan' } & LoanQuestion)
  | ({ readonly ask: 'portfolio' } & PortfolioQuestion)
  | ({ readonly ask: 'export' } & ExportQuestion)
  | ({ readonly ask: 'verify' } & VerifyQuestion)
  | ({ readonly ask: 'close-period' } & PeriodQuestion)
  | ({ readonly ask: 'reconcile' } & ReconcileQuestion)
  | ({ readonly ask: 'halts' } & HaltsQuestion)
  | ({ readonly ask: 'lift' } & LiftQuestion)
  | ({ readonly ask: 'hand-over' } & HandOverQuestion);

export function answerTo(question: Question, conversation: Conversation): unknown {
  switch (question.ask) {
    case 'schedule':
      return scheduleAnswer(question);
    case 'trial-balance':
      return trialBalances(question);
    case 'entries':
      return entriesTold(question, conversation);
    case 'statement':
      return statementAnswer(question);
    case 'loan':
      return loanAnswer(question);
    case 'portfolio':
      return portfolioAnswer(question);
    case 'export':
      return exported(question, conversation);
    case 'verify':
      return verifyAnswer(question);
    case 'close-period':
      return periodClosed(question, Date.now());
    case 'reconcile':
      return reconciled(question);
    case 'halts':
      return haltsNow(question);
    case 'lift':
      return lifted(question);
    case 'hand-over':
      return answerHandOver(question);
  }
}
